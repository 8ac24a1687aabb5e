"""A ledger in a real PostgreSQL, which is killed, damaged and given wrong passwords."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from contracts.postgres import PASSWORD, Postgres
from ledgers import asked
from lying_in import lying_in
from optuna.storages import JournalStorage
from small_space import small_spec, study_directory

from rnnsearch.errors import (
    DamagedLedgerError,
    LedgerAwayError,
    LedgerError,
    RnnsearchError,
    StorageError,
    StudyNotFoundError,
)
from rnnsearch.search.database.stored import StoredLedger
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.dashboard import dashboard, server
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import LedgerReader, LedgerState, read_ledger
from rnnsearch.search.ledger.repair import repair
from rnnsearch.search.ledger.report_order import reports_in_order
from rnnsearch.search.ledger.store import store_of
from rnnsearch.search.lock import StudyLock, is_running

pytestmark = pytest.mark.slow
TRIALS = "search.num_trials=30"


def train(ledger: Ledger, between: Callable[[int], object] = lambda number: None) -> None:
    """All trials, one after the other, each with an end of its own."""
    while (trial := ledger.ask()) is not None:
        number = trial.number
        for epoch in range(1, 4):
            ledger.report([(number, epoch, 1.0 / (number + epoch))])
            between(number)
            ledger.flush()
        ledger.finish(number, "pruned" if number % 3 else "complete", reason="its end")
    ledger.close()


def told(state: LedgerState) -> list[object]:
    """What a ledger tells of its trials, but for the times."""
    return [
        (one.number, one.params, one.values_by_epoch, one.state, one.reason, one.seed)
        for one in state.trials
    ]


def read(directory: StudyDirectory) -> LedgerState:
    return read_ledger(directory, small_spec(TRIALS))


def test_it_holds_what_a_file_holds(tmp_path: Path, directory: StudyDirectory) -> None:
    in_file = study_directory(tmp_path / "file")
    for each in (in_file, directory):
        train(Ledger.create(each, small_spec(TRIALS)))
    assert told(read(directory)) == told(read(in_file))
    assert not directory.ledger.exists()
    order = reports_in_order(directory, read(directory).trials)
    assert order == reports_in_order(in_file, read(in_file).trials)
    assert len(order.batches) == 90


def test_what_is_read_again_is_what_is_read_anew(directory: StudyDirectory) -> None:
    ledger = Ledger.create(directory, small_spec(TRIALS))
    reader = LedgerReader(directory, small_spec(TRIALS))
    live = JournalStorage(store_of(directory, read_only=True).live())
    for _ in range(6):
        number = asked(ledger).number
        ledger.report([(number, 1, 0.5)])
        ledger.flush()
        assert reader.read() == read(directory)
        assert live.get_n_trials(0) == number + 1
    ledger.close()
    with pytest.raises(LedgerError):
        store_of(directory, read_only=True).live().append_logs([{}])


@pytest.mark.parametrize("crash", [Postgres.kill, Postgres.crash])
def test_a_server_that_is_killed_loses_and_doubles_nothing(
    tmp_path: Path,
    directory: StudyDirectory,
    postgres: Postgres,
    crash: Callable[[Postgres], None],
) -> None:
    away: list[LedgerAwayError] = []

    def between(number: int) -> None:
        if number in (3, 17) and len(away) < 1 + (number == 17):
            crash(postgres)
            with pytest.raises(LedgerAwayError) as raised:
                ledger.flush()
            away.append(raised.value)
            postgres.start()

    ledger = Ledger.create(directory, small_spec(TRIALS))
    train(ledger, between)
    assert len(away) == 2
    assert "does not answer" in str(away[0])
    assert PASSWORD not in str(away[0])
    in_file = study_directory(tmp_path / "file")
    train(Ledger.create(in_file, small_spec(TRIALS)))
    assert told(read(directory)) == told(read(in_file))


@pytest.mark.parametrize("crash", [Postgres.kill, Postgres.crash])
def test_a_server_that_came_back_unseen_is_not_noticed(
    directory: StudyDirectory, postgres: Postgres, crash: Callable[[Postgres], None]
) -> None:
    """The connections that were kept are dead, each with other words of the client."""
    ledger = Ledger.create(directory, small_spec(TRIALS))
    reader = LedgerReader(directory, small_spec(TRIALS))
    for _ in range(3):
        number = asked(ledger).number
        ledger.flush()
        assert len(reader.read().trials) == number + 1
        assert not is_running(directory)
        crash(postgres)
        postgres.start()
        assert reader.read().trials[number].state == "running"
        ledger.report([(number, 1, 0.5)])
        ledger.flush()
    ledger.close()
    assert [dict(one.values_by_epoch) for one in read(directory).trials] == [{1: 0.5}] * 3


def test_a_batch_whose_answer_was_lost_is_written_once(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database has it, and the driver does not know; more comes before it asks again."""
    ledger = Ledger.create(directory, small_spec(TRIALS))
    append = StoredLedger.append

    def lost(self: StoredLedger, *given: Any) -> bool:
        append(self, *given)
        raise LedgerAwayError("the answer was lost")

    numbers = [asked(ledger).number for _ in range(3)]
    for number in numbers:
        ledger.report([(number, 1, 0.5)])
        with monkeypatch.context() as patched:
            patched.setattr(StoredLedger, "append", lost)
            with pytest.raises(LedgerAwayError):
                ledger.flush()
        ledger.report([(number, 2, 0.25)])
        ledger.flush()
        ledger.finish(number, "complete", reason="its end")
    ledger.close()
    curves = {one.number: dict(one.values_by_epoch) for one in read(directory).trials}
    assert curves == {number: {1: 0.5, 2: 0.25} for number in numbers}


def test_a_driver_that_lost_the_study_writes_nothing_more(directory: StudyDirectory) -> None:
    old = Ledger.create(directory, small_spec(TRIALS))
    number = asked(old).number
    old.flush()
    with StudyLock(directory):
        new = Ledger.open(directory, small_spec(TRIALS))
        old.report([(number, 1, 0.5)])
        with pytest.raises(LedgerError, match="another driver has taken the study"):
            old.flush()
        train(new)
    assert len(read(directory).trials) == 30
    old.close_asking()


def test_a_changed_row_is_damage_and_what_is_whole_is_kept(
    directory: StudyDirectory, postgres: Postgres
) -> None:
    train(Ledger.create(directory, small_spec(TRIALS)))
    before = told(read(directory))
    key = json.loads(directory.database.read_text())["key"]
    postgres.rows(
        "update rnnsearch_batch set lines = replace(lines, '0.5', '0.6') "
        f"where key = '{key}' and first = (select max(first) from rnnsearch_batch where "
        f"key = '{key}' and lines like '%0.5%') returning 1"
    )
    with pytest.raises(DamagedLedgerError, match=r"does not match.*rnnsearch repair small"):
        read(directory)
    done = repair(directory, small_spec(TRIALS))
    assert done is not None
    assert done.damaged.name == "ledger.journal.damaged"
    train(Ledger.open(directory, small_spec(TRIALS)))
    assert len(told(read(directory))) == len(before)
    assert repair(directory, small_spec(TRIALS)) is None


def test_missing_rows_are_damage(directory: StudyDirectory, postgres: Postgres) -> None:
    train(Ledger.create(directory, small_spec(TRIALS)))
    key = json.loads(directory.database.read_text())["key"]
    batch = f"(select max(first) from rnnsearch_batch where key = '{key}')"
    postgres.rows(
        f"delete from rnnsearch_batch where key = '{key}' and first = {batch} returning 1"
    )
    with pytest.raises(DamagedLedgerError, match=r"holds .* records of"):
        read(directory)
    assert repair(directory, small_spec(TRIALS)) is not None
    assert len(read(directory).trials) == 30


def test_studies_of_one_name_share_a_database(tmp_path: Path, postgres: Postgres) -> None:
    one, other = (lying_in(tmp_path / name, postgres.uri) for name in ("one", "other"))
    train(Ledger.create(one, small_spec(TRIALS)))
    assert not other.ledger_place.has_records()
    with pytest.raises(StudyNotFoundError, match="no ledger yet"):
        read(other)
    train(Ledger.create(other, small_spec(TRIALS)))
    one.yaml.write_text("")
    one.delete()
    assert len(read(other).trials) == 30
    keys = [str(key) for (key,) in postgres.rows("select key from rnnsearch_ledger")]
    assert json.loads(other.database.read_text())["key"] in keys
    other.ledger_place.delete()
    with pytest.raises(StudyNotFoundError):
        read(other)


REFUSED = {
    "password": (StorageError, r"refuses the login.*RNNSEARCH_LEDGER.*PGPASSWORD.*pgpass"),
    "user": (StorageError, r"refuses the login.*RNNSEARCH_LEDGER"),
    "database": (StorageError, r"there is no database .*createdb"),
    "port": (LedgerAwayError, r"does not answer.*--ledger"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_is_wrong_with_an_address_is_said_without_its_password(
    tmp_path: Path, postgres: Postgres, wrong: str
) -> None:
    changes = {
        "password": (PASSWORD, "Sesame-6-opens-nothing"),
        "user": ("ann", "bob"),
        "database": ("/records", "/nowhere"),
        "port": (f":{postgres.port}/", ":1/"),
    }
    uri = postgres.uri.replace("127.0.0.1", "localhost").replace(*changes[wrong])
    kind, words = REFUSED[wrong]
    with pytest.raises(RnnsearchError, match=words) as raised:
        Ledger.create(lying_in(tmp_path, uri), small_spec())
    assert raised.type is kind
    assert "Sesame" not in str(raised.value)


def test_the_password_comes_from_the_variables_of_postgresql(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another host's name is another address, of which this process knows no password."""
    bare = postgres.uri.replace(f":{PASSWORD}", "").replace("127.0.0.1", "127.0.0.1,localhost")
    bare = bare.replace(f":{postgres.port}/", "/") + f"?port={postgres.port}"
    directory = lying_in(tmp_path, bare)
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    with pytest.raises(StorageError, match="no password supplied"):
        Ledger.create(directory, small_spec())
    passfile = tmp_path / "passfile"
    passfile.write_text(f"*:*:*:*:{PASSWORD}\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    train(Ledger.create(directory, small_spec(TRIALS)))
    assert len(read(directory).trials) == 30
    assert os.environ["PGPASSFILE"] not in directory.database.read_text()


def test_the_dashboard_shows_it(directory: StudyDirectory) -> None:
    train(Ledger.create(directory, small_spec(TRIALS)))
    with server(dashboard(directory), "127.0.0.1", 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{serving.server_port}/api/studies/0"
            with urlopen(address, timeout=60) as response:
                assert len(json.load(response)["trials"]) == 30
        finally:
            serving.shutdown()
            thread.join()


def test_a_server_that_is_frozen_is_told_of_and_written_to_again(
    tmp_path: Path, postgres: Postgres
) -> None:
    directory = lying_in(tmp_path / "frozen", postgres.uri)
    ledger = Ledger.open(directory, small_spec(TRIALS))
    asked(ledger)
    ledger.flush()
    asked(ledger)
    with postgres.frozen(), pytest.raises(LedgerAwayError, match="does not answer"):
        ledger.flush()
    ledger.flush()
    ledger.close()
    assert len(read_ledger(directory, small_spec(TRIALS)).trials) == 2


def test_a_server_that_can_only_be_read_is_written_to_again(
    directory: StudyDirectory, postgres: Postgres
) -> None:
    """Its connections stay open, as those to one that another server has replaced."""
    ledger = Ledger.create(directory, small_spec(TRIALS))
    for number in (1, 2):
        asked(ledger)
        with postgres.read_only(), pytest.raises(LedgerAwayError, match="read-only transaction"):
            ledger.flush()
        ledger.flush()
        assert len(read(directory).trials) == number
    ledger.close()
