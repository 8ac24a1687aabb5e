"""The config of the tags task: where sequences with a label for each time step come from, and how
they are split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.given import given_problems, is_given
from rnnsearch.tasks.labels.config import LabelsConfig, column_problems
from rnnsearch.tasks.scaling import ScalerKind
from rnnsearch.tasks.splits import TableSplitConfig, split_problems
from rnnsearch.vocabulary import PATH, NeverSampled, Range, outside


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsConfig:
    """Learn one label a step of sequences of any length: an activity, a state, a part of speech."""

    type: Literal["tags"] = "tags"
    path: Annotated[
        str | None,
        "A table with a step a row: a CSV file with a header, its cells divided by commas, "
        "semicolons, tabs or bars, or a Parquet file.",
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
    label: Annotated[str, "The column that holds the label of each step."] = "label"
    id: Annotated[str | None, "The column that says to which sequence a step belongs."] = None
    time: Annotated[
        str | None, "The column that orders the steps, numbers or dates; null: row order."
    ] = None
    features: Annotated[tuple[str, ...], "The columns of numbers that are the sequence."] = ()
    scaler: Annotated[
        ScalerKind, "Of each column by itself, fitted on the steps of the training part alone."
    ] = "standard"
    split: Annotated[
        TableSplitConfig, "Shares of the sequences, drawn at random; equal ones stay in one part."
    ] = field(default_factory=TableSplitConfig)
    split_seed: Annotated[
        int,
        "Of that draw.",
        Range(0, below=2**32),
        NeverSampled("trials are compared on the same held-out sequences"),
    ] = 0

    def as_labels(self) -> LabelsConfig:
        """The config of a table of the same columns, for what the two tasks share."""
        return LabelsConfig(
            path=self.path,
            val_path=self.val_path,
            test_path=self.test_path,
            label=self.label,
            id=self.id,
            time=self.time,
            features=self.features,
            scaler=self.scaler,
            split=self.split,
            split_seed=self.split_seed,
        )


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
    mistakes += column_problems(config.as_labels())
    if not is_given(config):
        return mistakes + split_problems(config.split, ["train", "val"])
    if not config.split.val and config.val_path is None:
        complaint = "must be above 0: the search selects on it, should no validation part be given."
        mistakes.append(("split.val", complaint))
    return mistakes + given_problems(config)
