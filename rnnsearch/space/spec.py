"""A validated study, as frozen values: what a space file says once it has been read."""

from __future__ import annotations

import math
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
from rnnsearch.stopping.mo_asha import Others
from rnnsearch.stopping.rule import StoppingConfig, StoppingRule, seeded
from rnnsearch.stopping.table import stopping_rules
from rnnsearch.vocabulary import DURATION, OneOf, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalistsConfig:
    """The finalists: the best trials, which are trained again before one becomes the champion."""

    top: Annotated[
        int, "How many of the best trials are finalists.", Range(1, 1000, unit="trials")
    ] = 3
    seeds: Annotated[
        int,
        "Trainings of each finalist with different seeds, the one of the search included; they are "
        "compared by their mean. With 1 none is trained again.",
        Range(1, 1000, unit="trainings"),
    ] = 3
    rule: Annotated[
        Literal["mean", "bound"],
        "By what the champion is chosen among the finalists: the mean over the seeds, or the "
        "mean's bound to the worse, which one in ten true means lies beyond, so that a steady one "
        "wins before one that is as good in the mean and uncertain.",
    ] = "mean"
    race: Annotated[
        bool,
        "Train one seed of every finalist after the other, and no further seed of a finalist whose "
        "bound to the better is beyond the best one's bound to the worse. It saves trainings with "
        "5 seeds or more, and takes longer where all would train at once.",
    ] = False
    ensemble: Annotated[
        int,
        "How many of the finalists' best trainings, of any configuration and seed, may also be one "
        "model: the mean of what they answer, of classes and characters the mean of their "
        "probabilities. The means of the best 2, 3 and so on are scored on the validation part, "
        "and the best of them is the champion where it is better than the finalist that would "
        "win alone. "
        "With 1 none is tried.",
        Range(1, 30, unit="trainings"),
    ] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceConfig:
    """What an hour of a core and of a GPU costs, for `max_cost`."""

    cpu: Annotated[
        float, "Price of a core for an hour, in the unit of max_cost.", Range(0, 1_000_000)
    ] = 0.0
    gpu: Annotated[
        float, "Price of a GPU for an hour, in the unit of max_cost.", Range(0, 1_000_000)
    ] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig:
    """What a study looks for, how long, and by which sampler and stopping rule."""

    metric: Annotated[
        str,
        "The metric by which trials are compared, such as `val_mse`: one that the task reports; "
        "`rnnsearch check` lists them. Each task has a default.",
    ]
    goal: Annotated[
        Goal,
        "Which way the metric is better. Each metric has its own goal, so this may be left out.",
    ] = Goal.MINIMIZE
    goals: Annotated[
        tuple[str, ...],
        "What else trials are compared by, beside `metric`: `parameters`, `memory_mb`, `latency`, "
        "`training_seconds` to the last epoch, or other metrics of the task. Trials are then "
        "stopped and chosen by fronts: one that no other beats in every goal is in the first.",
    ] = ()
    choose: Annotated[
        str,
        "Which finalist becomes the champion where there are several goals: `metric`, the best by "
        "it; `knee`, the one nearest to the best in every goal; or the best by the metric of those "
        "that keep bounds, as `parameters <= 5000`, several with commas between them.",
    ] = "metric"
    constraints: Annotated[
        tuple[str, ...],
        "Bounds that trials keep, as `parameters <= 50000`: a name, `<=` or `>=`, and a number. A "
        "configuration that breaks one of `parameters`, `memory_mb` (its memory as it trains, in "
        "MB, right to a factor of two) or `latency` (milliseconds of one time step of one "
        "sequence, on one core) is not trained, and is no trial. One that breaks a bound of "
        "a metric at its best epoch, or of `training_seconds`, is no champion where another trial "
        "keeps all.",
    ] = ()
    num_trials: Annotated[
        int,
        "Trials of the search; a single one where the file has no distribution.",
        Range(1, 1_000_000, unit="trials"),
    ] = 60
    time_budget: Annotated[
        float | None,
        "How long a run of the study may take; null for no limit.",
        Range(above=0, most=10 * 366 * 24 * 3600, unit="seconds"),
        DURATION,
    ] = None
    max_device_hours: Annotated[
        float | None,
        "Hours that all packs of a study may take together, over all of its runs, those of the "
        "finalists included; null for no limit.",
        Range(above=0, most=100_000_000, unit="hours"),
    ] = None
    max_cost: Annotated[
        float | None,
        "What these hours may cost, by search.price; null for no limit.",
        Range(above=0, most=1_000_000_000),
    ] = None
    price: Annotated[PriceConfig, "What an hour of a core and of a GPU costs."] = field(
        default_factory=PriceConfig
    )
    stop_when_done: Annotated[
        bool,
        "End the search once a further gain is not expected: when 100 trials, and a third of all, "
        "have ended since the best one.",
    ] = False
    sampler: Annotated[SamplerConfig, "What proposes the configurations.", OneOf(samplers)] = field(
        default_factory=TpeConfig
    )
    scheduler: Annotated[
        StoppingConfig, "The stopping rule, which ends weak trials early.", OneOf(stopping_rules)
    ] = field(default_factory=AshaConfig)
    deterministic: Annotated[
        bool,
        "Decide in virtual time, by training steps and not by the clock, so that the study has the "
        "same trials, stops and champion with any number of packs and each time. Packs then wait "
        "for one another.",
    ] = False
    virtual_workers: Annotated[
        int,
        "With `deterministic`: how many trials are trained at a time, on whatever packs. Another "
        "number makes another study.",
        Range(1, 4096, unit="trials"),
    ] = 16
    warm_start: Annotated[
        str | None,
        "Another study in the storage folder, of the same task and metric, whose ended trials the "
        "sampler learns from too, as far as they fit; they are no trials of this one. null for "
        "none.",
    ] = None
    warm_start_first: Annotated[
        int,
        "So many of the best complete trials of `warm_start` are trained again, as first trials.",
        Range(0, 1000, unit="trials"),
    ] = 0
    finalists: Annotated[
        FinalistsConfig, "Which trials are trained again before one of them becomes the champion."
    ] = field(default_factory=FinalistsConfig)
    register_as: Annotated[
        str | None,
        "The registered model in MLflow whose next version the winner becomes, beside those of "
        "other studies; null takes the study's name.",
    ] = None
    seed: Annotated[
        int, "Random seed of the sampler, and of the seeds of the trials.", Range(0, below=2**32)
    ] = 0

    def __post_init__(self) -> None:
        """Turn the text of a goal, as space files and people's code have it, into a `Goal`."""
        object.__setattr__(self, "goal", Goal(self.goal))

    @property
    def together(self) -> int | None:
        """How many trials have to be trained at a time; None where it may be any number."""
        return self.virtual_workers if self.deterministic else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcesConfig:
    """How the machine or the cluster is used; `auto` is chosen from what it has."""

    packs: Annotated[
        int | Literal["auto"],
        "Packs, the worker processes that each train several trials at once.",
        Range(1, 10_000, unit="processes"),
    ] = "auto"
    max_packs: Annotated[
        int | None,
        "With `packs: auto`, the packs that Ray is asked for at most, as far as trials need them, "
        "also where no node has room yet: an autoscaler adds nodes. null takes what there is.",
        Range(1, 10_000, unit="processes"),
    ] = None
    slots: Annotated[
        int | Literal["auto"],
        "Slots of a pack: the trials that it trains at once.",
        Range(1, 4096, unit="trials"),
    ] = "auto"
    cpus_per_pack: Annotated[
        float, "CPU cores that a pack asks Ray for.", Range(0.0001, 4096, unit="cores")
    ] = 1.0
    gpus_per_pack: Annotated[
        float,
        "What a pack asks Ray for of a GPU, on which it trains all its trials: 1, or a part of it, "
        "so that packs share one; 0 trains on the CPU. A training script may have several.",
        Range(0, 64, unit="GPUs"),
    ] = 0.0
    cpus_without_gpu: Annotated[
        float | None,
        "With `gpus_per_pack`: packs run also on nodes that have no GPU, and train on the CPU with "
        "so many cores each. null leaves these nodes alone.",
        Range(0.0001, 4096, unit="cores"),
    ] = None
    pack_timeout: Annotated[
        float | None,
        "A pack that has not reported for so long is replaced, as one whose process died; null "
        "waits for ever.",
        Range(10, 30 * 24 * 3600, unit="seconds"),
        DURATION,
    ] = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """One study, complete and checked.

    Attributes:
        name: The study's name, by default the file's name without its ending.
        values: Every fixed field under its dotted key (`model.cell`), defaults filled in.
        parameters: Every sampled field under its dotted key, in the file's order.
        first_trials: Configurations to evaluate first, as complete params (every active
            parameter, lists under their labels); trial 0 is the first.
        search: The section `search` of the file.
        resources: The section `resources` of the file.
        notes: Keys of the file that have no effect, in sentences.
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

    def stopping_rule(self, others: Others = lambda number, epoch: ()) -> StoppingRule:
        """Make the study's stopping rule, which knows of no trial yet.

        Args:
            others: Gives the costs of trials in the goals beside the metric, where there are any;
                without it the rule compares by the metric alone.
        """
        search, last = self.search, int(self.values["training.max_epochs"])
        if search.goals:
            config: Any = search.scheduler
            return seeded(config.rule_by_goals(last, search.goal, others), search.seed)
        return seeded(search.scheduler.rule(last, search.goal), search.seed)

    @property
    def pack_price(self) -> float:
        """What an hour of a pack costs."""
        price, resources = self.search.price, self.resources
        return resources.cpus_per_pack * price.cpu + resources.gpus_per_pack * price.gpu

    def pack_seconds(self) -> float:
        """Seconds that all packs may take together, over all runs; infinite for no limit."""
        hours, cost = self.search.max_device_hours, self.search.max_cost
        by_hours = math.inf if hours is None else hours
        return 3600 * min(by_hours, math.inf if cost is None else cost / self.pack_price)

    @property
    def cost_limits(self) -> bool:
        """Whether the costs come to their limit before the hours of the packs do."""
        hours = self.search.max_device_hours
        return hours is None or self.pack_seconds() < 3600 * hours

    def first_params(self) -> Mapping[str, Any]:
        """The params of trial 0 where the file names them; else none, for the defaults."""
        return self.first_trials[0] if self.first_trials else {}
