"""The Protocol of a study's stages, the search and its finalists, which fill and judge packs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from rnnsearch.search.endings import Endings
from rnnsearch.search.job import Job
from rnnsearch.search.messages import Departure, PackReport
from rnnsearch.search.pack_book import PackBook
from rnnsearch.training.report import Divergence
from rnnsearch.training.weights import Weights


class Stage(Protocol):
    """What the control asks of the current stage.

    Attributes:
        closed: Whether the stage's time is up, so that it hands out no more trainings.
        goes_on: Whether a training that the end of time interrupts can go on in a later run, so
            that its snapshot is worth writing.
    """

    closed: bool
    goes_on: bool

    def queued(self) -> int:
        """How many trainings wait for a slot."""

    def board(self) -> Job | None:
        """Hand out the next training; None where none waits now."""

    def started(self, job: Job, pack: PackBook) -> None:
        """Hear that a training goes aboard a pack, which has reported before."""

    def judge(self, jobs: Mapping[str, Job], report: PackReport) -> list[Departure]:
        """Record a pack's report, and decide which trainings leave the pack.

        A job that goes on has its `limit` raised in place. Divergences and refusals in the report
        are not looked at here.

        Args:
            jobs: The trainings aboard that pack, by their names in it.
        """

    def saves(self, jobs: Mapping[str, Job]) -> Sequence[str]:
        """The trainings aboard a pack whose states it is to keep, since others go on from them.

        Args:
            jobs: The trainings aboard that pack, by their names in it.
        """

    def diverged(self, job: Job, divergence: Divergence) -> None:
        """End a job that the pack has dropped, since it stopped being finite."""

    def keep(self, job: Job, weights: Weights | None) -> None:
        """Take the weights of a departed job that were asked for; None where it has none."""

    def time_is_up(self, endings: Endings, aboard: Callable[[], Sequence[Job]]) -> bool:
        """Whether the stage has to end now.

        Args:
            aboard: Gives the trainings aboard all packs.
        """

    def close(self, job: Job, snapshot: str | None, reason: str) -> Departure:
        """End a job aboard, or let it wait for a later run, since the stage's time is up.

        Args:
            reason: Which budget is up, in words.
        """

    def hand_back(self, job: Job, *, crashed: bool, snapshot: str | None) -> None:
        """Take back a job whose pack is gone or drained.

        Args:
            crashed: Whether the pack died.
            snapshot: Name of the snapshot file that holds the job's state, or None.
        """

    def lose_weights(self, job: Job, *, crashed: bool) -> None:
        """Hear that a pack is gone, and with it the weights of a departed job."""

    def refuse(self, job: Job, reason: str) -> None:
        """Give up a job that a pack cannot take or train."""

    def settle(self) -> None:
        """Tell the listener what is left open; to be called when nothing is aboard any more."""
