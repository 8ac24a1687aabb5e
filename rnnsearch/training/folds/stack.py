"""Trials in folds, whose networks are trained as one batched tensor program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnsearch.goal import Goal, Judge
from rnnsearch.training.folds.restoring import arrays_of
from rnnsearch.training.folds.slot import SPREAD, FoldedSlot
from rnnsearch.training.report import Divergence
from rnnsearch.training.stack import Stack
from rnnsearch.training.stack_key import StackKey

LOSS = "train_loss"


@dataclass(frozen=True, slots=True)
class FoldedKey:
    """What trials in folds must have in common to share a stack."""

    networks: StackKey


class FoldedStack:
    """An `AnyStack` of trials in folds, over the stack of their networks.

    Args:
        inner: The stack of the networks, which is this one's alone.
        objective: The metric by which a fold's best epoch is chosen.
        goal: Which way it improves.
    """

    serial = False

    def __init__(self, inner: Stack, objective: str, goal: Goal) -> None:
        self.key = FoldedKey(inner.key)
        self.slots: list[FoldedSlot] = []
        self.inner = inner
        self._objective = objective
        self._goal = goal

    @property
    def kernel(self) -> str:
        return self.inner.kernel

    @property
    def awaited(self) -> bool:
        return self.inner.awaited

    def release(self) -> bool:
        return self.inner.release()

    def add(self, slot: FoldedSlot, arrays: Sequence[Mapping[str, np.ndarray[Any, Any]]]) -> None:
        """Take a trial in, with the rows of each of its networks; see `Rows.append`."""
        for member, rows in zip(slot.members, arrays, strict=True):
            self.inner.add(member, rows)
        self.slots.append(slot)

    def remove(self, slot: FoldedSlot) -> None:
        self.slots.remove(slot)
        for member in slot.members:
            self.inner.remove(member)

    def run(self, active: Sequence[FoldedSlot], seconds: float) -> list[Divergence]:
        """Train the networks of some trials until one of them ends its epoch, or time is up."""
        owners = {
            member.trial_id: slot for slot in active for member in slot.members if not member.ended
        }
        members = [member for slot in active for member in slot.members if not member.ended]
        bad: dict[str, Divergence] = {}
        for one in self.inner.run(members, seconds):
            owner = owners[one.trial_id]
            bad.setdefault(owner.trial_id, replace(one, trial_id=owner.trial_id))
        for slot in active:
            slot.count()
        return list(bad.values())

    def evaluate(self, ended: Sequence[FoldedSlot]) -> tuple[list[dict[str, float]], list[str]]:
        """The means over the folds of trials that ended an epoch, with their spreads."""
        folds = [member for slot in ended for member in slot.folds]
        metrics = dict(zip(folds, self.inner.evaluate(folds)[0], strict=True))
        answers = []
        for slot in ended:
            scores = [{**self.inner.losses(own)[0], **metrics[own]} for own in slot.folds]
            judge = Judge(self._objective, self._goal, slot.own_loss)
            slot.enter(scores, judge, self.inner.best(slot.model))
            means = slot.means()
            answers.append({name: means[name] for name in means if not name.startswith(LOSS)})
        return answers, [""] * len(ended)

    def losses(self, slot: FoldedSlot) -> tuple[dict[str, float], int]:
        """The mean training loss of the folds, and the training steps of all networks."""
        steps = sum(len(member.planned()) for member in slot.members)
        return {LOSS: slot.means()[LOSS]}, steps

    def best(self, slot: FoldedSlot) -> dict[str, np.ndarray[Any, Any]]:
        """The weights that are the trial's model as far as it is known."""
        return slot.best

    def close(self, slot: FoldedSlot, metrics: Mapping[str, float]) -> None:
        for member, own in zip(slot.folds, slot.scores, strict=True):
            self.inner.close(member, own)
        means = {name: value for name, value in metrics.items() if not name.endswith(SPREAD)}
        self.inner.close(slot.model, means)
        slot.close()

    def arrays(self, slot: FoldedSlot) -> dict[str, np.ndarray[Any, Any]]:
        rows = [self.inner.goes_on_from(member) for member in slot.members]
        return arrays_of(slot, rows, self._objective)
