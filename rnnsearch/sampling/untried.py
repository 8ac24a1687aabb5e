"""No configuration twice, where a space has so few that one may come again.

A sampler that learns comes back to where it was good. With a continuous field it comes near, and
never to the same point. Where all fields are choices, whole numbers or in steps it proposes what
was tried already: of TPE's proposals in a space of a thousand configurations that was a third to a
half. So there it is asked again, and in the end a configuration is drawn at random.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.random import RandomState
from optuna.distributions import FloatDistribution
from optuna.samplers import BaseSampler

from rnnsearch.sampling.sobol import value_at

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState

    from rnnsearch.sampling.sampler import Start

AGAIN = 16
"""Proposals that are looked at before one is drawn at random."""
AT_RANDOM = 64
"""Configurations that are drawn at random before one that was tried is taken after all."""


def untried(sampler: BaseSampler, start: Start) -> BaseSampler:
    """The sampler, which proposes nothing twice where the space makes that possible."""
    continuous = (
        name
        for name, one in start.space.items()
        if isinstance(one, FloatDistribution) and one.step is None and not one.single()
    )
    # A field under a `when` is not active in all trials, so those without it may be equal.
    return sampler if set(continuous) - start.conditional else UntriedSampler(sampler, start)


class UntriedSampler(BaseSampler):
    """Asks another sampler again where it proposes what a trial of the study has already.

    Trials that failed or were refused count too, those of another study do not.

    Args:
        inner: The sampler that proposes.
    """

    def __init__(self, inner: BaseSampler, start: Start) -> None:
        self.inner = inner
        # Samplers propose nothing for those that have one value alone.
        self._open = {name for name, one in start.space.items() if not one.single()}
        self._random = RandomState(start.run_seed)
        self._looked_at: set[int] = set()
        self._tried: defaultdict[tuple[str, ...], set[tuple[Any, ...]]] = defaultdict(set)
        """The values of trials by the names of the fields that are active in them."""

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.inner.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self.inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        self._look(study, trial)
        for _ in range(AGAIN):
            proposed = self.inner.sample_relative(study, trial, search_space)
            if not self._is_tried(proposed):
                return proposed
        for _ in range(AT_RANDOM):
            drawn = {
                name: value_at(one, self._random.random_sample())
                for name, one in search_space.items()
            }
            if not self._is_tried(drawn):
                return drawn
        return proposed

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        return self.inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self.inner.after_trial(study, trial, state, values)

    def _look(self, study: Study, trial: FrozenTrial) -> None:
        for other in study.get_trials(deepcopy=False):
            # One that waits may have no params yet, and is looked at again.
            if (
                other.params
                and other.number not in self._looked_at
                and other.number != trial.number
            ):
                self._looked_at.add(other.number)
                names = tuple(sorted(self._open & other.params.keys()))
                self._tried[names].add(tuple(other.params[name] for name in names))

    def _is_tried(self, proposed: Mapping[str, Any]) -> bool:
        """Whether the active ones of some proposed values are those of a trial: which are active
        follows from the values, so that a trial all of whose values are proposed is the same."""
        return any(
            all(name in proposed for name in names)
            and tuple(proposed[name] for name in names) in values
            for names, values in self._tried.items()
        )
