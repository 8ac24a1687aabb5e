"""What was asked: the task, the metric, the space, and how it was searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rnnsearch.report.blocks import Block, Code, Table, Text
from rnnsearch.report.subject import Subject
from rnnsearch.space.words import duration, plain_text


def contents(subject: Subject) -> Iterator[Block]:
    spec, search = subject.spec, subject.spec.search
    values = spec.values
    what, metric = values["task.type"], subject.metric
    trials = "a single training"
    if spec.parameters and search.num_trials > 1:
        trials = f"{search.num_trials:,} trials"
    yield Text(
        f"Which configuration is the best for the task “{what}”? Judged by {search.metric}, of "
        f"which {search.goal.side} is better, in {trials} of {subject.max_epochs:,} epochs at most."
    )
    if metric is not None:
        unit = f", in {metric.unit}" if metric.unit else ""
        yield Text(f"{metric.name} is the {metric.meaning}{unit}.")
    for note in subject.notes:
        yield Text(f"Note: {note}.")
    if spec.parameters:
        rows = [
            [key, str(one.distribution), one.requirement() or "always"]
            for key, one in spec.parameters.items()
        ]
        yield Table(["parameter", "drawn from", "where"], rows, caption="What was searched")
    given = [[key, plain_text(value)] for key, value in values.items() if _telling(key, value)]
    yield Table(["field", "value"], given, caption="What was given")
    yield Table(["field", "value"], _how(search), caption="How it was searched")
    yield Code("The whole space file", spec.yaml.splitlines(), folded=True)


def _telling(key: str, value: Any) -> bool:
    """Whether a fixed field belongs in the table: those of the task, and the first of the rest."""
    if value is None or (isinstance(value, (list, tuple, Mapping, str)) and not value):
        return False
    wanted = ("model.cell", "model.type", "model.hidden_size", "model.num_layers")
    training = ("training.learning_rate", "training.batch_size", "training.max_epochs")
    return key.startswith(("task.", "params.")) or key in (*wanted, *training)


def _how(search: Any) -> list[list[object]]:
    finalists = search.finalists
    budget = "none" if search.time_budget is None else duration(search.time_budget)
    return [
        ["sampler", _named(search.sampler)],
        ["stopping rule", _named(search.scheduler)],
        ["time budget of a run", budget],
        [
            "finalists",
            f"the best {finalists.top}, {finalists.seeds} trainings each"
            if finalists.seeds > 1
            else "none trained again",
        ],
        ["random seed", search.seed],
    ]


def _named(config: Any) -> str:
    """A sampler or a stopping rule with its keys."""
    names = getattr(config, "__dataclass_fields__", {})
    keys = {name: getattr(config, name) for name in names if name != "type"}
    given = ", ".join(
        f"{name} {plain_text(value)}" for name, value in keys.items() if value is not None
    )
    kind = str(getattr(config, "type", type(config).__name__))
    return f"{kind} ({given})" if given else kind
