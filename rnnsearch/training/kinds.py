"""What a pack asks of trials in training, whatever trains them: a stack, or a person's script."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from rnnsearch.training.report import Divergence
from rnnsearch.training.slots import TrialSlot
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.weights import Weights


class AnyStack(Protocol):
    """Trials that take turns together: those of one shape in a `Stack`, or one script's trial.

    A slot that is passed in is one of `slots`.
    """

    @property
    def key(self) -> Hashable:
        """What the trials have in common."""
        ...

    @property
    def slots(self) -> Sequence[Any]:
        """The trials, whose slots are `TrialSlot`s."""
        ...

    @property
    def kernel(self) -> str:
        """What computes the training steps, in words; empty before the first of them."""
        ...

    @property
    def awaited(self) -> bool:
        """Whether a turn would only wait for something elsewhere in the process or machine."""
        ...

    @property
    def serial(self) -> bool:
        """Whether its trials share nothing when they train at once, so that none gains by it."""
        ...

    def release(self) -> bool:
        """Give back memory that can be made again; whether there was any."""
        ...

    def remove(self, slot: Any) -> None:
        """Take a trial out."""
        ...

    def run(self, active: Sequence[Any], seconds: float) -> list[Divergence]:
        """Train some trials until one of them ends its epoch, or time is up.

        Returns:
            The trials whose numbers are no longer finite; the caller takes them out.
        """
        ...

    def evaluate(self, ended: Sequence[Any]) -> tuple[list[dict[str, float]], list[str]]:
        """The metrics of trials that ended an epoch, and what they answer."""
        ...

    def losses(self, slot: Any) -> tuple[dict[str, float], int]:
        """The training loss of the epoch that a trial ended, and its training steps."""
        ...

    def best(self, slot: Any) -> dict[str, np.ndarray[Any, Any]]:
        """A trial's weights as they are now, to be kept as those of its best epoch."""
        ...

    def close(self, slot: Any, metrics: Mapping[str, float]) -> None:
        """Begin a trial's next epoch, after one that gave these metrics."""
        ...

    def arrays(self, slot: Any) -> dict[str, np.ndarray[Any, Any]]:
        """All that a trial goes on from, under the names of a snapshot's arrays."""
        ...


class Seating(Protocol):
    """Gives trials of one kind their slots, and lets them leave with their weights."""

    def slot(self, trial_id: str, snapshot: TrialSnapshot) -> TrialSlot:
        """The bookkeeping of a trial as of a snapshot, which may be fresh."""
        ...

    def seat(
        self, trial_id: str, snapshot: TrialSnapshot, stacks: Mapping[Hashable, Any]
    ) -> tuple[TrialSlot, AnyStack]:
        """Give a trial its slot, in one of the stacks that there are or in a new one."""
        ...

    def weights(self, slot: Any) -> Weights | None:
        """The weights of a trial's best epoch, to leave the pack; None where it finished none."""
        ...
