"""The sampler that a study's spec asks for."""

from __future__ import annotations

from collections.abc import Callable

from optuna.samplers import BaseSampler

from rnnsearch.sampling.sampler import Start
from rnnsearch.space.proposals import optuna_distributions
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.streams import derive


def make_sampler(
    spec: StudySpec, asked: int, say: Callable[[str], None] = lambda line: None
) -> BaseSampler:
    """A sampler whose proposals are a function of the study's seed and history.

    Args:
        asked: Trials that the study already has.
        say: Takes a line that a person should read.
    """

    def seed(number: int) -> int:
        # Optuna seeds numpy's RandomState, which takes 32 bits.
        return derive(spec.search.seed, "sampler", number) % 2**32

    start = Start(seed=seed(0), run_seed=seed(asked), space=optuna_distributions(spec), say=say)
    return spec.search.sampler.make(start)
