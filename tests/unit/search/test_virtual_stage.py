"""A deterministic study comes out the same, whatever its packs do."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rig import Rig, paper_spec

from rnnsearch.events import PackLost, TrialEnded, TrialStarted
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.training.config import TrialConfig

SPACE = (
    "search.deterministic=true",
    "search.virtual_workers=5",
    "search.num_trials=18",
    "search.sampler={type: tpe, startup_trials: 4}",
    "training.steps_per_epoch={choice: [50, 100]}",
)


def bumpy(config: TrialConfig, epoch: int) -> dict[str, float]:
    """Curves that cross, so that it matters who comes to a rung first."""
    rate = config.training.learning_rate
    return {"val_mse": rate * (1 + (config.seed % 7) / 7 / epoch) + 1 / epoch}


class Shuffled(Rig):
    """A rig whose packs train in an order drawn at random, and die now and then."""

    def __init__(self, folder: Path, seed: int, *, deaths: float = 0.0, **how: Any) -> None:
        overrides = how.pop("overrides", ())
        self.order, self.deaths = random.Random(seed), deaths
        super().__init__(folder, paper_spec(*SPACE, *overrides), curve=bumpy, **how)

    def step(self, pack_id: str) -> None:
        drawn = self.order.random()
        if drawn < self.deaths:
            self.crash(pack_id)
        elif drawn < 0.6:
            super().step(pack_id)

    def until(self, ended: int) -> bool:
        """Turn until so many trials have ended, and die; whether it came to that."""
        while sum(self.ledger.counts().get(one, 0) for one in ENDS) < ended:
            if self.control.phase != "search":
                return False
            while self.control.wants_pack():
                self.open_pack()
            for pack_id in list(self.workers):
                self.step(pack_id)
        self.die()
        return True

    def die(self) -> None:
        """As by kill -9: nothing is settled; what was flushed last is left."""
        self.ledger.close_asking()
        self.gone = True


ENDS = ("complete", "pruned", "diverged", "failed")


def outcome(rig: Rig) -> Any:
    """All that must be the same each time."""
    trials = [
        (one.params, one.state, one.reason, dict(one.values_by_epoch), one.best_epoch)
        for one in rig.ledger.trials()
    ]
    assert rig.finalists is not None
    finalists = {one.number: one.values for one in rig.finalists.finalists}
    return trials, rig.shelf.best(), finalists


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What comes out of one pack that is never disturbed."""
    folder = tmp_path_factory.mktemp("straight")
    rig = Rig(folder, paper_spec(*SPACE), places=1, slots=5, curve=bumpy)
    rig.run()
    rig.end()
    assert rig.control.phase == "over"
    assert Counter(one.state for one in rig.ledger.trials())["pruned"] > 6
    return outcome(rig)


def test_any_number_of_packs_in_any_order_has_one_outcome(tmp_path: Path, straight: Any) -> None:
    for seed, places in enumerate((2, 4, 1)):
        rig = Shuffled(tmp_path / str(seed), seed, places=places, slots=5)
        rig.run()
        rig.end()
        assert outcome(rig) == straight
        assert max(rig.held) <= 5


def test_packs_that_die_change_nothing(tmp_path: Path, straight: Any) -> None:
    rig = Shuffled(tmp_path / "dying", 3, deaths=0.02, places=3, slots=5)
    rig.run()
    rig.end()
    assert len(rig.notebook.of(PackLost)) >= 2
    assert outcome(rig) == straight
    ended = Counter(event.number for event in rig.notebook.of(TrialEnded))
    assert ended == Counter(range(18))


def test_a_driver_that_is_killed_again_and_again_changes_nothing(
    tmp_path: Path, straight: Any
) -> None:
    folder, kills = tmp_path / "killed", 0
    for seed, ended in enumerate((1, 5, 14)):
        rig = Shuffled(folder, seed, resume=seed > 0, places=1 + seed % 3, slots=5)
        kills += rig.until(ended)
    last = Shuffled(folder, 9, resume=True, places=2, slots=5)
    last.run()
    last.end()
    assert kills == 3
    assert outcome(last) == straight


def test_any_part_of_a_ledger_leads_to_the_same_end(tmp_path: Path, straight: Any) -> None:
    """A driver may be killed while it appends, between any two records."""
    rig = Rig(tmp_path / "whole", paper_spec(*SPACE), places=1, slots=5, curve=bumpy)
    rig.run()
    rig.end()
    records = rig.directory.ledger.read_bytes().splitlines(keepends=True)
    reports = [place for place, one in enumerate(records) if b'"op_code":7' in one]
    for place in (reports[20], reports[40], reports[41] + 2):
        folder = tmp_path / str(place)
        StudyDirectory(folder, "paper").create()
        StudyDirectory(folder, "paper").ledger.write_bytes(b"".join(records[: place + 1]))
        rest = Shuffled(folder, 2, resume=True, places=2, slots=5)
        rest.run()
        rest.end()
        assert outcome(rest) == straight, place


def test_a_stop_in_the_middle_changes_nothing(tmp_path: Path, straight: Any) -> None:
    folder, stop = tmp_path / "stopped", False
    rig = Shuffled(folder, 1, places=2, slots=5, interrupted=lambda: "SIGINT" if stop else None)
    for turn in range(40):
        stop = turn > 12
        while rig.control.wants_pack():
            rig.open_pack()
        for pack_id in list(rig.workers):
            rig.step(pack_id)
    rig.end()
    assert rig.control.phase == "draining"
    begun = {event.number for event in rig.notebook.of(TrialStarted)}
    ended = {event.number for event in rig.notebook.of(TrialEnded)}
    assert begun == ended, "of each that was begun it is said that it ended or waits"
    assert len(begun) < 18
    last = Shuffled(folder, 2, resume=True, places=1, slots=5)
    last.run()
    last.end()
    assert outcome(last) == straight


def test_nothing_is_judged_where_no_trial_can_follow(tmp_path: Path) -> None:
    rig = Shuffled(tmp_path, 4, places=2, slots=5)
    while len(rig.ledger.curves()) < 5:
        while rig.control.wants_pack():
            rig.open_pack()
        for pack_id in list(rig.workers):
            rig.step(pack_id)
    rig.ledger.close_asking()
    trials = [(one.state, one.values_by_epoch) for one in rig.ledger.trials()]
    for _ in range(10):
        for pack_id in list(rig.workers):
            rig.step(pack_id)
    assert [(one.state, one.values_by_epoch) for one in rig.ledger.trials()] == trials
    rig.end()


def test_an_extended_study_goes_on_in_one_way(tmp_path: Path, straight: Any) -> None:
    """Whether it had come to its end before, or was killed, or is killed afterwards."""
    outcomes = []
    for seed, before in ((1, None), (2, 9)):
        folder = tmp_path / str(seed)
        rig = Shuffled(folder, seed, places=2, slots=5)
        if before is not None:
            assert rig.until(before)
        else:
            rig.run()
            rig.end()
            assert outcome(rig) == straight
        more = Shuffled(folder, seed, resume=True, places=1 + seed, slots=5)
        more.ledger.extend(6)
        assert more.until(21)
        more = Shuffled(folder, 7, resume=True, places=1, slots=5)
        more.run()
        more.end()
        assert more.ledger.notes.extended == (18,)
        assert len(more.ledger.trials()) == 24
        assert outcome(more)[0][:18] == straight[0]
        outcomes.append(outcome(more))
    assert outcomes[0] == outcomes[1]


WILD = (
    "training.learning_rate={choice: [0.95, 0.5, 0.1, 0.2, 0.05, 0.3]}",
    "first_trials=[{training.learning_rate: 0.95}, {training.learning_rate: 0.5}]",
    "training.steps_per_epoch=50",
    "search.num_trials=12",
    "search.scheduler={type: asha, grace_period: 3, reduction_factor: 3}",
)


def test_trials_that_diverge_or_are_refused_end_in_their_turn(tmp_path: Path) -> None:
    outcomes = []
    for seed, places in enumerate((1, 3)):
        rig = Shuffled(tmp_path / str(seed), seed, places=places, slots=5, overrides=WILD)
        if seed == 1:
            assert rig.until(6)
            rig = Shuffled(tmp_path / "1", 5, resume=True, places=2, slots=5, overrides=WILD)
        rig.run()
        rig.end()
        assert rig.ledger.counts().keys() >= {"diverged", "failed", "complete"}
        outcomes.append(outcome(rig))
    assert outcomes[0] == outcomes[1]


def test_the_same_study_by_arrival_depends_on_the_packs(tmp_path: Path, straight: Any) -> None:
    """So the tests above show something."""
    different = ("search.deterministic=false",)
    rig = Shuffled(tmp_path / "arrival", 1, places=2, slots=5, overrides=different)
    rig.run()
    rig.end()
    assert outcome(rig) != straight
