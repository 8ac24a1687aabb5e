"""What must be quick imports nothing heavy, and the first word comes before what is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = ("ray", "torch", "optuna", "mlflow", "numba", "matplotlib", "pandas")

QUICK = """
import sys
from rnnsearch.cli.app import main
try:
    main(sys.argv[1:])
finally:
    heavy = [name for name in {heavy} if name in sys.modules]
    print("HEAVY", *heavy, file=sys.stderr)
"""

FIRST_WORD = """
import sys
from rnnsearch.cli.app import main

class Screen:
    def write(self, text):
        heavy = [name for name in {heavy} if name in sys.modules]
        sys.__stderr__.write("HEAVY " + " ".join(heavy) + "|" + text)
        sys.__stderr__.flush()
        raise SystemExit(7)
    def flush(self):
        pass
    def isatty(self):
        return False

sys.stderr = Screen()
main(sys.argv[1:])
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code.format(heavy=HEAVY), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("run", "--help"),
        ("bench", "--help"),
        ("check", "search_spaces/sine.yaml"),
        ("check", "search_spaces/char.yaml"),
        ("check", "nofile.yaml"),
        ("schema",),
        ("init", "nofile.txt"),
        ("studies", "--storage", "nowhere"),
    ],
    ids=" ".join,
)
def test_quick_commands_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    done = run(QUICK, *arguments)
    assert done.stderr.splitlines()[-1] == "HEAVY"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "search_spaces/sine.yaml"),
        ("resume", "nope"),
        ("extend", "nope", "--trials", "1"),
    ],
    ids=" ".join,
)
def test_the_first_word_waits_for_no_import(arguments: tuple[str, ...]) -> None:
    done = run(FIRST_WORD, *arguments)
    assert done.stderr.startswith("HEAVY |rnnsearch: ")
    assert done.returncode == 7
