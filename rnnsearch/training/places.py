"""Where a trial gets its slot: in a stack of its shape, as one network or one for each fold of its
data, or by itself where a script trains it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import torch

from rnnsearch.goal import Goal
from rnnsearch.tasks.families import family_of
from rnnsearch.tasks.folds import folds_of
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.folds.seating import FoldedSeating
from rnnsearch.training.kinds import AnyStack, Seating
from rnnsearch.training.placement import DataSource, Placement, TaskBuilder
from rnnsearch.training.script.seating import ScriptSeating
from rnnsearch.training.slots import Slot, TrialSlot
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.stack import Stack
from rnnsearch.training.stepping.capture import Recorder
from rnnsearch.training.weights import Weights


class StackSeating:
    """A `Seating` for networks, each in the stack of its shape.

    Args:
        recorder: Records training steps for stacks; None where the device records none.
    """

    def __init__(self, placement: Placement, recorder: Recorder | None) -> None:
        self._placement = placement
        self._recorder = recorder
        self.slot = placement.slot
        self.weights = placement.weights

    def seat(
        self, trial_id: str, snapshot: TrialSnapshot, stacks: Mapping[Hashable, Any]
    ) -> tuple[Slot, Stack]:
        """Give a trial its slot in the stack of its shape.

        Raises:
            Exception: The trial cannot be trained, cannot go on from that snapshot, or does not
                fit into memory.
        """
        slot = self._placement.slot(trial_id, snapshot)
        shared = self._placement.shared(slot)
        stack = stacks.get(shared.key) or Stack(shared, self._recorder)
        if snapshot.fresh:
            stack.add(slot, self._placement.first_rows(slot))
        else:
            stack.check_whole(slot, snapshot.arrays)
            stack.add(slot, snapshot.arrays)
        return slot, stack


class Places:
    """The seating of every trial, whatever trains it; a `Seating` by itself.

    Args:
        data, objective, build: As for `Placement`.
        goal: Which way the objective improves.
        recorder: As for `StackSeating`.
    """

    def __init__(
        self,
        data: DataSource,
        device: torch.device,
        objective: str,
        goal: Goal,
        build: TaskBuilder,
        recorder: Recorder | None,
    ) -> None:
        self._placement = Placement(data, device, objective, build)
        self._stacked = StackSeating(self._placement, recorder)
        self._folded = FoldedSeating(self._placement, objective, goal, recorder)
        self._scripts = ScriptSeating(device, objective)

    def slot(self, trial_id: str, snapshot: TrialSnapshot) -> TrialSlot:
        """See `Seating.slot`."""
        return self._of(snapshot.config).slot(trial_id, snapshot)

    def seat(
        self, trial_id: str, snapshot: TrialSnapshot, stacks: Mapping[Hashable, Any]
    ) -> tuple[TrialSlot, AnyStack]:
        """See `Seating.seat`."""
        return self._of(snapshot.config).seat(trial_id, snapshot, stacks)

    def weights(self, slot: TrialSlot) -> Weights | None:
        """See `Seating.weights`."""
        return self._of(slot.config).weights(slot)

    def _of(self, config: TrialConfig) -> Seating:
        if family_of(config.task).own_loop:
            return self._scripts
        return self._folded if folds_of(self._placement.task(config).data) else self._stacked
