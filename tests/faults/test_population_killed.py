"""A driver of population based training that is killed again and again comes to the same end."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

SMALL_STUDIES = Path(__file__).parents[1] / "unit" / "search"
DRIVER = """
import sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[1], str(Path(sys.argv[1]).parents[1])]
from rig import Rig
from test_population import curve, lineage, spec
folder, places, slots, resume, pause = Path(sys.argv[2]), *map(int, sys.argv[3:6]), 0.1
rig = Rig(folder, spec(), places=places, slots=slots, resume=bool(resume), curve=curve)
def each_turn(turn):
    print("turn", turn, flush=True)
    time.sleep(pause)
rig.run(each_turn=each_turn)
rig.end()
print("end", lineage(rig), flush=True)
"""


def drive(
    folder: Path, places: int, slots: int, *, resume: bool, kill_at: int | None = None
) -> str:
    """Run a study on packs that train on paper, in a process of its own.

    Args:
        kill_at: In which turn it is killed; None lets it come to its end.

    Returns:
        All that its trials are, and who is a copy of whom; empty where it was killed.
    """
    given = [SMALL_STUDIES, folder, places, slots, int(resume)]
    command = [sys.executable, "-c", DRIVER, *map(str, given)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            word, _, rest = line.partition(" ")
            if word == "end":
                return rest
            if kill_at is not None and int(rest) >= kill_at:
                process.send_signal(signal.SIGKILL)
                return ""
    raise AssertionError(f"it ended with {process.returncode}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("places", "slots", "kills"), [(1, 12, (4, 3, 4)), (2, 3, (9, 4, 6)), (2, 6, (5, 2, 2))]
)
def test_it_is_killed_three_times(
    tmp_path: Path, places: int, slots: int, kills: tuple[int, ...]
) -> None:
    whole = drive(tmp_path / "whole", 1, 50, resume=False)
    assert "a copy of trial" in whole
    killed = tmp_path / "killed"
    for number, turn in enumerate(kills):
        assert drive(killed, places, slots, resume=number > 0, kill_at=turn) == ""
    assert drive(killed, places, slots, resume=True) == whole
