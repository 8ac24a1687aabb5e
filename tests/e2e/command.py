"""The command line in a process of its own, as a person starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SPACES = ROOT / "search_spaces"
RNNSEARCH = [sys.executable, "-m", "rnnsearch"]
SECONDS = 500.0
"""A command that takes longer hangs: less than a test may take, and far above what one takes."""


@dataclass(frozen=True)
class Said:
    """What a command left: its exit status, and the two streams."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """The last line of standard output."""
        return json.loads(self.out.splitlines()[-1])


def environment() -> dict[str, str]:
    """Plain output of full width, wherever the tests run."""
    kept = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR",)}
    path = os.pathsep.join(part for part in (str(ROOT), kept.get("PYTHONPATH", "")) if part)
    return {**kept, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "COLUMNS": "80"}


def rnnsearch(*arguments: object, cwd: Path = ROOT, stdin: str = "") -> Said:
    """Run one command to its end."""
    done = subprocess.run(
        [*RNNSEARCH, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def python(code: str, *arguments: object) -> Said:
    """Run a piece of Python in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@dataclass
class Running:
    """A command at work, whose standard error is read line by line."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, *arguments: object) -> Running:
        return cls(
            subprocess.Popen(
                [*RNNSEARCH, *map(str, arguments)],
                cwd=ROOT,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )

    def wait_for(self, wanted: Callable[[str], bool]) -> str:
        """Read on until a line is as wanted; fails where the command ends before."""
        assert self.process.stderr is not None
        timer = threading.Timer(SECONDS, self.process.kill)
        timer.start()
        try:
            for line in self.process.stderr:
                self.lines.append(line)
                if wanted(line):
                    return line
        finally:
            timer.cancel()
        raise AssertionError(f"the line never came: {''.join(self.lines)}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Said:
        """Wait for the end; what was read before belongs to standard error too."""
        out, rest = self.process.communicate(timeout=SECONDS)
        return Said(self.process.returncode, out, "".join(self.lines) + rest)
