"""The answers of a trained model of arrays as a table, a row for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.tasks.files.arrays import read_arrays
from rnnsearch.tasks.files.opened import read_data
from rnnsearch.tasks.given_arrays.source import inputs_of


def table_of(answers: Sequence[NDArray[Any]], every: bool, classes: Sequence[str]) -> Any:
    """Answers as a DataFrame.

    Args:
        answers: Of each sequence, [time steps or 1, outputs]: numbers, or natural-log
            probabilities of classes.
        every: Whether a sequence has an answer for each time step.
        classes: The names of the classes; none of numbers.

    Returns:
        The place of the sequence, `sequence`, counted from 0; `time_step`, where there is an answer
        for each; then `label` and a probability a class, `p_<class>`, or the numbers: `y`, or `y0`,
        `y1` and so on.
    """
    import pandas

    rows = np.concatenate(answers)
    lengths = [len(one) for one in answers]
    if classes:
        columns = [f"p_{name}" for name in classes]
        table = pandas.DataFrame(np.exp(rows.astype(np.float64)), columns=columns)
        table.insert(0, "label", [classes[at] for at in rows.argmax(axis=1).tolist()])
    else:
        names = ["y"] if rows.shape[1] == 1 else [f"y{at}" for at in range(rows.shape[1])]
        table = pandas.DataFrame(rows, columns=names)
    if every:
        steps = np.concatenate([np.arange(length) for length in lengths])
        table.insert(0, "time_step", steps)
    table.insert(0, "sequence", np.repeat(np.arange(len(lengths)), lengths))
    return table


def file_table(
    path: Path, predict: Callable[[list[NDArray[Any]]], Any], every: bool, classes: Sequence[str]
) -> Any:
    """The answers for the inputs of a file: of `x`, or of the x of each part, which a column
    `part` then names.

    Args:
        predict: Answers for a list of sequences in the units of the data.

    Raises:
        DataError: The file cannot be read, or holds no inputs.
        ModelError: A sequence is not what the model reads.
    """
    import pandas

    tables = []
    for part, inputs in inputs_of(read_arrays(read_data(path), path), str(path)).items():
        values, starts = inputs.values.values, inputs.values.starts
        try:
            answers = predict([values[lo:hi] for lo, hi in pairwise(starts.tolist())])
        except ModelError as error:
            raise ModelError(f"{path}: {part + ': ' if part else ''}{error}") from error
        table = table_of(answers, every, classes)
        if part:
            table.insert(0, "part", part)
        tables.append(table)
    return pandas.concat(tables, ignore_index=True)
