"""A fork begins with the trials of another study, and goes on in its own space."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.disk import replace_file
from rnnsearch.errors import InputError, StudyExistsError, StudyLockedError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory, list_studies
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.lock import StudyLock
from rnnsearch.space.load import loads
from rnnsearch.study import Study

SPACE = """
name: before
task: {type: sine}
model:
  cell: {choice: [rnn, lstm]}
  hidden_size: {logint: [4, 32]}
training:
  learning_rate: {loguniform: [1e-3, 1e-1]}
  steps_per_epoch: 10
  max_epochs: 9
first_trials: [{model.cell: rnn, model.hidden_size: 4, training.learning_rate: 0.01}]
search: {num_trials: 40, seed: 7, scheduler: {type: asha, grace_period: 3}}
"""


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the study `before`: the lower the learning rate, the better; 30 trials have ended."""
    folder = tmp_path_factory.mktemp("storage")
    directory = StudyDirectory(folder, "before")
    directory.create()
    spec = loads(SPACE, name="before", directory=folder)
    replace_file(directory.yaml, spec.yaml)
    ledger = Ledger.create(directory, spec)
    for number in range(32):
        trial = ledger.ask()
        assert trial is not None
        rate = trial.params["training.learning_rate"]
        if number == 5:
            ledger.finish(number, "failed", reason="it crashed")
        elif number < 30:
            last = 9 if number % 3 == 0 else 3
            ledger.report([(number, epoch, rate + 1 / epoch) for epoch in range(1, last + 1)])
            state = "complete" if last == 9 else "diverged" if number == 7 else "pruned"
            ledger.finish(number, state, reason="it ended")
    ledger.close()
    return folder


def test_trials_keep_what_they_are_and_the_study_goes_on_behind_them(storage: Path) -> None:
    before = Study.open("before", storage=storage)
    fork, lines = before.forked(
        name="wider",
        overrides=["model.cell={choice: [rnn, gru, lstm]}", "search.num_trials=4"],
    )
    assert lines == [
        "forked from the study before: 29 of its trials copied",
        "1 left out: they failed",
        "2 left out: they have not ended",
    ]
    old = [one for one in before.result().trials if one.ended and one.state != "failed"]
    new = fork.result().trials
    assert [one.number for one in new] == list(range(29))
    for one, other in zip(new, old, strict=True):
        assert one.copied_from == f"before:{other.number}"
        assert (one.state, one.params, one.seed) == (other.state, other.params, other.seed)
        assert one.values_by_epoch == other.values_by_epoch
        assert (one.best_value, one.reason, one.ended) == (
            other.best_value,
            other.reason,
            other.ended,
        )
    ledger = Ledger.open(fork.directory, fork.spec)
    assert ledger.num_trials == 33
    assert list(ledger.notes.origin) == lines
    asked = [ledger.ask() for _ in range(4)]
    assert [one.number for one in asked if one] == [29, 30, 31, 32]
    assert all(one.copied_from == "" for one in asked if one)
    assert asked[0].params != {**asked[0].params, "training.learning_rate": 0.01}
    assert ledger.ask() is None
    rule = fork.spec.stopping_rule()
    rule.rebuild(ledger.curves())
    assert rule.populations()[3] == 29
    ledger.close()
    with pytest.raises(StudyExistsError):
        before.forked(name="wider")


def test_what_lies_outside_of_the_new_space_is_left_out_with_its_reason(storage: Path) -> None:
    before = Study.open("before", storage=storage)
    fork, lines = before.forked(name="lstms", overrides=["model.cell=lstm"])
    kept = fork.result().trials
    assert 0 < len(kept) < 29
    assert f"{29 - len(kept)} left out: model.cell is rnn, and lstm here" in lines
    assert all("model.cell" not in one.params for one in kept)
    with pytest.raises(InputError, match=r"29 left out: training\.max_epochs is 9, and 20"):
        before.forked(name="longer", overrides=["training.max_epochs=20"])
    assert not StudyDirectory(storage, "longer").root.exists()


def test_widen_moves_the_ends_at_which_the_best_trials_lie(storage: Path) -> None:
    before = Study.open("before", storage=storage)
    fork, lines = before.forked(name="widened", widen=True)
    assert lines[0].startswith('widened: training.learning_rate={"loguniform": ')
    distribution = fork.spec.parameters["training.learning_rate"].distribution
    assert distribution.low < 1e-3
    assert distribution.high == 1e-1
    assert len(fork.result().trials) == 29


def test_a_grid_has_no_more_trials_than_there_are_configurations(storage: Path) -> None:
    before = Study.open("before", storage=storage)
    listed = ["model.hidden_size=8", "search.sampler.type=grid", "search.num_trials=9"]
    with pytest.raises(InputError, match="no trial of the study before fits"):
        before.forked(name="grid", overrides=[*listed, "training.learning_rate={choice: [1, 2]}"])


def test_another_metric_is_refused(storage: Path) -> None:
    before = Study.open("before", storage=storage)
    with pytest.raises(InputError, match="val_rollout_rmse_49, and the new one train_loss"):
        before.forked(name="other", overrides=["search.metric=train_loss"])


class Killed(BaseException):
    """What stands for a kill: no `except` of the program is for it."""


def test_a_fork_killed_before_its_ledger_is_no_study_and_can_be_made_anew(
    storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Study.open("before", storage=storage)

    def kill(*given: object, **named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("rnnsearch.search.ledger.fork.fork_ledger", kill)
        with pytest.raises(Killed):
            before.forked(name="killed")
    assert StudyDirectory(storage, "killed").yaml.is_file()
    with pytest.raises(StudyNotFoundError):
        Study.open("killed", storage=storage)
    assert "killed" not in [one.name for one in list_studies(storage)]
    fork, _ = before.forked(name="killed")
    assert len(fork.result().trials) == 29
    fork.directory.unmade.touch()  # as a kill after the ledger's first record leaves it
    assert len(Study.open("killed", storage=storage).result().trials) == 29
    with pytest.raises(StudyExistsError):
        before.forked(name="killed")


def test_of_two_forks_of_one_name_the_second_leaves_the_first_alone(
    storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Study.open("before", storage=storage)
    directory = StudyDirectory(storage, "twice")
    directory.create()
    directory.unmade.touch()
    with StudyLock(directory):
        with pytest.raises(StudyExistsError):
            before.forked(name="twice")
        monkeypatch.setattr("rnnsearch.study.forking.new_directory", lambda *given: directory)
        with pytest.raises(StudyLockedError):  # the first was not there yet when it looked
            before.forked(name="twice")
        assert directory.unmade.is_file()
    fork, _ = before.forked(name="twice")
    with pytest.raises(StudyExistsError):
        before.forked(name="twice")
    assert len(fork.result().trials) == 29
