"""Quasi-random search: configurations that fill the space more evenly than random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from rnnsearch.sampling.sampler import Start

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, slots=True, kw_only=True)
class QmcConfig:
    """Fills the space evenly with points of a scrambled Sobol sequence; learns from no trial."""

    learns: ClassVar = False
    type: Literal["qmc"] = "qmc"

    def make(self, start: Start) -> BaseSampler:
        """Make a sampler that takes the same sequence of points in every run of a study."""
        from rnnsearch.sampling.sobol import SobolSampler

        return SobolSampler(start.space, start.seed)
