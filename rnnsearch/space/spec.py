"""A validated study, as frozen values: what a space file says once it has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rnnsearch.goal import Goal
from rnnsearch.space.distributions import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerConfig:
    """Which Optuna sampler proposes.

    Attributes:
        type: `tpe` (multivariate, conditional parameters in groups) or `random`.
        startup_trials: Random trials before `tpe` starts to model; None takes Optuna's 10.
    """

    type: Literal["tpe", "random"] = "tpe"
    startup_trials: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerConfig:
    """When weak trials stop. `none` trains every trial to its last epoch.

    Attributes:
        grace_period: Epochs before the first decision.
        reduction_factor: One in so many goes on at each rung.
    """

    type: Literal["asha", "none"] = "asha"
    grace_period: int = 5
    reduction_factor: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalistsConfig:
    """The best trials are trained again before one is chosen.

    Attributes:
        top: How many of the best trials.
        seeds: Trainings of each in all, the search's own included; 1 trains none again.
    """

    top: int = 3
    seeds: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig:
    """Metric, budget and rules of a study.

    Attributes:
        metric: A metric that the task reports, such as `val_mse`; the task has a default.
        goal: `minimize` or `maximize`; the metric's own by default.
        num_trials: Trials to evaluate; one where the file has no distribution.
        time_budget: A time with its unit (`90s`, `10m`, `2h`), or null; seconds once it is read.
        sampler: What proposes.
        scheduler: What stops weak trials.
        finalists: Who is trained again before a champion is chosen.
        seed: Of the sampler and of the trials' own seeds.
    """

    metric: str
    goal: Goal = Goal.MINIMIZE
    num_trials: int = 60
    time_budget: float | None = None
    sampler: SamplerConfig = field(default_factory=SamplerConfig)
    scheduler: SchedulerConfig = field(default_factory=SchedulerConfig)
    finalists: FinalistsConfig = field(default_factory=FinalistsConfig)
    seed: int = 0

    def __post_init__(self) -> None:
        """Take the goal as a space file and Python code write it: as its text."""
        object.__setattr__(self, "goal", Goal(self.goal))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcesConfig:
    """How the cluster is used; `auto` asks the cluster.

    Attributes:
        packs: Worker processes.
        slots: Trials aboard a pack at once.
        cpus_per_pack: Cores that a pack asks the cluster for.
        gpus_per_pack: GPUs, or a fraction of one, that a pack asks the cluster for.
        pack_timeout: A time with its unit; a pack that has not reported for so long is replaced,
            as one whose process died. Null waits for ever. Seconds once it is read.
    """

    packs: int | Literal["auto"] = "auto"
    slots: int | Literal["auto"] = "auto"
    cpus_per_pack: float = 1.0
    gpus_per_pack: float = 0.0
    pack_timeout: float | None = 600.0


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
    directory: Path = field(compare=False)

    def first_params(self) -> Mapping[str, Any]:
        """Params of trial 0 where the file names them; else none, which stands for the defaults."""
        return self.first_trials[0] if self.first_trials else {}
