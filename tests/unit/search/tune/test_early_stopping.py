"""The scheduler's hooks with hand-made Tune trials and actors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler
from rig import Rig, paper_spec

from rnnsearch.events import PackLost
from rnnsearch.search.messages import PackReport, Update
from rnnsearch.search.signals import Signals
from rnnsearch.search.silence import LONGEST_TURN, Silence
from rnnsearch.search.tune.early_stopping import EarlyStopping, LeftBehind, failure_of
from rnnsearch.search.tune.pack_trainable import REPORT


class PaperActor:
    """Takes updates as a Ray actor's handle does; `apply` is the worker's."""

    def __init__(self, apply: Callable[[Update], object]) -> None:
        self.update = SimpleNamespace(remote=apply)


class PaperTune:
    """Tune's loop with its hooks in its order, as far as the scheduler is concerned."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.scheduler = EarlyStopping(rig.control, Signals().shield)
        self.trials: dict[str, Any] = {}
        self._actor_manager = SimpleNamespace(num_pending_actors=0)

    def get_live_trials(self) -> list[Any]:
        return list(self.trials.values())

    def stop_trial(self, trial: Any) -> None:
        self.scheduler.on_trial_remove(self, trial)
        del self.trials[trial.trial_id]

    def pend(self) -> Any:
        pack_id = self.rig.open_pack()
        actor = PaperActor(self.rig.workers[pack_id].apply)
        trial = SimpleNamespace(
            trial_id=pack_id,
            status=Trial.PENDING,
            error_file=None,
            temporary_state=SimpleNamespace(ray_actor=actor),
            init_local_path=lambda: None,
        )
        self.trials[pack_id] = trial
        return trial

    def train(self, trial: Any) -> str:
        trial.status = Trial.RUNNING
        result = {REPORT: [self.rig.workers[trial.trial_id].train_slice()]}
        decision = self.scheduler.on_trial_result(self, trial, result)
        assert result[REPORT] == [], "Tune keeps no weights in its last result"
        if decision == TrialScheduler.STOP:
            self.scheduler.on_trial_complete(self, trial, result)
            del self.trials[trial.trial_id]
        return decision


@pytest.fixture
def tune(tmp_path: Path) -> Any:
    rig = Rig(tmp_path, paper_spec(), places=2)
    yield PaperTune(rig)
    rig.end()


def test_a_whole_study_through_the_hooks(tune: PaperTune) -> None:
    while tune.rig.control.wants_pack() or tune.trials:
        while tune.rig.control.wants_pack():
            trial = tune.pend()
            assert tune.scheduler.choose_trial_to_run(tune) is trial
            trial.status = Trial.RUNNING
        for trial in tune.get_live_trials():
            tune.train(trial)
    assert set(tune.rig.ledger.counts()) == {"complete", "pruned"}
    assert sum(tune.rig.ledger.counts().values()) == 12
    assert tune.rig.control.error is None


def test_an_error_in_a_hook_stops_the_pack_and_is_kept(tune: PaperTune) -> None:
    trial = tune.pend()

    def fail(event: object) -> None:
        raise OSError("the listener's disk is full")

    tune.rig.notebook.on_event = fail  # type: ignore[method-assign]
    assert tune.train(trial) == TrialScheduler.STOP
    assert str(tune.rig.control.error) == "the listener's disk is full"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("RuntimeError: no memory", "RuntimeError: no memory"),
        ("rnnsearch.errors.ClusterError: the node b has", "the node b has"),
    ],
)
def test_a_pack_in_error_hands_its_trials_back_with_the_reason(
    tune: PaperTune, tmp_path: Path, line: str, reason: str
) -> None:
    trial = tune.pend()
    tune.train(trial)
    trial.error_file = str(tmp_path / "error.txt")
    Path(trial.error_file).write_text(f"Traceback\n  somewhere\n{line}\n")
    tune.scheduler.on_trial_error(tune, trial)
    tune.scheduler.on_trial_complete(tune, trial, {})
    tune.scheduler.on_trial_remove(tune, trial)
    lost = tune.rig.notebook.of(PackLost)
    assert [event.reason for event in lost] == [reason]
    assert tune.rig.ledger.counts()["waiting"] == len(lost[0].trials)


def test_a_trial_that_never_comes_aboard_fails_with_what_the_update_failed_by(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path, paper_spec(), places=1)
    tune = PaperTune(rig)
    answers = iter(range(100))
    tune.scheduler = EarlyStopping(
        rig.control, Signals().shield, failure=lambda sent: f"answer {sent}: no module 'echo'"
    )
    trial = tune.pend()
    trial.temporary_state.ray_actor = PaperActor(lambda update: next(answers))
    for _ in range(5):
        tune.train(trial)
    failed = [one for one in rig.ledger.trials() if one.state == "failed"]
    assert {one.reason for one in failed} == {
        "the pack never took it aboard: answer 2: no module 'echo'"
    }
    assert failure_of(None) == ""
    rig.end()


def test_hooks_for_a_pack_that_is_not_known_do_nothing(tune: PaperTune) -> None:
    stranger = SimpleNamespace(
        trial_id="x", error_file=None, temporary_state=SimpleNamespace(ray_actor=None)
    )
    result = {REPORT: [PackReport()]}
    assert tune.scheduler.on_trial_result(tune, stranger, result) == TrialScheduler.STOP
    tune.scheduler.on_trial_error(tune, stranger)
    tune.scheduler.on_trial_complete(tune, stranger, {})
    assert tune.rig.control.error is None


def test_pending_packs_are_given_up_once_the_study_has_ended(tune: PaperTune) -> None:
    tune.pend()
    tune.rig.control.fail(OSError("full"))
    assert tune.scheduler.choose_trial_to_run(tune) is None
    assert tune.trials == {}
    assert tune.rig.control.live == 0


def test_packs_that_hang_are_left_behind(tune: PaperTune, monkeypatch) -> None:
    tune.train(tune.pend())
    tune.rig.control.fail(OSError("full"))
    monkeypatch.setattr("rnnsearch.search.phases.HARD_SECONDS", -1.0)
    with pytest.raises(LeftBehind):
        tune.scheduler.choose_trial_to_run(tune)


def test_a_pack_that_hangs_is_ended_and_its_trials_go_aboard_another(tmp_path: Path) -> None:
    now = [0.0]
    rig = Rig(tmp_path, paper_spec(), places=2, silence=Silence(60.0, lambda: now[0]))
    tune = PaperTune(rig)
    killed: list[Any] = []
    tune.scheduler = EarlyStopping(rig.control, Signals().shield, killed.append)
    hung, sound = tune.pend(), tune.pend()
    tune.train(hung)
    tune.train(sound)
    held = set(rig.papers[sound.trial_id].epochs)
    while not killed:
        now[0] += LONGEST_TURN
        assert now[0] < 100.0
        tune.scheduler.choose_trial_to_run(tune)
        tune.train(sound)
    assert killed == [hung.temporary_state.ray_actor]
    lost = rig.notebook.of(PackLost)
    assert [event.reason for event in lost] == ["it has not reported for 60 s and was ended"]
    assert lost[0].trials
    # Tune hears of the death later; that is no second loss, and no error of a hook.
    tune.scheduler.on_trial_error(tune, hung)
    del tune.trials[hung.trial_id]
    del rig.workers[hung.trial_id]
    assert len(rig.notebook.of(PackLost)) == 1
    assert rig.control.error is None
    assert held
    while rig.control.wants_pack() or tune.trials:
        while rig.control.wants_pack():
            tune.pend().status = Trial.RUNNING
        for trial in tune.get_live_trials():
            tune.train(trial)
    assert sum(rig.ledger.counts().values()) == 12
    assert set(rig.ledger.counts()) == {"complete", "pruned"}
    rig.end()
