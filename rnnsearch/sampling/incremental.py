"""Optuna's TPE without the work that it repeats at every proposal.

Optuna 5.0 reads, sorts and converts every finished trial anew for each group of parameters of
each proposal, in Python: at 5,000 trials nine tenths of a proposal's time. A finished trial never
changes, so here each is read once, into arrays. What is proposed stays the same to the bit (a
contract test asks both): the estimators, the random numbers and their order are Optuna's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.samplers import TPESampler
from optuna.samplers._tpe.sampler import default_gamma
from optuna.search_space.group_decomposed import _SearchSpaceGroup
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.goal import Goal
from rnnsearch.sampling.foretold import Ended, foretold
from rnnsearch.sampling.standing import infeasible, source_of, stopped_at

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

_COMPLETE, _PRUNED, _INFEASIBLE = range(3)
"""Ends of trials in the order of their ranks, whatever their values: complete ones come first.

As `_split_trials` of optuna 5.0 in samplers/_tpe orders them.
"""

_ROOM = 1024
"""Trials that the arrays of a history have room for at first; they double when it is full."""


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
        self._history = History(prior)
        self._view: _View | None = None

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._view = None
        super().before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
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
        if self._view is None or self._view.trial != trial.number:
            self._view = self._look(study, trial)
        return self._view

    def _sample(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        view = self._seen_by(study, trial)
        below, above = (
            self._parzen_estimator_cls(
                view.observations(rows, search_space),
                search_space,
                self._parzen_estimator_parameters,
            )
            for rows in (view.below, view.above)
        )
        samples = below.sample(self._rng.rng, self._n_ei_candidates)
        chosen = self._compare(samples, self._compute_acquisition_func(samples, below, above))
        return {
            name: distribution.to_external_repr(chosen[name])
            for name, distribution in search_space.items()
        }

    def _look(self, study: Study, trial: FrozenTrial) -> _View:
        history = self._history
        history.update(study)
        running = {
            history.place(other.number): self._get_params(other, study)
            for other in history.running
            if other.number != trial.number
        }
        liars = [place for place in running if place not in history.reported]
        running |= {
            place: history.reported[place].params for place in running if place not in liars
        }
        ranked = history.ranked()
        cut = default_gamma(len(ranked))
        above = np.concatenate([ranked[cut:], np.array(liars, np.intp)])
        return _View(
            trial.number, len(ranked), np.sort(ranked[:cut]), np.sort(above), running, history
        )


@dataclass(frozen=True, slots=True)
class _View:
    """The trials as one proposal sees them.

    Attributes:
        trial: Number of the proposal's own trial, which is left out.
        known: How many trials have ended or reported.
        below: Places of the better ones of these, rising.
        above: Places of all others of these and of the other running ones, rising.
        running: Params of the running trials by place, as far as they are drawn.
        history: The trials that have ended.
    """

    trial: int
    known: int
    below: NDArray[np.intp]
    above: NDArray[np.intp]
    running: Mapping[int, Mapping[str, Any]]
    history: History

    def observations(
        self, places: NDArray[np.intp], names: Mapping[str, BaseDistribution]
    ) -> dict[str, NDArray[np.float64]]:
        """Optuna's internal values of parameters, an array each, of the trials that have all.

        Args:
            places: Of the trials that are looked at.
            names: The distributions of the parameters by name.
        """
        values = {}
        for name, distribution in names.items():
            column = self.history.column(name)
            for place, params in self.running.items():
                if name in params:
                    column[place] = distribution.to_internal_repr(params[name])
            values[name] = column[places]
        have = ~np.isnan(np.array(list(values.values()))).any(axis=0)
        return {name: column[have] for name, column in values.items()}


class History:
    """A study's trials, each read once when it has ended.

    A trial has a place: its number, behind the prior trials.

    Args:
        prior: Trials of another study.

    Attributes:
        running: The trials that ran at the last `update`.
        reported: Those of them that are ranked, by place.
        groups: Parameters that always come together; every finished trial refines them, and every
            one that is ranked.
    """

    def __init__(self, prior: Sequence[FrozenTrial] = ()) -> None:
        self._prior = tuple(prior)
        self._unread = bool(prior)
        self.running: list[FrozenTrial] = []
        self.reported: dict[int, FrozenTrial] = {}
        self._stops: set[int] = set()
        self._ended: dict[int, Ended] = {}
        self._running: dict[int, Ended] = {}
        self._last: list[tuple[float, ...]] = []
        """Ranks of trials whose value nobody can foretell: they come behind all others."""
        self._ranked: NDArray[np.intp] | None = None
        self.groups = _SearchSpaceGroup()
        self._open: list[int] = []
        self._seen = 0
        self._room = _ROOM
        self._columns: dict[str, NDArray[np.float64]] = {}

    def place(self, number: int) -> int:
        """The place of a trial of the study."""
        return len(self._prior) + number

    def update(self, study: Study) -> None:
        """Read the trials that have ended since the last call."""
        trials = study.get_trials(deepcopy=False)
        self._make_room(self.place(len(trials)))
        goal = Goal[study.direction.name]
        if self._unread:
            self._unread = False
            for place, one in enumerate(self._prior):
                self._add(place, one, goal)
                self.groups.add_distributions(one.distributions)
        self.running, still_open, news = [], [], list[FrozenTrial]()
        for number in (*self._open, *range(self._seen, len(trials))):
            trial = trials[number]
            if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
                self._add(self.place(number), trial, goal)
                news.append(trial)
            elif not trial.state.is_finished():
                still_open.append(number)
                if trial.state == TrialState.RUNNING:
                    self.running.append(trial)
        self._open, self._seen = still_open, len(trials)
        running: dict[int, Ended] = {}
        self.reported = {}
        for one in self.running:
            if (source := source_of(one, goal, self._stops)) is not None:
                running[self.place(one.number)] = source
                self.reported[self.place(one.number)] = one
        if news or running != self._running:
            self._running, self._ranked = running, None
        for one in sorted([*news, *self.reported.values()], key=lambda one: one.number):
            self.groups.add_distributions(one.distributions)

    def ranked(self) -> NDArray[np.intp]:
        """Places of ended trials and of those that have reported, the best first, among equals the
        earlier first."""
        if self._ranked is None:
            sources = self._ended | self._running
            places = sorted(sources)
            costs = foretold([sources[place] for place in places])
            ranks = [
                *((place, 0.0, cost, _COMPLETE) for place, cost in zip(places, costs, strict=True)),
                *self._last,
            ]
            columns = np.array(ranks, float).reshape(-1, 4).T
            # np.lexsort takes its last key first.
            self._ranked = columns[0, np.lexsort(columns)].astype(np.intp)
        return self._ranked

    def column(self, name: str) -> NDArray[np.float64]:
        """A copy of a parameter's internal values by place; NaN where there is none."""
        if name not in self._columns:
            return np.full(self.place(self._seen), math.nan)
        return self._columns[name][: self.place(self._seen)].copy()

    def _add(self, place: int, trial: FrozenTrial, goal: Goal) -> None:
        if (stop := stopped_at(trial)) is not None:
            self._stops.add(stop)
        source = source_of(trial, goal, self._stops)
        if source is None:
            self._last.append((place, *_rank(trial, goal)))
        else:
            self._ended[place] = source
        for name, value in trial.params.items():
            if name not in self._columns:
                self._columns[name] = np.full(self._room, math.nan)
            internal = trial.distributions[name].to_internal_repr(value)
            self._columns[name][place] = internal

    def _make_room(self, trials: int) -> None:
        if trials <= self._room:
            return
        more = max(self._room, trials - self._room)
        self._room += more
        self._columns = {
            name: np.pad(column, (0, more), constant_values=math.nan)
            for name, column in self._columns.items()
        }


def _rank(trial: FrozenTrial, goal: Goal) -> tuple[float, float, int]:
    """How good TPE holds a trial to be whose value cannot be foretold: sort keys, a lower one is
    better.

    The last of the three counts most, as in `numpy.lexsort`.
    """
    if infeasible(trial):
        return 0.0, sum(value for value in trial.constraints.values() if value > 0), _INFEASIBLE
    if not trial.intermediate_values:
        return 0.0, 1.0, _PRUNED
    step, value = max(trial.intermediate_values.items())
    return math.inf if math.isnan(value) else goal.cost(value), -float(step), _PRUNED
