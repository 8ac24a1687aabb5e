"""A few of the mishaps of `storm.py`, whose command has hundreds; and that it counts as it says."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from storm import course
from storm_study import Curves, Memory, curve_of, identity

from rnnsearch.events import TrialState
from rnnsearch.search.ledger.trial_record import TrialRecord


def trial(number: int, state: TrialState, *curve: float, lr: float | None = None) -> TrialRecord:
    """A trial with values of the epochs 1, 2 and so on."""
    values = dict(enumerate(curve, start=1))
    params = {"lr": 0.1 * number if lr is None else lr}
    return TrialRecord(number, state=state, params=params, values_by_epoch=values, seed=number)


CURVES = ((0.5, 0.4, 0.3), (0.6, 0.5, 0.4), (0.9, 0.8, 0.7))


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    whole = [trial(number, "complete", *curve) for number, curve in enumerate(CURVES)]
    calm: Curves = {one.number: (identity(one), curve_of(one)) for one in whole}
    made = Memory(tmp_path, calm)
    assert made.compare([trial(0, "pruned", 0.5, 0.4), trial(1, "running", 0.6)]) == {}
    return made


def test_a_study_that_goes_on_is_right(memory: Memory) -> None:
    later = [trial(0, "pruned", 0.5, 0.4), trial(1, "complete", *CURVES[1]), trial(2, "waiting")]
    assert memory.compare(later) == {}


@pytest.mark.parametrize(
    ("trials", "wrong"),
    [
        ([trial(1, "running", 0.6)], {"lost": 1}),
        (
            [trial(0, "pruned", 0.5, 0.4), trial(1, "running", 0.6), trial(1, "running", 0.6)],
            {"doubled": 2},
        ),
        ([trial(0, "complete", 0.5, 0.4), trial(1, "running", 0.6)], {"changed": 1}),
        ([trial(0, "running", 0.5, 0.4), trial(1, "running", 0.6)], {"changed": 1}),
        ([trial(0, "pruned", 0.5, 0.4), trial(1, "running")], {"changed": 1}),
        (
            [trial(0, "pruned", 0.5, 0.4), trial(1, "running", 0.6), trial(2, "running", 0.91)],
            {"other values": 1},
        ),
        (
            [trial(0, "pruned", 0.5, 0.4), trial(1, "running", 0.6, lr=0.3)],
            {"other values": 1},
        ),
        (
            [trial(0, "pruned", 0.5, 0.4), trial(1, "running", 0.60000000000000009)],
            {"changed": 1, "other values": 1},
        ),
    ],
    ids=["gone", "twice", "end", "no end", "epoch gone", "value", "parameter", "last bit"],
)
def test_what_is_wrong_is_counted(
    memory: Memory, trials: list[TrialRecord], wrong: dict[str, int]
) -> None:
    assert memory.compare(trials) == wrong
    assert memory.compare([]) == {"lost": len({one.number for one in trials} | {0, 1})}


def test_the_events_of_a_study_follow_from_the_seed_and_lie_over_its_course() -> None:
    first, again = (course(random.Random("1:7"), {"disk"}, 100) for _ in range(2))
    assert first == again
    assert 30 <= len(first) <= 45
    assert [one.share for one in first] == sorted(one.share for one in first)
    assert not {one.kind for one in first} & {"node killed", "clock set", "database killed"}
    middle = [one for one in first if 0.0 < one.share < 1.0]
    assert len(middle) > len(first) / 2


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("stands", [[], ["--server"], ["--database"]], ids=lambda one: "".join(one))
def test_a_storm_costs_nothing(tmp_path: Path, stands: list[str]) -> None:
    storm = Path(__file__).with_name("storm.py")
    words = [sys.executable, str(storm), str(tmp_path), "--events", "4", *stands]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 events over" in done.stdout
