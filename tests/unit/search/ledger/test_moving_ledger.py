"""A ledger that is a file moves into PostgreSQL: whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.postgres import Postgres
from ledgers import asked
from small_space import small_spec, study_directory

from rnnsearch.errors import (
    StorageError,
)
from rnnsearch.search.database.address import checked
from rnnsearch.search.database.note import new_note
from rnnsearch.search.database.stored import StoredLedger
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.moving import move_ledger
from rnnsearch.search.ledger.reading import read_ledger

pytestmark = pytest.mark.slow
TRIALS = "search.num_trials=30"


def test_a_ledger_that_is_a_file_moves_into_a_database(tmp_path: Path, postgres: Postgres) -> None:
    spec, directory = small_spec(TRIALS), study_directory(tmp_path / "moving")
    ledger = Ledger.open(directory, spec)
    for _ in range(3):
        asked(ledger)
    ledger.close()
    before, data = read_ledger(directory, spec).trials, directory.ledger.read_bytes()
    with directory.ledger.open("ab") as torn:
        torn.write(b'{"half a rec')  # of a driver that was killed
    records, kept = move_ledger(directory, spec, checked(postgres.uri))
    assert records == data.count(b"\n")
    assert directory.ledger_place.read() == data
    assert (directory.root / kept).read_bytes().startswith(data)
    assert not directory.ledger.exists()
    assert read_ledger(directory, spec).trials == before
    ledger = Ledger.open(directory, spec)
    for _ in range(4):
        asked(ledger)
    ledger.close()
    assert len(read_ledger(directory, spec).trials) == 4
    with pytest.raises(StorageError, match="lies in a database"):
        move_ledger(directory, spec, checked(postgres.uri))


def test_a_move_that_fails_leaves_the_file_and_no_rows(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, note: object) -> None:
        raise OSError("the disk is full")

    spec, directory = small_spec(TRIALS), study_directory(tmp_path / "failing")
    ledger = Ledger.open(directory, spec)
    asked(ledger)
    ledger.close()
    count = "select count(*) from rnnsearch_ledger"
    StoredLedger(new_note(checked(postgres.uri))).make("another")
    rows = postgres.rows(count)
    monkeypatch.setattr("rnnsearch.search.ledger.moving.make_note", full)
    with pytest.raises(OSError, match="full"):
        move_ledger(directory, spec, checked(postgres.uri))
    assert postgres.rows(count) == rows
    assert len(read_ledger(directory, spec).trials) == 1
