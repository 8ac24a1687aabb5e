"""A driver that is killed at any line between its last trial and the end scores and tells once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("every_line.py")
BETWEEN_SCORE_AND_NOTE = {"_tested", "Ledger.note", "Ledger.flush", "Ledger.notes"}
"""Where a kill costs the evaluation that was just made: nobody has seen it yet."""


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("stride", [1])
def test_killed_at_every_line_of_the_end(tmp_path: Path, stride: int) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), str(stride)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    whole, *killed = [json.loads(line) for line in done.stdout.splitlines()]
    assert whole["told"] == 1
    assert set(whole["evaluated"].values()) == {1}
    assert len(killed) > 300
    # Lives differ by a few lines, by the clock of the outbox: the last line may not come again.
    assert sum(one["statuses"][0] == 9 for one in killed) > 0.95 * len(killed)
    wrong = [one for one in killed if not _right(one, whole)]
    assert wrong == []
    dear = [one["site"] for one in killed if sum(one["evaluated"].values()) > len(one["seeds"])]
    assert {function for _, function, _ in dear} <= BETWEEN_SCORE_AND_NOTE
    assert len(dear) < 20


def _right(one: dict, whole: dict) -> bool:
    """Whether a killed and resumed study ended as an undisturbed one, and told of one champion."""
    same = ("test", "seeds", "finalists", "states", "pictures", "baselines", "run")
    return (
        one["statuses"] in ([9, 0], [0, 0])
        and all(one[key] == whole[key] for key in same)
        and one["champions"] == [one["noted"]]
        and one["noted"][1:] == whole["noted"][1:]
        and one["told"] <= 2
        and set(one["evaluated"]) == set(whole["evaluated"])
        and sum(one["evaluated"].values()) <= len(one["seeds"]) + 1
    )
