"""A trial that a script trains: a stack of one, whose epoch ends where the script yields."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from rnnsearch.training.report import Divergence
from rnnsearch.training.script.lane import Lane
from rnnsearch.training.script.restoring import BEST
from rnnsearch.training.script.run import Yielded
from rnnsearch.training.slots import TrialSlot


class Run(Protocol):
    """A script on its way, in this process or in one of its own."""

    def advance(self) -> Yielded:
        """Let it run to its next yield.

        Raises:
            PackError: It raised, ended, or yielded something else; the text is meant for whoever
                wrote the script.
        """
        ...

    def end(self) -> None:
        """Tell it to end, from any thread, where it can be told before it yields."""
        ...

    def close(self) -> None:
        """End it, once `advance` has returned."""
        ...


@dataclass(slots=True, eq=False, kw_only=True)
class ScriptSlot(TrialSlot):
    """The bookkeeping of a trial that a script trains.

    Attributes:
        arrays: What the script yielded last, as `Yielded.arrays`.
        yielded: What the epoch gave that just ended; None while it is under way.
    """

    gradient_norm: float = math.nan
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict, repr=False)
    yielded: Yielded | None = None

    @property
    def ended(self) -> bool:
        return self.yielded is not None


class ScriptStack:
    """An `AnyStack` of one trial. Its script runs in the lane that all scripts of a pack share."""

    kernel = "script"
    serial = True

    def __init__(self, slot: ScriptSlot, run: Run, lane: Lane) -> None:
        self.key = ("script", slot.trial_id)
        self.slots = [slot]
        self._run = run
        self._lane = lane
        self._under_way: Future[Yielded] | None = None

    @property
    def awaited(self) -> bool:
        """Whether another script has its turn, which lasts until it yields."""
        return self._under_way is None and self._lane.busy

    def release(self) -> bool:
        return False

    def remove(self, slot: ScriptSlot) -> None:
        """End the script: at once where it waits at a yield or has a process of its own, else
        where it yields next."""
        self.slots.remove(slot)
        self._run.end()
        self._lane.begin(self._run.close)

    def run(self, active: Sequence[ScriptSlot], seconds: float) -> list[Divergence]:
        """Wait for the script's next yield, but no longer than that.

        Raises:
            PackError: The script raised, ended, or yielded something else.
        """
        (slot,) = active
        started = time.perf_counter()
        if self._under_way is None:
            self._under_way = self._lane.begin(self._run.advance)
        wait([self._under_way], max(0.0, seconds))
        slot.seconds += time.perf_counter() - started
        if self._under_way.done():
            under_way, self._under_way = self._under_way, None
            slot.yielded = under_way.result()
            slot.arrays = slot.yielded.arrays
            slot.total += 1
        return []

    def evaluate(self, ended: Sequence[ScriptSlot]) -> tuple[list[dict[str, float]], list[str]]:
        """The metrics that the script yielded."""
        return [dict(_now(slot).metrics) for slot in ended], [""] * len(ended)

    def losses(self, slot: ScriptSlot) -> tuple[dict[str, float], int]:
        """Nothing: all metrics are the script's own, and its training steps are not counted."""
        del slot
        return {}, 1

    def best(self, slot: ScriptSlot) -> dict[str, np.ndarray[Any, Any]]:
        return {f"{BEST}{name}": array for name, array in slot.arrays.items()}

    def close(self, slot: ScriptSlot, metrics: Mapping[str, float]) -> None:
        del metrics
        slot.close()
        slot.yielded = None

    def arrays(self, slot: ScriptSlot) -> dict[str, np.ndarray[Any, Any]]:
        return dict(slot.arrays) | slot.best


def _now(slot: ScriptSlot) -> Yielded:
    if slot.yielded is None:
        raise RuntimeError(f"the script of trial {slot.trial_id} has not yielded")
    return slot.yielded
