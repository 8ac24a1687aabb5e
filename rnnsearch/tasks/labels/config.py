"""The config of the labels task: where the labelled sequences come from, and how they are split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.given import given_problems, is_given
from rnnsearch.tasks.scaling import ScalerKind
from rnnsearch.tasks.splits import TableSplitConfig, column_of, split_problems
from rnnsearch.vocabulary import PATH, NeverSampled, Range, outside

MOST_NUMBERS = 100_000_000
"""The most numbers of all generated sequences: they take 8 bytes each and are held several
times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedConfig:
    """Sequences of standard normal values, made instead of read, with two classes."""

    rule: Annotated[
        Literal["none", "random", "sign_of_last"],
        "`random` draws each label by itself, so that nothing can be learned; `sign_of_last` "
        "takes the sign of the last feature at the last step; `none` makes none.",
    ] = "none"
    count: Annotated[int, "Training sequences.", Range(2, 100_000_000, unit="sequences")] = 1000
    held_out: Annotated[
        int,
        "Sequences of the validation part, and of the test part: enough to tell chance from skill.",
        Range(2, 100_000_000, unit="sequences"),
    ] = 2000
    length: Annotated[int, "Steps a sequence.", Range(1, 1_000_000, unit="steps")] = 10
    num_features: Annotated[int, "Values a step.", Range(1, 1_000_000)] = 5
    seed: Annotated[
        int,
        "Of values and labels.",
        Range(0, below=2**32),
        NeverSampled("trials are compared on the same sequences"),
    ] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsConfig:
    """Learn the class of sequences of any length.

    They are read from `path` or made by `generated.rule`; exactly one of the two is given.
    """

    type: Literal["labels"] = "labels"
    path: Annotated[
        str | None,
        "A folder with one text file a class, a sequence a line; or a table: a CSV file with a "
        "header, its cells divided by commas, semicolons, tabs or bars, or a Parquet file.",
        PATH,
    ] = None
    val_path: Annotated[
        str | None,
        "A folder or table of the same layout with the validation part; `path` then holds the "
        "training part.",
        PATH,
    ] = None
    test_path: Annotated[
        str | None,
        "The same with the test part. Without `val_path` the validation part is taken out of "
        "`path`, the share `split.val` of each class, drawn at random.",
        PATH,
    ] = None
    text: Annotated[
        str | None, "Of a table with one sequence a row, the column that holds the text."
    ] = None
    label: Annotated[str, "Of a table, the column that holds the class."] = "label"
    id: Annotated[
        str | None,
        "Of a table with one step a row, the column that says to which sequence it belongs.",
    ] = None
    time: Annotated[
        str | None,
        "With `id`, the column that orders the steps, numbers or dates; null: row order.",
    ] = None
    features: Annotated[
        tuple[str, ...], "With `id`, the columns of numbers that are the sequence."
    ] = ()
    generated: Annotated[GeneratedConfig, "Sequences to make instead of reading any."] = field(
        default_factory=GeneratedConfig
    )
    normalize: Annotated[
        Literal["nfc", "ascii"],
        "Of texts. `nfc` composes accents; `ascii` drops them, and all else that is not ASCII.",
    ] = "nfc"
    max_length: Annotated[
        int | None,
        "Longer sequences keep their last steps; null cuts none.",
        Range(1, 10_000_000_000, unit="steps"),
    ] = None
    scaler: Annotated[
        ScalerKind,
        "Of numbers, each column by itself, fitted on the steps of the training part alone.",
    ] = "standard"
    split: Annotated[
        TableSplitConfig,
        "Shares of each class, drawn at random; equal sequences stay in one part.",
    ] = field(default_factory=TableSplitConfig)
    split_seed: Annotated[
        int,
        "Of that draw.",
        Range(0, below=2**32),
        NeverSampled("trials are compared on the same held-out sequences"),
    ] = 0


def problems(config: LabelsConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    if mistakes := outside(config):
        return mistakes
    if (config.path is None) == (config.generated.rule == "none"):
        mistakes = [("path", "give exactly one of path and generated.rule (random, sign_of_last).")]
    else:
        mistakes = column_problems(config)
    if is_given(config):
        mistakes += given_problems(config)
        if not config.split.val and config.val_path is None:
            complaint = (
                "must be above 0: the search selects on it, should no validation part be given."
            )
            mistakes.append(("split.val", complaint))
    elif config.generated.rule == "none":
        mistakes += split_problems(config.split, ["train", "val"])
    else:
        mistakes += _generated_problems(config.generated)
    return mistakes


def column_problems(config: LabelsConfig) -> list[tuple[str, str]]:
    mistakes: list[tuple[str, str]] = []
    named = [key for key in ("text", "id", "time", "features") if getattr(config, key)]
    dividing = column_of(config.split)
    if config.generated.rule != "none":
        named += [] if dividing is None else ["split.column"]
        return [(key, "names a column, and generated sequences have none.") for key in named]
    if config.text is not None and len(named) > 1:
        mistakes.append(
            (named[1], "goes with steps that are rows; with `text` a row is a whole sequence.")
        )
    elif config.text is None:
        if config.features and config.id is None:
            mistakes.append(("features", "needs `id`, the column that tells sequences apart."))
        if config.id is not None and not config.features:
            mistakes.append(
                ("id", "needs `features`, the columns of numbers that are the sequence.")
            )
        if config.time is not None and config.id is None:
            mistakes.append(("time", "needs `id`, the column that tells sequences apart."))
    columns = [config.text, config.label, config.id, config.time, *config.features, dividing]
    given = [column for column in columns if column is not None]
    mistakes.extend(
        ("features" if column in config.features else "label", f"names {column!r} twice.")
        for column in dict.fromkeys(given)
        if given.count(column) > 1
    )
    return mistakes


def _generated_problems(generated: GeneratedConfig) -> list[tuple[str, str]]:
    sequences = generated.count + 2 * generated.held_out
    numbers = sequences * generated.length * generated.num_features
    if numbers <= MOST_NUMBERS:
        return []
    message = (
        f"asks for {numbers:,} numbers, with twice the held_out sequences, of length steps and "
        f"num_features each; at most {MOST_NUMBERS:,} fit."
    )
    return [("generated.count", message)]
