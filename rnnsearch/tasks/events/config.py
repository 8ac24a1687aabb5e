"""The config of the events task: which file holds the sequences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.custom_metrics import MetricPaths
from rnnsearch.tasks.folds import ValidationConfig, folds_problems
from rnnsearch.vocabulary import PATH, outside


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsConfig:
    """Predict the next of a sequence of binary vectors: which keys of a piano sound, for
    example."""

    type: Literal["events"] = "events"
    path: Annotated[
        str | None,
        "A `.mat` file (MATLAB 5 to 7.2) or an `.npz` file that holds the sequences of each part "
        "under `train`, `val` and `test`, or `traindata`, `validdata` and `testdata`: a cell or "
        "object array of matrices (steps, events) of 0 and 1. A part may also be one matrix of "
        "all steps, beside `train_lengths` and so on. `test` may be missing, and with folds `val`.",
        PATH,
    ] = None
    metrics: MetricPaths = ()
    validation: Annotated[ValidationConfig, "How trials are validated."] = field(
        default_factory=ValidationConfig
    )


def problems(config: EventsConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` and what is wrong with its value.
    """
    mistakes = [*outside(config), *folds_problems(config.validation)]
    if config.path is None:
        mistakes.append(("path", "is missing: name a .mat or .npz file."))
    return mistakes
