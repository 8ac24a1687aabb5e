"""NSGA-II, a genetic algorithm: the best trials of a generation are parents of the next.

Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II" (2002), as Optuna has it.
Made for several goals, and of use with one in large and discrete spaces. A generation needs as many
ended trials as the population has; stopped ones take part with the values that they would have come
to (`sampling/foretold.py`), and fields that are not active with the middle of their ranges. A child
that would equal an earlier trial has one of its fields drawn anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from rnnsearch.sampling.sampler import Start
from rnnsearch.vocabulary import Range

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def population_of(asked: int | None, trials: int) -> int:
    """The population that a file names, or else a tenth of the trials, from 8 to 50."""
    return max(8, min(50, trials // 10)) if asked is None else asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Nsga2Config:
    """Breeds configurations from the best so far (a genetic algorithm), for one goal or several."""

    several_goals: ClassVar = True
    type: Literal["nsga2"] = "nsga2"
    population: Annotated[
        int | None,
        "Trials of a generation; null stands for a tenth of num_trials, from 8 to 50.",
        Range(2, 10_000, unit="trials"),
    ] = None

    def make(self, start: Start) -> BaseSampler:
        """Make Optuna's sampler over the whole space, with the seed of this run."""
        from optuna.samplers import NSGAIISampler

        from rnnsearch.sampling.genetic import GeneticSampler

        population = population_of(self.population, start.trials)
        inner = NSGAIISampler(population_size=population, seed=start.run_seed)
        start.say(f"the sampler nsga2 breeds from generations of {population} trials")
        return GeneticSampler(inner, start)
