"""The config of the value task: where sequences with a number each come from, and how they are
split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.tasks.scaling import ScalerKind
from rnnsearch.tasks.sequences.config import TextsConfig, column_problems, part_problems
from rnnsearch.vocabulary import outside


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueConfig(TextsConfig):
    """Learn one number a sequence of any length: a remaining life, a score."""

    type: Literal["value"] = "value"
    scaler: Annotated[
        ScalerKind,
        "Of the features, each column by itself, fitted on the steps of the training part alone. "
        "The number itself is learned at mean 0 and deviation 1, and scored in its own units.",
    ] = "standard"
    target: Annotated[
        str, "The column that holds the number; with `id`, the same in each row of a sequence."
    ] = "target"


def problems(config: ValueConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    if mistakes := outside(config):
        return mistakes
    if config.path is None:
        mistakes.append(("path", "is missing: name a CSV or Parquet file."))
    if config.text is None and config.id is None:
        complaint = (
            "name the column of the texts, or `id` and `features` of a table with a step a row."
        )
        mistakes.append(("text", complaint))
    return [*mistakes, *column_problems(config, "target"), *part_problems(config)]
