"""Trials in neighbouring rows of a stack, which are trained together."""

from __future__ import annotations

from functools import cached_property

import torch

from rnnsearch.training.kernels.base import State
from rnnsearch.training.optimizers import Settings, settings
from rnnsearch.training.rows import Rows
from rnnsearch.training.shapes import layer_state
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.planner import Planner
from rnnsearch.training.stepping.step import StepBody, hold_


class Crew:
    """The trials in the rows from `lo` to `hi` (not included), with all that training them takes.

    The trials and the tensors must stay in their places while it is used, and what the trials are
    trained with must not change.

    Attributes:
        stack_rows: The rows of all trials of the stack.
        room: How many rows from `lo` on may be computed at once.
        rows: Views of the crew's rows in each tensor, by name.
        configs: How each trial is trained in the epoch under way.
        carried: Whether a trial carries its state from batch to batch, bool [K, 1, 1].
        token: An object that is this crew's alone. Who keeps something for a crew keeps its token
            beside it, and so sees when another crew has come.

    Args:
        most: How many rows may be computed at once.
        most_ahead: How many training steps may be planned at once.
    """

    def __init__(
        self, shared: Shared, stack_rows: Rows, lo: int, hi: int, *, most: int, most_ahead: int
    ) -> None:
        self.lo, self.hi = lo, hi
        self.stack_rows = stack_rows
        self.room = min(max(most, hi - lo), stack_rows.capacity - lo)
        self.rows = {name: tensor[lo:hi] for name, tensor in stack_rows.tensors.items()}
        self.token = object()
        slots = stack_rows.slots[lo:hi]
        configs = [slot.now for slot in slots]
        self.configs = [config.training for config in configs]
        carried = [how.carry_state for how in self.configs]
        self._some_carry, self._all_carry = any(carried), all(carried)
        self.carried = torch.tensor(carried, device=shared.device).view(-1, 1, 1)
        self.planner = Planner(shared, configs, self.rows, most_ahead)
        self._shared = shared
        self._zero = torch.zeros((), dtype=shared.dtype, device=shared.device)
        self._states = tuple(self.rows[name] for name in stack_rows.state_names)

    @cached_property
    def settings(self) -> Settings:
        """The optimizer settings of the trials."""
        return settings(self.configs, self._shared.device, self._shared.dtype)

    @cached_property
    def body(self) -> StepBody:
        """What takes the training steps of these rows, layer by layer."""
        brought = [slot.optimizer for slot in self.stack_rows.slots[self.lo : self.hi]]
        optimizers = [one for one in brought if one is not None]
        return StepBody(self._shared, self.rows, optimizers)

    # The state from batch to batch. The row of a trial that carries none stays zero, so that every
    # trial starts from its row.

    def state(self) -> list[State]:
        """What the next batch starts from, one state a layer and direction."""
        return layer_state(self._shared.key.network, self._states)

    def following(self, state: list[State], after: list[State]) -> list[State]:
        """What the next batch starts from after one that went from `state` to `after`."""
        if not self._some_carry:
            return state
        if self._all_carry:
            return after
        where, zero = self.carried, self._zero
        return [tuple(torch.where(where, part, zero) for part in parts) for parts in after]

    def hold(self, state: list[State]) -> None:
        """Write a state into the rows of those trials that carry theirs."""
        if self._some_carry:
            hold_(self._states, state, self.carried)
