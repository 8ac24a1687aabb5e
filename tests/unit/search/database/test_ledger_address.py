"""Addresses of databases: what is kept, where a password comes from, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnsearch.errors import StorageError
from rnnsearch.search.database.address import VARIABLE, checked, whole
from rnnsearch.search.database.note import LedgerNote, make_note, new_note, read_note

SECRET = "Sesame-5"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgresql://ann:{}@db:5432/ledgers", "postgresql://ann@db:5432/ledgers"),
        ("postgres://ann:{}@db/ledgers", "postgresql://ann@db/ledgers"),
        ("postgresql+psycopg2://ann:{}@db/ledgers", "postgresql://ann@db/ledgers"),
        ("postgresql://ann:p@{}:x@db/ledgers", "postgresql://ann@db/ledgers"),
        ("postgresql://:{}@db/ledgers", "postgresql://db/ledgers"),
        (
            "postgresql://ann@db/ledgers?sslmode=verify-full&password={}",
            "postgresql://ann@db/ledgers?sslmode=verify-full",
        ),
        ("postgresql://db/ledgers?sslpassword={}", "postgresql://db/ledgers"),
    ],
)
def test_what_is_kept_of_an_address_leads_there_and_has_no_password(given: str, kept: str) -> None:
    address = given.format(SECRET)
    assert checked(address) == kept
    assert SECRET in whole(kept, {})
    assert whole(kept, {}).partition("://")[2] == address.partition("://")[2]


def test_a_password_in_the_variable_counts_for_its_own_address() -> None:
    kept = "postgresql://bob@db/others"
    variables = {VARIABLE: f"postgresql://bob:{SECRET}@db/others"}
    assert whole("postgresql://bob@elsewhere/others", variables) == (
        "postgresql://bob@elsewhere/others"
    )
    assert whole(kept, {}) == kept, "it was not given yet"
    assert whole(kept, variables) == variables[VARIABLE]
    assert whole("postgresql://c@db/x", {VARIABLE: "nonsense"}) == "postgresql://c@db/x"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (f"mysql://ann:{SECRET}@db/ledgers", "without --ledger the ledger is a file"),
        (f"postgressql://ann:{SECRET}@db/ledgers", r"Did you mean postgresql://\.\.\.\?"),
        ("ledger.db", "no address of a database"),
        ("postgresql://ann:***@db/ledgers", "RNNSEARCH_LEDGER, or the password alone in PGPASS"),
    ],
)
def test_what_is_no_address_is_refused_with_what_is(given: str, words: str) -> None:
    with pytest.raises(StorageError, match=words) as refused:
        checked(given)
    assert SECRET not in str(refused.value)


def test_the_first_note_of_a_study_stands(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    assert read_note(path) is None
    first = make_note(path, new_note("postgresql://ann@db/ledgers"))
    second = make_note(path, new_note("postgresql://ann@db/others"))
    assert first == second == read_note(path)
    assert first.key != new_note(first.address).key


@pytest.mark.parametrize("text", ["", "[]", '{"address": "x"}', '{"address": 1, "key": "x"}'])
def test_a_note_that_makes_no_sense_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(text)
    with pytest.raises(StorageError, match=r"ledger\.json does not say where .* lies"):
        read_note(path)
    path.write_text(json.dumps({"address": "postgresql://db/x", "key": "k"}))
    assert read_note(path) == LedgerNote("postgresql://db/x", "k")
