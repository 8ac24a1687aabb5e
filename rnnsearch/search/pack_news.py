"""Tells the listener of packs: that they started or were lost, and whether they keep snapshots."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rnnsearch.events import Listener, PackLost, PackStarted, SnapshotsKept
from rnnsearch.search.messages import PackReport
from rnnsearch.search.pack_book import PackBook

LEAVING_NODE = "its node leaves the cluster"
UNSAVED = (
    "its last snapshot was not written, so its trials go back to the one before, or their seeds"
)


@dataclass(slots=True)
class PackNews:
    """Follows the packs' reports, and tells what is new in them.

    What the packs of a node hold is lost with them where they keep no snapshots. That is told once
    for a node, and once more when all of its packs do again.
    """

    listener: Listener
    _unsaved: dict[str, str] = field(default_factory=dict, init=False)
    """The nodes of the packs that keep no snapshots, by the packs' names."""
    _told: set[str] = field(default_factory=set, init=False)
    """The nodes of which that was told."""

    def report(self, book: PackBook, report: PackReport) -> None:
        """Hear of a report, before the book is brought up to date with it."""
        if not book.reported:
            now, lacks = time.time(), report.lacks_gpu
            self.listener.on_event(PackStarted(now, book.name, report.node, book.slots, lacks))
        if report.unsaved:
            self._unsaved[book.name] = report.node
            if report.node not in self._told:
                self._told.add(report.node)
                self.listener.on_event(SnapshotsKept(time.time(), report.node, report.unsaved))
        else:
            self._unsaved.pop(book.name, None)
            if report.node in self._told and report.node not in self._unsaved.values():
                self._told.remove(report.node)
                self.listener.on_event(SnapshotsKept(time.time(), report.node))

    def leaves(self, book: PackBook) -> None:
        """A pack has handed over what it held, since its node leaves the cluster."""
        unsaved = f"; {UNSAVED}: {book.unsaved}" if book.aboard and book.unsaved else ""
        self.lost(book, LEAVING_NODE + unsaved)

    def lost(self, book: PackBook, reason: str) -> None:
        """A pack is gone, and what it held goes back."""
        self._unsaved.pop(book.name, None)
        numbers = sorted({job.number for job in book.aboard.values()})
        self.listener.on_event(PackLost(time.time(), book.name, reason, numbers))
