"""`rnnsearch move` without a database that answers: what it says, and that the file stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.written_study import write_study

from rnnsearch.cli.app import main
from rnnsearch.search.lock import held_by

URL = "postgresql://ann:Sesame-7@127.0.0.1:1/ledgers"


def moved(storage: Path, *words: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(["move", "wave", "--storage", str(storage), *words])
    return end.value.code


def test_a_database_has_to_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RNNSEARCH_LEDGER", raising=False)
    write_study(tmp_path)
    assert moved(tmp_path) == 2
    told = capsys.readouterr().err
    assert "rnnsearch move wave --ledger postgresql://user@host:5432/database --storage" in told


def test_a_database_that_is_away_leaves_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = write_study(tmp_path)
    data = directory.ledger.read_bytes()
    assert moved(tmp_path, "--ledger", URL) == 2
    told = capsys.readouterr().err
    assert "does not answer" in told
    assert "Sesame-7" not in told
    assert directory.ledger.read_bytes() == data
    assert directory.ledger_note is None
    assert held_by(directory) is None
