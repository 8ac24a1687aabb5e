"""Show how a study runs: one table that changes on a terminal, or plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rnnsearch.events import (
    Event,
    PackLost,
    PackStarted,
    SnapshotsKept,
    StudyStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.search.waits import FIRST_EPOCH, FIRST_OF_SCRIPT, LAST_TRIALS
from rnnsearch.space.words import short
from rnnsearch.study.progress import Progress, snapshots_line
from rnnsearch.tasks.families import family

LINE_SECONDS = 10.0
"""How often a plain line is written where the output is no terminal."""


class LiveView:
    """A Listener that shows progress: a live table on a terminal, or else plain lines.

    Everything goes to standard error, since standard output is for the result. May be called from
    several threads.

    Args:
        quiet: Show nothing at all.
        verbose: Also say when a pack or a trial starts and how a trial ends.
    """

    def __init__(
        self, title: str, progress: Progress, *, quiet: bool = False, verbose: bool = False
    ) -> None:
        self._title = title
        self._progress = progress
        self._quiet = quiet
        self._verbose = verbose
        self._console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
        self._lock = threading.Lock()
        self._last_line = -LINE_SECONDS
        self._shown: tuple[str, list[tuple[str, str]]] | None = None
        self._begun = False
        self._first_words = FIRST_EPOCH.text
        self._silent = False
        """Whether the present wait has no line: the first words told it already, or nobody can do
        anything about it, as at the end of a search."""
        self._live: Live | None = None
        self._without_gpu: set[str] = set()
        if not quiet and self._console.is_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=self._table,
                refresh_per_second=4,
                redirect_stdout=False,
                redirect_stderr=False,
            )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, text: str) -> None:
        """Print a line that stays; where there is a table, above it."""
        if not self._quiet:
            self._console.print(Text(text), soft_wrap=True)

    def stage(self, text: str) -> None:
        """Show what the driver does now, in a few words."""
        with self._lock:
            changed = self._progress.stage != text
            self._progress.stage = text
        if changed and self._live is None:
            self.say(text)

    def trouble(self, problem: str | None) -> None:
        """Show what is wrong with the records; None says that nothing is wrong any more."""
        with self._lock:
            self._progress.trouble = problem
        if self._live is None:
            self.say(f"records: {problem}" if problem else "records: MLflow takes them again")

    def waiting(self, reason: str | None) -> None:
        """Show why trials wait; None says that they do not."""
        with self._lock:
            self._progress.waiting = reason
            known, self._silent = self._silent, reason in (self._first_words, LAST_TRIALS.text)
        if self._live is None and not (self._silent or (known and reason is None)):
            self.say(f"waiting: {reason}" if reason else "trials go on")

    def drain(self, done: int, total: int) -> None:
        """Show how many of the records MLflow has got, as a bar on a terminal."""
        if self._live is None or not total:
            return
        filled = round(20 * done / total)
        bar = "█" * filled + "░" * (20 - filled)
        self.stage(f"writing the records to MLflow {bar} {done:,}/{total:,}")

    def look(self) -> None:
        """Show the progress, which another hand has changed; plain lines only tell of changes."""
        now = time.monotonic()
        with self._lock:
            cells = [cell for cell in self._progress.cells() if cell[0] != "time"]
            news = (self._progress.stage, cells)
        if self._live is None and news != self._shown and now - self._last_line >= LINE_SECONDS:
            self._shown, self._last_line = news, now
            self.say("; ".join(filter(None, (self._progress.stage, self._line()))))

    def on_event(self, event: Event) -> None:
        now = time.monotonic()
        with self._lock:
            self._progress.on_event(event)
            first_pack = isinstance(event, PackStarted) and not self._begun
            self._begun = self._begun or first_pack
            if isinstance(event, StudyStarted) and family(event.task).own_loop:
                self._first_words = FIRST_OF_SCRIPT.text
        for line in self._lines_about(event):
            self.say(line)
        if first_pack and self._live is None:
            self.say(self._first_words)
        due = self._progress.first_report is not None and now - self._last_line >= LINE_SECONDS
        if self._live is None and due:
            self._last_line = now
            self.say(self._line())

    def _lines_about(self, event: Event) -> list[str]:
        """The lines that are printed of an event, some with `--verbose` alone."""
        match event:
            case StudyStarted():
                return [f"note: {note}" for note in event.notes]
            case PackLost():
                back = f"{len(event.trials)} trials put back" if event.trials else "no trial aboard"
                return [f"pack {event.pack} was lost ({event.reason}); {back}"]
            case SnapshotsKept():
                return [snapshots_line(event)]
            case PackStarted():
                lines = [f"{event.pack} on {event.node}, {event.slots} slots"] * self._verbose
                if event.lacks_gpu and event.node not in self._without_gpu:
                    self._without_gpu.add(event.node)
                    lines.append(
                        f"note: packs on {event.node} have a GPU of Ray's, and torch finds none "
                        "there: they train on the CPU. `rnnsearch doctor` says why."
                    )
                return lines
            case TrialStarted() if self._verbose:
                again = f", attempt {event.attempt}" if event.attempt > 1 else ""
                return [f"{event.name} goes aboard {event.pack}{again}"]
            case TrialEnded() if self._verbose:
                best = "" if event.best_value is None else f"; best {short(event.best_value)}"
                return [f"trial {event.number} {event.state}: {event.reason}{best}"]
        return []

    def _table(self) -> Table:
        """The table on a terminal: a row for each figure of the progress."""
        with self._lock:
            table = Table.grid(padding=(0, 2))
            table.add_row(Text(self._title, "bold"), Text(self._progress.stage, "dim"))
            for name, value in self._progress.cells():
                table.add_row(Text(name, "dim"), Text(value))
            return table

    def _line(self) -> str:
        """The same figures in one line."""
        with self._lock:
            return "; ".join(f"{name} {value}" for name, value in self._progress.cells())
