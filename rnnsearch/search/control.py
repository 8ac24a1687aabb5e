"""The driver's mind: fills packs, passes their reports to the stage at work, and ends the study.

Free of Ray: the searcher and the scheduler are thin adapters that call it, and a test drives it
with hand-made reports.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rnnsearch.errors import ClusterError
from rnnsearch.events import Listener, PackLost, PackStarted
from rnnsearch.search.costs import PackClock, Stopwatch
from rnnsearch.search.endings import OUT_OF_TIME, Ending, Endings
from rnnsearch.search.job import Job
from rnnsearch.search.messages import Boarding, Departure, PackReport, Update
from rnnsearch.search.pack_book import PackBook, left_by_themselves
from rnnsearch.search.silence import Silence
from rnnsearch.search.stage import Stage
from rnnsearch.search.tally import Tally

if TYPE_CHECKING:
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.tasks.config import TaskConfig

HARD_SECONDS = 10.0
"""How long packs may take to set down what they hold; then they are left behind."""
STILLBORN = 4
"""So many packs a place may die in a row before their first report."""

Phase = Literal["search", "finalists", "draining", "over"]


@dataclass(eq=False, kw_only=True)
class Control:
    """Which packs live, what each holds, and what the study is at.

    Args:
        places: Packs at most at a time.
        slots: Trainings at most aboard a pack.
        search: The first stage.
        finalists: Makes the second stage once the first is over; None where there is none.
        data_ref: Reference to a task's data that a pack can fetch.
        silence: Tells which packs hang; without one every pack is waited for, for ever.
        on_first_report: Called once, when a pack has told of an epoch.
        tally: Counts what is done.
    """

    ledger: Ledger
    listener: Listener
    endings: Endings
    search: InitVar[Stage]
    finalists: Callable[[], Stage | None]
    places: int
    slots: int
    data_ref: Callable[[TaskConfig], Any]
    silence: Silence = field(default_factory=lambda: Silence(None))
    on_first_report: Callable[[], None] = lambda: None
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self, search: Stage) -> None:
        self._stage = search
        self._books: dict[str, PackBook] = {}
        self._alone: deque[Job] = deque()
        self._opened = 0
        self._stillborn = 0
        self._phase_since = time.monotonic()
        self.phase: Phase = "search"
        self.ending: Ending | None = None
        self.error: BaseException | None = None
        self.clock = PackClock()
        self.busy = Stopwatch()
        """The driver's work on reports: judging, ledger, listeners, and sampling in need."""

    @property
    def live(self) -> int:
        """Packs that are pending or running."""
        return len(self._books)

    @property
    def ended(self) -> bool:
        """Whether no pack has anything to do any more."""
        return self.phase in ("draining", "over") or self.error is not None

    def fail(self, error: BaseException) -> None:
        """Remember the first error of a hook; everything ends at the packs' next reports."""
        if self.error is None:
            self.error = error
            self._phase_since = time.monotonic()

    def overdue(self) -> bool:
        """Whether packs are so slow in setting down what they hold that they are left behind."""
        if self.endings.over() and self.endings.deadline is not None:
            return time.monotonic() > self.endings.deadline + HARD_SECONDS
        waited = time.monotonic() - self._phase_since
        return waited > HARD_SECONDS and (self.error is not None or self.phase == "draining")

    def wants_pack(self) -> bool:
        """Whether another pack would have something to do and there is a place for it."""
        self.poll()
        if self.ended or self.live >= self.places:
            return False
        return self.live == 0 or self._waiting() > 0

    def open_pack(self, pack_id: str) -> str:
        """A pack is about to be placed; returns its name."""
        self._opened += 1
        name = f"pack-{self._opened:02d}-{pack_id[:6]}"
        self._books[pack_id] = PackBook(name, self.slots)
        return name

    def poll(self) -> None:
        """Look at the clock and the wishes; move on to the next phase where it is time."""
        if self.ended:
            return
        ending = self.endings.drain()
        if ending is not None:
            self.ledger.close_asking()
            self._enter("draining", ending)
            return
        if not self._stage.closed and self._stage.time_is_up(self.endings, self._aboard()):
            if self._waiting() or self._holding():
                self.ending = Ending("budget", OUT_OF_TIME)
            self._stage.closed = True
            self.ledger.close_asking()
        if not self._waiting() and not self._holding():
            self._next_phase()

    def take(self, pack_id: str, report: PackReport) -> Update | None:
        """Work through one report of a pack.

        Returns:
            What to send before its next step, or None to stop the pack.
        """
        with self.busy.running():
            try:
                update = self._take(pack_id, report)
            except Exception as error:
                self.fail(error)
                update = self._books[pack_id].set_down()
        if pack_id in self._books:
            self.silence.heard(pack_id)
        return update

    def _take(self, pack_id: str, report: PackReport) -> Update | None:
        book = self._books.get(pack_id)
        if book is None:
            return None
        if self.error is not None:  # nothing is judged any more
            book.read(report)
            return book.set_down()
        if not book.reported:
            self._stillborn = 0
            self.listener.on_event(PackStarted(time.time(), book.name, report.node, book.slots))
        for trial_id, weights in report.weights.items():
            if trial_id in book.leaving:
                self._stage.keep(book.leaving[trial_id][0], weights)
        now = time.monotonic()
        self.clock.report(pack_id, report.cpu_seconds, now, trained=bool(report.reports))
        for trial_id, kernel in report.kernels.items():
            if trial_id in book.aboard:
                book.aboard[trial_id].kernel = kernel
        drift = book.read(report)
        self._judge(book, report, drift.departures)
        for job in drift.lost:
            self._stage.refuse(job, "the pack never took it aboard, and gave no reason")
            del book.aboard[job.trial_id]
        self.poll()
        update = self._answer(book, drift.departures, drift.again)
        self.ledger.flush()
        return update

    def lose_pack(self, pack_id: str, reason: str | None) -> None:
        """A pack is gone, by itself (with a reason) or because it was stopped; idempotent."""
        self.silence.forget(pack_id)
        book = self._books.pop(pack_id, None)
        if book is None:
            return
        crashed = reason is not None
        if crashed and not book.reported:
            self._stillborn += 1
            if self._stillborn >= STILLBORN * self.places:
                self.fail(ClusterError(f"Packs die before their first report: {reason}"))
        if crashed:
            numbers = sorted({job.number for job in book.aboard.values()})
            self.listener.on_event(PackLost(time.time(), book.name, str(reason), numbers))
        self._hand_back(book, crashed=crashed)
        self.ledger.flush()

    def lose_hung(self) -> list[str]:
        """Give up the packs that have not said a word for too long; whoever calls ends them.

        To be called in every turn of the driver's loop.
        """
        hung = self.silence.too_long()
        for pack_id in hung:
            silence = f"it has not reported for {self.silence.limit:g} s and was ended"
            self.lose_pack(pack_id, silence)
        return hung

    def settle(self) -> None:
        """Leave nothing open, whatever happened; call after the last pack."""
        for book in self._books.values():
            self._hand_back(book, crashed=False)
        self._books.clear()
        for job in self._alone:
            self._stage.hand_back(job, crashed=False, snapshot=job.snapshot)
        self._alone.clear()
        self._stage.settle()
        self.ledger.settle(self.ending.reason if self.ending else "complete")

    def _judge(self, book: PackBook, report: PackReport, departures: list[Departure]) -> None:
        self.tally.training_steps += sum(epoch.training_steps for epoch in report.reports)
        if report.reports and self.tally.first_report is None:
            self.tally.first_report = time.monotonic()
            self.on_first_report()
        for departure in self._stage.judge(book.aboard, report):
            book.leave(departure)
            departures.append(departure)
        for trial_id in left_by_themselves(report):
            book.aboard.pop(trial_id, None)

    def _answer(
        self, book: PackBook, departures: list[Departure], again: list[Job]
    ) -> Update | None:
        """What to tell a pack in the present phase, or None to stop it."""
        if self.phase == "draining":
            wanted = any(departure.keep_weights for departure in departures)
            if (book.draining and not wanted) or not (book.aboard or book.leaving):
                self._hand_back(book, crashed=False)
                return None
            snapshot_now = bool(book.aboard) and not book.draining
            book.draining = True
            return book.write(departures, (), {}, snapshot_now=snapshot_now)
        boarding = [job for job in again if job.trial_id in book.aboard]
        for job in boarding:
            job.start_over(job.snapshot)
        if self._stage.closed:
            if book.aboard and not book.halted:
                # A pack trains while we decide: what it has done since must be known first, and
                # what is put back goes on from there, or is the best that the study has.
                book.halted = True
                return book.write(departures, (), {}, snapshot_now=self._stage.goes_on)
            for job in list(book.aboard.values()):
                departure = self._stage.close(job, book.snapshot_of(job))
                book.leave(departure)
                departures.append(departure)
            boarding = []
            self.poll()
        book.halted = False
        filled = self._fill(book)
        if filled and self.phase == "search":
            self.clock.refilled(self.live, time.monotonic())
        boarding += filled
        if self.phase == "over" and not book.leaving:
            return None
        limits = {trial_id: job.limit for trial_id, job in book.aboard.items()}
        return book.write(departures, [self._boarding(job) for job in boarding], limits)

    def _fill(self, book: PackBook) -> list[Job]:
        """Take trainings for the free slots; a pack's fair share where few are left.

        A training that runs alone waits until a pack is empty, and that pack takes no other.
        """
        taken: list[Job] = []
        while not self.ended and not any(job.alone for job in book.aboard.values()):
            if self._alone:
                if book.aboard:
                    break
                job: Job | None = self._alone.popleft()
            else:
                waiting = self._stage.queued()
                share = math.ceil((waiting + self._holding()) / self.places)
                if not waiting or len(book.aboard) >= min(book.slots, max(1, share)):
                    break
                job = self._stage.board()
            if job is None:
                break
            if job.alone and book.aboard:
                self._alone.append(job)
                break
            book.aboard[job.trial_id] = job
            self._stage.started(job, book.name)
            taken.append(job)
        return taken

    def _boarding(self, job: Job) -> Boarding:
        data = self.data_ref(job.config.task)
        return Boarding(job.trial_id, job.config, job.snapshot, data, job.known_epoch)

    def _hand_back(self, book: PackBook, *, crashed: bool) -> None:
        for job in book.aboard.values():
            self._stage.hand_back(job, crashed=crashed, snapshot=book.snapshot_of(job))
        book.aboard.clear()
        for job, departure in book.leaving.values():
            if departure.keep_weights:
                self._stage.lose_weights(job, crashed=crashed)
        book.leaving.clear()

    def _aboard(self) -> list[Job]:
        return [job for book in self._books.values() for job in book.aboard.values()]

    def _waiting(self) -> int:
        return self._stage.queued() + len(self._alone)

    def _holding(self) -> int:
        """Trainings aboard, or with weights on the way."""
        leaving = (
            departure.keep_weights
            for book in self._books.values()
            for _, departure in book.leaving.values()
        )
        return len(self._aboard()) + sum(leaving)

    def _next_phase(self) -> None:
        if self.phase == "search":
            self._stage.settle()
            finalists = self.finalists()
            if finalists is not None:
                self._stage = finalists
                self._enter("finalists", None)
                if finalists.queued():
                    return
        self._enter("over", None)

    def _enter(self, phase: Phase, ending: Ending | None) -> None:
        self.phase = phase
        self._phase_since = time.monotonic()
        self.ending = ending or self.ending
