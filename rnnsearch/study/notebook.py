"""How a run shows itself in a notebook: a table that is redrawn in its place, and pictures."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rnnsearch.events import Event, PackLost, SnapshotsKept, StudyStarted
from rnnsearch.figures.figure import drawn
from rnnsearch.study.audience import Watch
from rnnsearch.study.claim import reopening
from rnnsearch.study.html import table
from rnnsearch.study.progress import snapshots_line

if TYPE_CHECKING:
    from rnnsearch.study.progress import Progress
    from rnnsearch.study.result import StudyResult

REDRAW_SECONDS = 0.5
"""The least time between two drawings of the table; each is a message to the browser."""


def in_notebook() -> bool:
    """Whether this code runs in the kernel of a notebook, which shows HTML and pictures."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class Outputs(Protocol):
    """Where a run shows itself."""

    def draw(self, html: str) -> None:
        """Show a table, in the place of the one before."""

    def picture(self, png: bytes) -> None:
        """Show a picture below all else."""


class CellOutputs:
    """The outputs of the cell that runs."""

    def __init__(self) -> None:
        self._handle: Any = None

    def draw(self, html: str) -> None:
        """See `Outputs`."""
        from IPython.display import HTML, display

        if self._handle is None:
            self._handle = display(HTML(html), display_id=True)
        else:
            self._handle.update(HTML(html))

    def picture(self, png: bytes) -> None:
        """See `Outputs`."""
        from IPython.display import Image, display

        display(Image(data=png))


class NotebookView:
    """A listener that shows progress as a table.

    May be called from several threads.
    """

    def __init__(self, title: str, progress: Progress, outputs: Outputs) -> None:
        self._title = title
        self._progress = progress
        self._outputs = outputs
        self._lines: list[str] = []
        self._lock = threading.Lock()
        self._drawn = 0.0
        self._draw()

    @contextmanager
    def watch(self) -> Iterator[Watch]:
        """A context that gives what the run tells this view; an error that ends it is named."""
        try:
            yield Watch(self, self.stage, self.drain, self.say, self.trouble, self.waiting)
        except BaseException as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            self.stage("interrupted" if isinstance(error, KeyboardInterrupt) else first)
            raise

    def say(self, line: str) -> None:
        """Show a line below the table."""
        with self._lock:
            self._lines.append(line)
            self._draw()

    def stage(self, text: str) -> None:
        """Show what the driver does now."""
        with self._lock:
            self._progress.stage = text
            self._draw()

    def trouble(self, problem: str | None) -> None:
        """Show what is wrong with the records; None says that nothing is wrong any more."""
        with self._lock:
            self._progress.trouble = problem
            self._draw()

    def waiting(self, reason: str | None) -> None:
        """Show why trials wait; None says that they do not."""
        with self._lock:
            self._progress.waiting = reason
            self._draw()

    def drain(self, done: int, total: int) -> None:
        """Show how many of the records MLflow has got."""
        if total:
            self.stage(f"writing the records to MLflow {done:,}/{total:,}")

    def on_event(self, event: Event) -> None:
        with self._lock:
            self._progress.on_event(event)
            if isinstance(event, StudyStarted):
                self._lines += [f"note: {note}" for note in event.notes]
            elif isinstance(event, PackLost):
                self._lines.append(f"pack {event.pack} was lost ({event.reason})")
            elif isinstance(event, SnapshotsKept):
                self._lines.append(snapshots_line(event))
            if time.monotonic() - self._drawn >= REDRAW_SECONDS:
                self._draw()

    def end(self, result: StudyResult) -> None:
        """Draw the table for the last time, and the pictures below it."""
        self.stage(result.state + (f" ({result.reason})" if result.reason else ""))
        if result.state != "complete":
            self.say(f"to go on: {reopening(result.directory)}.run()")
        won = result.champion
        pictures = drawn(result.directory.figures / "study.png")
        for path in (*pictures, *(drawn(Path(won.figure)) if won and won.figure else ())):
            self._outputs.picture(path.read_bytes())

    def _draw(self) -> None:
        """Draw the table anew. Called under the lock, so that no older table comes after it."""
        self._drawn = time.monotonic()
        rows = [(self._title, self._progress.stage), *self._progress.cells()]
        lines = "".join(f"<div>{escape(line)}</div>" for line in self._lines)
        self._outputs.draw(table([], rows) + lines)
