"""A repaired ledger holds what was whole, and nothing that was not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.broken_disk import BrokenDisk
from ledgers import new, reopen
from small_space import small_spec, study_directory

from rnnsearch import disk
from rnnsearch.errors import DamagedLedgerError, StudyLockedError, StudyNotFoundError
from rnnsearch.events import ChampionChosen, EndState
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.search.ledger.repair import Repair, repair
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.lock import StudyLock

FIRST = "first_trials=[{model.cell: rnn, model.nonlinearity: tanh, model.hidden_size: 7,"
FIRST += " training.learning_rate: 0.01}]"


ENDS: dict[int, tuple[int, EndState]] = {1: (2, "pruned"), 3: (3, "diverged")}
"""Last epoch and end of the trials that are not completed at epoch 4."""


def value_of(number: int, epoch: int) -> float:
    """A curve that is a function of the trial, as a real one is of its seed."""
    return number + 1.0 / epoch


def drive(ledger: Ledger) -> None:
    """Three trials at a time, to the end; some are pruned, one diverges."""
    aboard: dict[int, int] = {}
    while True:
        while len(aboard) < 3 and (trial := ledger.ask()) is not None:
            aboard[trial.number] = 0 if trial.snapshot is None else trial.epoch
        if not aboard:
            break
        for number in list(aboard):
            last, state = ENDS.get(number, (4, "complete"))
            if aboard[number] < last:
                epoch = aboard[number] = aboard[number] + 1
                ledger.report([(number, epoch, value_of(number, epoch))])
            if aboard[number] == last:
                ledger.finish(number, state, reason="its end", epoch=last)
                del aboard[number]
            else:
                ledger.note_snapshots({number: f"pack-{aboard[number]}"})
        ledger.flush()
    champion = ChampionChosen(1.0, 2, 5, "gone", {}, {})
    ledger.note(lambda notes: replace(notes, champion=champion))
    ledger.close()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[TrialRecord]]:
    storage = tmp_path_factory.mktemp("study")
    drive(new(storage, FIRST))
    directory = study_directory(storage)
    return directory.ledger.read_bytes(), read_trials(directory, small_spec(FIRST))[0]


def damaged(tmp_path: Path, data: bytes) -> StudyDirectory:
    directory = study_directory(tmp_path)
    directory.ledger.write_bytes(data)
    return directory


def repaired(directory: StudyDirectory) -> Repair:
    done = repair(directory, small_spec(FIRST))
    assert done is not None
    return done


def records(directory: StudyDirectory) -> list[TrialRecord]:
    return read_trials(directory, small_spec(FIRST))[0]


def assert_nothing_false(directory: StudyDirectory, whole: list[TrialRecord]) -> None:
    """Trials that ended are those of the whole ledger; the others go on to the same end."""
    for record in records(directory):
        before = whole[record.number]
        assert record.params in ({}, before.params)
        assert record.snapshot is None or record.state != "waiting"
        epochs = range(1, len(record.values_by_epoch) + 1)
        assert dict(record.values_by_epoch) == {
            epoch: value_of(record.number, epoch) for epoch in epochs
        }
        if record.state not in ("waiting", "running"):
            assert (record.state, record.epoch, record.best_value) == (
                before.state,
                before.epoch,
                before.best_value,
            )
            assert record.values_by_epoch == before.values_by_epoch
    ledger = reopen(directory.storage, FIRST)
    drive(ledger)
    after = records(directory)
    assert [record.number for record in after] == list(range(5))
    assert [record.state for record in after] == [record.state for record in whole]
    assert after[0].params == whole[0].params, "the first one's stand in the space file"
    assert [record.values_by_epoch for record in after] == [r.values_by_epoch for r in whole]


def test_a_lost_report_is_trained_again(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]]
) -> None:
    lines = study[0].splitlines(keepends=True)
    number, log = next(
        (number, json.loads(line))
        for number, line in enumerate(lines)
        if json.loads(line).get("step") == 2
    )
    lines[number] = lines[number].replace(b'"step":2', b'"step":3')
    directory = damaged(tmp_path, b"".join(lines))

    done = repaired(directory)

    assert done.damaged == directory.root / "ledger.journal.damaged"
    assert done.damaged.read_bytes() == b"".join(lines)
    assert done.mended.gone == [number]
    assert done.mended.again == [log["trial_id"]], "the others can be shown to be complete"
    assert done.mended.lost == []
    again = records(directory)[log["trial_id"]]
    assert (again.state, again.values_by_epoch) == ("waiting", {})
    assert again.params == study[1][again.number].params
    assert_nothing_false(directory, study[1])


def test_a_lost_trial_keeps_its_number(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]]
) -> None:
    """Trials of which every record is lost are put back under their numbers: Optuna counts the
    records that create trials, so without them each later trial would take the number of an earlier
    one.
    """
    lines = [
        line
        for line in study[0].splitlines(keepends=True)
        if json.loads(line).get("trial_id") not in (0, 2)
    ]
    directory = damaged(tmp_path, b"".join(lines))

    done = repaired(directory)

    assert done.mended.lost == [0, 2]
    assert len(done.mended.gone) == study[0].count(b"\n") - len(lines)
    assert records(directory)[4].params == study[1][4].params
    assert_nothing_false(directory, study[1])


def test_the_studys_own_records_come_from_its_space_file(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]]
) -> None:
    lines = study[0].splitlines(keepends=True)
    directory = damaged(tmp_path, b"".join(lines[4:]))

    done = repaired(directory)

    assert done.mended.gone == [0, 1, 2, 3]
    assert_nothing_false(directory, study[1])
    with pytest.raises(Exception, match="another search space"):
        read_trials(directory, small_spec())


def _flip(data: bytes, chosen: random.Random) -> bytes:
    place = chosen.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chosen.randrange(8))]) + data[place + 1 :]


def _newline(data: bytes, chosen: random.Random) -> bytes:
    ends = [place for place, byte in enumerate(data) if byte == ord("\n")]
    place = chosen.choice(ends)
    return data[:place] + b" " + data[place + 1 :]


def _hole(data: bytes, chosen: random.Random) -> bytes:
    place, size = chosen.randrange(len(data)), chosen.choice([1, 30, 512, 2048])
    return data[:place] + bytes(len(data[place : place + size])) + data[place + size :]


def _missing(data: bytes, chosen: random.Random) -> bytes:
    place, size = chosen.randrange(len(data)), chosen.choice([1, 30, 512, 2048])
    return data[:place] + data[place + size :]


def _twice(data: bytes, chosen: random.Random) -> bytes:
    place, size = chosen.randrange(len(data)), chosen.choice([30, 512, 2048])
    return data[: place + size] + data[place:]


DAMAGES = (_flip, _newline, _hole, _missing, _twice)


def _wreck(data: bytes, seed: int, damages: tuple[Callable[..., bytes], ...] = DAMAGES) -> bytes:
    chosen = random.Random(seed)
    for _ in range(chosen.choice([1, 1, 2, 5])):
        data = chosen.choice(damages)(data, chosen)
    return data


def _mend_and_go_on(tmp_path: Path, data: bytes, whole: list[TrialRecord]) -> None:
    directory = damaged(tmp_path, data)
    repair(directory, small_spec(FIRST))  # None where only the end is torn
    assert repair(directory, small_spec(FIRST)) is None
    assert_nothing_false(directory, whole)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_damage_nothing_false_is_left(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]], seed: int
) -> None:
    _mend_and_go_on(tmp_path, _wreck(study[0], seed), study[1])


@pytest.mark.slow
def test_whatever_the_damage_nothing_false_is_left_of_many(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]]
) -> None:
    for seed in range(100, 300):
        _mend_and_go_on(tmp_path / str(seed), _wreck(study[0], seed), study[1])


def test_a_ledger_of_an_older_version_is_mended_too(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]]
) -> None:
    logs = [json.loads(line) for line in study[0].splitlines()]
    for log in logs:
        del log["record"], log["crc"]
        if log["op_code"] == 4:
            del log["trial_id"]
    lines = [json.dumps(log).encode() + b"\n" for log in logs]
    for seed in range(4):
        chosen = random.Random(seed)
        wrecked = list(lines)
        for place in chosen.sample(range(len(lines)), 3):
            wrecked[place] = wrecked[place][: len(wrecked[place]) // 2] + b"\n"
        directory = damaged(tmp_path / str(seed), b"".join(wrecked))
        assert len(repaired(directory).mended.gone) == 3
        assert_nothing_false(directory, study[1])


def test_a_whole_ledger_is_left_alone(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]]
) -> None:
    directory = damaged(tmp_path, study[0] + b'{"half a rec')

    assert repair(directory, small_spec(FIRST)) is None
    assert directory.ledger.read_bytes() == study[0] + b'{"half a rec'


def test_it_waits_for_no_driver_and_needs_a_ledger(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]]
) -> None:
    directory = damaged(tmp_path, study[0][5:])
    with StudyLock(directory), pytest.raises(StudyLockedError):
        repair(directory, small_spec(FIRST))
    directory.ledger.unlink()
    with pytest.raises(StudyNotFoundError, match="no ledger"):
        repair(directory, small_spec(FIRST))


def test_a_full_disk_leaves_the_damaged_file_where_it_was(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = damaged(tmp_path, study[0][5:])
    for room in (600, len(study[0]) + 900):  # too little for the copy, and for the new one
        monkeypatch.setattr(disk, "os", BrokenDisk(room))
        with pytest.raises(OSError, match="No space"):
            repair(directory, small_spec(FIRST))
        assert directory.ledger.read_bytes() == study[0][5:]
    monkeypatch.setattr(disk, "os", BrokenDisk())
    assert repaired(directory).damaged.read_bytes() == study[0][5:]


def test_a_champion_of_an_older_ledger_that_makes_no_sense_is_dropped(
    tmp_path: Path, study: tuple[bytes, list[TrialRecord]]
) -> None:
    logs = [json.loads(line) for line in study[0].splitlines()]
    for log in logs:
        del log["record"], log["crc"]
    data = b"".join(json.dumps(log).encode() + b"\n" for log in logs)
    directory = damaged(
        tmp_path,
        data.replace(
            b'"note.champion": {"time": 1.0, "number"', b'"note.champion": {"time": 1.0, "nunber"'
        ),
    )
    with pytest.raises(DamagedLedgerError, match="nunber"):
        read_trials(directory, small_spec(FIRST))

    assert len(repaired(directory).mended.gone) == 1
    trials, notes = read_trials(directory, small_spec(FIRST))
    assert notes.champion is None
    assert [trial.state for trial in trials] == [trial.state for trial in study[1]]
