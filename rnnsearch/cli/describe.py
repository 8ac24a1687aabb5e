"""Print what a search-space file means, for the command `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.space.fields import fields_of
from rnnsearch.space.words import duration, listed, short, short_params
from rnnsearch.vocabulary import REQUIRED

if TYPE_CHECKING:
    from rnnsearch.space.describe import StudyDescription


def print_description(study: StudyDescription) -> None:
    """Print data, models, sampled and fixed values, the search, and the metrics."""
    spec, search = study.spec, study.spec.search
    budget = search.time_budget
    limit = f", at most {duration(budget)}" if budget is not None else ""
    print(f"{spec.name}: {spec.values['task.type']}, {search.num_trials} trials{limit}")

    rows = ", ".join(f"{part} {count:,}" for part, count in study.rows.items())
    generated = "made as it is needed"
    if rows and "train" not in study.rows:
        generated = f"{rows} rows; that of training {generated}"
    rows = f"{rows} rows" if "train" in study.rows else generated
    low, high = study.parameter_counts
    if high:
        print(f"\ndata: {rows}; {study.inputs} inputs, {study.outputs} outputs")
    else:
        print("\ndata and models: the script's own")
    for note in study.notes:
        print(f"  note: {note}")

    if high:
        print(f"\nmodels: {low:,} to {high:,} parameters")
    if study.configurations is not None:
        print(f"  {study.configurations} configurations in all")

    print("\nsampled:" if study.parameters else "\nsampled: nothing, the study is one trial")
    for parameter in study.parameters:
        condition = ""
        if parameter.when:
            condition = f"  when {parameter.when}"
            if parameter.default is not REQUIRED:
                condition += f", else {_written(parameter.default)}"
        print(f"  {parameter.key}: {parameter.draws}{condition}")
    for number, params in enumerate(spec.first_trials):
        print(f"  trial {number}: {short_params(params)}")

    print("\nfixed (* is a default):")
    fields = fields_of(spec.values, spec.parameters)
    for key, value in spec.values.items():
        written = _written(fields[key].as_written(value))
        print(f"  {key}: {written}{' *' if key in study.defaults else ''}")

    print("\nsearch:")
    for key, value in study.search.items():
        print(f"  {key}: {_written(value)}")
    last = spec.values["training.max_epochs"]
    rungs = listed([str(epoch) for epoch in study.rungs]) or "none"
    print(f"  {study.rungs_called} at epochs: {rungs}; the last epoch is {last}")

    print(f"\nmetrics ({search.goal} {search.metric}):")
    for metric in study.metrics:
        mark = ">" if metric.name == search.metric else " "
        print(f"  {mark} {metric.name} [{metric.unit}] {metric.goal}: {metric.meaning}")


def _written(value: object) -> str:
    """A value as it is written in a space file."""
    return "null" if value is None else short(value)
