"""What was asked: the task, the metric, the space, and how it was searched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import shorten
from typing import Any

from rnnsearch.report.blocks import Block, Code, Table, Text
from rnnsearch.report.subject import Subject
from rnnsearch.space.field import Field
from rnnsearch.space.fields import fields_of
from rnnsearch.space.words import duration, given_text

MOST_MEANING = 110
"""Signs of what a field is."""
ALWAYS = ("task.type", "model.cell", "training.max_epochs")
"""Fixed fields that are told even where they have their defaults."""


def contents(subject: Subject) -> Iterator[Block]:
    spec, search = subject.spec, subject.spec.search
    values = spec.values
    what, metric = values["task.type"], subject.metric
    trials = "a single training"
    if spec.parameters and search.num_trials > 1:
        trials = f"{search.num_trials:,} trials"
    yield Text(
        f"Which configuration is the best for the task “{what}”? Judged by {subject.metric_name}, "
        f"of which {search.goal.side} is better, in {trials} of {subject.max_epochs:,} epochs at "
        "most."
    )
    if metric is not None:
        unit = f" ({subject.unit})" if subject.unit else ""
        yield Text(f"{subject.metric_name}: {metric.meaning}{unit}.")
    for note in subject.notes:
        yield Text(f"Note: {note}.")
    known = fields_of(values, spec.parameters)
    if spec.parameters:
        where = {key: one.requirement() for key, one in spec.parameters.items()}
        heads = ["parameter", "drawn from", *(["where"] if any(where.values()) else [])]
        meanings = {key: _meaning(known.get(key)) for key in spec.parameters}
        heads += ["what it is"] if any(meanings.values()) else []
        rows = [
            [
                key,
                str(one.distribution),
                *([where[key] or "always"] if any(where.values()) else []),
                *([meanings[key]] if any(meanings.values()) else []),
            ]
            for key, one in spec.parameters.items()
        ]
        yield Table(heads, rows, caption="What was searched")
    given = [
        [key, _written(value, known.get(key)), _meaning(known.get(key))]
        for key, value in values.items()
        if key in ALWAYS or (key in known and _told(value) and value != known[key].default)
    ]
    yield Table(
        ["field", "value", "what it is"], given, caption="What was given; the rest is by default"
    )
    yield Table(["field", "value"], _how(search), caption="How it was searched")
    yield Code("The whole space file", spec.yaml.splitlines(), folded=True)


def _written(value: Any, field: Field | None) -> str:
    """A value as a person reads it, a time with its unit."""
    return given_text(value if field is None else field.as_written(value))


def _meaning(field: Field | None) -> str:
    """What a field is, in its first sentence; empty of a person's own keys."""
    meaning = "" if field is None else field.says.meaning
    sentence = re.split(r"(?<=[a-z0-9)`])[.] ", meaning, maxsplit=1)[0].rstrip(".")
    return shorten(sentence.replace("`", ""), MOST_MEANING, placeholder=" …")


def _told(value: Any) -> bool:
    """Whether a value says something."""
    return value is not None and value != "" and value != ()


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
        f"{name.replace('_', ' ')} {given_text(value)}"
        for name, value in keys.items()
        if value is not None
    )
    kind = str(getattr(config, "type", type(config).__name__))
    return f"{kind} ({given})" if given else kind
