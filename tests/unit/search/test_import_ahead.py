"""What writes checkpoints is imported once a pack has reported, and before Ray shuts down."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rnnsearch.search import run


@pytest.mark.parametrize("reported", [True, False])
def test_an_import_that_was_started_is_over_at_the_end(
    reported: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"slow_to_import_{reported}".lower()
    (tmp_path / f"{name}.py").write_text("import time\ntime.sleep(0.3)\nREADY = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(run, "CHECKPOINTS", name)
    with run._import_ahead() as start:
        if reported:
            start()
    assert hasattr(sys.modules.get(name), "READY") is reported
