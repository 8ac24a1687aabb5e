"""The buffered journal under a real Optuna storage."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from rnnsearch.errors import LedgerError, StorageError
from rnnsearch.search.ledger.journal import BufferedJournal


def study_on(journal: BufferedJournal) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        study_name="s",
        storage=JournalStorage(journal),
        sampler=optuna.samplers.RandomSampler(seed=0),
    )


def reopen(journal: BufferedJournal) -> optuna.Study:
    return optuna.load_study(study_name="s", storage=JournalStorage(journal))


def run_trials(study: optuna.Study, count: int) -> None:
    for _ in range(count):
        trial = study.ask()
        x = trial.suggest_float("x", 0.0, 1.0)
        trial.report(x, 1)
        study.tell(trial, x)


def test_reads_see_the_buffer_and_the_file_only_what_was_flushed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    journal = BufferedJournal(path)
    study = study_on(journal)
    run_trials(study, 3)

    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3
    assert path.stat().st_size == 0
    journal.flush()
    run_trials(study, 1)
    assert len(study.trials) == 4
    assert len(reopen(BufferedJournal(path)).trials) == 3

    journal.flush()
    again = reopen(BufferedJournal(path))
    assert again.trials == study.trials


def test_flushing_nothing_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    journal = BufferedJournal(path)
    run_trials(study_on(journal), 1)
    journal.flush()
    before = path.read_bytes()

    journal.flush()

    assert path.read_bytes() == before


def test_the_file_is_one_that_optuna_reads(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    journal = BufferedJournal(path)
    study = study_on(journal)
    run_trials(study, 2)
    journal.flush()

    stock = optuna.load_study(study_name="s", storage=JournalStorage(JournalFileBackend(str(path))))

    assert stock.trials == study.trials


def test_reading_starts_anywhere(tmp_path: Path) -> None:
    journal = BufferedJournal(tmp_path / "ledger.journal")
    journal.append_logs([{"n": 0}, {"n": 1}])
    journal.flush()
    journal.append_logs([{"n": 2}, {"n": 3}])

    for first in range(5):
        assert [log["n"] for log in journal.read_logs(first)] == list(range(first, 4))


def test_a_record_torn_at_any_byte_stops_no_reopening(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    journal = BufferedJournal(path)
    study = study_on(journal)
    run_trials(study, 2)
    journal.flush()
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    kept = whole[: len(whole) - last]

    for size in range(len(kept), len(whole)):
        path.write_bytes(whole[:size])
        reader = reopen(BufferedJournal(path, read_only=True))
        assert reader.trials[1].state.name == "RUNNING", "its tell was the record that was torn"
        assert path.stat().st_size == size, "a reader leaves the file alone"

        torn = BufferedJournal(path)
        reopened = reopen(torn)
        assert path.read_bytes() == kept
        assert [trial.state.name for trial in reopened.trials] == ["COMPLETE", "RUNNING"]
        reopened.tell(1, 0.5)
        torn.flush()
        assert reopen(BufferedJournal(path)).trials[1].value == 0.5


def test_zeros_after_a_power_cut_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    journal = BufferedJournal(path)
    run_trials(study_on(journal), 1)
    journal.flush()
    whole = path.read_bytes()
    path.write_bytes(whole + b"\0" * 512)

    assert len(reopen(BufferedJournal(path)).trials) == 1
    assert path.read_bytes() == whole


def test_a_second_writer_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    first, second = BufferedJournal(path), BufferedJournal(path)
    first.append_logs([{"n": 0}])
    second.append_logs([{"n": 1}])
    first.flush()

    with pytest.raises(LedgerError, match="another driver"):
        second.flush()
    assert [log["n"] for log in BufferedJournal(path).read_logs(0)] == [0]


def test_what_is_not_json_raises_where_it_came_from(tmp_path: Path) -> None:
    journal = BufferedJournal(tmp_path / "ledger.journal")
    study = study_on(journal)
    trial = study.ask()

    with pytest.raises(TypeError, match="not JSON serializable"):
        trial.set_user_attr("array", np.zeros(2))
    journal.flush()
    assert study.trials[0].user_attrs == {}


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    BufferedJournal(path)

    with pytest.raises(LedgerError, match="read only"):
        BufferedJournal(path, read_only=True).append_logs([{"n": 0}])


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Cannot open the ledger"):
        BufferedJournal(tmp_path / "missing" / "ledger.journal")


def test_threads_may_share_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    journal = BufferedJournal(path)
    study = study_on(journal)
    done = threading.Event()

    def keep_flushing() -> None:
        while not done.is_set():
            journal.flush()

    flusher = threading.Thread(target=keep_flushing)
    askers = [threading.Thread(target=run_trials, args=(study, 20)) for _ in range(3)]
    for thread in (flusher, *askers):
        thread.start()
    for thread in askers:
        thread.join()
    done.set()
    flusher.join()
    journal.flush()

    again = reopen(BufferedJournal(path))
    assert [trial.number for trial in again.trials] == list(range(60))
    assert {trial.state.name for trial in again.trials} == {"COMPLETE"}
    assert again.trials == study.trials
