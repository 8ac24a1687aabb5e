"""Gives trials that a script trains their slots, and lets them leave with what it yielded."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Any

import torch

from rnnsearch.errors import PackError
from rnnsearch.goal import Goal
from rnnsearch.training.script.lane import Lane
from rnnsearch.training.script.process import ProcessRun
from rnnsearch.training.script.restoring import BEST, check_script_restored, script_weights
from rnnsearch.training.script.run import ScriptRun
from rnnsearch.training.script.stack import Run, ScriptSlot, ScriptStack
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.weights import Weights


class ScriptSeating:
    """A `Seating` for scripts.

    Args:
        objective: The metric that every script must yield.
    """

    def __init__(self, device: torch.device, objective: str) -> None:
        self._device = device
        self._objective = objective

    @cached_property
    def _lane(self) -> Lane:
        """Made for the first script, since it has a thread."""
        return Lane()

    def slot(self, trial_id: str, snapshot: TrialSnapshot) -> ScriptSlot:
        """The bookkeeping of a trial as of a snapshot, which may be fresh.

        Raises:
            PackError: The script cannot go on from that snapshot; the message says why.
        """
        check_script_restored(snapshot, self._objective)
        task: Any = snapshot.config.task
        arrays = snapshot.arrays
        best = {name: array for name, array in arrays.items() if name.startswith(BEST)}
        return ScriptSlot(
            trial_id=trial_id,
            own_loss=self._objective if Goal(task.goal) is Goal.MINIMIZE else "",
            best=best,
            arrays={name: array for name, array in arrays.items() if name not in best},
            **snapshot.figures(),
        )

    def seat(
        self, trial_id: str, snapshot: TrialSnapshot, stacks: Mapping[Hashable, Any]
    ) -> tuple[ScriptSlot, ScriptStack]:
        """Give a trial its slot, in a stack of its own."""
        del stacks
        slot = self.slot(trial_id, snapshot)
        if slot.epoch and not slot.arrays:
            raise PackError("the script yielded no state to go on from")
        task: Any = slot.config.task
        given = (slot.config, self._device.type, self._objective, slot.epoch, slot.arrays)
        own = task.process == "own"
        run: Run = ProcessRun(*given, task.stop_grace_period) if own else ScriptRun(*given)
        return slot, ScriptStack(slot, run, self._lane)

    def weights(self, slot: ScriptSlot) -> Weights | None:
        """What the script yielded at the trial's best epoch; None where it finished none."""
        return script_weights(slot, slot.best)
