"""The config of the labels task: where the labelled sequences come from, and how they are split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.given import is_given
from rnnsearch.tasks.sequences.config import TextsConfig, column_problems, part_problems
from rnnsearch.tasks.splits import TableSplitConfig, column_of
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
class LabelsConfig(TextsConfig):
    """Learn the class of sequences of any length.

    They are read from `path` or made by `generated.rule`; exactly one of the two is given.
    """

    type: Literal["labels"] = "labels"
    path: Annotated[
        str | None,
        "A folder with one text file a class, a sequence a line, or with one folder a class, a "
        "text a file; or a table: a CSV file with a header, its cells divided by commas, "
        "semicolons, tabs or bars, or a Parquet file.",
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
    split: Annotated[
        TableSplitConfig,
        "Shares of each class, drawn at random; equal sequences stay in one part.",
    ] = field(default_factory=TableSplitConfig)
    label: Annotated[str, "Of a table, the column that holds the class."] = "label"
    generated: Annotated[GeneratedConfig, "Sequences to make instead of reading any."] = field(
        default_factory=GeneratedConfig
    )


def problems(config: LabelsConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    if mistakes := outside(config):
        return mistakes
    made = config.generated.rule != "none"
    if (config.path is None) != made:
        mistakes = [("path", "give exactly one of path and generated.rule (random, sign_of_last).")]
    elif made:
        named = [
            key
            for key in ("text", "id", "time", "features", "sample_weight")
            if getattr(config, key)
        ]
        named += [] if column_of(config.split) is None else ["split.column"]
        mistakes = [(key, "names a column, and generated sequences have none.") for key in named]
    else:
        mistakes = column_problems(config, "label")
    if is_given(config) or not made:
        return mistakes + part_problems(config)
    if config.validation.folds:
        message = "needs sequences that are read: of generated ones there are as many as you like."
        mistakes.append(("validation.folds", message))
    return mistakes + _generated_problems(config.generated)


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
