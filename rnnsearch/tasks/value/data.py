"""Sequences with a number each, encoded and split into parts, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Loss, Metric, Part, Score
from rnnsearch.tasks.custom_metrics import custom_metrics
from rnnsearch.tasks.portrait import Portrait
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.sequences.config import WRITTEN, written_keys
from rnnsearch.tasks.sequences.data import SequencesData, encoded, two_texts
from rnnsearch.tasks.sequences.encoder import encoder_of
from rnnsearch.tasks.sequences.numbers import numbers_in
from rnnsearch.tasks.sequences.parts import parts_without_classes
from rnnsearch.tasks.sequences.source import (
    Source,
    length_notes,
    read,
    read_step_rows,
    read_text_rows,
)
from rnnsearch.tasks.sequences.weights import one_weight_each
from rnnsearch.tasks.value.baselines import mean, ridge
from rnnsearch.tasks.value.config import ValueConfig

FALLING = (
    "Where the number changes from row to row, as a remaining life does, each beginning of a "
    "record is a sequence: `rnnsearch guide your-data` shows how to write them."
)


@dataclass(eq=False, kw_only=True)
class ValueData(SequencesData):
    """Encoded sequences of each part, their numbers, and how new sequences are encoded.

    Attributes:
        values: The number of each sequence of a part in the data's units, float64 [sequences].
        answer: What scales the numbers for a network, fitted on the training part.
    """

    config: ValueConfig
    values: dict[Part, Floats]
    answer: Scaler

    losses: tuple[Loss, ...] = field(default=("mse", "huber", "l1"), init=False)
    output_size = 1

    @classmethod
    def read(cls, config: ValueConfig) -> ValueData:
        """Read sequences, drop duplicates, split, and encode.

        Raises:
            DataError: They cannot be read, a value is no number, all are the same, or there are too
                few for the parts.
        """
        source = read(config, partial(_read, config))
        values = _numbers(config, source)
        kinds = np.unique(values, return_inverse=True)[1]
        divided = parts_without_classes(config, source, kinds, "value")
        parts, notes = divided.parts, divided.notes
        if several := divided.several:
            notes.append(f"{several:,} sequences stand with a second value too, in the same part")
        train = values[parts["train"]]
        if len(set(train.tolist())) < 2:
            raise DataError(
                f"the column {config.target!r} is {train[0]:g} in the whole training part; a "
                "constant has nothing to learn.",
                "task.target",
            )
        sequences: Sequence[Any] = source.sequences
        encoder = encoder_of(config, [sequences[at] for at in parts["train"].tolist()])
        return cls(
            config=config,
            encoder=encoder,
            sequences=encoded(encoder, sequences, parts),
            digest=source.digest,
            reading_notes=(*source.notes, *notes, *length_notes(config, sequences)),
            fold_numbers=divided.folds,
            weights=one_weight_each(config, source, parts["train"]),
            values={part: values[places] for part, places in parts.items()},
            answer=Scaler.fit(train[:, None], "standard"),
        )

    @classmethod
    def stand_in(cls, config: ValueConfig) -> ValueData:
        """The same task on two made texts, whose metrics have the same names."""
        encoder, sequences = two_texts(config)
        return cls(
            config=config,
            encoder=encoder,
            sequences=sequences,
            values={part: np.array([0.0, 1.0]) for part in sequences},
            answer=Scaler((0.0,), (1.0,)),
        )

    def metrics(self) -> Sequence[Metric]:
        """Mean absolute error, and the root of the mean squared error, over the validation part."""
        over, unit = self.over(), self.config.target
        own = [
            Metric("val_mae", unit, "minimize", f"mean absolute error {over}"),
            Metric(
                "val_rmse", unit, "minimize", f"root of the mean squared error {over}", loss=True
            ),
        ]
        return [*own, *custom_metrics(self.config.metrics, own, over)]

    def portrait(self) -> Portrait:
        """The numbers of each part, beside the lengths of the sequences."""
        lengths = super().portrait()
        return replace(lengths, numbers={self.config.target: self.values, **lengths.numbers})

    def take(self, whole: ValueData, numbers: Mapping[Part, Ints]) -> None:
        """See `SequencesData.take`."""
        self.values = {part: whole.values["train"][some] for part, some in numbers.items()}

    def rivals(self) -> Sequence[Score]:
        """The mean of the training part, and a ridge regression."""
        custom = self.config.metrics
        return [mean(self.values, custom), ridge(self.sequences, self.values, custom)]

    def manifest(self) -> dict[str, Any]:
        """The columns of a table to read, how a sequence is encoded, and the answer's scale."""
        config = self.config
        columns = {"id": config.id, "time": config.time, "text": config.text}
        return {
            "task": "value",
            "target": config.target,
            "columns": columns,
            WRITTEN: written_keys(config),
            "answer": self.answer.to_json(),
            "encoder": self.encoder.to_json(),
        }


def _read(config: ValueConfig, path: Path) -> Source[str]:
    if config.text is not None:
        return read_text_rows(config, path, config.target)
    return read_step_rows(
        config, path, config.target, lambda rows: rows.one("value", "task.target", FALLING)
    )


def _numbers(config: ValueConfig, source: Source[str]) -> Floats:
    """The number of each sequence.

    Raises:
        DataError: One is no finite number; its place is named.
    """
    remedy = " Name the column of the numbers in task.target, or learn classes with `type: labels`."
    cells = {config.target: source.answers}
    try:
        path = Path(config.path or "")
        return numbers_in(cells, lambda row, _: source.place(row), remedy, path, config.decimal)[0]
    except DataError as error:
        raise DataError(str(error), "task.target") from error
