"""How long an epoch takes on this machine, by training some configurations of a study for moments.

A pack holds as many of them as it will in the study, so that they share what trials share. One pack
trains epochs of a single step, which shows what the evaluation takes; another trains steps alone.
Where a pack gets to few of them in that time, the others are reckoned by their size.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from rnnsearch.models.config import AnyModel
from rnnsearch.models.weights import parameter_count
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.base import TaskData, Window
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.families import family_of
from rnnsearch.tasks.load import build_task
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.pack import Pack

LONG = 4096
"""Steps of an epoch in which steps are measured; a trial that comes to its end waits there, and one
evaluation is among so many steps."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an epoch of one configuration takes.

    Attributes:
        seconds: The trial's share of a pack's time in an epoch, its evaluation included.
        measured: Whether its steps were taken; else the time is reckoned by its size.
        kernel: What computes it, in words; empty where it was not trained.
    """

    config: TrialConfig
    seconds: float
    measured: bool
    kernel: str


def calibrate(
    spec: StudySpec,
    data: Callable[[TaskConfig], TaskData],
    configs: Sequence[TrialConfig],
    seconds: float,
) -> list[Cost]:
    """Measure the costs of some configurations, a pack's worth, on one thread of this process.

    Args:
        data: Gives the data of a task.
        seconds: About how long it may take in all; overstepped by one evaluation at most.

    Returns:
        A cost each, in the order of the configs; none where not a single one could be trained.
    """
    torch.set_num_threads(max(1, int(spec.resources.cpus_per_pack)))  # as a pack does
    names = [str(number) for number in range(len(configs))]
    if family_of(configs[0].task).own_loop:
        spent, kernels = _epochs(spec, data, dict(zip(names, configs, strict=True)), seconds)
        known = [spent[name] for name in names if name in spent]
        typical = statistics.fmean(known) if known else 0.0
        return [
            Cost(config, spent.get(name, typical), name in spent, kernels.get(name, ""))
            for name, config in zip(names, configs, strict=True)
            if known
        ]
    single = {name: _in_steps(one, 1) for name, one in zip(names, configs, strict=True)}
    spent, _ = _epochs(spec, data, single, seconds / 2)
    steps, kernels = _steps(spec, data, {n: _in_steps(one, LONG) for n, one in single.items()},
                            seconds / 2)  # fmt: skip
    if not steps:
        return []
    work = {
        name: _work(config, _size(config.model, data(config.task)))
        for name, config in single.items()
    }
    evaluations = {name: max(0.0, spent[name] - steps[name]) for name in spent if name in steps}
    costs = []
    for name, config in zip(names, configs, strict=True):
        step = _reckoned(steps, name, work)
        evaluation = _reckoned(evaluations, name, work)
        taken = step * steps_of(config, data(config.task)) + evaluation
        costs.append(Cost(config, taken, name in steps, kernels.get(name, "")))
    return costs


def steps_of(config: TrialConfig, data: TaskData) -> int:
    """Training steps of an epoch."""
    if (steps := config.training.steps_per_epoch) is not None:
        return steps
    task = build_task(config.task, data, torch.device("cpu"), getattr(torch, config.training.dtype))
    window = Window(config.training.batch_size, config.training.seq_len, None)
    return len(task.epoch_index(config.seed, 0, window))


def _in_steps(config: TrialConfig, steps: int) -> TrialConfig:
    return replace(config, training=replace(config.training, steps_per_epoch=steps))


def _pack(
    spec: StudySpec,
    data: Callable[[TaskConfig], TaskData],
    configs: Mapping[str, TrialConfig],
) -> Pack:
    pack = Pack(data, objective=spec.search.metric, goal=spec.search.goal)
    for name, config in configs.items():
        pack.add(name, config)
    return pack


def _epochs(
    spec: StudySpec,
    data: Callable[[TaskConfig], TaskData],
    configs: Mapping[str, TrialConfig],
    seconds: float,
) -> tuple[dict[str, float], dict[str, str]]:
    """Seconds of the second epoch of each configuration that came to it, and what computes them.

    The first epoch of built-in models also compiles and plans: it counts where no configuration
    came to a second one. Epochs of a loop of its own are alike, and the last one counts.
    """
    pack = _pack(spec, data, configs)
    first: dict[str, float] = {}
    second: dict[str, float] = {}
    end = time.perf_counter() + seconds
    limits = dict.fromkeys(configs, 2)
    while pack.wanting(limits) and (left := end - time.perf_counter()) > 0:
        for report in pack.train(limits, left).reports:
            (first if report.epoch == 1 else second)[report.trial_id] = report.seconds
    own_loop = any(family_of(config.task).own_loop for config in configs.values())
    return ({**first, **second} if own_loop else second or first), pack.kernels


def _steps(
    spec: StudySpec,
    data: Callable[[TaskConfig], TaskData],
    configs: Mapping[str, TrialConfig],
    seconds: float,
) -> tuple[dict[str, float], dict[str, str]]:
    """Seconds of a training step of each configuration that got to take some, and what computes
    them.

    All train at once first, and then those by themselves that had no turn.
    """
    pack = _pack(spec, data, configs)
    for name in configs:  # a first step, which plans and compiles
        pack.train({name: 1}, 0.0)
    before = {name: (one.total, one.seconds) for name, one in pack.state().items()}
    reports = pack.train(dict.fromkeys(configs, 1), seconds / 2).reports
    idle = [name for name, one in pack.state().items() if one.total == before[name][0]]
    for name in idle:
        reports += pack.train({name: 1}, seconds / 2 / len(idle)).reports
    # An epoch that ended took its seconds out of the snapshot, and the next one has none yet.
    ended = {report.trial_id: report.seconds for report in reports}
    spent = {}
    for name, one in pack.state().items():
        total, already = before[name]
        if one.total > total:
            spent[name] = (ended.get(name, one.seconds) - already) / (one.total - total)
    return spent, pack.kernels


def _size(model: AnyModel, data: TaskData) -> int:
    return parameter_count(
        model,
        input_size=data.input_size,
        output_size=data.output_size,
        symbolic=data.symbolic,
    )


def _reckoned(measured: Mapping[str, float], name: str, work: Mapping[str, float]) -> float:
    """Seconds that one configuration was measured to take, or else those that follow from its work,
    at the median pace of the others: a single one that was held up does not set the pace."""
    if name in measured or not measured:
        return measured.get(name, 0.0)
    return work[name] * statistics.median(measured[one] / work[one] for one in measured)


def _work(config: TrialConfig, size: int) -> float:
    """What a training step's arithmetic grows with: weights times time steps times sequences."""
    return float(size * config.training.batch_size * (config.training.seq_len or 64))
