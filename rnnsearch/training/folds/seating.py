"""Gives trials in folds their slots: a network for each fold and one for all, in one stack."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from rnnsearch.goal import Goal
from rnnsearch.tasks.streams import derive
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.folds.restoring import kept_weights, member_snapshot
from rnnsearch.training.folds.slot import FoldedSlot
from rnnsearch.training.folds.stack import FoldedKey, FoldedStack
from rnnsearch.training.placement import Placement
from rnnsearch.training.slots import Slot, best_weights
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.stack import Stack
from rnnsearch.training.stepping.capture import Recorder
from rnnsearch.training.weights import Weights


class FoldedSeating:
    """A `Seating` for trials in folds.

    Args:
        objective: The metric by which best epochs are chosen.
        goal: Which way it improves.
        recorder: Records training steps for stacks; None where the device records none.
    """

    def __init__(
        self, placement: Placement, objective: str, goal: Goal, recorder: Recorder | None
    ) -> None:
        self._placement = placement
        self._objective = objective
        self._goal = goal
        self._recorder = recorder

    def slot(self, trial_id: str, snapshot: TrialSnapshot) -> FoldedSlot:
        """The bookkeeping of a trial as of a snapshot, which may be fresh.

        Raises:
            PackError: The trial cannot be trained, or cannot go on from that snapshot.
        """
        return self._slot(trial_id, snapshot)[0]

    def seat(
        self, trial_id: str, snapshot: TrialSnapshot, stacks: Mapping[Hashable, Any]
    ) -> tuple[FoldedSlot, FoldedStack]:
        """Give a trial its slot in the stack of its shape."""
        placement = self._placement
        slot, snapshots = self._slot(trial_id, snapshot)
        shared = placement.shared(slot.model)
        stack = stacks.get(FoldedKey(shared.key))
        if stack is None:
            inner = Stack(shared, self._recorder)
            stack = FoldedStack(inner, self._objective, self._goal)
        if snapshot.fresh:
            rows = [placement.first_rows(member) for member in slot.members]
        else:
            rows = [dict(member.arrays) for member in snapshots]
            for member, arrays in zip(slot.members, rows, strict=True):
                stack.inner.check_whole(member, arrays)
        stack.add(slot, rows)
        return slot, stack

    def weights(self, slot: FoldedSlot) -> Weights | None:
        """The weights of the trial's model; None where it finished no epoch."""
        head = self._placement.task(slot.config).head
        return best_weights(slot, slot.best, slot.layout, head)

    def _slot(
        self, trial_id: str, snapshot: TrialSnapshot
    ) -> tuple[FoldedSlot, list[TrialSnapshot]]:
        placement = self._placement
        whole = placement.slot(trial_id, snapshot)
        views = [*placement.fold_tasks(snapshot.config), None]
        members: list[Slot] = []
        snapshots: list[TrialSnapshot] = []
        for number, view in enumerate(views):
            config = _config_of(snapshot.config, None if view is None else number)
            member, best_epoch, metrics = member_snapshot(
                snapshot, number, config, self._objective, whole.own_loss
            )
            slot = placement.slot(f"{trial_id}/{number}", member, view)
            slot.best_epoch, slot.best_metrics = best_epoch, metrics
            members.append(slot)
            snapshots.append(member)
        epochs = [slot.best_epoch for slot in members if slot.best_epoch is not None]
        folded = FoldedSlot(
            trial_id=trial_id,
            own_loss=whole.own_loss,
            best=whole.best,
            layout=whole.layout,
            folds=members[:-1],
            model=members[-1],
            kept=kept_weights(snapshot, epochs, whole.layout),
            **snapshot.figures(),
        )
        return folded, snapshots


def _config_of(config: TrialConfig, fold: int | None) -> TrialConfig:
    """The config of a trial's network: of a fold, which has a seed of its own, or of the model."""
    return config if fold is None else replace(config, seed=derive(config.seed, "fold", fold))
