"""What happens in a study, as frozen records, and the Protocol of an object that listens to them.

Events cross process borders (outbox segments on disk), so each holds only strings, numbers,
booleans, and tuples and dicts of them. `time` is seconds since the epoch (Unix time).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

EndState = Literal["complete", "pruned", "diverged", "failed"]
TrialState = Literal["running", "complete", "pruned", "diverged", "failed", "waiting"]
"""A trial's state as people see it. A `waiting` trial was put back after a crash or an
interruption, and a `running` one is aboard a pack. A `pruned` trial was stopped as weak, and the
loss or metric of a `diverged` one stopped being finite."""

RANKED: tuple[EndState, ...] = ("complete", "pruned")
"""The states of ended trials whose values are compared with one another."""
ENDED: tuple[EndState, ...] = (*RANKED, "diverged", "failed")
"""The states in which a trial is over, and is not trained any further."""
STATES: tuple[TrialState, ...] = (*ENDED, "running", "waiting")
"""Every state, in the order in which tables show them: the further a trial came, the earlier."""

StudyState = Literal["complete", "interrupted", "stopped", "budget", "failed"]
"""How a run of a study ended: `interrupted` by a signal, `stopped` by `rnnsearch stop`, or because
the time `budget` ran out. All but `failed` are clean ends."""


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
    """Tags for the study's MLflow run: the hash of the data, package versions, the host."""
    notes: Sequence[str] = ()
    """What a person must know of the data, such as a missing held-out part."""
    tie_break: str = ""
    """The task's own loss, which ranks trials that are equal in the metric; empty without one."""
    run_tags: Mapping[str, str] = field(default_factory=dict)
    """Tags for the study's run alone: the command line, and commits of git."""
    description: str = ""
    """The study in Markdown, as it stands at this start."""
    datasets: Sequence[Mapping[str, str]] = ()
    """What it learns from: `name`, `digest`, `source_type`, `source` and `profile` of each."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """How people read the names of metrics that stand for columns or series of theirs."""


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
    lacks_gpu: bool = False
    """Whether it has a GPU of Ray's, and torch finds none there: it trains on the CPU."""


@dataclass(frozen=True, slots=True)
class PackLost:
    """The process of a pack died, and the ledger put its trials back to be trained again."""

    time: float
    pack: str
    reason: str
    trials: Sequence[int]


@dataclass(frozen=True, slots=True)
class SnapshotsKept:
    """The packs on a node keep snapshots again, or keep none, and why not."""

    time: float
    node: str
    trouble: str = ""


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
    parent: int | None = None
    """The trial as whose copy it goes on, after `parent_epoch` epochs and in the place of the trial
    `replaces`; None where it is no copy."""
    parent_epoch: int = 0
    replaces: int | None = None
    devices: Sequence[str] = ()
    """What it was trained on until now and is from now on, `cpu` and `gpu`, each once, where the
    study's packs ask for GPUs; else empty."""
    nodes: Sequence[str] = ()
    """The host names of the nodes, likewise."""


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
    """A trial came to an end, or was put back to wait: its last event in this run of the study."""

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
    """The kernel that trained it, in words; empty where it took no training step."""
    best_loss: float | None = None
    """The task's own loss at its best epoch, which parts trials with equal values."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """The numbers behind the reason: of a stopped trial `stopped_rung`, `stopped_value`,
    `stopped_threshold`, `stopped_rank` and `stopped_trials`, of a diverged one `diverged_epoch`,
    `diverged_step` and `diverged_gradient_norm`; those that are known. In a study of several goals
    also its values in those beside the metric, such as `goal_parameters`."""
    violations: Mapping[str, float] = field(default_factory=dict)
    """The constraints of the study that it breaks, and by how much, as parts of the bounds."""


@dataclass(frozen=True, slots=True)
class RungsChanged:
    """The stopping rule's count of trials at each of its rungs changed."""

    time: float
    rungs: Mapping[int, int]
    """How many trials have come to each rung, {epoch: trials}."""
    called: str = "rungs"
    """The stopping rule's own word for them, for the screen."""


@dataclass(frozen=True, slots=True)
class ProposalsRefused:
    """More proposals were not trained, since they break a constraint known before a training."""

    time: float
    counts: Mapping[str, int]
    """How many of the whole study, by the constraint that they broke."""


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A finalist's best weights were saved.

    `path` is a folder with `weights.safetensors` and `config.json`.
    """

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


@dataclass(frozen=True, slots=True)
class StoppedFinished:
    """A stopped trial was trained again to the last epoch, which changes nothing of its end."""

    time: float
    number: int
    state: Literal["complete", "diverged", "failed"]
    value: float | None
    """The best value of the study's metric; None where it diverged or failed."""
    epoch: int | None
    """The epoch of that value."""
    stopped_at: int
    """The epoch at which the trial had been stopped."""


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
    """When the champion was chosen, in Unix time."""
    number: int
    """The number of its trial; `seed` is that of the training that was kept."""
    seed: int
    path: str
    val_metrics: Mapping[str, float]
    """The metrics of the validation part, by which it was chosen."""
    test_metrics: Mapping[str, float]
    """The metrics of the test part, scored once; empty where the task has no test part."""
    figure: str = ""
    """The path of its picture, which is drawn after the search."""
    text: str = ""
    """What the model writes, such as `hello -> elloh`; empty where its task has no such text."""
    seeds: Sequence[int] = ()
    """The seeds of the winning configuration's trainings that were scored, `seed` among them."""
    by_seed: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """The values of every validation and test metric, one for each of `seeds` in their order."""
    mean: Mapping[str, float] = field(default_factory=dict)
    """The mean of each metric over `seeds`."""
    std: Mapping[str, float] = field(default_factory=dict)
    """The sample standard deviation of each metric over `seeds`; empty for a single seed."""
    left_out: Sequence[str] = ()
    """What is to be said of seeds that should be among `seeds` and are not."""
    unfinished: str = ""
    """Why the winner was not trained to its last epoch, in words; empty where it was."""
    request_seconds: float | None = None
    """The time that the kept model takes to answer one request; None where none was made."""
    request: str = ""
    """What was asked, and how often, in words."""
    ensemble: Mapping[str, Any] = field(default_factory=dict)
    """The ensemble that was tried: its `members`, each with `trial`, `seed` and `value`, the best
    one first, its `metrics` on the validation part, the value of the `single` model that it was
    held against, whether it `won`, and `why`, in words. Where it won, it is the champion, whose
    trial and seed are those of its best member. Empty where none was asked for."""
    front: Sequence[Mapping[str, Any]] = ()
    """With several goals the other models of the first front that are kept: `number`, `path`, and
    `values`, what each has in the goals."""

    @property
    def fused(self) -> bool:
        """Whether the champion is the mean of several trainings."""
        return bool(self.ensemble.get("won"))

    @property
    def mark(self) -> ChampionMark:
        """What tells this choice apart from earlier and later ones of the same study."""
        return ChampionMark(self.time, self.number, self.seed)

    def tested(self) -> dict[str, dict[str, Any]]:
        """The mean of each test metric, its standard deviation (None for a single seed), and its
        value by seed."""
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
    """A run of the study's driver is over."""

    time: float
    state: StudyState
    reason: str
    wall_seconds: float
    figures: Mapping[str, float] = field(default_factory=dict)
    """How fast the run was and what it cost, such as `trials_per_hour` and `driver_seconds`."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many trials of the study are in each state, by the ledger."""
    description: str = ""
    """The study in Markdown, as it stands at this end."""
    ranking: Sequence[int] | None = None
    """The numbers of the best trials by the ledger, from the first on, as many as records rank;
    None where the driver does not tell."""


TrialEvent = (
    TrialStarted | EpochsReported | TrialEnded | CheckpointSaved | FinalistScored | StoppedFinished
)
"""What happened to a single trial. The ledger has it before a listener hears of it."""

Event = (
    TrialEvent
    | StudyStarted
    | BaselineScored
    | PackStarted
    | PackLost
    | SnapshotsKept
    | RungsChanged
    | ProposalsRefused
    | ChampionChosen
    | StudyEnded
)


class Listener(Protocol):
    """An object that hears of every event.

    `on_event` returns at once, since the search waits for it, and raises no OSError.
    """

    def on_event(self, event: Event) -> None: ...


class Silence:
    """A Listener that ignores every event."""

    def on_event(self, event: Event) -> None:
        del event


def with_tuples(value: Any) -> Any:
    """A JSON value with tuples in the place of lists.

    Events and notes hold tuples, so a value that was written and read again equals the first.
    """
    if isinstance(value, list):
        return tuple(with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: with_tuples(item) for key, item in value.items()}
    return value
