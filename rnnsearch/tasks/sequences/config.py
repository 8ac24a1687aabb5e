"""The keys that the tasks of whole sequences share: where these come from, and how they are
split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.custom_metrics import MetricPaths
from rnnsearch.tasks.folds import ValidationConfig, folds_problems
from rnnsearch.tasks.given import given_problems, is_given
from rnnsearch.tasks.scaling import ScalerKind
from rnnsearch.tasks.splits import TableSplitConfig, column_of, split_problems
from rnnsearch.vocabulary import PATH, NeverSampled, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedConfig(ValidationConfig):
    """How trials are validated, and which sequences of a table belong together."""

    group: Annotated[
        str | None,
        "Of a table, the column of what several sequences share, such as the person: all of one "
        "stay in one fold, and where the parts are drawn in one part, so that no network is judged "
        "on what it learned from. null: each sequence by itself.",
        NeverSampled("trials are compared on the same held-out sequences"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SequencesConfig:
    """Sequences of numbers in a table with a time step a row."""

    type: str = ""
    path: Annotated[
        str | None,
        "A table: a CSV file with a header, its cells divided by commas, semicolons, tabs or bars, "
        "or a Parquet file.",
        PATH,
    ] = None
    val_path: Annotated[
        str | None,
        "A table of the same columns with the validation part; `path` then holds the training "
        "part.",
        PATH,
    ] = None
    test_path: Annotated[
        str | None,
        "The same with the test part. Without `val_path` the validation part is taken out of "
        "`path`, the share `split.val` of its sequences, drawn at random.",
        PATH,
    ] = None
    id: Annotated[
        str | None,
        "Of a table with one step a row, the column that says to which sequence it belongs.",
    ] = None
    time: Annotated[
        str | None,
        "With `id`, the column that orders the steps, numbers or dates; null: row order.",
    ] = None
    date_format: Annotated[
        str | None,
        "Where the dates of `time` do not show it themselves: `dmy`, `mdy` or `ymd`, the order of "
        "day, month and year; or a pattern of Python's strptime. null leaves it to the dates.",
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None,
        "The decimal sign of the numbers of a table, where they do not show it themselves.",
    ] = None
    features: Annotated[
        tuple[str, ...], "With `id`, the columns of numbers that are the sequence."
    ] = ()
    scaler: Annotated[
        ScalerKind,
        "Of numbers, each column by itself, fitted on the steps of the training part alone.",
    ] = "standard"
    sample_weight: Annotated[
        str | None,
        "Of a table, a column of numbers of at least 0 that the loss of a sequence is multiplied "
        "with in training, the same in each of its rows; metrics weigh all alike.",
    ] = None
    split: Annotated[
        TableSplitConfig,
        "Shares of the sequences, drawn at random; equal sequences stay in one part.",
    ] = field(default_factory=TableSplitConfig)
    split_seed: Annotated[
        int,
        "Of that draw.",
        Range(0, below=2**32),
        NeverSampled("trials are compared on the same held-out sequences"),
    ] = 0
    metrics: MetricPaths = ()
    validation: Annotated[GroupedConfig, "How trials are validated."] = field(
        default_factory=GroupedConfig
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsConfig(SequencesConfig):
    """Sequences of numbers, or texts in a table with one a row."""

    text: Annotated[
        str | None, "Of a table with one sequence a row, the column that holds the text."
    ] = None
    normalize: Annotated[
        Literal["nfc", "ascii"],
        "Of texts. `nfc` composes accents; `ascii` drops them, and all else that is not ASCII.",
    ] = "nfc"
    max_length: Annotated[
        int | None,
        "Longer sequences keep their last steps; null cuts none.",
        Range(1, 10_000_000_000, unit="steps"),
    ] = None


WRITTEN = "written"
"""The key of a model's manifest under which `written_keys` stand."""


def written_keys(config: SequencesConfig) -> dict[str, str]:
    """What the config says of how cells are written, for the manifest of a model."""
    stated = {"decimal": config.decimal, "date_format": config.date_format}
    return {key: value for key, value in stated.items() if value is not None}


def column_problems(config: SequencesConfig, answer: str) -> list[tuple[str, str]]:
    """What is wrong with the names of columns, in pairs as `Family.wrong` gives them.

    Args:
        answer: The key of the column of the answers.
    """
    mistakes: list[tuple[str, str]] = []
    text = config.text if isinstance(config, TextsConfig) else None
    named = [key for key in ("id", "time", "features") if getattr(config, key)]
    if text is not None and named:
        mistakes.append(
            (named[0], "goes with steps that are rows; with `text` a row is a whole sequence.")
        )
    elif text is None:
        if config.features and config.id is None:
            mistakes.append(("features", "needs `id`, the column that tells sequences apart."))
        if config.id is not None and not config.features:
            mistakes.append(
                ("id", "needs `features`, the columns of numbers that are the sequence.")
            )
        if config.time is not None and config.id is None:
            mistakes.append(("time", "needs `id`, the column that tells sequences apart."))
    form = config.date_format
    if form is not None and "%" not in form and form not in ("dmy", "mdy", "ymd"):
        mistakes.append(
            (
                "date_format",
                "must be dmy, mdy, ymd, or a pattern of strptime such as '%d.%m.%Y %H:%M'.",
            )
        )
    if form is not None and config.time is None:
        mistakes.append(("date_format", "says how task.time is written, and there is none."))
    if config.decimal is not None and not config.features and answer != "target":
        mistakes.append(("decimal", "says how numbers of a table are written; none are read."))
    others = [text, getattr(config, answer), config.id, config.time, column_of(config.split)]
    others += [config.sample_weight, config.validation.group]
    given = [column for column in (*others, *config.features) if column is not None]
    mistakes.extend(
        ("features" if column in config.features else answer, f"names {column!r} twice.")
        for column in dict.fromkeys(given)
        if given.count(column) > 1
    )
    return mistakes


def part_problems(config: SequencesConfig) -> list[tuple[str, str]]:
    """What is wrong with how the parts are given or drawn, and with folds, in such pairs."""
    folds = config.validation.folds
    mistakes = folds_problems(config.validation)
    if not is_given(config):
        return mistakes + split_problems(config.split, ["train"] if folds else ["train", "val"])
    mistakes += given_problems(config)
    if not config.split.val and config.val_path is None and not folds:
        complaint = "must be above 0: the search selects on it, should no validation part be given."
        mistakes.append(("split.val", complaint))
    return mistakes
