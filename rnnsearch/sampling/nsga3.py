"""NSGA-III, a genetic algorithm for three goals and more: parents are spread over all of them.

Deb and Jain, "An Evolutionary Many-Objective Optimization Algorithm Using Reference-Point-Based
Nondominated Sorting Approach, Part I" (2014), as Optuna has it. With one goal it does what NSGA-II
does; what is said there of stopped trials and of fields under a `when` holds here too.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from rnnsearch.sampling.nsga2 import population_of
from rnnsearch.sampling.sampler import Start
from rnnsearch.vocabulary import Range

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, slots=True, kw_only=True)
class Nsga3Config:
    """Breeds configurations as nsga2 does, spread over three goals and more."""

    several_goals: ClassVar = True
    type: Literal["nsga3"] = "nsga3"
    population: Annotated[
        int | None,
        "Trials of a generation; null stands for a tenth of num_trials, from 8 to 50.",
        Range(2, 10_000, unit="trials"),
    ] = None

    def make(self, start: Start) -> BaseSampler:
        """Make Optuna's sampler over the whole space, with the seed of this run."""
        from optuna.exceptions import ExperimentalWarning
        from optuna.samplers import NSGAIIISampler

        from rnnsearch.sampling.genetic import GeneticSampler

        population = population_of(self.population, start.trials)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            inner = NSGAIIISampler(population_size=population, seed=start.run_seed)
        start.say(f"the sampler nsga3 breeds from generations of {population} trials")
        return GeneticSampler(inner, start)
