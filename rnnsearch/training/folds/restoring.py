"""A trial in folds as the arrays of a snapshot, and back; nothing in a snapshot is trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Any

import numpy as np
import torch

from rnnsearch.errors import PackError
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.folds.slot import FoldedSlot
from rnnsearch.training.layout import Layout
from rnnsearch.training.restoring import check_row
from rnnsearch.training.schedules import Plateau
from rnnsearch.training.slots import BEST_AT, Slot
from rnnsearch.training.snapshot import TrialSnapshot

Arrays = Mapping[str, np.ndarray[Any, Any]]

FIGURES = "figures"
"""The numbers of a network, float64: its epoch, the training steps of that and of all, the sum of
its losses and its seconds; the factor, best value and bad epochs of its plateau; and of its best
epoch the number, the objective and the task's own loss. NaN is None."""

KEPT = "kept"
"""What precedes the epoch in the names of the model's weights that are kept."""


def arrays_of(slot: FoldedSlot, rows: Sequence[Arrays], objective: str) -> dict[str, Any]:
    """All that a trial goes on from: rows and figures of each network by its number, and the
    weights that are kept.

    Args:
        rows: Of each of `slot.members`.
        objective: The metric by which a fold's best epoch is chosen.
    """
    arrays: dict[str, Any] = dict(slot.best)
    for number, (member, own) in enumerate(zip(slot.members, rows, strict=True)):
        arrays |= {f"{number}/{name}": array for name, array in own.items()}
        arrays[f"{number}/{FIGURES}"] = _figures(member, objective)
    for epoch, kept in slot.kept.items():
        arrays |= {f"{KEPT}{epoch}/{name}": array for name, array in kept.items()}
    return arrays


def member_snapshot(
    snapshot: TrialSnapshot, number: int, config: TrialConfig, objective: str, own_loss: str
) -> tuple[TrialSnapshot, int | None, dict[str, float]]:
    """One network of a trial, without what is known of its best epoch; and the number and the
    metrics of that.

    Args:
        config: Of the network.

    Raises:
        PackError: It is not there, or makes no sense.
    """
    if snapshot.fresh:
        return TrialSnapshot(config=config), None, {}
    arrays = _below(snapshot.arrays, f"{number}/")
    figures = arrays.pop(FIGURES, None)
    if figures is None or figures.shape != (11,) or figures.dtype != np.float64:
        raise PackError(f"it lacks the figures of network {number}")
    epoch, step, total, loss_sum, seconds, factor, plateau, bad, best, value, loss = map(
        float, figures
    )
    if not all(map(math.isfinite, (epoch, step, total, bad))) or epoch != snapshot.epoch:
        raise PackError(f"its network {number} is at another epoch than it is")
    member = TrialSnapshot(
        config=config,
        epoch=int(epoch),
        step=int(step),
        total=int(total),
        loss_sum=loss_sum,
        seconds=seconds,
        plateau=Plateau(factor, None if math.isnan(plateau) else plateau, int(bad)),
        arrays=arrays,
    )
    if math.isnan(best):
        return member, None, {}
    metrics = {objective: value} | ({} if math.isnan(loss) else {own_loss: loss})
    return member, int(best), metrics


def kept_weights(
    snapshot: TrialSnapshot, epochs: Sequence[int], layout: Layout
) -> dict[int, dict[str, np.ndarray[Any, Any]]]:
    """The weights of the model that are kept, by epoch.

    Args:
        epochs: The best epoch of each fold, so far as there are any.

    Raises:
        PackError: They are not those of the best epochs, or have another shape.
    """
    kept = {epoch: _below(snapshot.arrays, f"{KEPT}{epoch}/") for epoch in sorted(set(epochs))}
    dtype = getattr(torch, snapshot.config.training.dtype)
    for epoch, arrays in kept.items():
        if "best" not in arrays:
            raise PackError(f"it lacks the model's weights after epoch {epoch}")
        check_row("best", arrays["best"], (layout.size,), dtype)
        if layout.held is not None:
            if "best_held" not in arrays:
                raise PackError(f"it lacks what the model held after epoch {epoch}")
            check_row("best_held", arrays["best_held"], (layout.held.size,), torch.float64)
    at = snapshot.arrays.get(BEST_AT, np.zeros(0)).tolist()
    if epochs and at != [median_low(epochs)]:
        raise PackError("its model is not of the median of the folds' best epochs")
    return kept


def _below(arrays: Arrays, prefix: str) -> dict[str, np.ndarray[Any, Any]]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _figures(slot: Slot, objective: str) -> np.ndarray[Any, Any]:
    plateau, best = slot.plateau, slot.best_metrics
    numbers = [slot.epoch, slot.step, slot.total, slot.loss_sum, slot.seconds]
    more = [plateau.factor, plateau.best, plateau.bad_epochs]
    more += [slot.best_epoch, best.get(objective), best.get(slot.own_loss)]
    return np.array([*numbers, *(math.nan if one is None else one for one in more)])
