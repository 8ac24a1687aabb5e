"""Sequences that a person gives to a trained model, and what its network answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.files import columns as arrow
from rnnsearch.tasks.files.written.reading import read_times
from rnnsearch.tasks.frames import frame_columns, text_cells
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.config import WRITTEN
from rnnsearch.tasks.sequences.encoder import encoder_from_json, encoding
from rnnsearch.tasks.sequences.table import put_in_order, rows_by_id

if TYPE_CHECKING:
    from torch import Tensor


def encode_all(manifest: Mapping[str, Any], sequences: Sequence[Any]) -> list[NDArray[Any]]:
    """Sequences of a person as a network reads them.

    Args:
        manifest: That of the model's task.
        sequences: Texts, or arrays (time steps, features) in the units of the data.

    Raises:
        ModelError: There is no sequence, or one of them is not what the model reads; it is named by
            its place, counted from 0.
    """
    if isinstance(sequences, str) or not len(sequences):
        raise ModelError("give a list of at least one sequence.")
    encoder = encoder_from_json(encoding(manifest))
    encoded = []
    for place, sequence in enumerate(sequences):
        try:
            encoded.append(encoder.encode(sequence))
        except ModelError as error:
            raise ModelError(f"sequence {place}: {error}") from error
    return encoded


def answers(encoded: Sequence[NDArray[Any]], predictor: Predictor) -> Iterator[tuple[Ints, Tensor]]:
    """What a network answers for each sequence.

    Args:
        predictor: A stack of one network.

    Yields:
        Numbers of sequences of like length, and the outputs of the head, [T', sequences, outputs].
    """
    import torch

    from rnnsearch.tasks.whole import WholeSequences

    read = torch.int64 if encoded[0].ndim == 1 else predictor.dtype
    whole = WholeSequences(Ragged.of(encoded), predictor.device, read)
    for numbers, _, outputs in whole.read(predictor):
        yield numbers.cpu().numpy(), outputs[0]


def sequences_of_frame(manifest: Mapping[str, Any], frame: Any) -> tuple[list[str] | None, Any]:
    """The ids of the sequences of a DataFrame, None where each row is a text, and the sequences.

    Raises:
        ModelError: A column or a cell is missing.
        DataError: A cell is no number or no time.
    """
    if encoding(manifest)["reads"] == "text":
        return None, text_cells(frame, manifest["columns"]["text"])
    rows, values = rows_of_frame(manifest, frame)
    return list(rows), [values[own] for own in rows.values()]


def rows_of_frame(manifest: Mapping[str, Any], frame: Any) -> tuple[dict[str, list[int]], Floats]:
    """The rows of each sequence of a table, by its id, in the order of their time if any.

    Returns:
        The numbers of the rows, and the values of all rows, [rows, features].

    Raises:
        ModelError: A cell is empty or infinite, or a sequence has a time twice.
        DataError: A cell is no number or no time.
    """
    columns, features = manifest["columns"], encoding(manifest)["features"]
    id, time = columns["id"], columns["time"]
    arrow_columns = frame_columns(frame, [id, *([time] if time else []), *features])
    values = np.stack(
        [arrow.numbers(arrow_columns[name], f"the rows, column {name!r}") for name in features],
        axis=1,
    )
    for row, number in np.argwhere(~np.isfinite(values)):
        what = "an infinite" if np.isinf(values[row, number]) else "no"
        raise ModelError(f"row {row} (from 0) has {what} value of {features[number]!r}.")
    ids = arrow.texts(arrow_columns[id], f"the rows, column {id!r}").to_pylist()
    for row, name in enumerate(ids):
        if not name:
            raise ModelError(f"row {row} (from 0) has no {id!r}, which tells the sequences apart.")
    rows = rows_by_id(ids)
    if time:
        times = read_times(
            arrow_columns[time],
            lambda row: f"the rows, column {time!r}, row {row} (from 0)",
            manifest.get(WRITTEN, {}).get("date_format"),
        )
        for name, own in rows.items():
            same = put_in_order(own, times)
            if same is not None:
                raise ModelError(
                    f"rows {same[0]} and {same[1]} (from 0) of the sequence {name!r} have the "
                    f"same {time!r}."
                )
    return rows, values
