"""The seam of samplers: what one is made from, and what it is told of trials that end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a study knows as it makes its sampler, once in each of its runs.

    Attributes:
        seed: A random seed of 32 bits, the same in every run of the study.
        run_seed: Another one for each number of trials that the study has already. A sampler that
            draws from a generator takes this one: with `seed` it would propose in a second run of
            the study what it proposed in the first.
        space: Optuna's distribution of every sampled field under its dotted key, whether it is
            active in a trial or not.
        say: Called with a line that a person should read, such as a warning.
    """

    seed: int
    run_seed: int
    space: Mapping[str, BaseDistribution]
    say: Callable[[str], None] = lambda line: None


class SamplerConfig(Protocol):
    """A frozen dataclass whose fields are the keys under `search.sampler`.

    All ends are told to every sampler alike, since a study may go on with another one, and each
    takes of them what it can learn from. Complete trials have the best value of their curve.
    Stopped and diverged ones are pruned, with their curves as intermediate values; one that
    diverged has the worst value that the study has seen as its last, and violates the constraint
    `diverged`, so that it ranks below all others. Those that failed are failed. TPE learns from
    complete and pruned ones; samplers such as Optuna's GP and CMA-ES learn from complete ones
    alone, and hear little in a study whose stopping rule lets few come so far.
    """

    def make(self, start: Start) -> BaseSampler:
        """Make a sampler whose proposals follow from the seeds and the study's history alone.

        A trial's active parameters are drawn one after the other, and those of several trials
        before the first of them has ended. The calls come from one thread at a time.
        """
        ...
