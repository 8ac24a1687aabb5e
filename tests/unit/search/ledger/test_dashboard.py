"""optuna-dashboard on a ledger: every trial is there, those to come too, and nothing changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from contracts.written_study import TRIALS, write_study
from optuna.storages import JournalStorage

from rnnsearch.errors import DamagedLedgerError, LedgerError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.dashboard import dashboard, server
from rnnsearch.search.ledger.followed import READ_ONLY, FollowedJournal
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import load


@pytest.fixture
def study(tmp_path: Path) -> StudyDirectory:
    return write_study(tmp_path)


@pytest.fixture
def address(study: StudyDirectory) -> Iterator[str]:
    with server(dashboard(study), "127.0.0.1", 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def answer(address: str) -> Any:
    with urlopen(address, timeout=60) as response:
        return json.load(response)


def test_the_dashboard_has_every_trial_and_its_values(address: str) -> None:
    (summary,) = answer(f"{address}/api/studies")["study_summaries"]
    assert summary["study_name"] == "wave"
    trials = answer(f"{address}/api/studies/0")["trials"]
    assert [each["state"] for each in trials] == ["Complete", "Pruned", "Pruned", "Complete"]
    assert len(trials) == len(TRIALS)
    assert [len(each["intermediate_values"]) for each in trials] == [9, 3, 2, 9]
    with urlopen(f"{address}/dashboard/studies/0", timeout=60) as page:
        assert b"<html" in page.read().lower()


def test_trials_that_come_later_are_seen(study: StudyDirectory) -> None:
    storage = JournalStorage(FollowedJournal(study.ledger))  # the dashboard asks it every 10 s
    assert storage.get_n_trials(0) == len(TRIALS)
    ledger = Ledger.open(study, load(study.yaml))
    assert ledger.ask() is not None
    ledger.flush()
    assert storage.get_n_trials(0) == len(TRIALS) + 1
    ledger.close()
    assert storage.get_all_trials(0)[-1].state.name == "WAITING"


def test_what_would_change_the_ledger_is_refused(study: StudyDirectory, address: str) -> None:
    before = study.ledger.read_bytes()
    change = {"body": "a note", "version": 1}
    asked = Request(
        f"{address}/api/studies/0/note",
        json.dumps(change).encode(),
        {"Content-Type": "application/json"},
        method="PUT",
    )
    with pytest.raises(HTTPError) as refused:
        urlopen(asked, timeout=60)
    with refused.value as response:
        assert response.code == 403
        assert json.load(response) == {"reason": READ_ONLY}
    assert study.ledger.read_bytes() == before
    with pytest.raises(LedgerError):
        FollowedJournal(study.ledger).append_logs([{}])


def test_a_half_written_record_comes_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.journal"
    path.write_bytes(b'{"op_code":0}\n{"op_')
    journal = FollowedJournal(path)
    assert [log["op_code"] for log in journal.read_logs(0)] == [0]
    with path.open("ab") as file:
        file.write(b'code":1}\n')
    assert [log["op_code"] for log in journal.read_logs(1)] == [1]
    assert [log["op_code"] for log in journal.read_logs(0)] == [0, 1]


def test_a_damaged_or_missing_ledger_is_said_before_a_server_starts(
    study: StudyDirectory,
) -> None:
    study.ledger.write_bytes(study.ledger.read_bytes().replace(b"val_mse", b"val_msf", 1))
    with pytest.raises(DamagedLedgerError, match="rnnsearch repair wave"):
        dashboard(study)
    study.ledger.unlink()
    with pytest.raises(StudyNotFoundError):
        dashboard(study)
