"""The labels that a trained tagger gives to the time steps of new sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.sequences.predict import answers, encode_all, rows_of_frame
from rnnsearch.tasks.sequences.unlabelled import read_steps


@dataclass(frozen=True, slots=True)
class StepLabels:
    """The labels that a model gives to the time steps of sequences.

    Attributes:
        labels: Of each sequence, the likeliest class of each time step.
        probabilities: Of each sequence, float64 [time steps, classes], in the order of `classes`.
        classes: The names of the classes.
    """

    labels: tuple[tuple[str, ...], ...]
    probabilities: tuple[Floats, ...]
    classes: tuple[str, ...]


def classify(
    manifest: Mapping[str, Any], predictor: Predictor, sequences: Sequence[Any]
) -> StepLabels:
    """Label each time step of sequences of any length.

    Args:
        manifest: That of the model's task.
        predictor: A stack of one network that answers at every time step.
        sequences: Arrays (time steps, features) in the units of the data.

    Raises:
        ModelError: There is no sequence, or one of them is not what the model reads; it is named by
            its place, counted from 0.
    """
    encoded = encode_all(manifest, sequences)
    classes = tuple(manifest["classes"])
    probabilities: list[Floats] = [np.empty(0)] * len(encoded)
    for numbers, outputs in answers(encoded, predictor):
        chances = outputs.double().softmax(-1).cpu().numpy()
        for place, number in enumerate(numbers.tolist()):
            probabilities[number] = chances[: len(encoded[number]), place]
    labels = [tuple(classes[at] for at in one.argmax(axis=1).tolist()) for one in probabilities]
    return StepLabels(tuple(labels), tuple(probabilities), classes)


def classify_frame(manifest: Mapping[str, Any], predictor: Predictor, frame: Any) -> Any:
    """Label the rows of a DataFrame that has the columns of training.

    Args:
        frame: A time step in each row, with the id of its sequence, the features and, where
            training had one, the time, which then orders the time steps.

    Returns:
        A DataFrame with a row for each row that was given, in their order: the id of its sequence;
        `label`, the likeliest class; and the probability of each class, `p_<class>`.

    Raises:
        ModelError: A column or a cell is missing, or a sequence is not what the model reads.
        DataError: A cell is no number or no time.
    """
    rows, values = rows_of_frame(manifest, frame)
    result = classify(manifest, predictor, [values[own] for own in rows.values()])
    ids: list[str] = [""] * len(values)
    for name, own in rows.items():
        for row in own:
            ids[row] = name
    return _labelled(result, list(rows.values()), {manifest["columns"]["id"]: ids})


def classify_file(manifest: Mapping[str, Any], predictor: Predictor, path: Path) -> Any:
    """Label the rows of a table that has the columns of training.

    Returns:
        A DataFrame with a row for each row of the file, in their order: the id of its sequence and,
        where training had one, the time, both as the file writes them; `label` and `p_<class>`.

    Raises:
        DataError: The file cannot be read, or is not what the model reads.
    """
    table, sequences = read_steps(path, manifest)
    result = classify(manifest, predictor, [steps for _, _, steps in sequences])
    columns = manifest["columns"]
    kept = [name for name in (columns["id"], columns["time"]) if name]
    cells = {name: table.columns[name] for name in kept}
    return _labelled(result, [own for _, own, _ in sequences], cells)


def _labelled(
    result: StepLabels, rows: Sequence[Sequence[int]], cells: Mapping[str, Sequence[str]]
) -> Any:
    """Labels and probabilities as a DataFrame with a row for each time step.

    Args:
        rows: Of each sequence, the rows of its time steps.
        cells: Columns to stand before the labels, by name.
    """
    import pandas

    chances = np.empty((sum(map(len, rows)), len(result.classes)))
    for own, some in zip(rows, result.probabilities, strict=True):
        chances[own] = some
    table = pandas.DataFrame(chances, columns=[f"p_{name}" for name in result.classes])
    table.insert(0, "label", [result.classes[at] for at in chances.argmax(axis=1).tolist()])
    for name, column in reversed(list(cells.items())):
        table.insert(0, name + "_" * (name in table.columns), list(column))
    return table
