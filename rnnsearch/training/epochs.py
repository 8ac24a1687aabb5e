"""The end of an epoch: figures, the best weights, a report or a divergence."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rnnsearch.goal import Goal, Judge
from rnnsearch.training.report import BestEpoch, Divergence, EpochReport
from rnnsearch.training.slots import Slot
from rnnsearch.training.stack import Stack


class EpochEnds:
    """Closes epochs, and keeps a trial's weights where its objective improved, or where it is the
    same and the task's own loss improved.

    Args:
        objective: `train_loss` or a metric of the task.
    """

    def __init__(self, objective: str, goal: Goal) -> None:
        self._objective = objective
        self._goal = goal

    def close(
        self, stack: Stack, slot: Slot, metrics: Mapping[str, float], seconds: float, said: str
    ) -> EpochReport | Divergence:
        """Close a slot's epoch, or find that it diverged; then the caller takes the slot out.

        Args:
            metrics: Of the task.
            seconds: The slot's share of the evaluation.
            said: What the network answers after this epoch, where its task tells it.
        """
        how, steps = slot.config.training, len(slot.planned())
        figures = {"train_loss": slot.loss_sum / steps, **metrics}
        if not all(math.isfinite(value) for value in figures.values()):
            return Divergence(slot.trial_id, slot.epoch + 1, slot.total, slot.gradient_norm)
        judge = Judge(self._objective, self._goal, slot.own_loss)
        if slot.best_epoch is None or judge.of(figures) < judge.of(slot.best_metrics):
            slot.best_epoch, slot.best_metrics = slot.epoch + 1, figures
            slot.best = stack.rows.best(slot)
        if how.schedule == "plateau":
            # The task's own first metric, not the study's: equal configs give equal curves.
            first = stack.task.data.metrics()[0]
            slot.plateau = slot.plateau.after(metrics[first.name], Goal(first.goal), how)
        seconds += slot.seconds
        slot.close()
        if how.carry_state and stack.task.natural_epoch:
            stack.rows.clear_state(slot)
        kept = slot.best_metrics
        best = BestEpoch(slot.best_epoch, kept[self._objective], kept.get(slot.own_loss))
        return EpochReport(slot.trial_id, slot.epoch, figures, steps, seconds, best, said)
