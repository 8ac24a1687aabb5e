"""Between a person's units and a network's, as operators of ONNX.

Axes: B sequences, B' sequences of the network (B times the targets where each is forecast by
itself), T time steps, F features, O outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from rnnsearch.export.onnx_graph.graph import Graph
from rnnsearch.export.units import dtype_of
from rnnsearch.tasks.interface import Chances, Classes, Forecast, Numbers, Symbols, Table, Values


@singledispatch
def enter(reads: Any, graph: Graph, x: str, series: str) -> tuple[str, str]:
    """What the network reads.

    Args:
        x: (B, T, F), or symbols (B, T).
        series: Of a table of several series the place of each sequence's, (B,); else empty.

    Returns:
        It, time first, (T, B', F'); and what `leave` needs of it, or an empty name.
    """
    raise NotImplementedError


@enter.register
def _(reads: Symbols, graph: Graph, x: str, series: str) -> tuple[str, str]:
    return graph.swap(x, 2), ""


@enter.register
def _(reads: Numbers, graph: Graph, x: str, series: str) -> tuple[str, str]:
    dtype = dtype_of(reads)
    scaled = _scaled(graph, x, [reads.center], [reads.scale], series, dtype)
    return graph.swap(scaled, 3), ""


@enter.register
def _(reads: Table, graph: Graph, x: str, series: str) -> tuple[str, str]:
    dtype, count = dtype_of(reads), reads.targets
    if reads.transform != "none":
        moved = graph.op("Add", graph.slice(x, 0, count, axis=2), graph.constant(1, dtype))
        bent = graph.op("Sqrt" if reads.transform == "sqrt1p" else "Log", moved)
        x = graph.op("Concat", bent, graph.slice(x, count, axis=2), axis=2)
    rows = _scaled(graph, x, reads.center, reads.scale, series, dtype)
    if reads.flags is not None:
        rows = _flagged(graph, reads, rows)
    answered = count
    if reads.picked:
        answered, width = 1, len(reads.picked[0])
        steps = graph.length(rows, 1)
        apart = graph.op("Gather", rows, graph.constant(reads.picked, np.int64), axis=2)
        apart = graph.op("Transpose", apart, perm=[0, 2, 1, 3])
        ends = graph.constant([-1], np.int64), graph.constant([width], np.int64)
        rows = graph.op("Reshape", apart, graph.op("Concat", ends[0], steps, ends[1], axis=0))
    kept = ""
    if reads.anchor != "none":
        kept = graph.slice(rows, 0, answered, axis=2)
    if reads.anchor == "end":
        cells, kept = kept, graph.slice(kept, -1, axis=1)
        rest = graph.slice(rows, answered, axis=2)
        rows = graph.op("Concat", graph.op("Sub", cells, kept), rest, axis=2)
    if reads.segment > 1:
        width = len(reads.picked[0]) if reads.picked else len(reads.names) + _flags(reads)
        rows = graph.reshape(rows, 0, -1, reads.segment * width)
    return graph.swap(rows, 3), kept


def _flags(reads: Table) -> int:
    """How many flags of empty cells stand among the features."""
    return 0 if reads.flags is None else reads.measured


def _scaled(
    graph: Graph,
    x: str,
    center: Sequence[Sequence[float]],
    scale: Sequence[Sequence[float]],
    series: str,
    dtype: Any,
) -> str:
    """(x - center) / scale in the network's type, of rows a series."""
    if any(map(any, center)):
        x = graph.op("Sub", x, _of_series(graph, center, series, dtype))
    if any(one != 1 for row in scale for one in row):
        x = graph.op("Div", x, _of_series(graph, scale, series, dtype))
    return graph.cast(x, np.float32) if dtype != np.float32 else x


def _of_series(graph: Graph, rows: Sequence[Sequence[float]], series: str, dtype: Any) -> str:
    """The row of each sequence's series, (B, 1, F); without series that of all, (1, 1, F)."""
    if not series:
        return graph.constant([rows], dtype)
    return graph.unsqueeze(graph.op("Gather", graph.constant(rows, dtype), series, axis=0), 1)


def _flagged(graph: Graph, reads: Table, rows: str) -> str:
    """Rows with zeros in empty cells, and flags that say which these are."""
    assert reads.flags is not None
    cells = graph.slice(rows, 0, reads.measured, axis=2)
    empty = graph.op("IsNaN", cells)
    zero = graph.constant(0.0, np.float32)
    parts = [graph.op("Where", empty, zero, cells)]
    if reads.flags > reads.measured:
        parts.append(graph.slice(rows, reads.measured, reads.flags, axis=2))
    parts.append(graph.cast(empty, np.float32))
    if len(reads.names) > reads.flags:
        parts.append(graph.slice(rows, reads.flags, axis=2))
    return graph.op("Concat", *parts, axis=2)


@singledispatch
def leave(answers: Any, graph: Graph, outputs: str, kept: str, series: str) -> str:
    """What outputs (T', B', O) of the network mean, (B, T', ...).

    Args:
        kept: As `enter` gave it.
        series: As for `enter`.
    """
    raise NotImplementedError


@leave.register
def _(answers: Values, graph: Graph, outputs: str, kept: str, series: str) -> str:
    dtype = dtype_of(answers)
    y = graph.swap(outputs, 3)
    y = graph.cast(y, dtype) if dtype != np.float32 else y
    if any(one != 1 for one in answers.scale):
        y = graph.op("Mul", y, graph.constant(answers.scale, dtype))
    if any(answers.center):
        y = graph.op("Add", y, graph.constant(answers.center, dtype))
    return y


@leave.register
def _(answers: Classes, graph: Graph, outputs: str, kept: str, series: str) -> str:
    return graph.op("Softmax", graph.swap(outputs, 3), axis=-1)


@leave.register
def _(answers: Chances, graph: Graph, outputs: str, kept: str, series: str) -> str:
    return graph.op("Sigmoid", graph.swap(outputs, 3))


@leave.register
def _(answers: Forecast, graph: Graph, outputs: str, kept: str, series: str) -> str:
    table, count, dtype = answers.table, answers.table.targets, dtype_of(answers)
    quantiles = max(1, len(answers.quantiles))
    answered = 1 if table.picked else count
    y = graph.reshape(graph.swap(outputs, 3), 0, 0, answers.rows, answered, quantiles)
    if kept:
        y = graph.op("Add", y, graph.unsqueeze(kept, 2, 4))
    if table.picked:
        ends = [-1, count], [answers.rows, quantiles]
        first, last = (graph.constant(one, np.int64) for one in ends)
        apart = graph.op("Concat", first, graph.length(y, 1), last, axis=0)
        y = graph.op("Transpose", graph.op("Reshape", y, apart), perm=[0, 2, 3, 1, 4])
    if quantiles > 1:
        y, _ = graph.ops(
            "TopK", y, graph.constant([quantiles], np.int64), outputs=2, axis=-1, largest=0
        )
    y = graph.cast(y, dtype) if dtype != np.float32 else y
    for kind, rows in (("Mul", table.scale), ("Add", table.center)):
        own = _of_series(graph, [row[:count] for row in rows], series, dtype)
        y = graph.op(kind, y, graph.unsqueeze(own, 2, 4))
    one = graph.constant(1, dtype)
    if table.transform == "sqrt1p":
        y = graph.op("Max", y, graph.constant(0, dtype))
        y = graph.op("Sub", graph.op("Mul", y, y), one)
    elif table.transform == "log1p":
        y = graph.op("Sub", graph.op("Exp", y), one)
    gone = ([] if answers.whole else [2]) + ([] if answers.quantiles else [4])
    return graph.squeeze(y, *gone) if gone else y
