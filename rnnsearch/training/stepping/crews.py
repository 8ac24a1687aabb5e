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
    """Divides the trials of a stack into crews and trains one crew after the other.

    A crew for which memory ran out is smaller from then on.

    Args:
        rows: The stack's. The trials in training are given the first ones, so that a training step
            works on neighbouring rows, without copies and without masks.
        most_ahead: How many training steps may be planned at once.
    """

    def __init__(self, shared: Shared, rows: Rows, stepper: Stepper, most_ahead: int) -> None:
        self._shared = shared
        self._rows = rows
        self._stepper = stepper
        self._most = sys.maxsize if stepper.one_by_one else members_at_once(shared)
        """How many trials a crew may have."""
        self._ahead = most_ahead
        self._crews: list[Crew] = []
        self._active = 0

    def clear(self) -> None:
        """Forget the crews, since rows came or went."""
        self._crews = []

    def arrange(self, active: Sequence[Slot]) -> Sequence[Slot]:
        """Bring the rows of some trials to the front and divide these trials into crews.

        Returns:
            The trials in the order of their rows.
        """
        wanted = set(active)
        if not self._crews or set(self._rows.slots[: self._active]) != wanted:
            self._rows.bring_forward(wanted)
            self._active = len(wanted)
            starts = range(0, self._active, self._most)
            self._crews = [self._crew(lo, min(lo + self._most, self._active)) for lo in starts]
        return self._rows.slots[: self._active]

    def take(self, ahead: Stretch, started: float, seconds: float, done: list[Taken]) -> int:
        """Take training steps of all crews.

        The first crew takes as many as there is time for, the others take as many as it did.

        Args:
            ahead: What lies ahead of the trials that were arranged.
            started: When the time began, as `time.perf_counter` counts.
            seconds: How much time there is for all crews.
            done: Gets what was taken, also where this raises.

        Returns:
            How many training steps each crew took.
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
        """Take training steps of a crew until `end`; where memory runs out, in smaller parts.

        First fewer training steps are planned at once, then the crew is halved.
        """
        lo, hi = crew.lo, crew.hi
        taken = Taken(lo, end)
        short = False
        try:
            self._stepper.take(crew, ahead, taken)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error) or (crew.planner.ahead == 1 and hi - lo == 1):
                raise
            short = True  # go on outside: the error holds the tensors of what failed
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
