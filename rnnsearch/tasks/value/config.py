"""The config of the value task: where sequences with a number each come from, and how they are
split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.given import given_problems, is_given
from rnnsearch.tasks.labels.config import LabelsConfig, column_problems
from rnnsearch.tasks.scaling import ScalerKind
from rnnsearch.tasks.splits import TableSplitConfig, split_problems
from rnnsearch.vocabulary import PATH, NeverSampled, Range, outside


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueConfig:
    """Learn one number a sequence of any length: a remaining life, a score."""

    type: Literal["value"] = "value"
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
        "`path`, the share `split.val`, drawn at random.",
        PATH,
    ] = None
    target: Annotated[
        str, "The column that holds the number; with `id`, the same in each row of a sequence."
    ] = "target"
    text: Annotated[
        str | None, "Of a table with one sequence a row, the column that holds the text."
    ] = None
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
        "Of the features, each column by itself, fitted on the steps of the training part alone. "
        "The number itself is learned at mean 0 and deviation 1, and scored in its own units.",
    ] = "standard"
    split: Annotated[
        TableSplitConfig, "Shares, drawn at random; equal sequences stay in one part."
    ] = field(default_factory=TableSplitConfig)
    split_seed: Annotated[
        int,
        "Of that draw.",
        Range(0, below=2**32),
        NeverSampled("trials are compared on the same held-out sequences"),
    ] = 0

    def as_labels(self) -> LabelsConfig:
        """The config with which sequences are read, where the number stands for a label."""
        return LabelsConfig(
            path=self.path,
            val_path=self.val_path,
            test_path=self.test_path,
            label=self.target,
            text=self.text,
            id=self.id,
            time=self.time,
            features=self.features,
            normalize=self.normalize,
            max_length=self.max_length,
            scaler=self.scaler,
            split=self.split,
            split_seed=self.split_seed,
        )


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
    for key, message in column_problems(config.as_labels()):
        mistakes.append(("target" if key == "label" else key, message))
    if not is_given(config):
        return mistakes + split_problems(config.split, ["train", "val"])
    if not config.split.val and config.val_path is None:
        complaint = "must be above 0: the search selects on it, should no validation part be given."
        mistakes.append(("split.val", complaint))
    return mistakes + given_problems(config)
