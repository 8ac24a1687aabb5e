"""What a trained classifier makes of new sequences: labels and probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.classified import Classified
from rnnsearch.tasks.sequences.predict import answers, encode_all, sequences_of_frame


def classify(
    manifest: Mapping[str, Any], predictor: Predictor, sequences: Sequence[Any]
) -> Classified:
    """Label sequences of any length.

    Args:
        manifest: That of the model's task.
        predictor: A stack of one network that answers at the last time step.
        sequences: Texts, or arrays (time steps, features) in the units of the data.

    Raises:
        ModelError: There is no sequence, or one of them is not what the model reads; it is named by
            its place, counted from 0.
    """
    encoded = encode_all(manifest, sequences)
    classes = tuple(manifest["classes"])
    probabilities = np.empty((len(encoded), len(classes)))
    for numbers, outputs in answers(encoded, predictor):
        probabilities[numbers] = outputs[0].double().softmax(-1).cpu().numpy()
    labels = tuple(classes[at] for at in probabilities.argmax(axis=1).tolist())
    return Classified(labels, probabilities, classes)


def labelled(result: Classified, column: str | None, names: Sequence[str] | None) -> Any:
    """Labels and probabilities as a DataFrame with a row for each sequence.

    Args:
        column: What the column of the names is called.
        names: Of the sequences, their ids or texts; None leaves the column out.
    """
    import pandas

    columns_of_classes = [f"p_{name}" for name in result.classes]
    table = pandas.DataFrame(result.probabilities, columns=columns_of_classes)
    table.insert(0, "label", list(result.labels))
    if column and names is not None:
        table.insert(0, column + "_" * (column in table.columns), list(names))
    return table


def classify_frame(manifest: Mapping[str, Any], predictor: Predictor, frame: Any) -> Any:
    """Label the sequences of a DataFrame that has the columns of training.

    Args:
        frame: Either a sequence in each row, in a column of texts; or a time step in each row, with
            the id of its sequence, the features and, where training had one, the time, which then
            orders the time steps.

    Returns:
        A DataFrame with a row for each sequence, in the order in which they first appear: its id,
        where rows are time steps; `label`, the likeliest class; and the probability of each class,
        `p_<class>`.

    Raises:
        ModelError: A column or a cell is missing, or a sequence is not what the model reads.
        DataError: A cell is no number or no time.
    """
    names, sequences = sequences_of_frame(manifest, frame)
    result = classify(manifest, predictor, sequences)
    return labelled(result, manifest["columns"].get("id"), names)
