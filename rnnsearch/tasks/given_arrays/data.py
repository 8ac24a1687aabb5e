"""Sequences and their targets out of arrays, scaled and numbered, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.custom_metrics import custom_metrics
from rnnsearch.tasks.files.arrays import read_arrays
from rnnsearch.tasks.files.opened import FROM_SPACE, read_data
from rnnsearch.tasks.folds import InFolds, without_val
from rnnsearch.tasks.given_arrays.answers import Answers, answers
from rnnsearch.tasks.given_arrays.baselines import baselines
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.given_arrays.drawn_parts import drawn_parts
from rnnsearch.tasks.given_arrays.folds import folds_of_arrays, with_val
from rnnsearch.tasks.given_arrays.inputs import (
    check_widths,
    contiguous,
    numbers_of,
    symbol_count,
)
from rnnsearch.tasks.given_arrays.singles import single_problems
from rnnsearch.tasks.given_arrays.source import (
    FOLDER,
    Sequences,
    columns_of,
    digest,
    named_arrays,
    sequences,
    unused,
)
from rnnsearch.tasks.portrait import Portrait, counted
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.shuffling import batch_problem

FEW_NAMES = 8
"""Names of features that a note tells at most."""


@dataclass(eq=False)
class ArraysData(InFolds):
    """The sequences of each part, their targets, and how new inputs are scaled.

    Attributes:
        inputs: Scaled numbers float32 [time steps, features], or symbols int64 [time steps].
        targets: Scaled numbers float64 [answers, outputs], or classes int64 [answers]. The answers
            of a sequence are as many as its time steps where there is one at `every` time step,
            else one.
        classes: The names of the classes; empty where targets are numbers.
        symbols: How many symbols there are; 0 where inputs are numbers.
        scaler: Of inputs that are numbers, else None.
        target_scaler: Of targets that are numbers, else None.
        columns: The names of the features; empty where they have none.
        digest: SHA-256 of the arrays.
        reading_notes: Sentences about what was inferred.
        fold_numbers: The numbers of the training sequences of each fold; empty without folds.
    """

    config: ArraysConfig
    inputs: dict[Part, Ragged]
    targets: dict[Part, Ragged]
    every: bool
    classes: tuple[str, ...]
    symbols: int
    scaler: Scaler | None
    target_scaler: Scaler | None
    columns: tuple[str, ...]
    digest: str
    reading_notes: tuple[str, ...]
    fold_numbers: tuple[Ints, ...] = ()

    losses: tuple[Loss, ...] = field(init=False)
    quantiles: tuple[float, ...] = field(default=(), init=False)
    feedback = False
    whole_sequence = True
    symbolic: bool = field(init=False)
    input_size: int = field(init=False)
    output_size: int = field(init=False)

    def __post_init__(self) -> None:
        self.losses = ("cross_entropy",) if self.classes else ("mse", "l1", "huber")
        self.symbolic = self.scaler is None
        self.input_size = self.symbols or self.inputs["train"].values.shape[1]
        self.output_size = len(self.classes) or self.targets["train"].values.shape[1]

    @classmethod
    def read(cls, config: ArraysConfig) -> ArraysData:
        """Read a file.

        Raises:
            DataError: It cannot be read, lacks a part, or its arrays do not go together.
        """
        path = Path(config.path or "")
        if path.parent.name == FOLDER and not path.exists():
            raise DataError(
                f"the arrays that a script or a notebook gave are gone: {path}. Give the same ones "
                f"again, Study(task=Arrays(...), storage={str(path.parent.parent)!r}), which "
                "writes that file, and go on with the study."
            )
        return arranged(config, read_arrays(read_data(path, FROM_SPACE), path), str(path))

    def seq_len(self, window: Window) -> int:
        """Time steps of the longest training sequence."""
        return window.seq_len or int(self.inputs["train"].lengths.max())

    def rows(self) -> dict[Part, int]:
        """Sequences of each part that exists."""
        return {part: len(some) for part, some in self.inputs.items()}

    def sha256(self) -> str:
        """The SHA-256 of the arrays, whichever file they came in."""
        return self.digest

    def notes(self) -> Sequence[str]:
        """What the arrays were taken for, what was not used, and that there is no test part."""
        return self.reading_notes

    def metrics(self) -> Sequence[Metric]:
        """Of classes accuracy, macro-F1 and likelihood; of numbers three errors."""
        each = "every time step" if self.every else "every sequence"
        over = f"over {each} of the val part"
        if self.folds:
            over = f"over {each} of a fold, the mean of {self.folds} folds"
        own = self._own_metrics(over)
        return [*own, *custom_metrics(self.config.metrics, own, over)]

    def _own_metrics(self, over: str) -> list[Metric]:
        if self.classes:
            return [
                Metric("val_accuracy", "share", "maximize", f"answers that are right, {over}"),
                Metric("val_macro_f1", "share", "maximize", f"mean F1 of the classes, {over}"),
                Metric(
                    "val_nats",
                    "nats/answer",
                    "minimize",
                    f"mean negative log-likelihood of the true class, {over}",
                    loss=True,
                ),
            ]
        return [
            Metric(
                "val_mse",
                "scaled units squared",
                "minimize",
                f"mean squared error of the scaled targets, {over}",
                loss=True,
            ),
            Metric("val_rmse", "units of y", "minimize", f"root mean squared error, {over}"),
            Metric("val_mae", "units of y", "minimize", f"mean absolute error, {over}"),
        ]

    def window_problem(self, window: Window) -> str | None:
        """A training sequence is a whole one, and a batch is drawn without repetition."""
        if window.seq_len is not None:
            return "a training sequence is a whole one; leave training.seq_len out."
        return batch_problem(window, self.rows()["train"] - self.largest_fold)

    def parted(self, numbers: Mapping[Part, Ints]) -> ArraysData:
        """See `InFolds.parted`."""
        inputs, targets = self.inputs["train"], self.targets["train"]
        return replace(
            self,
            inputs={part: inputs.some(some) for part, some in numbers.items()},
            targets={part: targets.some(some) for part, some in numbers.items()},
            reading_notes=(),
            fold_numbers=(),
        )

    def class_counts(self) -> Sequence[int]:
        """See `class_measures.Classes`."""
        if not self.classes:
            return ()
        counts: list[int] = np.bincount(
            self.targets["train"].values, minlength=len(self.classes)
        ).tolist()
        return counts

    def rivals(self) -> Sequence[Score]:
        """One answer for all, and a linear model."""
        return baselines(
            self.inputs,
            self.targets,
            self.classes,
            self.symbols,
            self.target_scaler,
            self.config.metrics,
        )

    def portrait(self) -> Portrait:
        """How often each class is in each part, beside the lengths of the sequences."""
        labels = {part: some.values.ravel() for part, some in self.targets.items()}
        lengths = {part: some.lengths for part, some in self.inputs.items()}
        return Portrait(
            classes=counted(self.classes, labels) if self.classes else {},
            numbers={"time steps of a sequence": lengths},
        )

    def manifest(self) -> dict[str, Any]:
        """When the model answers, in what, and how its inputs and outputs are scaled."""
        return {
            "task": "arrays",
            "head": "every" if self.every else "last",
            "loss": self.losses[0],
            "classes": list(self.classes),
            "columns": list(self.columns),
            "x_scaler": self.scaler and self.scaler.to_json(),
            "y_scaler": self.target_scaler and self.target_scaler.to_json(),
        }


def arranged(config: ArraysConfig, arrays: Mapping[str, NDArray[Any]], place: str) -> ArraysData:
    """The data that some arrays hold.

    Args:
        place: What holds them, for messages.

    Raises:
        DataError: One is missing, or they do not go together.
    """
    parts = named_arrays(arrays, place)
    read = {part: sequences(given, place) for part, given in parts.items()}
    symbols = symbol_count(config, read, place)
    targets = answers(config, parts, read, place)
    of_part, drawn = dict(targets.of_part), ""
    if "val" not in parts:
        read, of_part, drawn = _drawn(config, read, targets, place)
    elif config.validation.folds:
        read, of_part = with_val(read, of_part)
    scaler = target_scaler = None
    coarse: list[str] = []
    if symbols:
        inputs = {part: contiguous(one.values, np.int64) for part, one in read.items()}
    else:
        numbers = {part: numbers_of(one.values) for part, one in read.items()}
        check_widths(numbers, place)
        scaler = Scaler.fit(numbers["train"].values, config.scaler)
        inputs = {}
        for part, one in numbers.items():
            scaled = scaler.apply(one.values)
            coarse += single_problems(scaled, part, "x", "scaler", place)
            inputs[part] = contiguous(Ragged(scaled, one.starts), np.float32)
    if not targets.classes:
        target_scaler = Scaler.fit(of_part["train"].values, config.target_scaler)
        of_part = {
            part: Ragged(target_scaler.apply(one.values), one.starts)
            for part, one in of_part.items()
        }
        for part, one in of_part.items():
            coarse += single_problems(one.values, part, "y", "target_scaler", place)
    columns = columns_of(arrays, parts)
    data = ArraysData(
        config,
        inputs,
        of_part,
        targets.every,
        targets.classes,
        symbols,
        scaler,
        target_scaler,
        columns,
        digest(parts, columns),
        (),
    )
    notes = [_taken_for(data), *filter(None, [drawn]), *targets.doubts, *coarse]
    if left := unused(arrays, parts):
        notes.append(f"{place} also holds {', '.join(left)}, which the task does not use")
    if "test" not in of_part:
        judged = "its folds" if config.validation.folds else "val"
        notes.append(f"there is no test_x: the champion is scored on {judged} alone")
    if config.validation.folds:
        data.fold_numbers, about = folds_of_arrays(
            config.validation.folds, inputs["train"], of_part["train"], targets.classes
        )
        notes += about
    data.reading_notes = tuple(notes)
    return data


def _drawn(
    config: ArraysConfig, read: Mapping[Part, Sequences], targets: Answers, place: str
) -> tuple[dict[Part, Sequences], dict[Part, Ragged], str]:
    """Inputs and targets of parts that are drawn from the training part, and a note."""
    answers, inputs = targets.of_part["train"], read["train"].values
    count, tested = len(targets.classes), "test" in read
    folds = config.validation.folds
    shares = without_val(config.split) if folds else config.split
    numbers = drawn_parts(shares, answers, count, tested=tested, place=place)
    given = {part: one for part, one in read.items() if part != "train"}
    kept = {part: one for part, one in targets.of_part.items() if part != "train"}
    if list(numbers) == ["train"]:
        return dict(read), dict(targets.of_part), ""
    sizes = ", ".join(f"{len(some):,} for {part}" for part, some in numbers.items())
    note = (
        f"there is no {'test' if folds else 'val'}_x: of {len(inputs):,} sequences {sizes} are "
        "drawn at random (task.split); where neighbours overlap, as windows of one series do, give "
        "the parts yourself"
    )
    return (
        {part: Sequences(inputs.some(some), None) for part, some in numbers.items()} | given,
        {part: answers.some(some) for part, some in numbers.items()} | kept,
        note,
    )


def _taken_for(data: ArraysData) -> str:
    """What the arrays were taken for, in a sentence with their shapes."""
    lengths = data.inputs["train"].lengths
    least, most = int(lengths.min()), int(lengths.max())
    steps = f"{most} time steps" if least == most else f"{least} to {most} time steps"
    fed = f"{data.symbols} symbols" if data.symbols else f"{data.input_size} features"
    if data.columns:
        more = ", ..." if len(data.columns) > FEW_NAMES else ""
        fed += f" ({', '.join(data.columns[:FEW_NAMES])}{more})"
    if data.classes:
        answer = f"one of {len(data.classes)} classes"
    else:
        answer = "a number" if data.output_size == 1 else f"{data.output_size} numbers"
    at = "each time step" if data.every else "each sequence"
    return f"read as sequences of {steps}, {fed} a time step, with {answer} for {at}"
