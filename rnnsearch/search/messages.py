"""The messages between the driver and its packs, as frozen records that Ray pickles.

An exception in an actor call that nobody waits for is lost. So each report has the pack's roster,
which the driver compares with its account, and updates are numbered, so that one that arrives twice
is applied once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnsearch.goal import Goal
from rnnsearch.search.ran_on import Device
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import Divergence, EpochReport, Refusal
from rnnsearch.training.weights import Weights


@dataclass(frozen=True, slots=True)
class PackSettings:
    """What a pack must know before its first trial; strings and numbers only.

    Attributes:
        objective: Name of the study's metric, by which the best epoch's weights are kept.
        goal: Which way the metric is better.
        slice_seconds: How long a slice trains at most, that is, between two reports.
        snapshot_seconds: Seconds between two snapshots.
        snapshots: Folder for snapshots, or its address in an object store; a pack that does not
            see it writes none, and reports that.
        logs: Folder for what the worker prints; without it that stays in Ray's logs.
        threads: Number of torch's threads.
        gpus: The pack's share of its node's GPUs; above 0 it trains on a GPU if torch finds one.
        trial_bytes: Memory of the study's largest trial, roughly; 0 where it is not known.
        mark: What the driver has marked the place of the snapshots with; empty where it has not.
        code: As for `same_code.check_same`.
    """

    objective: str
    goal: Goal
    slice_seconds: float
    snapshot_seconds: float
    snapshots: str
    logs: str
    threads: int
    gpus: float
    trial_bytes: int = 0
    mark: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Boarding:
    """A training to take aboard.

    Attributes:
        trial_id: The training's name in the pack.
        snapshot: Name of the snapshot file that holds its state; None starts from its seed.
        data: Ray reference to the task's data; the pack fetches each task once.
        known_epoch: How many epochs are on record. The pack does not go on from a state that has
            come further, since the epochs between would never be reported.
        parent: Name of the training as whose copy it goes on, from a state of that one; empty where
            it is no copy.
    """

    trial_id: str
    config: TrialConfig
    snapshot: str | None = None
    data: Any = None
    known_epoch: int = 0
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Departure:
    """An order that a training leaves the pack.

    Attributes:
        keep_weights: Whether the next report is to bring the weights of its best epoch.
    """

    trial_id: str
    keep_weights: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Changes to make before the next slice, in the order saves, departures, boardings, limits.

    Attributes:
        seq: The number of the update, from 1, among those of its pack.
        limits: How many finished epochs each training aboard may reach, by its name.
        snapshot_now: Whether to write a snapshot and train nothing in the next slice.
        saves: Trainings at their limits whose states are to be kept, in a file of its own each.
    """

    seq: int
    departures: tuple[Departure, ...] = ()
    boardings: tuple[Boarding, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    snapshot_now: bool = False
    saves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class PackReport:
    """All that happened in one slice of a pack.

    Its text is short: Ray Tune makes it twice of every report, for a log that is switched off, and
    with all numbers and weights in it that took a twelfth of the driver's time.

    Attributes:
        roster: The number of finished epochs of every training aboard, by its name.
        weights: The weights of departed trainings that were asked for; None where a training
            finished no epoch.
        snapshot: Name of the pack's newest snapshot file, empty where there is none.
        snapshot_holds: The trainings in that file.
        unsaved: Why the pack keeps no snapshots at the moment; empty where it does.
        node: Host name of the worker.
        node_id: Ray's id of its node; empty without Ray.
        device: What the pack trains on, `cpu` or `gpu`.
        lacks_gpu: Whether the pack has a GPU of Ray's, and torch finds none, so that it trains on
            the CPU.
        cpu_seconds: Processor time of the worker's process since it started.
        kernels: What computes each training, in words, as far as that is new since the last
            report.
        saved: Of each training whose state was kept, the name of the file; empty where the disk
            has none, so that this pack alone can go on from it.
        useful: How many trainings aboard are enough, since more would not raise what the pack
            gets done; None where they may.
    """

    reports: tuple[EpochReport, ...] = ()
    divergences: tuple[Divergence, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    roster: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, Weights | None] = field(default_factory=dict)
    snapshot: str = ""
    snapshot_holds: frozenset[str] = frozenset()
    unsaved: str = ""
    node: str = ""
    node_id: str = ""
    device: Device = "cpu"
    lacks_gpu: bool = False
    cpu_seconds: float = 0.0
    kernels: Mapping[str, str] = field(default_factory=dict)
    saved: Mapping[str, str] = field(default_factory=dict)
    useful: int | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.reports)} reports)"
