"""A ledger opened again: after a kill, under another space, from another store, by a reader."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ledgers import asked, new, reopen, stock_study
from optuna.storages import InMemoryStorage
from small_space import small_spec, study_directory

from rnnsearch.errors import StudyExistsError, StudyNotFoundError
from rnnsearch.search.ledger import identity
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.notes import Notes
from rnnsearch.search.ledger.open_study import create_study, open_study
from rnnsearch.search.ledger.reading import read_trials


def test_reopened_records_are_the_live_ones(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    for number in range(3):
        asked(ledger)
        ledger.report([(number, 1, 0.5)])
    ledger.finish(0, "complete", reason="done", epoch=1, seconds=2.0, attributes={"a": [1, "b"]})
    ledger.finish(1, "diverged", reason="NaN", epoch=2)
    ledger.put_back(2, snapshot="snapshots/pack-1", crashed=True)
    live = ledger.trials()
    ledger.close()

    again = reopen(tmp_path).trials()

    for ours, theirs in zip(live, again, strict=True):
        for name in ("started", "ended"):
            a, b = getattr(ours, name), getattr(theirs, name)
            assert (a is None) == (b is None)
            if a is not None:
                assert a == pytest.approx(b, abs=5.0)
    plain = [_without_times(record) for record in live]
    assert plain == [_without_times(record) for record in again]


def _without_times(record: Any) -> dict[str, Any]:
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return {name: fields[name] for name in fields if name not in ("started", "ended")}


def test_a_killed_driver_loses_no_trial_and_doubles_none(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    trials = [asked(ledger) for _ in range(3)]
    ledger.report([(0, 1, 0.5), (1, 1, 0.6)])
    ledger.finish(0, "pruned", reason="rung", epoch=1)
    ledger.note_snapshots({1: "snapshots/pack-a"})
    ledger.flush()
    ledger.report([(1, 2, 0.4)])  # never flushed, so it never was

    again = reopen(tmp_path)

    assert again.counts() == {"pruned": 1, "waiting": 2}
    first, second, third = (asked(again) for _ in range(3))
    assert (first.number, first.attempts, first.epoch, first.snapshot) == (
        1,
        2,
        1,
        "snapshots/pack-a",
    )
    assert (second.number, second.params) == (2, trials[2].params)
    assert third.number == 3
    assert asked(again).number == 4
    assert again.ask() is None


def test_after_settling_nothing_runs_and_a_resume_goes_on(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    ledger.prepare(2)
    trial = asked(ledger)
    ledger.report([(trial.number, 1, 0.5)])
    ledger.settle("the budget ran out")

    told = stock_study(tmp_path)
    assert {one.state.name for one in told.trials} == {"WAITING"}
    assert told.user_attrs["note.settled"] == "the budget ran out"
    again = reopen(tmp_path)
    resumed = asked(again)
    assert (resumed.number, resumed.params, resumed.epoch) == (0, trial.params, 1)
    assert resumed.attempts == 2


def test_rungs_rebuilt_from_the_ledger_are_the_live_ones(tmp_path: Path) -> None:
    ledger = new(tmp_path)
    spec = small_spec()
    live = spec.stopping_rule()
    for number, curve in enumerate([[0.5, 0.4, 0.3], [0.6], [0.3, 0.2, 0.1, 0.05]]):
        asked(ledger)
        for epoch, value in enumerate(curve, start=1):
            ledger.report([(number, epoch, value)])
            live.record(number, epoch, value)
    ledger.finish(1, "diverged", reason="NaN", epoch=2)
    ledger.close()

    rebuilt = spec.stopping_rule()
    rebuilt.rebuild(reopen(tmp_path).curves())

    assert rebuilt.populations() == live.populations() == {1: 3, 3: 2, 9: 0}
    for value in (0.05, 0.2, 0.35):
        for table in (live, rebuilt):
            table.record(100, 1, value)
        assert live.decide(100) == rebuilt.decide(100)


def test_a_name_is_never_merged(tmp_path: Path) -> None:
    new(tmp_path).close()

    with pytest.raises(StudyExistsError, match="rnnsearch resume small"):
        new(tmp_path)


def test_another_space_is_refused_and_another_budget_is_not(tmp_path: Path) -> None:
    new(tmp_path).close()

    reopen(tmp_path, "search.num_trials=50").close()
    for changed in ("search.seed=8", "training.max_epochs=8", "model.hidden_size={int: [1, 2]}"):
        with pytest.raises(StudyExistsError, match="another search space"):
            reopen(tmp_path, changed)


def test_a_study_of_a_version_that_knew_fewer_fields_is_known_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(identity, "space_digest", lambda spec: "of fewer fields")
        new(tmp_path).close()

    reopen(tmp_path).close()
    with pytest.raises(StudyExistsError, match="another search space"):
        reopen(tmp_path, "search.seed=8")


def test_a_driver_killed_before_its_first_flush_left_a_study_to_begin(tmp_path: Path) -> None:
    study_directory(tmp_path).ledger.write_bytes(b"")

    ledger = reopen(tmp_path)

    assert ledger.num_trials == 5
    assert asked(ledger).number == 0


def test_reading_leaves_a_live_ledger_alone(tmp_path: Path) -> None:
    directory, spec = study_directory(tmp_path), small_spec()
    with pytest.raises(StudyNotFoundError, match="no ledger"):
        read_trials(directory, spec)
    ledger = new(tmp_path)
    asked(ledger)
    ledger.report([(0, 1, 0.5)])
    ledger.note(lambda notes: replace(notes, tie_break="val_nats"))
    ledger.flush()
    before = directory.ledger.read_bytes()

    records, notes = read_trials(directory, spec)

    assert [record.state for record in records] == ["running"]
    assert records[0].values_by_epoch == {1: 0.5}
    assert notes == Notes(tie_break="val_nats")
    assert directory.ledger.read_bytes() == before
    ledger.report([(0, 2, 0.4)])
    ledger.finish(0, "pruned", reason="", epoch=2)
    ledger.close()


class Memory:
    """A store that is no file: what was flushed is counted, and nothing is ever damaged."""

    def __init__(self) -> None:
        self.storage = InMemoryStorage()
        self.flushed = 0

    def flush(self) -> None:
        self.flushed += 1

    def damage_explained(self) -> nullcontext[None]:
        return nullcontext()


def test_any_store_will_do(tmp_path: Path) -> None:
    store, directory, spec = Memory(), study_directory(tmp_path), small_spec()
    ledger = Ledger(create_study(store, directory, spec), spec)
    trials = [asked(ledger) for _ in range(3)]
    ledger.report([(0, 1, 0.5), (1, 1, 0.6), (2, 1, 0.7)])
    ledger.finish(0, "complete", reason="done", epoch=1, attributes={"a": 1})
    ledger.finish(1, "diverged", reason="NaN", epoch=2)
    ledger.put_back(2, snapshot="s", crashed=True)
    assert asked(ledger).number == 2
    before = store.flushed
    ledger.flush()
    assert store.flushed == before + 1

    assert not directory.ledger.exists()
    with pytest.raises(StudyExistsError):
        create_study(store, directory, spec)
    again = Ledger(open_study(store, directory, spec), spec)
    assert again.counts() == {"complete": 1, "diverged": 1, "waiting": 1}
    resumed = asked(again)
    assert (resumed.number, resumed.params) == (2, trials[2].params)
    assert (resumed.attempts, resumed.snapshot, resumed.epoch) == (3, "s", 1)
    with pytest.raises(StudyNotFoundError, match="but 'small'"):
        open_study(store, study_directory(tmp_path, "other"), spec)
