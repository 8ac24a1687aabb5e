"""The driver's account of one pack: who is aboard, what was sent, what has been seen.

An update that fails inside the worker is silent, so the account is squared with the roster of
every report: what the pack lacks is sent again, what it should not hold is set down again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rnnsearch.search.job import Job
from rnnsearch.search.messages import Boarding, Departure, PackReport, Update

RESENDS = 2
"""How often a training is sent again to a pack that does not have it, before it is refused."""


@dataclass(slots=True)
class Drift:
    """What a pack's roster and the driver's account disagree on.

    Attributes:
        again: Trainings to send again.
        lost: Trainings that the pack did not take after several attempts.
        departures: Trainings that should have left.
    """

    again: list[Job] = field(default_factory=list)
    lost: list[Job] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)


@dataclass(slots=True)
class PackBook:
    """One pack, from its first report to its end.

    Attributes:
        name: As in events and file names; unique over all runs of a study.
        aboard: Trainings that the pack holds or has been sent.
        leaving: Trainings that were told to leave and are not yet seen to be gone, with the
            departure that told them.
        halted: It was told to train no more; its next report leaves nothing untold.
        snapshot: The pack's newest snapshot file, empty if there is none.
    """

    name: str
    slots: int
    aboard: dict[str, Job] = field(default_factory=dict)
    leaving: dict[str, tuple[Job, Departure]] = field(default_factory=dict)
    seq: int = 0
    reported: bool = False
    draining: bool = False
    halted: bool = False
    snapshot: str = ""
    snapshot_holds: frozenset[str] = frozenset()

    def read(self, report: PackReport) -> Drift:
        """Square the account with a report, before anything in it is judged."""
        self.reported = True
        self.snapshot = report.snapshot
        self.snapshot_holds = report.snapshot_holds
        drift = Drift()
        gone = left_by_themselves(report)
        for trial_id, job in self.aboard.items():
            if trial_id in report.roster or trial_id in gone:
                continue
            job.missed += 1
            (drift.again if job.missed <= RESENDS else drift.lost).append(job)
        for trial_id in list(self.leaving):
            if trial_id in report.roster:
                drift.departures.append(self.leaving[trial_id][1])
            else:
                del self.leaving[trial_id]
        drift.departures.extend(
            Departure(trial_id)
            for trial_id in report.roster
            if trial_id not in self.aboard and trial_id not in self.leaving
        )
        return drift

    def leave(self, departure: Departure) -> None:
        """Note that a training aboard is told to leave."""
        job = self.aboard.pop(departure.trial_id)
        self.leaving[departure.trial_id] = (job, departure)

    def write(
        self,
        departures: Sequence[Departure],
        boardings: Sequence[Boarding],
        limits: Mapping[str, int],
        *,
        snapshot_now: bool = False,
    ) -> Update:
        """The next update, numbered."""
        self.seq += 1
        return Update(
            self.seq, tuple(departures), tuple(boardings), dict(limits), snapshot_now=snapshot_now
        )

    def set_down(self) -> Update | None:
        """Have it write down what it holds, once; None where there is nothing to wait for."""
        if self.draining or not self.aboard:
            return None
        self.draining = True
        return self.write((), (), {}, snapshot_now=True)

    def snapshot_of(self, job: Job) -> str | None:
        """The newest snapshot file that holds a training, or None."""
        held = self.snapshot and job.trial_id in self.snapshot_holds
        return self.snapshot if held else job.snapshot


def left_by_themselves(report: PackReport) -> set[str]:
    """Trainings that diverged or were refused: the pack has dropped them already."""
    diverged = {divergence.trial_id for divergence in report.divergences}
    return diverged | {refusal.trial_id for refusal in report.refusals}
