"""What a spec means, as plain values: what `check` prints."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rnnsearch.models.config import ModelConfig, is_own
from rnnsearch.models.weights import parameter_count
from rnnsearch.space.checks import BETWEEN_LAYERS, known_metrics, layer_counts
from rnnsearch.space.corners import corners
from rnnsearch.space.distributions import Choice, Distribution, Int
from rnnsearch.space.fields import fields_of, flat
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import build, first_task
from rnnsearch.space.words import as_written, condition_text, draws
from rnnsearch.tasks.base import Metric, TaskData
from rnnsearch.tasks.load import load_data
from rnnsearch.vocabulary import SAME_SCORES


@dataclass(frozen=True, slots=True)
class Sampled:
    """A sampled field in words.

    Attributes:
        key: Dotted.
        draws: Its distribution, as the file writes it: `logint: [8, 32]`.
        when: On what it hangs: `model.cell is rnn`; empty where it is always active.
        default: What it is where it is inactive.
    """

    key: str
    draws: str
    when: str
    default: Any


@dataclass(frozen=True, slots=True)
class StudyDescription:
    """A study before it runs.

    Attributes:
        name: Of the study.
        task: The task's type.
        fixed: Every field that is not sampled, under its dotted key, defaults included.
        defaults: Those of them that stand at their default.
        parameters: Every sampled field.
        metrics: What the task reports, the study's own metric among it.
        metric: What the study selects on.
        goal: `minimize` or `maximize`.
        rows: Points or symbols of each part.
        inputs: Features of a number task, or symbols of the vocabulary.
        outputs: Of the head.
        notes: What a person should know before running.
        parameter_counts: Weights and biases of the smallest and the largest model.
        num_trials: To evaluate at most.
        time_budget_seconds: None for no limit.
        max_epochs: Of every trial.
        rungs: Epochs at which a trial may be stopped; empty where nothing stops it.
        first_trials: Complete params of the configurations that come first.
        configurations: How many different ones the space holds; None for endlessly many.
        search: Rules and resources under their dotted keys.
    """

    name: str
    task: str
    fixed: Mapping[str, Any]
    defaults: tuple[str, ...]
    parameters: tuple[Sampled, ...]
    metrics: tuple[Metric, ...]
    metric: str
    goal: str
    rows: Mapping[str, int]
    inputs: int
    outputs: int
    notes: tuple[str, ...]
    parameter_counts: tuple[int, int]
    num_trials: int
    time_budget_seconds: float | None
    max_epochs: int
    rungs: tuple[int, ...]
    first_trials: tuple[Mapping[str, Any], ...]
    configurations: int | None
    search: Mapping[str, Any]


def describe(spec: StudySpec) -> StudyDescription:
    """Everything that `check` prints; reads the data, and nothing heavier than numpy.

    Raises:
        DataError: The data is gone since the spec was loaded.
    """
    fields = fields_of(spec.values)
    data = load_data(first_task(spec))
    parameters = tuple(
        Sampled(
            key,
            draws(one.distribution),
            " and ".join(condition_text(*item) for item in one.when.items()),
            fields[key].default,
        )
        for key, one in spec.parameters.items()
    )
    counts = parameter_counts(spec, data)
    return StudyDescription(
        name=spec.name,
        task=str(spec.values["task.type"]),
        fixed=spec.values,
        defaults=tuple(key for key, value in spec.values.items() if value == fields[key].default),
        parameters=parameters,
        metrics=tuple(known_metrics(data)),
        metric=spec.search.metric,
        goal=spec.search.goal,
        rows={part: rows for part, rows in data.rows().items() if rows},
        inputs=data.input_size,
        outputs=data.output_size,
        notes=(*data.notes(), *spec.notes, *_notes(spec), *_too_large(spec, counts[1])),
        parameter_counts=counts,
        num_trials=spec.search.num_trials,
        time_budget_seconds=spec.search.time_budget,
        max_epochs=spec.values["training.max_epochs"],
        rungs=spec.stopping_rule().rungs,
        first_trials=spec.first_trials,
        configurations=configurations(spec),
        search=_search(spec),
    )


def parameter_counts(spec: StudySpec, data: TaskData) -> tuple[int, int]:
    """Weights and biases of the smallest and the largest model of the space."""
    # A count grows with every size, so the extremes of the sizes hold the extremes of it.
    keys = [key for key in fields_of(spec.values) if key.startswith("model.")]
    counts = [
        parameter_count(
            build(ModelConfig, "model", values),
            input_size=data.input_size,
            output_size=data.output_size,
            symbolic=data.symbolic,
        )
        for values in corners(spec.parameters, spec.values, keys)
    ]
    return min(counts), max(counts)


def configurations(spec: StudySpec) -> int | None:
    """How many different configurations the space holds; None where a range is continuous.

    Up to the limit of `corners`; above it None too, since nobody will ever try them all.
    """
    total = 1
    for parameter in spec.parameters.values():
        size = _size(parameter.distribution)
        if size is None:
            return None
        total *= size
    if total > 2000:
        return None
    wide = {
        key: replace(one, distribution=Choice(tuple(_members(one.distribution))))
        for key, one in spec.parameters.items()
    }
    return sum(1 for _ in corners(wide, spec.values, wide))


def _size(distribution: Distribution) -> int | None:
    if isinstance(distribution, Choice):
        return len(distribution.members)
    if distribution.step is None:
        return None
    return round((distribution.high - distribution.low) / distribution.step) + 1


def _members(distribution: Distribution) -> Sequence[Any]:
    if isinstance(distribution, Choice):
        return distribution.members
    if isinstance(distribution, Int):
        return range(distribution.low, distribution.high + 1, distribution.step)
    step = distribution.step or 1.0
    return [distribution.low + step * index for index in range(_size(distribution) or 0)]


def _search(spec: StudySpec) -> dict[str, Any]:
    """Rules and resources as a file writes them, but for what the description says elsewhere."""
    found = {**dict(flat("search", spec.search)), **dict(flat("resources", spec.resources))}
    fields = fields_of({**spec.values, **found})
    return {
        key: as_written(fields[key], value) for key, value in found.items() if key not in _ELSEWHERE
    }


_ELSEWHERE = {f"search.{name}" for name in ("metric", "goal", "num_trials", "time_budget")}


def _too_large(spec: StudySpec, parameters: int) -> list[str]:
    """A note where the largest model does not even fit into this machine's memory by itself."""
    each = 8 if "float64" in _drawn(spec, "training.dtype") else 4
    needed = 4 * each * parameters  # weights, their gradients and two moments
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed <= memory:
        return []
    return [
        f"the largest model takes {needed / 1e9:,.0f} GB as it trains, of weights, gradients and "
        f"Adam's moments alone, and this machine has {memory / 1e9:,.0f} GB"
    ]


def _notes(spec: StudySpec) -> list[str]:
    """What is allowed, and yet perhaps not meant."""
    notes = []
    if not spec.parameters:
        notes.append("nothing is sampled: the study is one trial")
    count = configurations(spec)
    if spec.parameters and count is not None and count < spec.search.num_trials:
        notes.append(
            f"the space holds {count} configurations, fewer than the {spec.search.num_trials} "
            "trials: some are trained again with other seeds"
        )
    fields = fields_of(spec.values)
    sampled_task = [
        key
        for key in spec.parameters
        if key.startswith("task.") and not fields[key].marked(SAME_SCORES)
    ]
    if sampled_task:
        notes.append(
            f"{', '.join(sampled_task)} {'is' if len(sampled_task) == 1 else 'are'} sampled: "
            f"trials are compared by {spec.search.metric} though they may not solve the same task"
        )
    if len(spec.first_trials) > spec.search.num_trials:
        notes.append(
            f"only the first {spec.search.num_trials} of {len(spec.first_trials)} first_trials fit"
        )
    return notes + _idle(spec)


def _idle(spec: StudySpec) -> list[str]:
    """Fields that do nothing in some trials of the space."""
    notes = []
    for key, one in fields_of(spec.values).items():
        if one.needs is None:
            continue
        parent, members = one.needs
        if key in spec.parameters and parent in spec.parameters:
            if parent not in spec.parameters[key].when:
                notes.append(
                    f"{key} is sampled where it does nothing too; it works with "
                    f"`when: {{{parent}: {members[0]}}}`"
                )
        elif (
            key not in spec.parameters
            and key in spec.values
            and spec.values[key] != one.default
            and parent in spec.values
            and spec.values[parent] not in members
        ):
            notes.append(f"{key} does nothing while {parent} is {spec.values[parent]}")
    layers = "model.num_layers"
    fewest, most = layer_counts(spec.parameters, spec.values)
    for key in BETWEEN_LAYERS:
        if key in spec.parameters:
            if fewest < 2 and layers in spec.parameters and layers not in spec.parameters[key].when:
                notes.append(
                    f"{key} is sampled where it does nothing too; it works with "
                    f"`when: {{{layers}: {{min: 2}}}}`"
                )
        elif spec.values.get(key) and most < 2:
            notes.append(f"{key} does nothing while {layers} is 1")
    slow = [cell for cell in _drawn(spec, "model.cell") if is_own(cell)]
    notes += [
        f"{cell} is your own cell: a slow path, one trial and one step at a time" for cell in slow
    ]
    return notes


def _drawn(spec: StudySpec, key: str) -> Sequence[Any]:
    """Every value that a field can have in a trial."""
    if key in spec.parameters:
        return _members(spec.parameters[key].distribution)
    return [spec.values[key]]
