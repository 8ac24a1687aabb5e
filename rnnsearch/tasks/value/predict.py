"""The numbers that a trained model predicts for new sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.sequences.predict import answers, encode_all, sequences_of_frame


def predict(manifest: Mapping[str, Any], predictor: Predictor, sequences: Sequence[Any]) -> Floats:
    """Predict the number of sequences of any length.

    Args:
        manifest: That of the model's task.
        predictor: A stack of one network that answers at the last time step.
        sequences: Texts, or arrays (time steps, features) in the units of the data.

    Returns:
        In the units of the data, [sequences].

    Raises:
        ModelError: There is no sequence, or one of them is not what the model reads; it is named by
            its place, counted from 0.
    """
    encoded = encode_all(manifest, sequences)
    scaled = np.empty(len(encoded))
    for numbers, outputs in answers(encoded, predictor):
        scaled[numbers] = outputs[0, :, 0].double().cpu().numpy()
    return Scaler.from_json(manifest["answer"]).undo(scaled[:, None])[:, 0]


def predict_frame(manifest: Mapping[str, Any], predictor: Predictor, frame: Any) -> Any:
    """Predict the number of the sequences of a DataFrame that has the columns of training.

    Args:
        frame: Either a sequence in each row, in a column of texts; or a time step in each row, with
            the id of its sequence, the features and, where training had one, the time, which then
            orders the time steps.

    Returns:
        A DataFrame with a row for each sequence, in the order in which they first appear: its id,
        where rows are time steps, and the number, under the name that its column had in training.

    Raises:
        ModelError: A column or a cell is missing, or a sequence is not what the model reads.
        DataError: A cell is no number or no time.
    """
    names, sequences = sequences_of_frame(manifest, frame)
    values = predict(manifest, predictor, sequences)
    return valued(manifest, values, manifest["columns"]["id"], names)


def valued(
    manifest: Mapping[str, Any], values: Floats, column: str, names: Sequence[str] | None
) -> Any:
    """Numbers as a DataFrame with a row for each sequence.

    Args:
        column: What the column of the names is called.
        names: Of the sequences, their ids or texts; None leaves the column out.
    """
    import pandas

    table = pandas.DataFrame({manifest["target"]: values})
    if names is not None:
        table.insert(0, column + "_" * (column in table.columns), list(names))
    return table
