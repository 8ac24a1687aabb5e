"""The lease of a study in a real PostgreSQL: one driver has it, another takes over a stale one."""

from __future__ import annotations

import json
import threading
import time

import pytest
from contracts.postgres import Postgres

from rnnsearch.errors import (
    StudyLockedError,
)
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.lock import StudyLock, held_by, is_running
from rnnsearch.search.owner import STALE_SECONDS

pytestmark = pytest.mark.slow
TRIALS = "search.num_trials=30"


def change_owner(postgres: Postgres, directory: StudyDirectory, what: str) -> None:
    key = json.loads(directory.database.read_text())["key"]
    assert postgres.rows(f"update rnnsearch_ledger set {what} where key = '{key}' returning 1")


AWAY = 'owner = replace(owner, \'"machine": "\', \'"machine": "another \')'
STALE = f"touched = touched - interval '{STALE_SECONDS + 5} seconds'"


def test_a_lease_of_another_machine_is_taken_over_once_it_is_stale(
    directory: StudyDirectory, postgres: Postgres
) -> None:
    with StudyLock(directory) as old:
        assert is_running(directory)
        with pytest.raises(StudyLockedError, match="rnnsearch stop small"):
            StudyLock(directory).acquire()
        change_owner(postgres, directory, STALE)
        assert is_running(directory), "this process lives, and is looked up"
        change_owner(postgres, directory, AWAY)
        assert old.lost, "its owner is another one"
        assert not is_running(directory), "it is stale"
        change_owner(postgres, directory, "touched = clock_timestamp()")
        with pytest.raises(StudyLockedError):
            StudyLock(directory).acquire()
        change_owner(postgres, directory, STALE)
        with StudyLock(directory) as new:
            assert is_running(directory)
            assert not new.lost
            old.release()
            assert is_running(directory), "it is not the old one's to free"
    assert not is_running(directory)
    assert not directory.lock.exists()


def test_the_heartbeat_touches_the_row(directory: StudyDirectory, postgres: Postgres) -> None:
    with StudyLock(directory, heartbeat=0.05):
        change_owner(postgres, directory, STALE)
        until = time.monotonic() + 60
        while (held := held_by(directory)) is None or held.silence > STALE_SECONDS:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_of_many_that_take_a_lease_at_once_one_wins(directory: StudyDirectory) -> None:
    start, won = threading.Barrier(8), list[StudyLock]()
    troubles: list[Exception] = []

    def try_it() -> None:
        lock = StudyLock(directory)
        start.wait()
        try:
            lock.acquire()
        except StudyLockedError:
            return
        except Exception as error:
            troubles.append(error)
        else:
            won.append(lock)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert len(won) == 1
    won[0].release()
