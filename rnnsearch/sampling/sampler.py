"""The seam of samplers: what one is made from, and what it is told of trials that end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

Listing = Callable[[int | None], Sequence[Mapping[str, Any]] | None]
"""Lists the configurations of a space; see `Start.listing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a study knows as it makes its sampler, once in each of its runs; a deterministic study
    makes one for each proposal.

    Attributes:
        seed: A random seed of 32 bits, the same in every run of the study.
        run_seed: Another one for each number of trials that the study has already. A sampler that
            draws from a generator takes this one: with `seed` it would propose in a second run of
            the study what it proposed in the first.
        space: Optuna's distribution of every sampled field under its dotted key, whether it is
            active in a trial or not.
        say: Called with a line that a person should read, such as a warning.
        trials: How many trials the study's file asks for.
        conditional: Names of the fields that are active in some trials only.
        listing: Gives every configuration of the space in the order of the file, of each field that
            is active there the value as Optuna stores it. Given a number, a range counts with so
            many values from end to end. None where that are more than `MOST_LISTED`, or a range
            is continuous.
        prior: Ended trials of another study that fit into the space, for samplers that learn
            (`search.warm_start`): they have Optuna's distributions of this study, and the numbers
            -1, -2 and so on, the oldest the lowest.
        goals: How many goals the study has. Where there are several, the sampler is shown complete
            trials that have as many values, all to be minimized (`sampling/several.py`).
    """

    seed: int
    run_seed: int
    space: Mapping[str, BaseDistribution]
    say: Callable[[str], None] = lambda line: None
    trials: int = 60
    conditional: frozenset[str] = frozenset()
    listing: Listing = lambda points: None
    prior: Sequence[FrozenTrial] = ()
    goals: int = 1


MOST_LISTED = 20_000
"""Configurations that a sampler lists at most."""


class SamplerConfig(Protocol):
    """A frozen dataclass whose fields are the keys under `search.sampler`.

    All ends are told to every sampler alike, since a study may go on with another one, and each
    takes of them what it can learn from. Complete trials have the best value of their curve.
    Stopped and diverged ones are pruned, with their curves as intermediate values; one that
    diverged has the worst value that the study has seen as its last, and violates the constraint
    `diverged`, so that it ranks below all others. Those that failed are failed. A proposal that
    breaks a bound known before a training is not trained: it is pruned at once, without a value
    or a curve. It violates that constraint by as much as it is beyond the bound, as parts of it,
    and so does a trial that breaks one after its training (`trial.constraints`). Running ones
    have the values that they reported. Samplers that learn from complete ones alone, as Optuna's GP
    and NSGA-II do, would hear little in a study whose stopping rule lets few come so far:
    `sampling/foretold.py` shows them what the others would have come to, and TPE what those that
    run would.

    A config whose attribute `learns` is False proposes whatever comes of its trials, so that trials
    of another study teach it nothing.

    A config whose attribute `several_goals` is True can make a sampler for a study of several
    goals; any other is refused there, but for those that learn from nothing.

    A config may have a method `most_trials(listing, first_trials, asked)`, which gives how many
    trials a study has at most, since there are no more configurations; None for any number. It gets
    what `Start.listing` is, the params of the first trials, and how many trials the file asks for.
    """

    def make(self, start: Start) -> BaseSampler:
        """Make a sampler whose proposals follow from the seeds and the study's history alone.

        A trial's active parameters are drawn one after the other, and those of several trials
        before the first of them has ended. The calls come from one thread at a time.
        """
        ...
