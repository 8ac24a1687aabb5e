"""What a person must know to use an exported network, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnsearch.export.subject import Subject
from rnnsearch.export.units import dtype_of
from rnnsearch.tasks.interface import Chances, Classes, Forecast, Numbers, Symbols, Table, Values
from rnnsearch.version import __version__

Shape = list[int | str]


def x_shape(subject: Subject, *, single: bool) -> Shape:
    """The shape of `x`: of whole sequences, or of one time step."""
    reads = subject.interface.reads
    time: Shape = [] if single else ["time"]
    return ["batch", *time, *([] if isinstance(reads, Symbols) else [len(reads.names)])]


def y_shape(subject: Subject, *, single: bool) -> Shape:
    """The shape of `y`, likewise."""
    answers = subject.interface.answers
    time: Shape = [] if single or subject.head == "last" else ["time"]
    if not isinstance(answers, Forecast):
        return ["batch", *time, len(answers.names)]
    rows = [answers.rows] if answers.whole else []
    quantiles = [len(answers.quantiles)] if answers.quantiles else []
    return ["batch", *time, *rows, answers.table.targets, *quantiles]


def labels_of(subject: Subject) -> tuple[str, ...]:
    """The names of the classes that a file gives beside their probabilities; maybe none."""
    answers = subject.interface.answers
    if isinstance(answers, Classes) and answers.named:
        texts = tuple(one for one in answers.names if isinstance(one, str))
        return texts if len(texts) == len(answers.names) else ()
    return ()


def description(subject: Subject) -> dict[str, Any]:
    """The model, its inputs, outputs, units and names, as JSON values."""
    interface = subject.interface
    reads, answers = interface.reads, interface.answers
    told: dict[str, Any] = {
        "made_by": f"rnnsearch {__version__}",
        "model": subject.name,
        "task": str(subject.model.use.description.task.get("type", "")),
        "network": subject.words,
        "x": _x(subject),
        "y": _y(subject),
        "notes": " ".join(filter(None, [interface.note, _stream(subject)])),
    }
    if isinstance(reads, Symbols):
        told["symbols"] = list(reads.names)
        if reads.unknown is not None:
            told["unknown_symbol"] = reads.unknown
    else:
        told["features"] = list(reads.names)
    if isinstance(reads, Table) and any(reads.meanings):
        told["feature_meanings"] = {
            name: meaning
            for name, meaning in zip(reads.names, reads.meanings, strict=True)
            if meaning
        }
    if isinstance(reads, Table) and reads.series:
        told["series"] = list(reads.series)
    if isinstance(answers, Classes):
        told["classes"] = list(answers.names)
    elif isinstance(answers, Forecast):
        told["targets"] = list(answers.table.names[: answers.table.targets])
        if answers.quantiles:
            told["quantiles"] = list(answers.quantiles)
        if answers.intervals is not None:
            told["intervals"] = intervals(answers)
    else:
        told["outputs"] = list(answers.names)
    return told


UNDONE = {
    "none": ("y", "{}"),
    "sqrt1p": ("sqrt(1 + y)", "max(0, {})**2 - 1"),
    "log1p": ("log(1 + y)", "exp({}) - 1"),
}
"""By the transform of the targets, a forecast with it, and what undoes it."""


def intervals(answers: Forecast) -> dict[str, Any]:
    """Calibrated intervals: their level, the margins, and how ends are made of these and `y`.

    A recursive forecast of several rows has `y` of one row after another.
    """
    known = answers.intervals
    assert known is not None
    bent, undo = UNDONE[answers.table.transform]
    ends = []
    for side, sign, at in zip(("low", "high"), "-+", known.quantiles or ("", ""), strict=True):
        y = bent if at == "" else bent.replace("y", f"y[..., {at}]")
        ends.append(f"{side} = {undo.format(f'{y} {sign} margin')}")
    return {
        "level": known.level,
        "formula": "; ".join(ends),
        "margin": "margins[series][rows ahead, from 0][target]",
        "margins": known.margins,
    }


def _x(subject: Subject) -> str:
    reads = subject.interface.reads
    if isinstance(reads, Symbols):
        what = "symbols by their places in `symbols`"
    else:
        what = "numbers in the units of the data, in the order of `features`"
    lengths = ", filled up behind the ends that `lengths` [batch] int64 says"
    series = "; `series` [batch] int64 is the place of each sequence's name in `series`"
    of_many = isinstance(reads, Table) and reads.series
    dtype = np.dtype(dtype_of(reads)).name
    shape = _shown(x_shape(subject, single=False))
    return f"{what}, {dtype} {shape}{lengths if subject.lengths else ''}{series if of_many else ''}"


def _y(subject: Subject) -> str:
    answers = subject.interface.answers
    meaning = {
        Values: "numbers in the units of the data",
        Classes: "the probability of each class of `classes`",
        Chances: "the probability of each of `outputs`",
        Forecast: "the forecast of `targets` in the units of the data",
    }[type(answers)]
    if isinstance(answers, Forecast):
        rows = f"the next {answers.rows} rows" if answers.rows > 1 else "the next row"
        meaning += f", of {rows}"
    when = "once a sequence" if subject.head == "last" else "after each time step"
    dtype = np.dtype(dtype_of(answers)).name
    return f"{meaning}, {when}, {dtype} {_shown(y_shape(subject, single=False))}"


def _stream(subject: Subject) -> str:
    if subject.no_stream:
        return f"There is no step, since {subject.no_stream}."
    running = ""
    if subject.head == "last":
        running = " Its answer is that to the sequence as if it ended there."
    return (
        "A step reads one time step and the state, and gives y and the next state. A state of "
        f"zeros begins a sequence.{running}"
    )


def _shown(shape: Sequence[int | str]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def scaling(subject: Subject) -> dict[str, Any]:
    """What scales inputs and answers, as JSON values."""
    reads, answers = subject.interface.reads, subject.interface.answers
    told: dict[str, Any] = {}
    for name, side in (("x", reads), ("y", answers)):
        side = side.table if isinstance(side, Forecast) else side
        if isinstance(side, Numbers | Values | Table):
            told[name] = {"center": side.center, "scale": side.scale}
    return told
