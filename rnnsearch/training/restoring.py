"""Whether a trial can go on from a snapshot.

Nothing in a snapshot is trusted: another version may have written it, for another task or another
metric. A trial that went on from nonsense would fail, never end, or give a wrong answer. So a
snapshot that does not fit is refused, and costs no more than the time since the trial's seed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from rnnsearch.errors import PackError
from rnnsearch.training.layout import Layout
from rnnsearch.training.snapshot import TrialSnapshot


def check_restored(snapshot: TrialSnapshot, layout: Layout, objective: str) -> None:
    """Check that a snapshot's figures and its best epoch make sense for its own config.

    Its rows are checked by the stack that takes them, in `Rows.check_whole`, and how many training
    steps its epoch has when that epoch is planned.

    Args:
        layout: Of the trial's parameters.
        objective: The metric by which the best epoch is chosen.

    Raises:
        PackError: They do not; the message says what is wrong.
    """
    how = snapshot.config.training
    figures = [snapshot.loss_sum, snapshot.seconds, snapshot.plateau.factor]
    figures += [] if snapshot.plateau.best is None else [snapshot.plateau.best]
    problems = {
        f"it is at epoch {snapshot.epoch} of {how.max_epochs}": not (
            0 <= snapshot.epoch <= how.max_epochs
        ),
        f"it is at step {snapshot.step} of {snapshot.total} in all": not (
            0 <= snapshot.step <= snapshot.total
        ),
        "its figures are not finite": not all(map(math.isfinite, figures)),
        "its plateau has a negative count": snapshot.plateau.bad_epochs < 0,
    }
    for problem, is_there in problems.items():
        if is_there:
            raise PackError(problem)
    _check_best(snapshot, layout, objective)


def check_row(
    name: str, array: np.ndarray[Any, Any], shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    """Check the shape and the dtype of a row, and that weights are finite.

    The moments of an optimizer need not be finite: they may overflow in a training that goes well
    nevertheless.

    Args:
        name: Of the row, such as `parameters` or `best`.

    Raises:
        PackError: The row is wrong; the message says how.
    """
    if tuple(array.shape) != shape:
        raise PackError(f"{name} has shape {array.shape} where {shape} is needed")
    needed = str(dtype).removeprefix("torch.")
    if array.dtype.name != needed:
        raise PackError(f"{name} is {array.dtype.name} where {needed} is needed")
    if name in ("parameters", "best") and not np.isfinite(array).all():
        raise PackError(f"{name} holds weights that are not finite")


def _check_best(snapshot: TrialSnapshot, layout: Layout, objective: str) -> None:
    """Check what a snapshot keeps of its best epoch: its number, metrics, weights and state."""
    if snapshot.best_epoch is None:
        if "best" in snapshot.arrays:
            raise PackError("it holds weights of a best epoch and does not say which")
        return
    if not 1 <= snapshot.best_epoch <= snapshot.epoch:
        raise PackError(f"its best epoch is {snapshot.best_epoch} of {snapshot.epoch}")
    value = snapshot.best_metrics.get(objective)
    if value is None or not math.isfinite(value):
        raise PackError(f"its best epoch has no {objective}")
    if "best" not in snapshot.arrays:
        raise PackError("it lacks the weights of its best epoch")
    dtype = getattr(torch, snapshot.config.training.dtype)
    check_row("best", snapshot.arrays["best"], (layout.size,), dtype)
    if layout.held is not None:
        if "best_held" not in snapshot.arrays:
            raise PackError("it lacks what its network held at its best epoch")
        check_row("best_held", snapshot.arrays["best_held"], (layout.held.size,), torch.float64)
    states = sorted(name for name in snapshot.arrays if name.startswith("state"))
    # A trial that carries its state keeps that of its best epoch beside the weights.
    carried = [f"best_{name}" for name in states] if snapshot.config.training.carry_state else []
    kept = sorted(name for name in snapshot.arrays if name.startswith("best_state"))
    if kept != carried:
        raise PackError(f"the state at its best epoch is {kept} where {carried} is needed")
    for name in carried:
        shape = snapshot.arrays[name.removeprefix("best_")].shape
        check_row(name, snapshot.arrays[name], shape, dtype)
