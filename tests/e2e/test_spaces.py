"""Files that `init` drafts, from check to run."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.command import rnnsearch


@pytest.mark.slow
def test_a_drafted_file_runs_as_it_stands(tmp_path: Path) -> None:
    """`init` on a text, then `check` and `run` with a short budget, as its last line says."""
    text = tmp_path / "rhyme.txt"
    text.write_text("the rain in spain stays mainly in the plain\n" * 60, encoding="utf-8")
    drafted = rnnsearch("init", "rhyme.txt", cwd=tmp_path)
    assert drafted.status == 0, drafted.err
    assert drafted.out.splitlines()[-1].split() == ["rnnsearch", "run", "rhyme.yaml"]
    again = rnnsearch("init", "rhyme.txt", cwd=tmp_path)
    assert again.status == 2
    assert "rhyme.yaml exists" in again.err
    checked = rnnsearch("check", "rhyme.yaml", cwd=tmp_path)
    assert checked.status == 0, checked.err
    said = rnnsearch(
        *("run", "rhyme.yaml", "--trials", 2, "--set", "training.max_epochs=2", "--quiet"),
        cwd=tmp_path,
    )
    assert said.status == 0, said.err
    assert said.err == ""
    assert (tmp_path / "studies" / "rhyme" / "ledger.journal").exists()
    assert "--storage" not in said.out
    text.unlink()
    gone = rnnsearch("resume", "rhyme", cwd=tmp_path)
    assert gone.status == 2
    assert str(text) in gone.err
    assert "Traceback" not in gone.err
    (listed,) = [
        line for line in rnnsearch("studies", cwd=tmp_path).out.splitlines() if "rhyme" in line
    ]
    assert "complete" in listed  # as it was before
    deleted = rnnsearch("delete", "rhyme", "--yes", cwd=tmp_path)
    assert deleted.status == 0
    assert not (tmp_path / "studies" / "rhyme").exists()
