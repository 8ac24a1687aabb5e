"""The trials of a stack that are in training, divided into crews that memory has room for."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from rnnsearch.training.memory import members_at_once, out_of_memory
from rnnsearch.training.rows import Rows
from rnnsearch.training.slots import Slot
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.base import Stepper, Taken
from rnnsearch.training.stepping.crew import Crew
from rnnsearch.training.stepping.stretch import Stretch


class Crews:
    """The crews of a stack. What ran out of memory once is taken in smaller parts from then on.

    Args:
        rows: Those in training come first, so that a step works on neighbouring rows, without
            copies and without masks.
        most_ahead: Steps that may be planned at once.
    """

    def __init__(self, shared: Shared, rows: Rows, stepper: Stepper, most_ahead: int) -> None:
        self._shared = shared
        self._rows = rows
        self._stepper = stepper
        self._most = sys.maxsize if stepper.one_by_one else members_at_once(shared)
        """Rows that step together."""
        self._ahead = most_ahead
        self._crews: list[Crew] = []
        self._active = 0

    def clear(self) -> None:
        """Rows came or went, or are to be divided anew."""
        self._crews = []

    def arrange(self, active: Sequence[Slot]) -> Sequence[Slot]:
        """Bring the rows of some trials to the front; the trials, in that order."""
        wanted = set(active)
        if not self._crews or set(self._rows.slots[: self._active]) != wanted:
            self._rows.bring_forward(wanted)
            self._active = len(wanted)
            starts = range(0, self._active, self._most)
            self._crews = [self._crew(lo, min(lo + self._most, self._active)) for lo in starts]
        return self._rows.slots[: self._active]

    def take(self, ahead: Stretch, started: float, seconds: float, done: list[Taken]) -> int:
        """Steps of all crews.

        The first one decides how many there is time for, the others take as many.

        Args:
            ahead: Of the trials that were arranged.
            started: As `time.perf_counter` counts.
            done: Gets what was taken, also where this raises.

        Returns:
            How many steps they are.
        """
        taken, most, ahead_of_all = len(ahead), self._most, self._ahead
        for crew in self._crews:
            end = started + seconds * (crew.hi - crew.lo) / self._active
            part = ahead.part(slice(taken), slice(crew.lo, crew.hi))
            taken = self._steps(crew, part, math.inf if done else end, done)
        if (self._most, self._ahead) != (most, ahead_of_all):
            self._crews = []
        return taken

    def _crew(self, lo: int, hi: int) -> Crew:
        return Crew(self._shared, self._rows, lo, hi, most=self._most, most_ahead=self._ahead)

    def _steps(self, crew: Crew, ahead: Stretch, end: float, done: list[Taken]) -> int:
        """Steps of a crew that lie ahead, until `end`, in less memory where it runs out."""
        lo, hi = crew.lo, crew.hi
        taken = Taken(lo, end)
        short = False
        try:
            self._stepper.take(crew, ahead, taken)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error) or (crew.planner.ahead == 1 and hi - lo == 1):
                raise
            short = True  # go on outside: the error holds the tensors of the step that failed
        finally:
            if taken.count:
                done.append(taken)
        if not short:
            return taken.count
        self._stepper.release()
        rest = ahead.part(slice(taken.count, None))
        if crew.planner.ahead > 1:
            self._ahead = 1
            return taken.count + self._steps(self._crew(lo, hi), rest, end, done)
        self._most = (hi - lo) // 2
        middle = lo + self._most
        half = rest.part(slice(None), slice(middle - lo))
        first = self._steps(self._crew(lo, middle), half, end, done)
        rest = rest.part(slice(first), slice(middle - lo, None))
        self._steps(self._crew(middle, hi), rest, math.inf, done)
        return taken.count + first
