"""The config of the arrays task: which file holds the arrays, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.base import Part
from rnnsearch.tasks.custom_metrics import MetricPaths
from rnnsearch.tasks.folds import ValidationConfig, folds_problems
from rnnsearch.tasks.scaling import ScalerKind
from rnnsearch.tasks.splits import SplitConfig, split_problems
from rnnsearch.vocabulary import PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class ArraysConfig:
    """Learn what belongs to sequences that lie in arrays: a number or a class for each sequence, or
    for each of its time steps."""

    type: Literal["arrays"] = "arrays"
    path: Annotated[
        str | None,
        "An `.npz` file with `train_x`, `train_y`, `val_x`, `val_y` and, if there is a test part, "
        "`test_x` and `test_y`. x has the shape (sequences, time steps, features), or (sequences, "
        "time steps) of one feature or of symbols. y has a row a sequence, or (sequences, time "
        "steps, ...). Sequences of unequal length have `train_lengths` and so on beside them, and "
        "are padded, or lie end to end: (time steps of all, features). Without `val_x` the parts "
        "are drawn, see `split`; then `x`, `y` and `lengths` will do. "
        "`columns` may have the names of the features.",
        PATH,
    ] = None
    inputs: Annotated[
        Literal["auto", "numbers", "symbols"],
        "What x holds. `auto`: whole numbers from 0 on without an axis of features are symbols, "
        "all else are numbers.",
    ] = "auto"
    targets: Annotated[
        Literal["auto", "numbers", "classes"],
        "What y holds. `auto`: texts, truth values and one whole number an answer are classes, all "
        "else are numbers.",
    ] = "auto"
    answers: Annotated[
        Literal["auto", "every", "last"],
        "`every`: y has an answer for every time step; `last`: one for a whole sequence. `auto`: "
        "what the shape of y says.",
    ] = "auto"
    scaler: Annotated[
        ScalerKind,
        "Of inputs that are numbers, each feature by itself, fitted on the training part alone.",
    ] = "standard"
    target_scaler: Annotated[
        ScalerKind,
        "Of targets that are numbers, each by itself, fitted on the training part alone.",
    ] = "standard"
    metrics: MetricPaths = ()
    split: Annotated[
        SplitConfig,
        "Shares of the sequences that are drawn at random for each part where the file has no "
        "`val_x`; of a class its share each. A given test part stays.",
    ] = field(default_factory=SplitConfig)
    validation: Annotated[ValidationConfig, "How trials are validated."] = field(
        default_factory=ValidationConfig
    )


def problems(config: ArraysConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` and what is wrong with its value.
    """
    if config.path is None:
        return [("path", "is missing: name an .npz file, as numpy.savez writes it.")]
    if not config.path.lower().endswith(".npz"):
        return [("path", f"must name an .npz file, as numpy.savez writes it, not {config.path!r}.")]
    needed: list[Part] = ["train"] if config.validation.folds else ["train", "val"]
    return folds_problems(config.validation) + split_problems(config.split, needed)
