"""What a study will take: trials at each rung, memory, kernels, device time and wall time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna

from rnnsearch.search.planning.calibration import Cost, calibrate
from rnnsearch.search.planning.interval import Interval
from rnnsearch.search.planning.population import Population, play
from rnnsearch.search.tune.places import Places, plan
from rnnsearch.search.tune.task_store import TaskStore
from rnnsearch.space.footprint import largest_trial_bytes
from rnnsearch.space.measures import broken_before
from rnnsearch.space.proposals import make_sampler, suggest
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import first_task, trial_config
from rnnsearch.tasks.base import TaskData
from rnnsearch.training.config import TrialConfig

MOST_TRIED = 50
"""Proposals for each configuration that is to be calibrated, where constraints forbid others."""
PLAYED = 24
"""Studies that are played through for the trials at rungs."""

DRAWN = 400
"""Draws of a whole study, of which the intervals are percentiles."""

FEWEST = 8
"""Configurations that are measured at least, where the study has so many."""

START_SECONDS, END_SECONDS = 11.0, 6.0
"""What a study takes on two cores before its first training step, and from the last one to the
prompt; `rnnsearch bench records` measures the second."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study is expected to take on this machine.

    Attributes:
        places: Packs at once, and trials that a pack holds.
        trial_bytes: Memory of the largest trial, right to a factor of about two; 0 for unknown.
        kernels: What computes the trials, in words, with the share of configurations.
        rungs: How many trials come to each rung and to the last epoch, by epoch.
        epochs: Epochs of all trials of the search together.
        epoch_seconds: A trial's share of a pack's time in an epoch.
        reruns: Trainings of the finalists with other seeds.
        device_seconds: Time of all packs together.
        wall_seconds: From the command to the prompt.
        measured: How many of the calibrated configurations took training steps.
        calibrated: How many configurations were calibrated.
        cut: Whether the study's time budget ends it before its last trial.
    """

    places: Places
    trial_bytes: int
    kernels: Mapping[str, float]
    rungs: Mapping[int, Interval]
    epochs: Interval
    epoch_seconds: Interval
    reruns: int
    device_seconds: Interval
    wall_seconds: Interval
    measured: int
    calibrated: int
    cut: bool


def plan_study(spec: StudySpec, available: Mapping[str, float], seconds: float) -> Plan | None:
    """Plan a study for the packs that a cluster has room for, after a short calibration here.

    Args:
        available: What the cluster has, as `ray.cluster_resources()` tells it.
        seconds: How long the calibration may take.

    Returns:
        None where no configuration could be trained.

    Raises:
        ClusterError: The cluster has no room for a pack.
        DataError: The data cannot be read.
    """
    data = TaskStore()
    trial_bytes = largest_trial_bytes(spec, data[first_task(spec)])
    finalists = spec.search.finalists
    reruns = min(finalists.top, spec.search.num_trials) * (finalists.seeds - 1)
    most = max(spec.search.num_trials, reruns)
    together = min(most, spec.search.together or 0)
    places = plan(spec.resources, [available], most, trial_bytes, together)
    costs = calibrate(spec, data.__getitem__, _configs(spec, places.slots, data), seconds)
    if not costs:
        return None
    aboard = together or places.packs * places.slots
    played = [play(spec, aboard, seed) for seed in range(PLAYED)]
    return _reckoned(spec, places, trial_bytes, costs, played, reruns)


def _configs(spec: StudySpec, slots: int, data: Mapping[Any, TaskData]) -> list[TrialConfig]:
    """The first configurations that the study's sampler proposes, a pack's worth.

    Those that break a constraint, and are not trained in the study either, are passed over.
    """
    count = min(spec.search.num_trials, max(slots, FEWEST))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=make_sampler(spec, asked=0))
    configs: list[TrialConfig] = []
    for number in range(count * MOST_TRIED):
        if number < len(spec.first_trials):
            study.enqueue_trial(dict(spec.first_trials[number]))
        params = suggest(spec, study.ask())
        if not broken_before(spec, params, number, data):
            configs.append(trial_config(spec, params, seed=number))
        if len(configs) == count:
            break
    return configs


def _reckoned(
    spec: StudySpec,
    places: Places,
    trial_bytes: int,
    costs: Sequence[Cost],
    played: Sequence[Population],
    reruns: int,
) -> Plan:
    """The plan that follows from measured costs and studies that were played through."""
    dice = random.Random(0)
    last = int(spec.values["training.max_epochs"])
    spent = [cost.seconds for cost in costs]
    means, devices, walls = list[float](), list[float](), list[float]()
    budget, cut = spec.search.time_budget, 0
    for _ in range(DRAWN):
        mean = sum(dice.choices(spent, k=len(spent))) / len(spent)
        search = dice.choice(played).epochs * mean
        final = reruns * last * mean
        # Finalists are few: packs without one stand still.
        wall = search / places.packs + final / min(places.packs, max(1, reruns))
        if budget is not None and wall > budget:
            cut += 1
            search, final, wall = search * budget / wall, final * budget / wall, budget
        means.append(mean)
        devices.append(search + final)
        walls.append(START_SECONDS + wall + END_SECONDS)
    kernels = Counter(cost.kernel for cost in costs if cost.kernel)
    return Plan(
        places=places,
        trial_bytes=trial_bytes,
        kernels={name: count / kernels.total() for name, count in kernels.most_common()},
        rungs={rung: Interval.of([one.at[rung] for one in played]) for rung in played[0].at},
        epochs=Interval.of([one.epochs for one in played]),
        epoch_seconds=Interval.of(means),
        reruns=reruns,
        device_seconds=Interval.of(devices),
        wall_seconds=Interval.of(walls),
        measured=sum(cost.measured for cost in costs),
        calibrated=len(costs),
        cut=2 * cut > DRAWN,
    )
