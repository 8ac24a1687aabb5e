"""A writer that is killed leaves nothing in the machine's folder for temporary files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from rnnsearch.records.writer import keep_temporary_files_in


def test_temporary_files_lie_in_the_study_and_the_next_writer_removes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    folder = tmp_path / "scratch"
    keep_temporary_files_in(folder)
    left = Path(tempfile.mkdtemp())
    assert left.parent == folder
    keep_temporary_files_in(folder)
    assert list(folder.iterdir()) == []
