"""Optuna's TPE without the work that it repeats at every proposal.

Optuna 5.0 reads, sorts and converts every finished trial anew for each group of parameters of
each proposal, in Python: at 5,000 trials nine tenths of a proposal's time. A trial changes seldom,
so here each is read once (`sampling/history.py`). Below `MANY` trials what is proposed stays the
same to the bit (a contract test asks both): the estimators, the random numbers and their order are
Optuna's own.

From `MANY` trials on it is cut short, so that a proposal takes as long beside 64,000 trials that
run as beside 1,000. A density has at most `MOST` kernels: all of the better trials, which are 25 at
most, and a sample of the others. And the two densities, once fitted, propose for as many trials as
do not matter among so many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.samplers import TPESampler
from optuna.samplers._tpe.sampler import default_gamma

from rnnsearch.sampling.history import History

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

MANY = 512
"""Trials, ended or running, from which on a fit serves for more than one proposal."""
SHARE_OF_RUNNING, SHARE_OF_ALL = 32, 512
"""A fit proposes for one trial in so many of those that run, or of all where that are more."""
MOST = 512
"""Kernels of a density that are observations."""
_TOGETHER = 32
"""Configurations that are drawn at a time at most; the more, the less each takes."""


class IncrementalTPE(TPESampler):
    """Grouped multivariate TPE of one objective with the constant liar, as `TpeConfig` asks.

    Args:
        startup: Trials that have ended or reported, before which it proposes nothing.
        prior: Trials of another study, which count as finished before the first.
        candidates: Drawn from the density of the better trials, of which the best is proposed.
    """

    def __init__(
        self, startup: int, seed: int, prior: Sequence[FrozenTrial] = (), *, candidates: int = 24
    ) -> None:
        super().__init__(
            multivariate=True,
            group=True,
            constant_liar=True,
            n_startup_trials=startup,
            n_ei_candidates=candidates,
            seed=seed,
        )
        self._seed = seed
        self._history = History(prior, drawn=self._get_params)
        self._view: _View | None = None

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        if self._view is None or not self._view.trial < trial.number < self._view.until:
            self._view = self._look(study, trial)
        self._search_space_group = self._history.groups
        return {
            name: distribution
            for group in self._history.groups.search_spaces
            for name, distribution in sorted(group.items())
            if not distribution.single()
        }

    def _sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not search_space or self._seen_by(study, trial).known < self._n_startup_trials:
            return {}
        return self._sample(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        if self._seen_by(study, trial).known < self._n_startup_trials:
            return self._random_sampler.sample_independent(
                study, trial, param_name, param_distribution
            )
        return self._sample(study, trial, {param_name: param_distribution})[param_name]

    def _seen_by(self, study: Study, trial: FrozenTrial) -> _View:
        """The trials as one that is being drawn sees them, from its first parameter to its last."""
        if self._view is None or not self._view.trial <= trial.number < self._view.until:
            self._view = self._look(study, trial)
        return self._view

    def _sample(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        view = self._seen_by(study, trial)
        fit = view.fits.get(tuple(search_space))
        if fit is None:
            fit = view.fits[tuple(search_space)] = self._fitted(view, search_space)
        if not fit.ready:
            self._draw(fit, view.until - trial.number)
        chosen = fit.ready.popleft()
        return {
            name: distribution.to_external_repr(chosen[name])
            for name, distribution in search_space.items()
        }

    def _fitted(self, view: _View, search_space: dict[str, BaseDistribution]) -> _Fit:
        below, above = (
            self._history.columns.observations(places, search_space)
            for places in (view.below, view.above)
        )
        count = len(next(iter(above.values())))
        if count > MOST:
            dice = np.random.RandomState((self._seed + view.trial) % 2**32)
            chosen = np.sort(dice.choice(count, MOST, replace=False))
            above = {name: column[chosen] for name, column in above.items()}
        estimators = (
            self._parzen_estimator_cls(one, search_space, self._parzen_estimator_parameters)
            for one in (below, above)
        )
        return _Fit(next(estimators), next(estimators))

    def _draw(self, fit: _Fit, most: int) -> None:
        """Draw as many configurations as were drawn before, since a study that makes its sampler
        anew for each proposal takes one of them."""
        count = max(1, min(fit.drawn, most, _TOGETHER))
        samples = fit.below.sample(self._rng.rng, count * self._n_ei_candidates)
        worth = self._compute_acquisition_func(samples, fit.below, fit.above)
        best = worth.reshape(count, -1).argmax(axis=1)
        for one in best + np.arange(count) * self._n_ei_candidates:
            fit.ready.append({name: column[one].item() for name, column in samples.items()})
        fit.drawn += count

    def _look(self, study: Study, trial: FrozenTrial) -> _View:
        history = self._history
        history.update(study)
        silent = history.silent()
        silent = silent[silent != history.place(trial.number)]
        ranked = history.ranked()
        cut = default_gamma(len(ranked))
        above = np.concatenate([ranked[cut:], silent])
        total = len(ranked) + len(silent)
        serves = max(history.running // SHARE_OF_RUNNING, total // SHARE_OF_ALL, 1)
        return _View(
            trial.number,
            trial.number + (serves if total >= MANY else 1),
            len(ranked),
            np.sort(ranked[:cut]),
            np.sort(above),
        )


@dataclass(slots=True)
class _Fit:
    """The densities of one group of parameters, and what was drawn from them.

    Attributes:
        below: Of the better trials.
        above: Of the others.
        drawn: How many configurations were drawn.
        ready: Those that nobody has yet, in Optuna's internal values.
    """

    below: Any
    above: Any
    drawn: int = 0
    ready: deque[Mapping[str, float]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class _View:
    """The trials as some proposals see them.

    Attributes:
        trial: Number of the first proposal's own trial, which is left out.
        until: Number of the first trial that sees others.
        known: How many trials have ended or reported.
        below: Places of the better ones of these, rising.
        above: Places of all others of these and of the other running ones, rising.
        fits: The densities by the names of their parameters.
    """

    trial: int
    until: int
    known: int
    below: NDArray[np.intp]
    above: NDArray[np.intp]
    fits: dict[tuple[str, ...], _Fit] = field(default_factory=dict)
