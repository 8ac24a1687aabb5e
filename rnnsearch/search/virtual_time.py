"""Reports in the order of virtual time, whatever the order in which they come.

A study has so many virtual workers, each of which trains one trial at a time. An epoch takes so
much virtual time as it has training steps (one, where an epoch is a pass through the data), whoever
computes it and however long that takes. So the moments at which a trial ends its epochs are known
as it begins. A report is held back until all that come before it in virtual time are there;
those of one moment are released together, in the order of their trials.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

Happening = TypeVar("Happening")


class Released(NamedTuple, Generic[Happening]):
    """What is released: a trial, its epoch, and what happened to it at the end of that."""

    number: int
    epoch: int
    what: Happening


@dataclass(slots=True)
class _Course(Generic[Happening]):
    """The way of a trial through virtual time.

    Attributes:
        start: When it began.
        pace: What an epoch takes.
        released: How many of its epochs are released.
        held: What happened at the end of the epochs behind these, as far as it has come.
    """

    start: int
    pace: int
    released: int = 0
    held: deque[Happening] = field(default_factory=deque)

    @property
    def next(self) -> int:
        """When its next epoch ends."""
        return self.start + (self.released + 1) * self.pace


class VirtualTime(Generic[Happening]):
    """Holds back what comes too early.

    Args:
        workers: How many trials are trained at a time.

    Attributes:
        now: The moment of what was released last.
    """

    def __init__(self, workers: int) -> None:
        self.now = 0
        self._workers = workers
        self._courses: dict[int, _Course[Happening]] = {}
        self._nexts: list[tuple[int, int]] = []
        """A heap of when the next epoch of each trial ends, and its number; those of trials that
        have ended, or have gone on, are passed over."""

    @property
    def free(self) -> int:
        """How many workers have no trial."""
        return self._workers - len(self._courses)

    @property
    def idle(self) -> bool:
        """Whether no worker has a trial."""
        return not self._courses

    def begin(self, number: int, pace: int) -> None:
        """Give a trial to a free worker, now.

        Args:
            pace: The virtual time of its epochs, at least 1.
        """
        if not self.free or pace < 1 or number in self._courses:
            raise ValueError(f"trial {number} cannot begin: {self.free} free, pace {pace}")
        course = self._courses[number] = _Course[Happening](self.now, pace)
        heapq.heappush(self._nexts, (course.next, number))

    def released(self, number: int) -> int:
        """How many epochs of a trial are released."""
        return self._courses[number].released

    def arrived(self, number: int) -> int:
        """How many epochs of a trial have come, released or held back."""
        course = self._courses[number]
        return course.released + len(course.held)

    def arrive(self, number: int, epoch: int, what: Happening) -> None:
        """Take what happened at the end of an epoch; one that is known is passed over.

        Raises:
            ValueError: An epoch before it is missing.
        """
        known = self.arrived(number)
        if epoch > known + 1:
            raise ValueError(f"trial {number}: epoch {epoch} came after epoch {known}")
        if epoch == known + 1:
            self._courses[number].held.append(what)

    def forget(self, number: int) -> None:
        """Drop what is held back of a trial, which will come again."""
        self._courses[number].held.clear()

    def end(self, number: int) -> None:
        """Free the worker of a trial, now."""
        del self._courses[number]

    def due(self) -> list[Released[Happening]]:
        """Release what comes next, in the order of the trials; nothing while a part is missing."""
        while self._nexts and not self._is_next(*self._nexts[0]):
            heapq.heappop(self._nexts)
        if not self._nexts:
            return []
        moment = self._nexts[0][0]
        numbers: list[int] = []
        while self._nexts and self._nexts[0][0] == moment:
            number = self._nexts[0][1]
            if self._is_next(moment, number):
                if not self._courses[number].held:
                    break
                numbers.append(number)
            heapq.heappop(self._nexts)
        else:
            self.now = moment
            return [self._release(number) for number in numbers]
        for number in numbers:
            heapq.heappush(self._nexts, (moment, number))
        return []

    def _is_next(self, moment: int, number: int) -> bool:
        course = self._courses.get(number)
        return course is not None and course.next == moment

    def _release(self, number: int) -> Released[Happening]:
        course = self._courses[number]
        course.released += 1
        heapq.heappush(self._nexts, (course.next, number))
        return Released(number, course.released, course.held.popleft())
