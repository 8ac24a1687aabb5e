"""Whether a script can go on from a snapshot, and what a snapshot holds of its best epoch."""

from __future__ import annotations

import math

from rnnsearch.errors import PackError
from rnnsearch.training.script.run import RANDOM, STATE
from rnnsearch.training.snapshot import Progress, TrialSnapshot
from rnnsearch.training.state_tree import Arrays, from_arrays
from rnnsearch.training.weights import Weights

BEST = "best_"
"""What precedes the names of the arrays of the best epoch in a snapshot."""


def check_script_restored(snapshot: TrialSnapshot, objective: str) -> None:
    """Check that a snapshot makes sense for its own config, as `training.restoring` does it.

    Raises:
        PackError: It does not; the message says what is wrong.
    """
    last = snapshot.config.training.max_epochs
    if not 0 <= snapshot.epoch <= last:
        raise PackError(f"it is at epoch {snapshot.epoch} of {last}")
    if snapshot.best_epoch is not None:
        if not 1 <= snapshot.best_epoch <= snapshot.epoch:
            raise PackError(f"its best epoch is {snapshot.best_epoch} of {snapshot.epoch}")
        if not math.isfinite(snapshot.best_metrics.get(objective, math.nan)):
            raise PackError(f"its best epoch has no {objective}")
    for name in (STATE, RANDOM, f"{BEST}{STATE}"):
        if name in snapshot.arrays:
            from_arrays(_named(snapshot.arrays, name), name.removeprefix(BEST))


def script_weights(trial: Progress, arrays: Arrays) -> Weights | None:
    """What a script yielded at a trial's best epoch, to leave the pack; None where it ended none.

    Args:
        arrays: All arrays of a snapshot, or those of the best epoch.
    """
    if trial.best_epoch is None:
        return None
    kept = {name.removeprefix(BEST): arrays[name] for name in arrays if name.startswith(BEST)}
    state = {name: array for name, array in kept.items() if name.startswith(STATE)}
    return Weights(state, trial.best_epoch, trial.best_metrics)


def _named(arrays: Arrays, name: str) -> Arrays:
    """Arrays under the names that they had when they were made."""
    if not name.startswith(BEST):
        return arrays
    return {one.removeprefix(BEST): arrays[one] for one in arrays if one.startswith(BEST)}
