"""How a stopped trial ended that was trained to the end afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ending = Literal["complete", "diverged", "failed"]
"""How a training to the end went; `failed` is one that no pack could train."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A stopped trial that was trained again from its seed to the last epoch.

    Attributes:
        value: The best value of the study's metric, which may be of before the stop; None where it
            diverged or failed.
        epoch: The epoch of that value.
        seconds: Seconds of training.
    """

    state: Ending
    value: float | None = None
    epoch: int | None = None
    seconds: float = 0.0
