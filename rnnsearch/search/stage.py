"""A part of a study that fills packs and judges what they report: the search, its finalists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from rnnsearch.search.messages import Departure, PackReport

if TYPE_CHECKING:
    from rnnsearch.search.endings import Endings
    from rnnsearch.search.job import Job
    from rnnsearch.training.weights import Weights


class Stage(Protocol):
    """What the driver asks of the stage at work.

    Attributes:
        closed: Its time is up: it hands out no training any more.
        goes_on: Whether a training that time ended goes on in a later run, so that its snapshot
            is worth writing.
    """

    closed: bool
    goes_on: bool

    def queued(self) -> int:
        """Trainings that wait for a slot."""

    def board(self) -> Job | None:
        """The next training, or None when none waits now."""

    def started(self, job: Job, pack: str) -> None:
        """A training went aboard a pack of that name."""

    def judge(self, jobs: Mapping[str, Job], report: PackReport) -> list[Departure]:
        """Record a pack's report and decide; `jobs` are those aboard that pack.

        A job that goes on has its `limit` raised in place. Divergences and refusals among the
        report are settled too; those jobs have left the pack by themselves.
        """

    def keep(self, job: Job, weights: Weights | None) -> None:
        """Take the best weights of a departed job that were asked for."""

    def time_is_up(self, endings: Endings, aboard: Sequence[Job]) -> bool:
        """Whether the stage has to end, with these trainings aboard all packs."""

    def close(self, job: Job, snapshot: str | None) -> Departure:
        """End the stage for a job aboard, since time is up."""

    def hand_back(self, job: Job, *, crashed: bool, snapshot: str | None) -> None:
        """Take back a job whose pack is gone or drained."""

    def lose_weights(self, job: Job, *, crashed: bool) -> None:
        """The pack of a departed job is gone, and with it the weights that were asked for."""

    def refuse(self, job: Job, reason: str) -> None:
        """Give up a job that a pack cannot take."""

    def settle(self) -> None:
        """Tell the listener what is left open; nothing is aboard any more."""
