"""Events that a killed driver did not come to tell are made again from the ledger."""

from __future__ import annotations

from pathlib import Path

from rnnsearch.events import EpochsReported, Event, TrialEnded, TrialStarted, TrialState
from rnnsearch.records.held_trials import HELD, HeldTrials
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.writer_state import OpenRun, WriterState
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.study.untold import open_runs, untold

CURVE = {1: 1.0, 2: 0.5, 3: 0.25}


def known(number: int, state: TrialState, curve: dict[int, float]) -> TrialRecord:
    """A trial as the ledger has it."""
    return TrialRecord(
        number, f"trial-{number}", state, {}, curve, 0.25, 0.25, 3, 3, "why",
        seed=7, attempts=1, seconds=1.5, started=2.0, ended=50.0,
    )  # fmt: skip


def begin(number: int) -> TrialStarted:
    return TrialStarted(1.0, number, f"trial-{number}", {}, {}, 7, "pack")


def epochs(number: int, *which: int) -> EpochsReported:
    return EpochsReported(2.0, number, which, [{"val_mse": CURVE[one]} for one in which], 10)


def end(number: int, state: TrialState = "complete") -> TrialEnded:
    return TrialEnded(3.0, number, state, "why", 3, 0.25, 0.25, 3, 1.5)


def left_behind(folder: Path) -> None:
    """By a driver that was killed: trials 0 to 2 were written, 3 to 6 lie in the outbox."""
    WriterState(done=0, runs={1: OpenRun("r1", epoch=2), 2: OpenRun("r2", epoch=3)}).save(folder)
    box = Outbox(folder)
    for event in (
        begin(3), epochs(3, 1, 2, 3), end(3),
        begin(4), epochs(4, 1),
        begin(5),
        begin(6), epochs(6, 1, 2), end(6, "waiting"),
        end(2),
    ):  # fmt: skip
        box.on_event(event)


def test_runs_without_an_end_are_found(tmp_path: Path) -> None:
    left_behind(tmp_path)
    assert open_runs(tmp_path) == {1: 2, 4: 1, 5: 0, 6: 2}


def test_trials_whose_events_are_held_back_have_no_end_either(tmp_path: Path) -> None:
    held = HeldTrials(tmp_path / HELD)
    held.keep(1, [(1, begin(1)), (2, epochs(1, 1, 2))])
    held.keep(2, [(3, begin(2)), (4, end(2))])
    held.keep(3, [(5, begin(3)), (6, end(3, "waiting"))])
    held.keep(4, [(7, begin(4))])
    WriterState(done=7, ended={4: "complete"}).save(tmp_path)
    assert open_runs(tmp_path) == {1: 2, 3: 0}
    Outbox(tmp_path).on_event(end(1))
    assert open_runs(tmp_path) == {3: 0}


def test_of_those_the_ledgers_epochs_and_ends_are_told(tmp_path: Path) -> None:
    left_behind(tmp_path)
    trials = [known(number, "complete", CURVE) for number in range(4)]
    trials += [known(4, "pruned", CURVE), known(5, "waiting", {}), known(6, "waiting", CURVE)]

    told: list[Event] = list(untold(open_runs(tmp_path), trials, "val_mse", now=99.0))

    rows = {
        event.number: dict(zip(event.epochs, event.metrics, strict=True))
        for event in told
        if isinstance(event, EpochsReported)
    }
    assert rows == {
        1: {3: {"val_mse": 0.25}},
        4: {2: {"val_mse": 0.5}, 3: {"val_mse": 0.25}},
        6: {3: {"val_mse": 0.25}},
    }
    ends = [event for event in told if isinstance(event, TrialEnded)]
    assert [(event.number, event.state, event.time) for event in ends] == [
        (1, "complete", 50.0),
        (4, "pruned", 50.0),
    ]


def test_where_everything_was_told_nothing_is(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    for event in (begin(0), epochs(0, 1, 2, 3), end(0)):
        box.on_event(event)
    assert list(untold(open_runs(tmp_path), [known(0, "complete", CURVE)], "val_mse", 99.0)) == []
