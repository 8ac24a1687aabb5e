"""What a sampler is made from, and what it is told of trials that end."""

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
        seed: Of 32 bits, the same in every run of the study.
        run_seed: Of 32 bits, another one for each number of trials that the study has already: a
            sampler that draws from a generator would propose with `seed` in a second run what it
            proposed in the first.
        space: Every parameter of the study under its dotted key, active in a trial or not.
        say: Takes a line that a person should read.
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
        """A sampler whose proposals are a function of the seeds and of the study's history.

        A trial's active parameters are drawn one after the other, and those of several trials
        before the first of them has ended. The calls come from one thread at a time.
        """
        ...
