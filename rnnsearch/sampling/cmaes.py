"""CMA-ES, an evolution strategy: a normal distribution that moves to the better trials.

Hansen and Ostermeier, "Completely Derandomized Self-Adaptation in Evolution Strategies" (2001), as
the package `cmaes` has it; `sampling/cma_sampler.py` says how it is applied to trials that are
stopped, run at once, and have fields under a `when`. For spaces of numbers and many trials: it
learns which fields hang together, and takes hundreds of trials for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from rnnsearch.sampling.sampler import Start
from rnnsearch.vocabulary import Range

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, slots=True, kw_only=True)
class CmaesConfig:
    """Moves a normal distribution to the better trials (CMA-ES); for numbers and many trials."""

    type: Literal["cmaes"] = "cmaes"
    population: Annotated[
        int | None,
        "Ended trials that move the distribution once; null stands for 4 + 3 ln(fields).",
        Range(4, 10_000, unit="trials"),
    ] = None

    def make(self, start: Start) -> BaseSampler:
        """Make a sampler whose distribution follows from the study's ended trials."""
        from rnnsearch.sampling.cma_sampler import CmaSampler

        sampler = CmaSampler(start, self.population)
        if sampler.others:
            start.say(
                f"the sampler cmaes draws {', '.join(sampler.others)} by TPE, each by itself: "
                "CMA-ES knows numbers alone"
            )
        start.say(
            f"the sampler cmaes moves with every {sampler.population} trials that end, stopped "
            "ones with the values that they would have come to"
        )
        return sampler
