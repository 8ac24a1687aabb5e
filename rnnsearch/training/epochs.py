"""The end of an epoch: its metrics, whether its weights are the best so far, and its report."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rnnsearch.goal import Goal, Judge
from rnnsearch.training.kinds import AnyStack
from rnnsearch.training.report import BestEpoch, Divergence, EpochReport
from rnnsearch.training.slots import TrialSlot


class EpochEnds:
    """Closes epochs, and keeps the weights of each trial's best one.

    An epoch is better than another where its objective is better, or is equal and the task's own
    loss is lower.

    Args:
        objective: The metric that is judged by: `train_loss`, or one of the task.
        goal: Which way the objective improves.
    """

    def __init__(self, objective: str, goal: Goal) -> None:
        self._objective = objective
        self._goal = goal

    def close(
        self,
        stack: AnyStack,
        slot: TrialSlot,
        metrics: Mapping[str, float],
        seconds: float,
        answer: str,
    ) -> EpochReport | Divergence:
        """Close the epoch of a slot whose network was just evaluated.

        Args:
            metrics: What the task's evaluation gave.
            seconds: The slot's share of the time of the evaluation.
            answer: What the network answers after this epoch; empty where the task has no words.

        Returns:
            The epoch's report; or the divergence of a trial whose metrics are not finite, which the
            caller then takes out.
        """
        losses, steps = stack.losses(slot)
        figures = {**losses, **metrics}
        if not all(math.isfinite(value) for value in figures.values()):
            return Divergence(slot.trial_id, slot.epoch + 1, slot.total, slot.gradient_norm)
        judge = Judge(self._objective, self._goal, slot.own_loss)
        if slot.best_epoch is None or judge.of(figures) < judge.of(slot.best_metrics):
            slot.best_epoch, slot.best_metrics = slot.epoch + 1, figures
            slot.best = stack.best(slot)
        seconds += slot.seconds
        stack.close(slot, metrics)
        kept = slot.best_metrics
        best = BestEpoch(slot.best_epoch, kept[self._objective], kept.get(slot.own_loss))
        norm = slot.gradient_norm
        return EpochReport(slot.trial_id, slot.epoch, figures, steps, seconds, best, answer, norm)
