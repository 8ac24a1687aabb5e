"""Where the ledger's next trial comes from: put back, asked ahead, or sampled now."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import optuna

from rnnsearch.search.costs import Stopwatch
from rnnsearch.search.ledger.ask_ahead import AskAhead
from rnnsearch.search.ledger.open_study import OpenStudy
from rnnsearch.search.ledger.row import LedgerRow, new_row, unix_time
from rnnsearch.search.ledger.trial_record import trial_name
from rnnsearch.space.proposals import suggest
from rnnsearch.space.spec import StudySpec


@dataclass(eq=False)
class Asking:
    """Turns the study's WAITING and new trials into rows that can go aboard.

    `lock` guards rows and study together and is held shortly. Sampling happens outside it, under
    a lock of its own, so that reports never wait for a proposal.

    Args:
        rows: All trials by number; this class appends the new ones.
        target: How many trials the study shall have.
    """

    opened: OpenStudy
    spec: StudySpec
    rows: list[LedgerRow]
    lock: threading.RLock
    target: Callable[[], int]

    def __post_init__(self) -> None:
        self._study = self.opened.study
        self._sampling = threading.Lock()
        self._put_back = sorted(row.number for row in self.rows if row.state == "waiting")
        self._ready: deque[LedgerRow] = deque()
        self._drawn = 0
        """Trials that the sampler is at."""
        self.closed = False
        self.sampling_ahead = Stopwatch()
        """The sampler's processor time in the thread that asks ahead."""
        self.sampling_now = Stopwatch()
        """The same where a pack had to wait for it."""
        self._ahead = AskAhead(lambda: len(self._ready), self._ask_one_ahead)

    def take(self) -> LedgerRow | None:
        """The next trial, RUNNING in Optuna, or None if there is none or asking is closed."""
        self._ahead.raise_failure()
        with self.lock:
            if self.closed:
                return None
            row = self._pop_put_back() or self._pop_ready()
        if row is None:
            with self._sampling:
                # The thread may have been at one while we waited for it.
                row = self._pop_ready()
                if row is None and self._sample(self.sampling_now):
                    row = self._pop_ready()
        self._ahead.taken()
        return row

    def put_back(self, number: int) -> None:
        """Queues a trial whose state in Optuna is WAITING again."""
        with self.lock:
            self._put_back.append(number)
            self._put_back.sort()

    def prepare(self, count: int) -> None:
        """Keeps `count` trials ready from now on; a thread asks, this returns at once."""
        self._ahead.raise_failure()
        if not self.closed:
            self._ahead.want(count)

    def queued(self) -> int:
        """Trials still to be handed out; none once asking is closed."""
        with self.lock:
            if self.closed:
                return 0
            waiting = len(self._put_back) + len(self._ready) + self._drawn
            return waiting + max(0, self.target() - len(self.rows))

    def close(self) -> None:
        """Hands out nothing from now on."""
        self.closed = True
        self._ahead.close()

    def _pop_put_back(self) -> LedgerRow | None:
        """Takes the lowest trial that was put back; its params are kept, not sampled again."""
        if not self._put_back:
            return None
        row = self.rows[self._put_back.pop(0)]
        # Optuna pops the lowest WAITING trial, which is ours: only we put any back, in this lock.
        trial = self._study.ask()
        if trial.number != row.number:
            raise RuntimeError(f"Optuna popped trial {trial.number} instead of {row.number}.")
        self._fill(row, trial, suggest(self.spec, trial))
        return row

    def _pop_ready(self) -> LedgerRow | None:
        return self._ready.popleft() if self._ready else None

    def _ask_one_ahead(self) -> bool:
        with self._sampling:
            return self._sample(self.sampling_ahead)

    def _sample(self, watch: Stopwatch) -> bool:
        """Make one more trial ready; False when there is nothing to ask for."""
        with self.lock:
            number = len(self.rows)
            if self.closed or number >= self.target():
                return False
            if (row := self._pop_put_back()) is not None:
                # `ask` below would pop it; it comes first anyway.
                self._ready.append(row)
                return True
            if number < len(self.spec.first_trials):
                # Queued one at a time and asked for at once, so that a crash doubles none.
                self._study.enqueue_trial(dict(self.spec.first_trials[number]))
            trial = self._study.ask()
            row = new_row(self.spec, number, self.opened.trial_id(number))
            self.rows.append(row)
            self._drawn += 1
        # Optuna draws here and not in its `ask`: nobody waits for the lock meanwhile.
        with watch.running():
            params = suggest(self.spec, trial)
        with self.lock:
            self._fill(row, trial, params)
            self._drawn -= 1
            self._ready.append(row)
        return True

    def _fill(self, row: LedgerRow, trial: optuna.Trial, params: Mapping[str, Any]) -> None:
        row.trial = trial
        row.params = dict(params)
        row.name = trial_name(row.number, row.params, self.spec.values)
        row.started = unix_time(trial.datetime_start)
