"""A study's trials as TPE reads them: each once, until it changes, into arrays.

Storages never change a trial of Optuna's: with each report it is replaced by another object. So one
that is the same object as at the last look is passed over, and a look beside 64,000 trials that
train takes what those that have reported since then take. Of curves nothing is kept but what the
last ranking asked for: the newest ones by which stopped trials are foretold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.search_space.group_decomposed import _SearchSpaceGroup
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.goal import Goal
from rnnsearch.sampling.columns import ROOM, Columns, longer
from rnnsearch.sampling.foretold import LONGER, Ended
from rnnsearch.sampling.standing import (
    counted_until,
    rank_without_value,
    source_of,
    stopped_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from optuna.study import Study


class History:
    """The trials of a study, and before them those of another one.

    A trial has a place: its number, behind the prior trials.

    Args:
        prior: Trials of another study.
        drawn: Gives the params of a running trial that has not reported, as far as they are drawn.

    Attributes:
        groups: Parameters that always come together; every ended trial refines them, and every
            one that has reported.
        running: How many trials ran at the last `update`.
        columns: The params of the trials by place.
    """

    def __init__(
        self,
        prior: Sequence[FrozenTrial] = (),
        *,
        drawn: Callable[[FrozenTrial, Study], Mapping[str, Any]] = lambda trial, study: (
            trial.params
        ),
    ) -> None:
        self._prior, self._drawn, self._unread = tuple(prior), drawn, bool(prior)
        self._trials: Sequence[FrozenTrial] = ()
        self._goal = Goal.MINIMIZE
        self._stops: set[int] = set()
        self._open: dict[int, FrozenTrial] = {}
        """By number the trials that had not ended at the last look, as they were."""
        self._params: dict[int, Mapping[str, Any]] = {}
        """What the columns have of those trials."""
        self._seen = 0
        self.running = 0
        self._behind: list[tuple[int, float, float, int]] = []
        """Sort keys of trials whose value nobody can foretell, the last one counts most, and the
        place of each."""
        self._ranked: NDArray[np.intp] | None = None
        self._curves: dict[int, tuple[FrozenTrial, Mapping[int, float]]] = {}
        self.groups = _SearchSpaceGroup()
        self._together: set[frozenset[str]] = set()
        self.columns = Columns(ROOM)
        self._cost = np.full(ROOM, math.nan)
        """The best cost so far at the epoch `_last`; NaN where there is none."""
        self._last = np.full(ROOM, math.nan)
        """The epoch as of which a trial counts; infinite where it is complete."""
        self._runs = np.zeros(ROOM, bool)

    def place(self, number: int) -> int:
        """The place of a trial of the study."""
        return len(self._prior) + number

    def update(self, study: Study) -> None:
        """Read what has changed since the last call."""
        self._trials = trials = study.get_trials(deepcopy=False)
        self._make_room(self.place(len(trials)))
        self._goal = Goal[study.direction.name]
        if self._unread:
            self._unread = False
            for place, one in enumerate(self._prior):
                self._end(place, one)
                self._group(one)
        stops = len(self._stops)
        changed, grouped = [], list[FrozenTrial]()
        for number in (*self._open, *range(self._seen, len(trials))):
            trial = trials[number]
            if self._open.get(number) is trial:
                continue
            if not trial.state.is_finished():
                self._open[number] = trial
                changed.append(trial)
                continue
            self._open.pop(number, None)
            self._params.pop(number, None)
            if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
                self._end(self.place(number), trial)
                grouped.append(trial)
            else:
                self._note(self.place(number), None, runs=False)
                self.columns.enter(self.place(number), {}, {})
        self._seen = len(trials)
        if len(self._stops) != stops:
            # One that runs counts as of the last epoch at which anybody was stopped.
            self._curves.clear()
            changed = list(self._open.values())
        grouped += [one for one in changed if self._go_on(one, study)]
        self.running = int(np.count_nonzero(self._runs))
        for one in sorted(grouped, key=lambda one: one.number):
            self._group(one)

    def ranked(self) -> NDArray[np.intp]:
        """Places of ended trials and of those that have reported, the best first, among equals the
        earlier first."""
        if self._ranked is None:
            places, costs = self._foretold()
            behind = [place for place, *_ in sorted(self._behind, key=lambda one: one[::-1])]
            # np.lexsort takes its last key first.
            order = np.lexsort((places, costs))
            self._ranked = np.concatenate([places[order], np.array(behind, np.intp)])
        return self._ranked

    def silent(self) -> NDArray[np.intp]:
        """Places of the trials that run and have reported nothing that says how good they are."""
        return np.flatnonzero(self._runs & np.isnan(self._cost))

    def _foretold(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The trials that have a value, and what they would come to: as `foretold` of their curves
        has it, of which only those are looked at that count."""
        places = np.flatnonzero(~np.isnan(self._cost))
        costs, last, runs = self._cost[places], self._last[places], self._runs[places]
        asked = set[int]()
        for epoch in np.unique(last[np.isfinite(last)])[::-1].tolist():
            ends, gains = [], []
            for at in np.flatnonzero(last > epoch)[::-1].tolist():
                asked.add(place := int(places[at]))
                if (then := self._curve(place).get(int(epoch))) is not None:
                    ends.append(end := float(costs[at]))
                    gains.append(end - then)
                    if len(ends) == LONGER:
                        break
            if ends:
                here = last == epoch
                told = costs[here] + median(gains)
                costs[here] = np.where(runs[here], told, np.maximum(told, median(ends)))
        self._curves = {place: self._curves[place] for place in asked}
        return places, costs

    def _curve(self, place: int) -> Mapping[int, float]:
        """The best cost so far of a trial by epoch."""
        at = place - len(self._prior)
        trial = self._trials[at] if at >= 0 else self._prior[place]
        kept = self._curves.get(place)
        if kept is None or kept[0] is not trial:
            source = source_of(trial, self._goal, self._stops)
            kept = self._curves[place] = (trial, {} if source is None else source.curve)
        return kept[1]

    def _end(self, place: int, trial: FrozenTrial) -> None:
        """Read one that is complete or pruned."""
        if (stop := stopped_at(trial)) is not None:
            self._stops.add(stop)
        source = source_of(trial, self._goal, self._stops)
        if source is None:
            self._behind.append((place, *rank_without_value(trial, self._goal)))
        self._note(place, source, runs=False)
        self._ranked = None
        self.columns.enter(place, trial.params, trial.distributions)

    def _go_on(self, trial: FrozenTrial, study: Study) -> bool:
        """Read one that has not ended; whether it has reported."""
        place = self.place(trial.number)
        runs = trial.state == TrialState.RUNNING
        if (
            runs
            and self._runs[place]
            and self._last[place] == counted_until(trial.intermediate_values, self._stops)
        ):
            return True
        source = source_of(trial, self._goal, self._stops)
        self._note(place, source, runs=runs)
        params: Mapping[str, Any] = {}
        if runs:
            params = self._drawn(trial, study) if source is None else trial.params
        if params != self._params.get(trial.number):
            self.columns.enter(place, params, trial.distributions)
            # A copy, since Optuna writes into the params of a trial that is being drawn.
            self._params[trial.number] = dict(params)
        return source is not None

    def _note(self, place: int, source: Ended | None, *, runs: bool) -> None:
        """Enter as of which epoch a trial counts, and with which cost."""
        cost, last = math.nan, math.nan
        if source is not None and source.final is not None:
            cost, last = source.final, math.inf
        elif source is not None:
            last = max(source.curve)
            cost = source.curve[int(last)]
        if not (_same(self._cost[place], cost) and _same(self._last[place], last)):
            self._ranked = None
        self._cost[place], self._last[place], self._runs[place] = cost, last, runs

    def _group(self, trial: FrozenTrial) -> None:
        # Those that come together once more change nothing.
        if (names := frozenset(trial.distributions)) not in self._together:
            self._together.add(names)
            self.groups.add_distributions(trial.distributions)

    def _make_room(self, trials: int) -> None:
        if trials <= self.columns.room:
            return
        more = max(self.columns.room, trials - self.columns.room)
        self.columns.widen(more)
        self._cost, self._last = longer(self._cost, more), longer(self._last, more)
        self._runs = np.pad(self._runs, (0, more))


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
