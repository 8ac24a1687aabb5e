"""Operators of torch as operators of ONNX: those that cells are made of.

Each entry adds one operator to a graph. Of what is not here, `traced` asks torch's own exporter,
which knows far more and takes seconds instead of milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from rnnsearch.export.onnx_graph.graph import Graph

Operand = str | Tensor | float
"""A value of the graph, a constant, or a plain number."""


def named(graph: Graph, operand: Any) -> str:
    """The name of an operand in a graph."""
    if isinstance(operand, str):
        return operand
    if isinstance(operand, Tensor):
        array = operand.detach().cpu().numpy()
        return graph.constant(array.astype(np.float32) if array.dtype.kind == "f" else array)
    return graph.constant(operand, np.float32)


def _plain(kind: str) -> Callable[..., str]:
    def add(graph: Graph, *operands: Any) -> str:
        return graph.op(kind, *(named(graph, one) for one in operands))

    return add


def _reversed(kind: str) -> Callable[..., str]:
    def add(graph: Graph, one: Any, other: Any) -> str:
        return graph.op(kind, named(graph, other), named(graph, one))

    return add


def _linear(graph: Graph, x: Any, weight: Any, bias: Any = None) -> str:
    if isinstance(weight, Tensor):
        across = named(graph, weight.T.contiguous())
    else:
        across = graph.op("Transpose", weight, perm=[1, 0])
    product = graph.op("MatMul", named(graph, x), across)
    return product if bias is None else graph.op("Add", product, named(graph, bias))


def _addmm(graph: Graph, bias: Any, x: Any, weight: Any) -> str:
    product = graph.op("MatMul", named(graph, x), named(graph, weight))
    return graph.op("Add", product, named(graph, bias))


def _gelu(graph: Graph, x: Any, approximate: str = "none") -> str:
    x = named(graph, x)

    def number(value: float) -> str:
        return graph.constant(value, np.float32)

    if approximate == "tanh":
        cube = graph.op("Mul", graph.op("Mul", x, x), x)
        inside = graph.op("Add", x, graph.op("Mul", cube, number(0.044715)))
        bend = graph.op("Tanh", graph.op("Mul", inside, number(float(np.sqrt(2 / np.pi)))))
    else:
        bend = graph.op("Erf", graph.op("Mul", x, number(float(np.sqrt(0.5)))))
    half = graph.op("Mul", x, number(0.5))
    return graph.op("Mul", half, graph.op("Add", bend, number(1.0)))


def _cat(graph: Graph, parts: Sequence[Any], axis: int = 0) -> str:
    return graph.op("Concat", *(named(graph, one) for one in parts), axis=axis)


def _clamp(graph: Graph, x: Any, low: Any = None, high: Any = None) -> str:
    ends = ["" if end is None else named(graph, end) for end in (low, high)]
    return graph.op("Clip", named(graph, x), *ends)


def _softmax(graph: Graph, x: Any, axis: int) -> str:
    return graph.op("Softmax", named(graph, x), axis=axis)


TABLE: dict[str, Callable[..., str]] = {
    **{
        f"aten.{name}.{kind}": _plain(operator)
        for name, operator in (("add", "Add"), ("sub", "Sub"), ("mul", "Mul"), ("div", "Div"))
        for kind in ("Tensor", "Scalar")
    },
    **{
        f"aten.{name}.default": _plain(operator)
        for name, operator in (
            *(("neg", "Neg"), ("exp", "Exp"), ("log", "Log"), ("tanh", "Tanh"), ("abs", "Abs")),
            *(("sigmoid", "Sigmoid"), ("relu", "Relu"), ("cos", "Cos"), ("sin", "Sin")),
            *(("sqrt", "Sqrt"), ("softplus", "Softplus"), ("erf", "Erf"), ("sign", "Sign")),
            *(("matmul", "MatMul"), ("mm", "MatMul"), ("maximum", "Max"), ("minimum", "Min")),
            *(("reciprocal", "Reciprocal"), ("clone", "Identity"), ("contiguous", "Identity")),
        )
    },
    "aten.rsub.Scalar": _reversed("Sub"),
    "aten.rsub.Tensor": _reversed("Sub"),
    "aten.pow.Tensor_Scalar": _plain("Pow"),
    "aten.linear.default": _linear,
    "aten.addmm.default": _addmm,
    "aten.gelu.default": _gelu,
    "aten.cat.default": _cat,
    "aten.clamp.default": _clamp,
    "aten.clamp_min.default": _clamp,
    "aten.softmax.int": _softmax,
}
"""By the name of torch's operator, what adds it; called with the graph and the operands."""

PIECES = ("aten.chunk.default", "aten.split.Tensor", "aten.split_with_sizes.default")
"""Operators that cut a tensor along one axis."""
