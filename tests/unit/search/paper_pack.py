"""A pack that trains on paper: curves come from a formula, so a test knows every number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rnnsearch.errors import PackError
from rnnsearch.goal import Goal, Judge, standing
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import BestEpoch, Divergence, EpochReport, SliceResult
from rnnsearch.training.schedules import Plateau
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.weights import Weights

METRIC = "val_mse"


def value_of(config: TrialConfig, epoch: int) -> float:
    """The loss after an epoch: falls with the epochs, and towards the learning rate."""
    return config.training.learning_rate + 1.0 / epoch


LOSS = "val_nats"
"""Of the tasks whose curves are made so that they tie."""


class PaperPack:
    """Fulfils `PackLike`; trains one epoch of every trial a call.

    Trials with a learning rate above 0.9 diverge in their second epoch; a rate of exactly 0.5 is
    refused.
    """

    def __init__(
        self, curve: Callable[[TrialConfig, int], Mapping[str, float]] | None = None
    ) -> None:
        """
        Args:
            curve: Metrics of a config after an epoch; None takes `value_of`.
        """
        self._curve = curve or _plain
        self.best: dict[str, BestEpoch] = {}
        self.configs: dict[str, TrialConfig] = {}
        self.epochs: dict[str, int] = {}
        self.started_from: dict[str, int] = {}
        self.enough: int | None = None
        """How many trials it says are enough."""

    @property
    def roster(self) -> Mapping[str, int]:
        return dict(self.epochs)

    @property
    def kernels(self) -> Mapping[str, str]:
        return dict.fromkeys(self.epochs, "paper")

    @property
    def useful(self) -> int | None:
        return self.enough

    def add(self, trial_id: str, config: TrialConfig, state: TrialSnapshot | None = None) -> None:
        if trial_id in self.epochs:
            raise PackError(f"{trial_id} is aboard")
        if config.training.learning_rate == 0.5:
            raise PackError("0.5 cannot be learned with")
        self.configs[trial_id] = config
        self.epochs[trial_id] = self.started_from[trial_id] = state.epoch if state else 0
        self.best.pop(trial_id, None)
        for epoch in range(1, self.epochs[trial_id] + 1):
            self._take(trial_id, epoch)

    def remove(self, trial_id: str) -> Weights | None:
        config = self.configs.pop(trial_id)
        if not self.epochs.pop(trial_id):
            return None
        tensors = {"head.bias": np.zeros(1, np.float32)}
        epoch = self.best[trial_id].epoch
        return Weights(tensors, epoch, dict(self._curve(config, epoch)))

    def train(self, limits: Mapping[str, int], seconds: float) -> SliceResult:
        reports, divergences = [], []
        for trial_id, epoch in list(self.epochs.items()):
            if epoch >= limits.get(trial_id, 0):
                continue
            config = self.configs[trial_id]
            if config.training.learning_rate > 0.9 and epoch == 1:
                divergences.append(Divergence(trial_id, 2, 150, float("inf")))
                del self.epochs[trial_id]
                continue
            self.epochs[trial_id] = epoch + 1
            metrics = {"train_loss": 1.0, **self._curve(config, epoch + 1)}
            best = self._take(trial_id, epoch + 1)
            reports.append(EpochReport(trial_id, epoch + 1, metrics, 100, 0.01, best))
        return SliceResult(
            reports=reports,
            divergences=divergences,
            roster=dict(self.epochs),
            seconds=1.0,
        )

    def state(self) -> dict[str, TrialSnapshot]:
        return {
            trial_id: TrialSnapshot(
                config=self.configs[trial_id],
                epoch=epoch,
                step=0,
                total=100 * epoch,
                loss_sum=0.0,
                plateau=Plateau(),
                seconds=0.0,
                arrays={"parameters": np.zeros(1, np.float32)},
                best_epoch=self.best[trial_id].epoch if epoch else None,
                best_metrics=self._best_metrics(trial_id),
            )
            for trial_id, epoch in self.epochs.items()
        }

    def _best_metrics(self, trial_id: str) -> Mapping[str, float]:
        best = self.best.get(trial_id)
        return {} if best is None else self._curve(self.configs[trial_id], best.epoch)

    def _take(self, trial_id: str, epoch: int) -> BestEpoch:
        """The best epoch, the lowest metric and of equal ones the lowest loss."""
        metrics = self._curve(self.configs[trial_id], epoch)
        judge = Judge(METRIC, Goal.MINIMIZE, LOSS)
        best = self.best.get(trial_id)
        if best is None or judge.of(metrics) < standing(Goal.MINIMIZE, best.value, best.loss):
            best = self.best[trial_id] = BestEpoch(epoch, metrics[METRIC], metrics.get(LOSS))
        return best


def _plain(config: TrialConfig, epoch: int) -> Mapping[str, float]:
    return {METRIC: value_of(config, epoch)}


def build_paper_pack(data: Callable[[Any], Any]) -> PaperPack:
    """In the place of the real pack's constructor."""
    return PaperPack()
