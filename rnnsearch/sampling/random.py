"""Random search: each configuration is drawn by itself, whatever came of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from rnnsearch.sampling.sampler import Start

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomConfig:
    """Draws every configuration at random, whatever came of the others."""

    learns: ClassVar = False
    type: Literal["random"] = "random"

    def make(self, start: Start) -> BaseSampler:
        """Make Optuna's random sampler with the seed of this run."""
        from optuna.samplers import RandomSampler

        return RandomSampler(seed=start.run_seed)
