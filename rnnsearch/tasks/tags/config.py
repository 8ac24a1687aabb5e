"""The config of the tags task: where sequences with a label for each time step come from, and how
they are split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.tasks.sequences.config import SequencesConfig, column_problems, part_problems
from rnnsearch.vocabulary import PATH, outside


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsConfig(SequencesConfig):
    """Learn one label a step of sequences of any length: an activity, a state, a part of speech."""

    type: Literal["tags"] = "tags"
    path: Annotated[
        str | None,
        "A table with a step a row: a CSV file with a header, its cells divided by commas, "
        "semicolons, tabs or bars, or a Parquet file.",
        PATH,
    ] = None
    id: Annotated[str | None, "The column that says to which sequence a step belongs."] = None
    time: Annotated[
        str | None, "The column that orders the steps, numbers or dates; null: row order."
    ] = None
    features: Annotated[tuple[str, ...], "The columns of numbers that are the sequence."] = ()
    sample_weight: Annotated[
        str | None,
        "A column of numbers of at least 0 that the loss of a step is multiplied with in training; "
        "metrics weigh all alike.",
    ] = None
    label: Annotated[str, "The column that holds the label of each step."] = "label"


def problems(config: TagsConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    if mistakes := outside(config):
        return mistakes
    if config.path is None:
        mistakes.append(("path", "is missing: name a CSV or Parquet file with a step a row."))
    if config.id is None and not config.features:
        mistakes.append(("id", "is missing: name the column that tells the sequences apart."))
    return [*mistakes, *column_problems(config, "label"), *part_problems(config)]
