"""Where a study's ledger goes: by option, variable or note, without a server that answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.written_study import write_study

from rnnsearch.errors import LedgerAwayError, StorageError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.study.ledger_choice import check_ledger, settle_ledger

SECRET = "Sesame-7"
URL = f"postgresql://ann:{SECRET}@127.0.0.1:1/ledgers"
KEPT = "postgresql://ann@127.0.0.1:1/ledgers"


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RNNSEARCH_LEDGER", raising=False)


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    directory = StudyDirectory(tmp_path, "wave")
    directory.create()
    return directory


def settled(directory: StudyDirectory, option: str | None = None) -> list[str]:
    lines: list[str] = []
    settle_ledger(directory, option, lines.append)
    return lines


def test_without_a_word_the_ledger_is_a_file(directory: StudyDirectory) -> None:
    assert check_ledger(None) is None
    assert settled(directory) == []
    assert directory.ledger_note is None
    assert not directory.database.exists()


@pytest.mark.parametrize("how", ["option", "variable"])
def test_the_address_is_noted_without_its_password(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "variable":
        monkeypatch.setenv("RNNSEARCH_LEDGER", URL)
    (line,) = settled(directory, URL if how == "option" else None)
    assert line == f"ledger: {KEPT}"
    assert directory.ledger_note is not None
    assert directory.ledger_note.address == KEPT
    assert SECRET not in directory.database.read_text()
    key = directory.ledger_note.key
    monkeypatch.setenv("RNNSEARCH_LEDGER", "postgresql://db/another")
    settled(directory)
    assert directory.ledger_note.address == KEPT, "a study keeps to its ledger"
    assert directory.ledger_note.key == key


def test_a_password_on_the_command_line_is_told_of(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.orig_argv", ["python", "-m", "rnnsearch", "run", f"--ledger={URL}"])
    note = settled(directory, URL)[0]
    assert "list of processes" in note
    assert "RNNSEARCH_LEDGER" in note
    assert ".pgpass" in note
    assert SECRET not in note


def test_a_study_with_a_file_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = write_study(tmp_path)
    with pytest.raises(
        StorageError, match=rf"is the file .*rnnsearch move wave --ledger {KEPT} --"
    ):
        settled(directory, URL)
    monkeypatch.setenv("RNNSEARCH_LEDGER", URL)
    assert settled(directory) == []
    assert directory.ledger_note is None


def test_a_server_that_does_not_answer_uses_up_no_name(tmp_path: Path) -> None:
    with pytest.raises(LedgerAwayError, match="does not answer") as refused:
        check_ledger(URL)
    assert SECRET not in str(refused.value)


def test_another_database_must_have_the_ledger(directory: StudyDirectory) -> None:
    settled(directory, URL)
    before = directory.database.read_text()
    with pytest.raises(LedgerAwayError):
        settled(directory, "postgresql://ann@127.0.0.1:2/moved")
    assert directory.database.read_text() == before
