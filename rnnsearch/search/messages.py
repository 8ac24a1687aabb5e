"""What the driver and its packs say to each other, as frozen records.

Everything here is pickled by Ray. An actor call that raises is silent: so each report has the
pack's roster, which the driver squares with its account, and updates are numbered, so that one that
comes twice is applied once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnnsearch.goal import Goal
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import Divergence, EpochReport, Refusal

if TYPE_CHECKING:
    from rnnsearch.training.weights import Weights


@dataclass(frozen=True, slots=True)
class PackSettings:
    """What a pack must know before its first trial; only strings and numbers.

    Attributes:
        objective: Name of the study's metric; best weights are kept by it.
        goal: `minimize` or `maximize`.
        slice_seconds: How long one Tune step trains at most.
        snapshot_seconds: Time between two snapshots.
        snapshots: Folder for snapshots; a pack that cannot see it writes none.
        logs: Folder for what the worker prints; likewise.
        threads: Threads of torch.
        gpus: Of the node's, the pack's share; above 0 it trains on one where torch finds it.
        trial_bytes: What the largest trial takes, roughly; 0 where nobody knows.
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


@dataclass(frozen=True, slots=True)
class Boarding:
    """A training to take aboard.

    Attributes:
        snapshot: Name of the snapshot file that holds its state, or None to start from its seed.
        data: Ray reference to the task's data; the pack fetches each task once.
        known_epoch: Epochs that are on record. A state that has come further is not gone on
            from: the epochs between would never be reported.
    """

    trial_id: str
    config: TrialConfig
    snapshot: str | None = None
    data: Any = None
    known_epoch: int = 0


@dataclass(frozen=True, slots=True)
class Departure:
    """A training to set down; its best weights are sent back if they are wanted."""

    trial_id: str
    keep_weights: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Changes to make before the next step, in the order departures, boardings, limits.

    Attributes:
        seq: Counts the updates of a pack from 1.
        limits: How many finished epochs each training aboard may reach.
        snapshot_now: Write a snapshot and train nothing in the next step.
    """

    seq: int
    departures: tuple[Departure, ...] = ()
    boardings: tuple[Boarding, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    snapshot_now: bool = False


@dataclass(frozen=True, slots=True)
class PackReport:
    """All that happened in one step of a pack.

    Attributes:
        roster: Finished epochs of every training aboard.
        weights: Best weights of departed trainings, those that were wanted; None where a
            training finished no epoch.
        snapshot: Name of the pack's newest snapshot file, empty if there is none.
        snapshot_holds: The trainings in it.
        node: Host name of the worker.
        cpu_seconds: Processor time of the worker's process since it started.
        kernels: What computes the trainings that were not named before, in words.
    """

    reports: tuple[EpochReport, ...] = ()
    divergences: tuple[Divergence, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    roster: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, Weights | None] = field(default_factory=dict)
    snapshot: str = ""
    snapshot_holds: frozenset[str] = frozenset()
    node: str = ""
    cpu_seconds: float = 0.0
    kernels: Mapping[str, str] = field(default_factory=dict)
