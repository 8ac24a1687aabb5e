"""A few of the mishaps of `storm.py`; its command has hundreds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("server", [[], ["--server"]], ids=["file", "server"])
def test_a_storm_costs_nothing(tmp_path: Path, server: list[str]) -> None:
    storm = Path(__file__).with_name("storm.py")
    words = [sys.executable, str(storm), str(tmp_path), "--events", "3", *server]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 events over" in done.stdout
