"""What a spec means, as plain values, for `rnnsearch check` to print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rnnsearch.models.weights import parameter_count
from rnnsearch.space.checks import known_metrics
from rnnsearch.space.corners import MAX_CORNERS, configurations, corners
from rnnsearch.space.fields import NETWORK, applies, fields_of, flat
from rnnsearch.space.networks import MOST_MADE
from rnnsearch.space.notes import custom_notes, notes_of
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import first_task, model_config
from rnnsearch.stopping.rule import rungs_called
from rnnsearch.tasks.base import Metric, TaskData
from rnnsearch.tasks.load import load_data


@dataclass(frozen=True, slots=True)
class Sampled:
    """A sampled field in words.

    Attributes:
        key: Dotted.
        draws: Its distribution as the file writes it: `logint: [8, 32]`.
        when: The condition under which it is active, `model.cell is rnn`; empty for always.
        default: Its value where it is inactive.
    """

    key: str
    draws: str
    when: str
    default: Any


@dataclass(frozen=True, slots=True)
class StudyDescription:
    """Describes a study before it runs.

    Attributes:
        spec: The study.
        defaults: The keys of fixed fields that have their default.
        parameters: Its sampled fields.
        metrics: The metrics that the task reports, the study's among them.
        rows: How many points or symbols each part of the data has.
        inputs: Features that enter at a time step, or symbols of the vocabulary.
        outputs: Numbers that the network's head gives at a time step.
        notes: Sentences that a person should read before running it.
        parameter_counts: Weights and biases of the smallest and the largest model.
        rungs: Epochs at which a trial may be stopped; empty where nothing stops it;
            `rungs_called` is the rule's word for them.
        configurations: How many different ones the space holds; None for too many to count.
        search: Fields of the sections search and resources under their dotted keys.
    """

    spec: StudySpec
    defaults: tuple[str, ...]
    parameters: tuple[Sampled, ...]
    metrics: tuple[Metric, ...]
    rows: Mapping[str, int]
    inputs: int
    outputs: int
    notes: tuple[str, ...]
    parameter_counts: tuple[int, int]
    rungs: tuple[int, ...]
    rungs_called: str
    configurations: int | None
    search: Mapping[str, Any]


def describe(spec: StudySpec) -> StudyDescription:
    """Describe a study; reads the data, and imports nothing heavier than numpy.

    Raises:
        DataError: The data is gone since the spec was loaded.
    """
    fields = fields_of(spec.values, spec.parameters)
    data = load_data(first_task(spec))
    parameters = tuple(
        Sampled(
            key,
            str(one.distribution),
            one.requirement(),
            fields[key].default,
        )
        for key, one in spec.parameters.items()
    )
    counts = parameter_counts(spec, data)
    rule = spec.stopping_rule()
    return StudyDescription(
        spec=spec,
        defaults=tuple(key for key, value in spec.values.items() if value == fields[key].default),
        parameters=parameters,
        metrics=tuple(known_metrics(data)),
        rows={part: rows for part, rows in data.rows().items() if rows},
        inputs=data.input_size,
        outputs=data.output_size,
        notes=(*data.notes(), *custom_notes(spec, data), *notes_of(spec, counts[1])),
        parameter_counts=counts,
        rungs=rule.rungs,
        rungs_called=rungs_called(rule),
        configurations=configurations(spec),
        search=_search(spec),
    )


def parameter_counts(spec: StudySpec, data: TaskData) -> tuple[int, int]:
    """Weights and biases of the smallest and the largest model of the space; 0 of a script, whose
    models nobody else knows."""
    if not applies(spec.values["task.type"], "model.cell"):
        return 0, 0
    # The count grows with every size, so it is least and greatest at extremes of the sizes.
    fields = fields_of(spec.values, spec.parameters)
    keys = [key for key in fields if key.startswith("model.")]
    custom = NETWORK in spec.values  # its class is made to be counted
    counts = [
        parameter_count(
            model_config(values),
            input_size=data.input_size,
            output_size=data.output_size,
            symbolic=data.symbolic,
        )
        for values in islice(corners(spec, keys), MOST_MADE if custom else MAX_CORNERS)
    ]
    return min(counts), max(counts)


def _search(spec: StudySpec) -> dict[str, Any]:
    """The fields of `search` and `resources` by dotted key, as a file writes them.

    Those of `_ELSEWHERE` are left out: a description has a place of its own for them.
    """
    settings = {**dict(flat("search", spec.search)), **dict(flat("resources", spec.resources))}
    fields = fields_of({**spec.values, **settings})
    return {
        key: fields[key].as_written(value)
        for key, value in settings.items()
        if key not in _ELSEWHERE
    }


_ELSEWHERE = {f"search.{name}" for name in ("metric", "goal", "num_trials", "time_budget")}
