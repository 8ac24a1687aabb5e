"""The packs of a run: which live, what each holds, and what goes aboard next."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from rnnsearch.search.job import Job
from rnnsearch.search.pack_book import Load, PackBook
from rnnsearch.search.stage import Stage

STILLBORN = 4
"""The search fails once so many packs a place have died in a row before their first report."""


class Fleet:
    """The accounts of all packs, pending ones too.

    Args:
        places: How many packs may live at a time.
        slots: How many trainings a pack may hold.
        slots_follow: Whether a pack that gains nothing by so many is given fewer.

    Attributes:
        places: As above; it changes with the cluster. Packs that live already stay until they are
            empty.
        plain: How many of the places are for packs that ask for no GPU, where the others do.
        rooms: How many trainings a pack may hold at most by the node that it is on.
        books: The accounts of the packs by Ray Tune's ids.
        alone: Trainings that wait for an empty pack, since they must be alone.
    """

    def __init__(self, places: int, slots: int, *, slots_follow: bool) -> None:
        self.places = places
        self.plain = 0
        self._mixed = False
        self.rooms: Mapping[str, int] = {}
        self.slots = slots
        self.books: dict[str, PackBook] = {}
        self.alone: deque[Job] = deque()
        self._follow = slots_follow
        self._load = Load()
        self._opened = 0
        self._stillborn = 0

    @property
    def live(self) -> int:
        """How many packs are pending or running."""
        return len(self.books)

    @property
    def live_plain(self) -> int:
        """How many of them ask for no GPU, where the others do."""
        return sum(book.plain for book in self.books.values()) if self._mixed else 0

    @property
    def has_place(self) -> bool:
        """Whether another pack may live."""
        return self._free(plain=False) > 0 or self._free(plain=True) > 0

    def in_surplus(self, book: PackBook) -> bool:
        """Whether more packs of the kind of one live than there are places for."""
        return self._free(plain=book.plain) < 0

    def pending_is_plain(self) -> bool:
        """Whether a pack that has not reported yet is one that asks for no GPU, where the others
        do; one that asks for it comes first."""
        pending = [book.plain for book in self.books.values() if not book.reported]
        return bool(pending) and all(pending)

    def _free(self, *, plain: bool) -> int:
        """How many more packs of a kind may live; below 0 where too many do."""
        alive = self.live_plain
        return self.plain - alive if plain else self.places - self.plain - (self.live - alive)

    def resize(
        self, places: int, plain: int = 0, rooms: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """Let so many packs live from now on; those that are too many end when they are empty."""
        self.places, self.plain, self.rooms = places, plain, rooms
        self._mixed = self._mixed or plain > 0

    def leave_nodes(self, node_ids: frozenset[str]) -> None:
        """Have the packs on nodes that are about to leave hand over what they hold, and end."""
        for book in self.books.values():
            book.evacuated = book.evacuated or book.node_id in node_ids

    def open(self, pack_id: str) -> str:
        """Open the account of a pack, by Ray Tune's id of it; returns the pack's name."""
        self._opened += 1
        name = f"pack-{self._opened:02d}-{pack_id[:6]}"
        plain = self._free(plain=False) <= 0 and self._free(plain=True) > 0
        self.books[pack_id] = PackBook(
            name, self.slots, follows=self._follow, plain=plain, load=self._load
        )
        return name

    def born(self, book: PackBook, node_id: str) -> None:
        """Note that a pack has reported for the first time, and from where."""
        self._stillborn = 0
        book.slots = min(book.slots, self.rooms.get(node_id, book.slots))

    def unborn(self) -> bool:
        """Note that a pack died before its first report; whether too many have, one after the
        other."""
        self._stillborn += 1
        return self._stillborn >= STILLBORN * self.places

    def aboard(self) -> list[Job]:
        """The trainings that packs hold."""
        return [job for book in self.books.values() for job in book.aboard.values()]

    def waiting(self, stage: Stage) -> int:
        """How many trainings of a stage wait for a slot."""
        return stage.queued() + len(self.alone)

    def holding(self) -> int:
        """How many trainings are aboard packs, or have weights on the way from one."""
        return self._load.holding

    def boarding(
        self, book: PackBook, stage: Stage, board: Callable[[], Job | None]
    ) -> Iterator[Job]:
        """Take trainings for the free slots of a pack, no more than its share where few are left.

        A training that must be alone waits until a pack is empty, and that pack takes no other.

        Args:
            board: Takes the next training of the stage.
        """
        while not any(job.alone for job in book.aboard.values()):
            if self.alone:
                if book.aboard:
                    return
                job: Job | None = self.alone.popleft()
            else:
                waiting = stage.queued()
                packs = max(self.places, self.live)
                share = math.ceil((waiting + self.holding()) / packs)
                if not waiting or len(book.aboard) >= min(book.bound, max(1, share)):
                    return
                job = board()
            if job is None:
                return
            if job.alone and book.aboard:
                self.alone.append(job)
                return
            book.take(job)
            yield job

    def hand_back(self, book: PackBook, stage: Stage, *, crashed: bool) -> None:
        """Give the trainings of a pack back to their stage."""
        for job in book.aboard.values():
            stage.hand_back(job, crashed=crashed, snapshot=book.snapshot_of(job))
        for job, departure in book.leaving.values():
            if departure.keep_weights:
                stage.lose_weights(job, crashed=crashed)
        book.empty()

    def hand_back_all(self, stage: Stage) -> None:
        """Give back the trainings of all packs, and those that wait for an empty one."""
        for book in self.books.values():
            self.hand_back(book, stage, crashed=False)
        self.books.clear()
        for job in self.alone:
            stage.hand_back(job, crashed=False, snapshot=job.snapshot)
        self.alone.clear()
