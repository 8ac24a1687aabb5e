"""The driver's decisions: fills packs, passes their reports to the current stage, ends the study.

Nothing here knows Ray. The searcher and the scheduler are thin adapters that call the control, and
a test calls it with hand-made reports.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import Any

from rnnsearch.errors import ClusterError
from rnnsearch.events import Listener
from rnnsearch.search.costs import PackClock, Stopwatch
from rnnsearch.search.endings import Ending, Endings
from rnnsearch.search.fleet import Fleet
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.left_snapshots import LeftSnapshots
from rnnsearch.search.messages import Departure, PackReport, Update
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.pack_news import PackNews
from rnnsearch.search.phases import Phase, Phases
from rnnsearch.search.silence import Silence
from rnnsearch.search.stage import Stage
from rnnsearch.search.tally import Tally
from rnnsearch.search.waits import SLOW_SAMPLER, Waits
from rnnsearch.tasks.config import TaskConfig

NOT_ABOARD, NO_REASON = "the pack never took it aboard", "and gave no reason"


@dataclass(eq=False, kw_only=True)
class Control:
    """Knows which packs live, what each holds, and in which phase the study is.

    Args:
        places: How many packs may live at a time, at first; see `Fleet.resize`.
        slots: How many trainings a pack may hold.
        slots_follow: Whether a pack that gains nothing by so many is given fewer.
        search: The first stage.
        finalists: Makes the second stage once the first is over, or returns None for no such.
        stopped: Makes a third stage once the second is over, likewise.
        data_ref: Gives the reference by which a pack can fetch a task's data.
        silence: Finds packs that hang; by default a pack is waited for without limit.
        on_first_report: Called once, when a pack has reported its first finished epoch.
        tally: Counts what the run does.
        waits: Hears by what the control is held up.

    Attributes:
        fleet: The packs, and what each holds.
        phases: In which phase the study is, and how it ends.
        clock: Measures how busy the packs are.
        busy: The driver's processor time for reports: decisions, ledger, listeners, and proposals
            that were not made ahead.
    """

    ledger: Ledger
    listener: Listener
    endings: Endings
    search: InitVar[Stage]
    finalists: InitVar[Callable[[], Stage | None]]
    stopped: InitVar[Callable[[], Stage | None]] = lambda: None
    places: InitVar[int]
    slots: int
    data_ref: Callable[[TaskConfig], Any]
    slots_follow: bool = False
    silence: Silence = field(default_factory=lambda: Silence(None))
    on_first_report: Callable[[], None] = lambda: None
    tally: Tally = field(default_factory=Tally)
    waits: Waits = field(default_factory=Waits)
    left_snapshots: LeftSnapshots = field(default_factory=lambda: LeftSnapshots(lambda name: None))

    def __post_init__(
        self,
        search: Stage,
        finalists: Callable[[], Stage | None],
        stopped: Callable[[], Stage | None],
        places: int,
    ) -> None:
        self.fleet = Fleet(places, self.slots, slots_follow=self.slots_follow)
        self.phases = Phases(
            ledger=self.ledger,
            endings=self.endings,
            fleet=self.fleet,
            search=search,
            finalists=finalists,
            stopped=stopped,
        )
        self.clock = PackClock()
        self._news = PackNews(self.listener)
        self.busy = Stopwatch()
        self.ledger.flushing.patiently = lambda write: self.waits.outlast(
            write, "the ledger", self.endings.leaving
        )

    @property
    def live(self) -> int:
        """How many packs are pending or running."""
        return self.fleet.live

    @property
    def phase(self) -> Phase:
        """What the study is doing."""
        return self.phases.phase

    @property
    def ending(self) -> Ending | None:
        """Why the search ends before all its trials have; None where it does not."""
        return self.phases.ending

    @property
    def error(self) -> BaseException | None:
        """The first error of a hook; it ends the run."""
        return self.phases.error

    @property
    def _stage(self) -> Stage:
        return self.phases.stage

    def fail(self, error: BaseException) -> None:
        """Remember the first error of a hook; the packs are stopped at their next reports."""
        self.phases.fail(error)

    def overdue(self) -> bool:
        """Whether packs take so long to hand over what they hold that they are left behind."""
        return self.phases.overdue()

    def wants_pack(self) -> bool:
        """Whether there is a place for another pack, and something for it to do."""
        self.poll()
        if self.phases.ended or not self.fleet.has_place:
            return False
        return self.live == 0 or self.waiting() > 0

    def need(self) -> int:
        """How many trainings wait or are aboard."""
        return self.waiting() + self.holding()

    def unneeded(self, pack_id: str) -> bool:
        """Whether a pack that Ray has given no place yet is one too many."""
        book = self.fleet.books.get(pack_id)
        return self.phases.ended or (book is not None and self.fleet.in_surplus(book))

    def open_pack(self, pack_id: str) -> str:
        """Open the account of a pack, by Ray Tune's id of it; returns the pack's name."""
        return self.fleet.open(pack_id)

    def poll(self) -> None:
        """Move on to the next phase where the time is up, someone wants an end, or all is done."""
        self.phases.move_on()

    def take(
        self, pack_id: str, report: PackReport, failure: Callable[[], str] = str
    ) -> Update | None:
        """Work through a pack's report; returns the update for its next slice, None to stop it.

        Args:
            failure: Tells why the last update failed in the pack's process; empty where it did not,
                or where that is not known. Asked where a training never came aboard.
        """
        with self.busy.running():
            try:
                update = self._take(pack_id, report, failure)
            except Exception as error:
                self.fail(error)
                update = self.fleet.books[pack_id].set_down()
        if pack_id in self.fleet.books:
            self.silence.heard(pack_id)
            self.endings.spending.heard(pack_id)
        return update

    def _take(self, pack_id: str, report: PackReport, failure: Callable[[], str]) -> Update | None:
        book = self.fleet.books.get(pack_id)
        if book is None:
            return None
        if self.error is not None:  # nothing is judged any more
            book.read(report)
            return book.set_down()
        if not book.reported:
            self.fleet.born(book, report.node_id)
            self.waits.over("starting")
        self._news.report(book, report)
        for trial_id, weights in report.weights.items():
            if trial_id in book.leaving:
                self._stage.keep(book.leaving[trial_id][0], weights)
        now = time.monotonic()
        self.clock.report(pack_id, report.cpu_seconds, now, trained=bool(report.reports))
        for trial_id, kernel in report.kernels.items():
            if trial_id in book.aboard:
                book.aboard[trial_id].kernel = kernel
        differences = book.read(report)
        self._judge(book, report, differences.departures)
        for job in differences.lost:
            why = failure()
            self._stage.refuse(job, f"{NOT_ABOARD}: {why}" if why else f"{NOT_ABOARD}, {NO_REASON}")
            book.drop(job.trial_id)
        self.poll()
        update = self._answer(book, differences.departures, differences.resend)
        self.ledger.flush()
        return update

    def lose_pack(self, pack_id: str, reason: str | None, *, node_died: bool = False) -> None:
        """Take back, once, what a pack held that died for a reason, or was stopped for None.

        Args:
            node_died: Whether the whole node is gone. No training is to blame for that, so it
                counts as no crash of those aboard.
        """
        self.silence.forget(pack_id)
        self.endings.spending.forget(pack_id)
        book = self.fleet.books.pop(pack_id, None)
        if book is None:
            return
        crashed = reason is not None and not node_died
        if crashed and not book.reported and self.fleet.unborn():
            self.fail(ClusterError(f"Packs die before their first report: {reason}"))
        if reason is not None:
            self._news.lost(book, reason)
        self.fleet.hand_back(book, self._stage, crashed=crashed)
        self.ledger.flush()
        self.left_snapshots.leave(book)
        if reason is not None:
            self.left_snapshots.sweep(self.fleet.books.values(), self.ledger.trials())

    def lose_hung(self) -> list[str]:
        """Give up the packs that have not reported for too long.

        To be called in every turn of the driver's loop.

        Returns:
            The ids of these packs, whose processes the caller ends.
        """
        hung = self.silence.too_long()
        for pack_id in hung:
            silence = f"it has not reported for {self.silence.limit:g} s and was ended"
            self.lose_pack(pack_id, silence)
        return hung

    def settle(self) -> None:
        """Hand back all trainings, and settle the stage and the ledger, after the last pack."""
        self.fleet.hand_back_all(self._stage)
        self._stage.settle()
        self.endings.spending.write()
        self.ledger.settle(self.ending.reason if self.ending else "complete")

    def _judge(self, book: PackBook, report: PackReport, departures: list[Departure]) -> None:
        """Have the stage decide on a report; appends the trainings that are to leave."""
        self.tally.training_steps += sum(epoch.training_steps for epoch in report.reports)
        if report.reports and self.tally.first_report is None:
            self.tally.first_report = time.monotonic()
            self.on_first_report()
        for departure in self._stage.judge(book.aboard, report):
            book.leave(departure)
            departures.append(departure)
        for divergence in report.divergences:
            if job := book.drop(divergence.trial_id):
                self._stage.diverged(job, divergence)
        for refusal in report.refusals:
            if job := book.drop(refusal.trial_id):
                self._stage.refuse(job, refusal.reason)

    def _answer(
        self, book: PackBook, departures: list[Departure], resend: list[Job]
    ) -> Update | None:
        """The update for a pack in the present phase, or None to stop it."""
        if self.phase == "draining" or book.evacuated:
            wants_weights = any(departure.keep_weights for departure in departures)
            if (book.draining and not wants_weights) or not (book.aboard or book.leaving):
                if book.evacuated:
                    self._news.leaves(book)
                self.fleet.hand_back(book, self._stage, crashed=False)
                return None
            snapshot_now = bool(book.aboard) and not book.draining
            book.draining = True
            return book.write(departures, (), {}, snapshot_now=snapshot_now)
        boarding = [job for job in resend if job.trial_id in book.aboard]
        for job in boarding:
            job.start_over(job.snapshot)
        if self._stage.closed:
            if book.aboard and not book.halted:
                # A pack trains while the driver decides. Its last epochs must be known before its
                # trainings are ended or put back.
                book.halted = True
                return book.write(departures, (), {}, snapshot_now=self._stage.goes_on)
            for job in list(book.aboard.values()):
                departure = self._stage.close(job, book.snapshot_of(job), self.endings.budget)
                book.leave(departure)
                departures.append(departure)
            boarding = []
            self.poll()
        book.halted = False
        filled = self._fill(book)
        if filled and self.phase == "search":
            self.clock.refilled(self.live, time.monotonic(), plain=self.fleet.live_plain)
        boarding += filled
        if not book.leaving and (
            self.phase == "over" or (self.fleet.in_surplus(book) and not book.aboard)
        ):
            return None
        limits = {trial_id: job.limit for trial_id, job in book.aboard.items()}
        boardings = [job.boarding(self.data_ref) for job in boarding]
        return book.write(departures, boardings, limits, saves=self._stage.saves(book.aboard))

    def _fill(self, book: PackBook) -> list[Job]:
        """Take trainings for the free slots of a pack."""
        taken: list[Job] = []
        if not self.phases.ended:
            for job in self.fleet.boarding(book, self._stage, self._board):
                self._stage.started(job, book)
                taken.append(job)
        return taken

    def _board(self) -> Job | None:
        """The stage's next training."""
        with self.waits.held_up(SLOW_SAMPLER):
            return self._stage.board()

    def waiting(self) -> int:
        """How many trainings wait for a slot."""
        return self.fleet.waiting(self._stage)

    def holding(self) -> int:
        """How many trainings are aboard packs, or have weights on the way from one."""
        return self.fleet.holding()
