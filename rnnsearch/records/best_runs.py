"""Which trials have runs of their own, and which rank each of the best has."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from rnnsearch.events import ENDED, RANKED, TrialEnded
from rnnsearch.goal import Goal, standing
from rnnsearch.records.held_trials import HeldTrials, Numbered
from rnnsearch.records.names import TRIAL
from rnnsearch.records.record_rule import limit_of, ranks_of
from rnnsearch.records.trial_rows import TrialRows
from rnnsearch.records.trial_runs import TrialRuns
from rnnsearch.records.writer_state import Leader

RANK = "rank"
"""The tag with a trial's rank, in four digits, so that texts are in the order of numbers."""

_log = logging.getLogger(__name__)


class BestRuns:
    """Writes the runs of trials by a rule: those of all, of the best few, or of none.

    Where only the best few have runs, the events of a trial are held back until it has ended. If
    it is among the best of those that have ended by then, its run is made, and that of the trial
    which it displaces is removed. A trial can only fall, so one that is left out stays out.

    Args:
        rule: See `record_rule`.
        folder: Where events are held back; below the outbox.
    """

    def __init__(self, runs: TrialRuns, rule: str, folder: Path | None) -> None:
        self._runs, self._store, self._state = runs, runs.store, runs.state
        self._limit, self._ranks = limit_of(rule), ranks_of(rule)
        self._held = None if folder is None else HeldTrials(folder)

    def write(self, rows: TrialRows, events: Sequence[Numbered], doubtful: int) -> None:
        """Write what was gathered of a trial, or hold it back.

        Args:
            events: The same, event by event.
            doubtful: Events up to this sequence number may be in the store already.
        """
        state, number = self._state, rows.number
        if self._limit is None or number in state.runs:
            self._enter(rows, doubtful)
        elif number in state.leaders:
            self._runs.write(rows, doubtful)  # scores and checkpoints of a finalist
        elif rows.end is None or rows.end.state not in ENDED:
            if self._limit and (rows.start or rows.end or rows.points):
                self._holding.keep(number, events)
        else:
            self._decide(rows, events, doubtful)

    def _decide(self, rows: TrialRows, events: Sequence[Numbered], doubtful: int) -> None:
        """Make the run of a trial that has ended, if it is among the best; or leave it out."""
        end = rows.end
        assert end is not None
        leaders, number = self._state.leaders, rows.number
        if self._limit and self._would_lead(end):
            whole = TrialRows(number, events[0][0])
            for sequence, event in self._holding.events(number, events):
                whole.first_sequence = min(whole.first_sequence, sequence)
                whole.add(event)
            self._enter(whole, doubtful)
            while len(leaders) > self._limit:
                worst = max(leaders, key=lambda one: leaders[one].place(one))
                self._store.remove(leaders.pop(worst).run_id)
        else:
            self._runs.count(end)
            if rows.first_sequence <= doubtful:
                # A writer that was killed may have judged in another order, and made its run.
                made = self._store.find(self._state.experiment_id, {TRIAL: str(number)})
                if made is not None:
                    self._store.remove(made)
        if self._limit:
            self._holding.forget(number)

    def _enter(self, rows: TrialRows, doubtful: int) -> None:
        """Write to a trial's run, and note where it stands once it has ended."""
        run_id = self._runs.write(rows, doubtful)
        end, leaders = rows.end, self._state.leaders
        if end is None or end.state not in RANKED or not self._ranks:
            return
        if rows.number in leaders or self._would_lead(end):
            leaders[rows.number] = self._leader(end, run_id)
        if self._limit is None:
            while len(leaders) > self._ranks:
                leaders.pop(max(leaders, key=lambda one: leaders[one].place(one)))

    def _leader(self, end: TrialEnded, run_id: str) -> Leader:
        goal = Goal(self._state.study.get("goal", Goal.MINIMIZE))
        here = standing(goal, end.best_value, end.best_loss)
        return Leader(run_id, here.cost, here.loss, sum(end.violations.values()))

    def _would_lead(self, end: TrialEnded) -> bool:
        """Whether an ended trial is among the best of those that have ended so far."""
        if end.state not in RANKED or end.best_value is None:
            return False
        leaders = self._state.leaders
        if len(leaders) < self._ranks:
            return True
        here = self._leader(end, "").place(end.number)
        return here < max(one.place(number) for number, one in leaders.items())

    def settle(self, ranking: Sequence[int] | None) -> None:
        """Write the final ranks, and have the runs of the best alone where the rule says so.

        Args:
            ranking: Numbers of the best trials by the ledger, from the first on; None where nobody
                told of them.
        """
        if self._held is not None:
            self._held.forget_all(self._state.ended)
        if ranking is None:
            return
        state = self._state
        if self._limit is not None:
            best = set(ranking[: self._limit])
            for number, run_id in self._store.trials(state.experiment_id).items():
                if number not in best and number not in state.runs:
                    self._store.remove(run_id)
                    state.leaders.pop(number, None)
                    state.ranks.pop(number, None)
        for rank, number in enumerate(ranking[: self._ranks], start=1):
            self._rank(number, rank)
        for number in set(state.ranks).difference(ranking[: self._ranks]):
            if (run := self._run_of(number)) is not None:
                self._store.untag(run, RANK)
            del state.ranks[number]

    def _rank(self, number: int, rank: int) -> None:
        if self._state.ranks.get(number) == rank:
            return
        if (run_id := self._run_of(number)) is not None:
            self._store.log(run_id, tags={RANK: f"{rank:04d}"})
            self._state.ranks[number] = rank

    def _run_of(self, number: int) -> str | None:
        """The run of a trial that has ended; None where it has none."""
        leader = self._state.leaders.get(number)
        if leader is not None:
            return leader.run_id
        return self._store.find(self._state.experiment_id, {TRIAL: str(number)})

    def noted(self) -> None:
        """Delete what was held back of trials that are done, now that the state file says so."""
        if self._held is not None:
            self._held.delete_forgotten()

    @property
    def _holding(self) -> HeldTrials:
        assert self._held is not None, "only a writer without an outbox has no such folder"
        return self._held
