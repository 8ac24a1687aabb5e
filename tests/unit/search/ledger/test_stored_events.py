"""Events that a database keeps with the ledger's records, until they are told elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.postgres import Postgres, served
from ledgers import asked
from small_space import small_spec, study_directory

from rnnsearch.errors import LedgerAwayError, LedgerError
from rnnsearch.events import EpochsReported, Event
from rnnsearch.search.after_flush import AfterFlush
from rnnsearch.search.database.address import checked
from rnnsearch.search.database.note import make_note, new_note
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.kept_events import KeptEvents
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.lock import StudyLock

pytestmark = pytest.mark.slow


class Heard:
    """A listener."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with served() as server:
        yield server


@pytest.fixture
def directory(tmp_path: Path, postgres: Postgres) -> StudyDirectory:
    directory = study_directory(tmp_path / "stored")
    make_note(directory.database, new_note(checked(postgres.uri)))
    return directory


def epoch(number: int) -> EpochsReported:
    return EpochsReported(float(number), 0, (number,), ({"val_mse": 0.5},), 10)


def line(event: Event) -> bytes:
    return f"{event.time:.0f}\n".encode()


class Driver:
    """A driver with one trial, whose events are kept."""

    def __init__(self, directory: StudyDirectory) -> None:
        self.ledger = Ledger.create(directory, small_spec())
        self.kept = KeptEvents(self.ledger.store, line)
        self.heard = Heard()
        self.told = AfterFlush(self.heard, self.ledger, self.kept)
        asked(self.ledger)
        self.ledger.flush()

    def report(self, number: int) -> None:
        self.ledger.report([(0, number, 0.5)])
        self.told.on_event(epoch(number))

    @property
    def lines(self) -> list[bytes]:
        return self.ledger.store.kept().split()


def test_an_event_is_there_with_its_record_and_before_anybody_hears(
    directory: StudyDirectory,
) -> None:
    driver = Driver(directory)
    driver.report(1)
    assert driver.lines == []
    heard = driver.heard.events

    class DeadError(Exception):
        pass

    def die() -> None:
        raise DeadError

    driver.ledger.flushing._actions.insert(0, die)  # killed between the flush and the telling
    with pytest.raises(DeadError):
        driver.ledger.flush()
    assert heard == []
    assert driver.lines == [b"1"]


def test_what_came_without_a_record_is_kept_too_and_in_order(directory: StudyDirectory) -> None:
    driver = Driver(directory)
    driver.told.on_event(epoch(1))
    driver.ledger.flush()
    driver.told.on_event(epoch(2))
    driver.ledger.flush()
    driver.report(3)
    driver.ledger.flush()
    assert driver.lines == [b"1", b"2", b"3"]


def test_what_was_told_is_forgotten_and_no_more(directory: StudyDirectory) -> None:
    driver = Driver(directory)
    for number in (1, 2, 3):
        driver.report(number)
        driver.ledger.flush()
    told = driver.kept.told
    driver.report(4)
    driver.ledger.flush()
    driver.kept.forget(told)
    # The last that was told by then came with the records that begin there.
    assert driver.lines == [b"3", b"4"]
    driver.kept.forget(driver.kept.told)
    assert driver.lines == [b"4"]
    driver.kept.forget(told)
    assert driver.lines == [b"4"]


def test_a_server_that_is_away_loses_none(directory: StudyDirectory, postgres: Postgres) -> None:
    driver = Driver(directory)
    driver.report(1)
    driver.ledger.flush()
    postgres.kill()
    driver.report(2)
    with pytest.raises(LedgerAwayError):
        driver.ledger.flush()
    driver.kept.forget(driver.kept.told)  # tried again another time
    postgres.start()
    driver.report(3)
    driver.ledger.flush()
    assert driver.lines == [b"1", b"2", b"3"]
    assert driver.heard.events == [epoch(1), epoch(2), epoch(3)]
    driver.kept.forget(driver.kept.told)
    assert driver.lines == [b"2", b"3"]


def test_who_has_lost_the_study_keeps_nothing(directory: StudyDirectory) -> None:
    driver = Driver(directory)
    with StudyLock(directory):
        driver.told.on_event(epoch(1))
        driver.ledger.flush()  # without a record
        driver.report(2)
        with pytest.raises(LedgerError):
            driver.ledger.flush()
        assert driver.lines == []


def test_they_go_with_the_study(directory: StudyDirectory, postgres: Postgres) -> None:
    driver = Driver(directory)
    driver.report(1)
    driver.ledger.flush()
    note = directory.ledger_note
    assert note is not None
    sql = f"select count(*) from rnnsearch_event where key = '{note.key}'"
    assert postgres.rows(sql) == [(1,)]
    directory.ledger_place.delete()
    assert postgres.rows(sql) == [(0,)]
