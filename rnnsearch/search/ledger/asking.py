"""Where the ledger's next trial comes from: put back, sampled ahead of need, or sampled now."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import optuna

from rnnsearch.search.costs import Stopwatch
from rnnsearch.search.ledger.open_study import OpenStudy
from rnnsearch.search.ledger.refusing import Refusing
from rnnsearch.search.ledger.row import LedgerRow
from rnnsearch.search.ledger.trial_record import new_record, trial_name, unix_time
from rnnsearch.space.proposals import suggest
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.strategies import most_trials
from rnnsearch.training.changes import CHANGES


@dataclass(eq=False)
class Asking:
    """Turns the study's waiting and new trials into rows that can go aboard a pack.

    A thread samples trials ahead of need: TPE takes 2 ms for most proposals and up to a second for
    one that fits thousands of trials anew, a Gaussian process 360 ms, which neither a pack with a
    free slot nor the driver's loop should wait for.

    Args:
        rows: All trials by number; new ones are appended here.
        lock: Guards rows and study together, and is never held for long. Sampling happens outside
            it, under a lock of its own, so that reports never wait for a proposal.
        target: How many trials the study shall have.

    Attributes:
        refusing: Keeps what breaks the study's constraints from being trained.
    """

    opened: OpenStudy
    spec: StudySpec
    rows: list[LedgerRow]
    lock: threading.RLock
    target: Callable[[], int]

    def __post_init__(self) -> None:
        self._study = self.opened.study
        self._first = (*self.spec.first_trials, *self.opened.first)
        self.refusing = Refusing(row.record for row in self.rows)
        self._copied = sum(1 for row in self.rows if row.record.copied_from)
        """Trials that were there before the first of this study; they have the lowest numbers."""
        self._once = most_trials(self.spec, (), self.spec.search.num_trials) is not None
        self._sampling = threading.Lock()
        self._put_back = [number for number, row in enumerate(self.rows) if _waits(row)]
        """Numbers of the trials that were put back, as a heap."""
        self._ready: deque[LedgerRow] = deque()
        self._keep_ready = 0
        self._num_sampling = 0
        """Trials that Optuna has and whose parameters the sampler is at work on."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ask-ahead")
        self._requests: deque[Future[None]] = deque()
        """Each makes one trial ready, in order; see `_sample_ahead`."""
        self.closed = False
        self.sampling_ahead = Stopwatch()
        """The sampler's processor time in the thread that samples ahead."""
        self.sampling_now = Stopwatch()
        """The sampler's processor time while a pack waited for it."""

    def take(self) -> LedgerRow | None:
        """The next trial, RUNNING in Optuna; None where there is none, or asking is closed.

        Raises:
            Exception: What the sampler raised, here or in the thread that samples ahead.
        """
        with self.lock:
            if self.closed:
                return None
            self._raise_failure()
            row = self._pop_put_back() or self._pop_ready()
        if row is None:
            with self._sampling:
                # The thread may have sampled a trial while this one waited for the lock.
                row = self._pop_ready()
                if row is None and self._sample(self.sampling_now):
                    row = self._pop_ready()
        self._request(1)
        return row

    def put_back(self, number: int) -> None:
        """Queue a trial whose state in Optuna is WAITING again."""
        with self.lock:
            heappush(self._put_back, number)

    def take_in(self, row: LedgerRow) -> None:
        """Queue a new trial whose state in Optuna is WAITING and whose params are known."""
        with self.lock:
            self.rows.append(row)
            self.put_back(row.record.number)

    def prepare(self, count: int) -> None:
        """Keep `count` trials ready from now on, in another thread; this returns at once."""
        self._keep_ready = count
        self._request(count)

    def queued(self) -> int:
        """How many trials are still to be handed out; none once asking is closed."""
        with self.lock:
            if self.closed:
                return 0
            waiting = len(self._put_back) + len(self._ready) + self._num_sampling
            return waiting + max(0, self._places_left())

    def close(self) -> None:
        """Hand out nothing from now on; waits for the proposal that the thread is at."""
        with self.lock:
            self.closed = True
        self._thread.shutdown(cancel_futures=True)

    def _request(self, count: int) -> None:
        """Have the thread make up to so many more trials ready."""
        with self.lock:
            if self._keep_ready and not self.closed:
                for _ in range(count):
                    self._requests.append(self._thread.submit(self._sample_ahead))

    def _raise_failure(self) -> None:
        """Raise what the sampler raised in the thread, if it did."""
        while self._requests and self._requests[0].done():
            self._requests.popleft().result()

    def _places_left(self) -> int:
        """How many trials the study lacks.

        Proposals that are not trained take no place, but for those of a sampler that tries each
        configuration once: it would begin again from its first.
        """
        return self.target() - len(self.rows) + (0 if self._once else self.refusing.count)

    def _pop_put_back(self) -> LedgerRow | None:
        """Take the lowest trial that was put back; its params are kept, not sampled again."""
        while self._put_back:
            row = self._again(heappop(self._put_back))
            if row.record.attempts:
                return row
            # A driver that was killed may not have come to refuse it.
            broken = self.refusing.judged(row.record.params, row.record.seed)
            if not self.refusing.refuses(row, broken):
                return row
        return None

    def _again(self, number: int) -> LedgerRow:
        row = self.rows[number]
        # Optuna pops its lowest WAITING trial. That is this one, since only the ledger puts trials
        # back, under this lock.
        self.opened.renew(number)
        trial = self._study.ask()
        if trial.number != row.record.number:
            raise RuntimeError(
                f"Optuna popped trial {trial.number} instead of {row.record.number}."
            )
        self._fill(row, trial, suggest(self.spec, trial))
        return row

    def _pop_ready(self) -> LedgerRow | None:
        return self._ready.popleft() if self._ready else None

    def _sample_ahead(self) -> None:
        with self._sampling:
            if len(self._ready) < self._keep_ready:
                self._sample(self.sampling_ahead)

    def _sample(self, watch: Stopwatch) -> bool:
        """Make one more trial ready; False where the study has all its trials.

        Args:
            watch: Measures the sampler's processor time.

        Raises:
            InputError: The study's constraints leave nothing to train.
        """
        while (ready := self._propose(watch)) is None:
            pass
        return ready

    def _propose(self, watch: Stopwatch) -> bool | None:
        """Do as `_sample`; None where the proposal is not to be trained."""
        with self.lock:
            number = len(self.rows)
            if self.closed or self._places_left() <= 0:
                return False
            if (row := self._pop_put_back()) is not None:
                # `ask` below would pop it, and it comes before new trials anyway.
                self._ready.append(row)
                return True
            if number - self._copied < len(self._first):
                # Queued one at a time and asked for at once, so that a crash doubles none.
                self._study.enqueue_trial(dict(self._first[number - self._copied]))
            self.opened.renew(number)
            trial = self._study.ask()
            record = new_record(self.spec, number)
            row = LedgerRow(record, self.opened, self.opened.trial_id(number))
            self.rows.append(row)
            self._num_sampling += 1
        # Optuna samples in `suggest` and not in `ask`, so nobody waits for the lock meanwhile.
        with watch.running():
            params = suggest(self.spec, trial)
        broken = self.refusing.judged(params, record.seed)
        with self.lock:
            self._fill(row, trial, params)
            self._num_sampling -= 1
            if self.refusing.refuses(row, broken):
                return None
            self._ready.append(row)
        return True

    def _fill(self, row: LedgerRow, trial: optuna.Trial, params: Mapping[str, Any]) -> None:
        row.trial = trial
        kept = {key: value for key, value in row.record.params.items() if key == CHANGES}
        row.change(
            params={**params, **kept},
            name=trial_name(row.record.number, params, self.spec.values),
            started=unix_time(trial.datetime_start),
        )


def _waits(row: LedgerRow) -> bool:
    return row.record.state == "waiting"
