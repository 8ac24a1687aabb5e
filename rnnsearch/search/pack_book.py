"""The driver's account of one pack: what is aboard, what was sent, and what has been seen.

An update that fails inside the worker raises nothing in the driver. So the account is compared
with the roster of every report: a training that the pack lacks is sent again, and one that it
should not have is told to leave again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rnnsearch.search.job import Job
from rnnsearch.search.messages import Boarding, Departure, PackReport, Update

RESENDS = 2
"""How many times a training is sent again to a pack that lacks it before it is refused."""


@dataclass(slots=True)
class Differences:
    """Where a pack's roster differs from the driver's account.

    Attributes:
        resend: Trainings that the pack lacks, to be sent again.
        lost: Trainings that the pack lacks although they were sent `RESENDS` times more.
        departures: Orders to leave, for trainings that the pack should not have any more.
    """

    resend: list[Job] = field(default_factory=list)
    lost: list[Job] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)


@dataclass(slots=True)
class Load:
    """What all packs of a run hold, counted as it changes.

    Attributes:
        holding: How many trainings are aboard, or have weights on the way from a pack.
    """

    holding: int = 0


@dataclass(slots=True)
class PackBook:
    """The driver's account of one pack, from its placement to its end.

    Attributes:
        name: The pack's name in events and file names, unique over all runs of a study.
        slots: How many trainings the pack holds at most.
        follows: Whether the pack is given fewer where it says that more are of no use.
        plain: Whether the pack asks for no GPU, in a study whose other packs do.
        useful: How many aboard are enough, as the pack says; None where more may be of use.
        load: What is counted with it over all packs, as trainings come and go.
        aboard: The trainings that the pack holds or has been sent, by their names in it.
        leaving: The trainings that were told to leave and that the last roster still had, each
            with that order.
        seq: The number of the last update.
        reported: Whether the pack has reported at all.
        node_id: Ray's id of its node; empty until it has reported, as are the next two.
        node: Host name of its node.
        device: What it trains on, `cpu` or `gpu`.
        evacuated: Whether its node is about to leave the cluster, and the pack with it.
        draining: Whether the pack was told to write a snapshot and train no more.
        halted: Whether the pack was told to train no more, so that its next report tells all that
            it did.
        snapshot: Name of the pack's newest snapshot file, empty where there is none.
        snapshot_holds: The trainings in that file.
        unsaved: Why the pack keeps no snapshots at the moment; empty where it does.
    """

    name: str
    slots: int
    follows: bool = False
    plain: bool = False
    useful: int | None = None
    load: Load = field(default_factory=Load)
    aboard: dict[str, Job] = field(default_factory=dict)
    leaving: dict[str, tuple[Job, Departure]] = field(default_factory=dict)
    seq: int = 0
    reported: bool = False
    node_id: str = ""
    node: str = ""
    device: str = ""
    evacuated: bool = False
    draining: bool = False
    halted: bool = False
    snapshot: str = ""
    snapshot_holds: frozenset[str] = frozenset()
    unsaved: str = ""

    @property
    def bound(self) -> int:
        """How many trainings the pack is given at most."""
        if self.follows and self.useful is not None:
            return min(self.slots, self.useful)
        return self.slots

    def read(self, report: PackReport) -> Differences:
        """Bring the account up to date with a report, before anything in it is judged."""
        self.reported = True
        self.useful = report.useful
        self.node_id, self.node, self.device = report.node_id, report.node, report.device
        self.snapshot, self.unsaved = report.snapshot, report.unsaved
        self.snapshot_holds = report.snapshot_holds
        differences = Differences()
        gone = {divergence.trial_id for divergence in report.divergences}
        gone |= {refusal.trial_id for refusal in report.refusals}
        for trial_id, job in self.aboard.items():
            if trial_id in report.roster or trial_id in gone:
                continue
            job.missed += 1
            (differences.resend if job.missed <= RESENDS else differences.lost).append(job)
        for trial_id in list(self.leaving):
            if trial_id in report.roster:
                differences.departures.append(self.leaving[trial_id][1])
            else:
                self.load.holding -= self.leaving.pop(trial_id)[1].keep_weights
        differences.departures.extend(
            Departure(trial_id)
            for trial_id in report.roster
            if trial_id not in self.aboard and trial_id not in self.leaving
        )
        return differences

    def take(self, job: Job) -> None:
        """Note that a training is sent aboard."""
        self.aboard[job.trial_id] = job
        self.load.holding += 1

    def drop(self, trial_id: str) -> Job | None:
        """Take a training off that the pack has no more; None where it is not aboard."""
        job = self.aboard.pop(trial_id, None)
        self.load.holding -= job is not None
        return job

    def leave(self, departure: Departure) -> None:
        """Note that a training aboard has been told to leave."""
        job = self.aboard.pop(departure.trial_id)
        self.leaving[departure.trial_id] = (job, departure)
        self.load.holding += departure.keep_weights - 1

    def empty(self) -> None:
        """Take all trainings off, since the pack is gone."""
        coming = sum(departure.keep_weights for _, departure in self.leaving.values())
        self.load.holding -= len(self.aboard) + coming
        self.aboard.clear()
        self.leaving.clear()

    def write(
        self,
        departures: Sequence[Departure],
        boardings: Sequence[Boarding],
        limits: Mapping[str, int],
        *,
        snapshot_now: bool = False,
        saves: Sequence[str] = (),
    ) -> Update:
        """The next update to send to the pack, with its number."""
        self.seq += 1
        return Update(
            self.seq,
            tuple(departures),
            tuple(boardings),
            dict(limits),
            snapshot_now=snapshot_now,
            saves=tuple(saves),
        )

    def set_down(self) -> Update | None:
        """The update that has the pack write a snapshot of all it holds, which is sent once.

        None where the pack was told so before or holds nothing: it can be stopped.
        """
        if self.draining or not self.aboard:
            return None
        self.draining = True
        return self.write((), (), {}, snapshot_now=True)

    def snapshot_of(self, job: Job) -> str | None:
        """Name of the newest snapshot file that holds a training; None where there is none."""
        in_newest = self.snapshot and job.trial_id in self.snapshot_holds
        return self.snapshot if in_newest else job.snapshot
