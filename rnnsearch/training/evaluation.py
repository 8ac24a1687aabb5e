"""The metrics of a stack's networks at the end of an epoch, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from rnnsearch.tasks.base import Telling
from rnnsearch.training.memory import members_at_once, out_of_memory
from rnnsearch.training.networks import Networks
from rnnsearch.training.precision import set_matmul_precision
from rnnsearch.training.predictor import StackPredictor
from rnnsearch.training.rows import HELD, Rows
from rnnsearch.training.slots import Slot, View
from rnnsearch.training.stack_key import Shared


class Evaluation:
    """Evaluates the networks of a stack, as many at once as memory has room for.

    Args:
        release: Gives back the memory that is kept for training, and says whether there was any.
    """

    def __init__(self, shared: Shared, rows: Rows, release: Callable[[], bool]) -> None:
        self._shared = shared
        self._rows = rows
        self._release = release
        self._most = members_at_once(shared)

    def metrics(self, slots: Sequence[Slot]) -> list[dict[str, float]]:
        """Validation metrics of each slot's network, in the order of `slots`."""
        set_matmul_precision(self._shared.device, self._shared.key.matmul_precision)
        by_slot: dict[Slot, dict[str, float]] = {}
        groups: dict[tuple[bool, View | None], list[Slot]] = {}
        for slot in sorted(slots, key=lambda slot: slot.config.training.carry_state):
            groups.setdefault((slot.config.training.carry_state, slot.view), []).append(slot)
        for (carry, _), group in groups.items():
            for start in range(0, len(group), self._most):
                some = group[start : start + self._most]
                by_slot |= zip(some, self._in_memory(some, carry), strict=True)
        return [by_slot[slot] for slot in slots]

    def words(self, slots: Sequence[Slot]) -> list[str]:
        """What each slot's network answers, in words; empty where its task has no words for it."""
        task = self._shared.task
        if not (isinstance(task, Telling) and task.tells):
            return [""] * len(slots)
        with torch.no_grad():
            return task.words(self._predictor(slots))

    def _in_memory(self, slots: Sequence[Slot], carry: bool) -> list[dict[str, float]]:
        """Metrics of some slots: all at once, or where memory runs out one half after the other."""
        try:
            return self._metrics(slots, carry)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error) or not (self._release() or len(slots) > 1):
                raise
        # Outside of `except`: the error holds the tensors of what failed.
        half = -(-len(slots) // 2)
        parts = [part for part in (slots[:half], slots[half:]) if part]
        return [metrics for part in parts for metrics in self._in_memory(part, carry)]

    def _metrics(self, slots: Sequence[Slot], carry: bool) -> list[dict[str, float]]:
        """Metrics of some slots at once.

        Args:
            carry: Whether they carry their state, which a task then may evaluate from. They have
                one view.
        """
        carried = None
        if carry:
            picks = self._rows.picks(slots)
            carried = tuple(self._rows[name][picks] for name in self._rows.state_names)
        with torch.no_grad():
            view = slots[0].view or self._shared.task
            metrics = view.evaluate(self._predictor(slots), "val", carried)
        columns = {name: values.double().cpu().tolist() for name, values in metrics.items()}
        return [
            {name: float(column[number]) for name, column in columns.items()}
            for number in range(len(slots))
        ]

    def _predictor(self, slots: Sequence[Slot]) -> StackPredictor:
        """The networks of some slots, as their task asks them."""
        layout, picks = self._shared.layout, self._rows.picks(slots)
        held = {} if layout.held is None else layout.held.views(self._rows[HELD][picks])
        views = layout.views(self._rows.weights(slots))
        networks = Networks(self._shared.key.network, views, held)
        return StackPredictor(networks, self._shared.task.head)
