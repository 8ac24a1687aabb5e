"""A validated study, as frozen values: what a space file says once it has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from rnnsearch.goal import Goal
from rnnsearch.sampling.sampler import SamplerConfig
from rnnsearch.sampling.table import samplers
from rnnsearch.sampling.tpe import TpeConfig
from rnnsearch.space.conditions import Parameter
from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.rule import StoppingConfig, StoppingRule
from rnnsearch.stopping.table import stopping_rules
from rnnsearch.vocabulary import DURATION, OneOf, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalistsConfig:
    """The best trials are trained again before one is chosen."""

    top: Annotated[int, "How many of the best trials.", Range(1, 1000, unit="trials")] = 3
    seeds: Annotated[
        int,
        "Trainings of each in all, the search's own included; 1 trains none again.",
        Range(1, 1000, unit="trainings"),
    ] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig:
    """Metric, budget and rules of a study."""

    metric: Annotated[
        str, "A metric that the task reports, such as `val_mse`; the task has a default."
    ]
    goal: Annotated[Goal, "`minimize` or `maximize`; the metric's own by default."] = Goal.MINIMIZE
    num_trials: Annotated[
        int,
        "Trials to evaluate; one where the file has no distribution.",
        Range(1, 1_000_000, unit="trials"),
    ] = 60
    time_budget: Annotated[
        float | None,
        "A time with its unit (`90s`, `10m`, `2h`), or null; seconds once it is read.",
        Range(above=0, most=10 * 366 * 24 * 3600, unit="seconds"),
        DURATION,
    ] = None
    sampler: Annotated[SamplerConfig, "What proposes.", OneOf(samplers)] = field(
        default_factory=TpeConfig
    )
    scheduler: Annotated[StoppingConfig, "What stops weak trials.", OneOf(stopping_rules)] = field(
        default_factory=AshaConfig
    )
    finalists: Annotated[FinalistsConfig, "Who is trained again before a champion is chosen."] = (
        field(default_factory=FinalistsConfig)
    )
    seed: Annotated[int, "Of the sampler and of the trials' own seeds.", Range(0, below=2**32)] = 0

    def __post_init__(self) -> None:
        """Take the goal as a space file and Python code write it: as its text."""
        object.__setattr__(self, "goal", Goal(self.goal))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcesConfig:
    """How the cluster is used; `auto` asks the cluster."""

    packs: Annotated[
        int | Literal["auto"], "Worker processes.", Range(1, 10_000, unit="processes")
    ] = "auto"
    slots: Annotated[
        int | Literal["auto"], "Trials aboard a pack at once.", Range(1, 4096, unit="trials")
    ] = "auto"
    cpus_per_pack: Annotated[
        float, "Cores that a pack asks the cluster for.", Range(0.0001, 4096, unit="cores")
    ] = 1.0
    gpus_per_pack: Annotated[
        float,
        "GPUs, or a fraction of one, that a pack asks the cluster for.",
        Range(0, 64, unit="GPUs"),
    ] = 0.0
    pack_timeout: Annotated[
        float | None,
        "A time with its unit; a pack that has not reported for so long is replaced, as one whose "
        "process died. Null waits for ever. Seconds once it is read.",
        Range(10, 30 * 24 * 3600, unit="seconds"),
        DURATION,
    ] = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """One study, complete and checked.

    Attributes:
        name: As in the file, or the file's stem.
        values: Every fixed field under its dotted key (`model.cell`), defaults filled in.
        parameters: Every sampled field under its dotted key, in the file's order.
        first_trials: Configurations to evaluate first, as complete params (every active
            parameter, lists under their labels); trial 0 is the first.
        search: Metric, budget and rules.
        resources: How the cluster is used.
        notes: What the file says, and nothing reads.
        yaml: The resolved space file, which loads to an equal spec.
        directory: Where relative paths in the file start; two specs are equal without it.
    """

    name: str
    values: Mapping[str, Any]
    parameters: Mapping[str, Parameter]
    first_trials: tuple[Mapping[str, Any], ...]
    search: SearchConfig
    resources: ResourcesConfig
    yaml: str
    notes: tuple[str, ...] = field(default=(), compare=False)
    directory: Path = field(compare=False)

    def stopping_rule(self) -> StoppingRule:
        """A new rule that knows of no trial."""
        return self.search.scheduler.rule(int(self.values["training.max_epochs"]), self.search.goal)

    def first_params(self) -> Mapping[str, Any]:
        """Params of trial 0 where the file names them; else none, which stands for the defaults."""
        return self.first_trials[0] if self.first_trials else {}
