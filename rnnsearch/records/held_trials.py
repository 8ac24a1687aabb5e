"""Events of trials that may or may not get a run, kept beside the outbox until that is known.

Each trial has a file of lines as the outbox has them. A writer that was killed may append events
that are there already; by their sequence numbers they count once.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from rnnsearch.disk import writing
from rnnsearch.events import ENDED, EpochsReported, TrialEnded, TrialEvent
from rnnsearch.records.events_codec import UndecodableLineError, decode, encode

_log = logging.getLogger(__name__)

Numbered = tuple[int, TrialEvent]
"""An event with its sequence number."""


HELD = "held"
"""The folder's name in an outbox."""


class HeldTrials:
    """The folder of these files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._over: set[int] = set()

    def keep(self, number: int, events: Iterable[Numbered]) -> None:
        """Append events of a trial.

        Raises:
            OSError: The disk refused.
        """
        self._folder.mkdir(exist_ok=True)
        lines = b"".join(encode(event, sequence) for sequence, event in events)
        path = self._path(number)
        with writing(path), path.open("ab") as file:
            file.write(lines)

    def events(self, number: int, more: Sequence[Numbered] = ()) -> list[Numbered]:
        """All events of a trial, those that are kept and more, each once and in their order."""
        known: dict[int, TrialEvent] = {}
        path = self._path(number)
        if path.exists():
            for line in path.read_bytes().splitlines(keepends=True):
                try:
                    sequence, event = decode(line)
                except UndecodableLineError as error:  # the half line that a kill leaves
                    _log.warning("skipped a line of %s: %s", path.name, error)
                    continue
                if isinstance(event, TrialEvent):
                    known[sequence] = event
        known |= dict(more)
        return sorted(known.items())

    def open_trials(self) -> dict[int, int]:
        """The trials whose end was not heard of yet, each with the last epoch that was."""
        epochs: dict[int, int] = {}
        for number in self._numbers():
            known = [event for _, event in self.events(number)]
            if not any(isinstance(one, TrialEnded) and one.state in ENDED for one in known):
                reports = [one for one in known if isinstance(one, EpochsReported)]
                epochs[number] = max((max(one.epochs) for one in reports), default=0)
        return epochs

    def forget(self, number: int) -> None:
        """Have the file of a trial deleted once the writer has noted that its events are done."""
        self._over.add(number)

    def forget_all(self, ended: Container[int]) -> None:
        """Forget every trial that has ended; a writer that was killed may have left files."""
        self._over.update(number for number in self._numbers() if number in ended)

    def delete_forgotten(self) -> None:
        """Delete the files of trials that are done, and noted as that."""
        for number in self._over:
            self._path(number).unlink(missing_ok=True)
        self._over.clear()

    def _numbers(self) -> list[int]:
        """The trials of which there is a file."""
        return sorted(int(path.stem) for path in self._folder.glob("*.jsonl"))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.jsonl"
