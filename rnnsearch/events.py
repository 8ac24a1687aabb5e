"""What happens in a study, as frozen records, and the Protocol of whoever listens.

Events cross process borders (outbox segments on disk), so each holds only strings, numbers,
booleans, and tuples and dicts of them. `time` is seconds since the epoch (Unix time).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

EndState = Literal["complete", "pruned", "diverged", "failed"]
TrialState = Literal["running", "complete", "pruned", "diverged", "failed", "waiting"]
"""A trial's state as people see it. `waiting` is put back after a crash or an interruption;
`running` is aboard a pack. `pruned` was stopped as weak, `diverged` stopped being finite."""

RANKED: tuple[EndState, ...] = ("complete", "pruned")
"""Ended trials whose values are compared."""
ENDED: tuple[EndState, ...] = (*RANKED, "diverged", "failed")
STATES: tuple[TrialState, ...] = (*ENDED, "running", "waiting")
"""Every state, in the order in which tables show them: the further a trial came, the earlier."""

StudyState = Literal["complete", "interrupted", "stopped", "budget", "failed"]
"""How a run of a study ended. `interrupted`: a signal. `stopped`: `rnnsearch stop`.
`budget`: the time budget ran out. All but `failed` are clean ends."""


@dataclass(frozen=True, slots=True)
class StudyStarted:
    """A driver opened the study, new or resumed."""

    time: float
    study: str
    storage: str
    task: str
    metric: str
    goal: str
    num_trials: int
    resumed: bool
    space_yaml: str
    tags: Mapping[str, str] = field(default_factory=dict)
    """Data hash, package versions, host, commit: strings for MLflow tags."""
    notes: Sequence[str] = ()
    """What a person must know of the data, such as a missing held-out part."""
    tie_break: str = ""
    """The task's own loss, which parts what is equal in the metric; empty where it has none."""


@dataclass(frozen=True, slots=True)
class BaselineScored:
    """A baseline was scored on the study's own data."""

    time: float
    name: str
    metrics: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True, slots=True)
class PackStarted:
    """A pack came alive on a node."""

    time: float
    pack: str
    node: str
    slots: int


@dataclass(frozen=True, slots=True)
class PackLost:
    """A pack's process died; the ledger put its trials back."""

    time: float
    pack: str
    reason: str
    trials: Sequence[int]


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A trial went aboard a pack (again, when `attempt` is above 1)."""

    time: float
    number: int
    name: str
    params: Mapping[str, Any]
    config: Mapping[str, Any]
    seed: int
    pack: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class EpochsReported:
    """A trial's epochs since its last report: `epochs[i]` belongs to `metrics[i]`."""

    time: float
    number: int
    epochs: Sequence[int]
    metrics: Sequence[Mapping[str, float]]
    training_steps: int
    """Optimizer steps that these epochs took."""


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """A trial's last event of this run of the study."""

    time: float
    number: int
    state: TrialState
    reason: str
    epoch: int
    value: float | None
    """The study's metric at the trial's last epoch; None where it has none."""
    best_value: float | None
    best_epoch: int | None
    training_seconds: float
    kernel: str = ""
    """What computed it, in words; empty where it took no step."""


@dataclass(frozen=True, slots=True)
class RungsChanged:
    """How many trials stand recorded at each rung: {epoch: count}."""

    time: float
    rungs: Mapping[int, int]
    called: str = "rungs"
    """The stopping rule's own word for them, for the screen."""


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A finalist's best weights lie in `path` (a folder: weights.safetensors, config.json)."""

    time: float
    number: int
    seed: int
    path: str
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FinalistScored:
    """A finalist was trained with several seeds; `values` holds the study's metric of each."""

    time: float
    number: int
    seeds: Sequence[int]
    values: Sequence[float]


class ChampionMark(NamedTuple):
    """Which choice of a champion this is: when it was made, of which trial, and which seed's."""

    time: float
    number: int
    seed: int


@dataclass(frozen=True, slots=True)
class ChampionChosen:
    """The winner, scored once on the test part; `path` is its checkpoint folder.

    The winning configuration was trained with several seeds: one of them is kept and registered,
    and all are scored, which says how much of a figure is luck.
    """

    time: float
    """When it was chosen."""
    number: int
    """Its trial, and `seed` the training of it that was kept."""
    seed: int
    path: str
    val_metrics: Mapping[str, float]
    """What it was chosen by."""
    test_metrics: Mapping[str, float]
    """Scored once; empty where the task has no test part."""
    figure: str = ""
    """Where its picture lies, once it is drawn."""
    text: str = ""
    """What the champion says: `hello -> elloh`, a sample; empty where the task has none."""
    seeds: Sequence[int] = ()
    """The winning configuration's trainings that were scored, the kept one among them."""
    by_seed: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Every validation and test metric of each of `seeds`, in their order."""
    mean: Mapping[str, float] = field(default_factory=dict)
    """Of `by_seed`."""
    std: Mapping[str, float] = field(default_factory=dict)
    """The sample standard deviation; empty where there is a single seed."""
    left_out: Sequence[str] = ()
    """Seeds that should be among `seeds` and are not, and why, in words."""
    unfinished: str = ""
    """What a person must know of a winner that has not come to its end; else empty."""

    @property
    def mark(self) -> ChampionMark:
        return ChampionMark(self.time, self.number, self.seed)

    def tested(self) -> dict[str, dict[str, Any]]:
        """Of each test metric: its mean, its std (None of a single seed) and each seed's value."""
        return {
            name: {
                "mean": self.mean[name],
                "std": self.std.get(name),
                "seeds": dict(zip(self.seeds, self.by_seed[name], strict=True)),
            }
            for name in self.test_metrics
            if name in self.by_seed
        }


@dataclass(frozen=True, slots=True)
class StudyEnded:
    """The driver is done with the study for now."""

    time: float
    state: StudyState
    reason: str
    wall_seconds: float
    figures: Mapping[str, float] = field(default_factory=dict)
    """What the run cost and how fast it was, each with its unit in its name."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Trials of the study by state, as the ledger has them."""


TrialEvent = TrialStarted | EpochsReported | TrialEnded | CheckpointSaved | FinalistScored
"""What happened to a single trial: the ledger has it before anybody hears of it."""

Event = (
    TrialEvent
    | StudyStarted
    | BaselineScored
    | PackStarted
    | PackLost
    | RungsChanged
    | ChampionChosen
    | StudyEnded
)


class Listener(Protocol):
    """Whoever wants to know. `on_event` returns at once and never raises for I/O reasons."""

    def on_event(self, event: Event) -> None: ...


class Silence:
    """Listens to nothing."""

    def on_event(self, event: Event) -> None:
        del event


def with_tuples(value: Any) -> Any:
    """A JSON value with tuples for its lists, so that what is read equals what was written."""
    if isinstance(value, list):
        return tuple(with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: with_tuples(item) for key, item in value.items()}
    return value
