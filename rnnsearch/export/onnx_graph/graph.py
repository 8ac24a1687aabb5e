"""A graph of ONNX operators in the making."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET = 18
"""The version of ONNX's operators that files are written in; onnxruntime reads it from 1.14 on."""

IR_VERSION = 9

ENDS = 2**62
"""As the end of a slice: all that follows."""


class Graph:
    """Nodes and constants in the order in which they were added.

    Values are known by their names. A graph inside of another one (`inner`) reads the values of the
    outer one.
    """

    def __init__(self, outer: Graph | None = None) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._root: Graph = self if outer is None else outer._root
        if outer is None:
            self.constants: dict[str, onnx.TensorProto] = {}
            self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}
            self._count = 0

    def inner(self) -> Graph:
        """A graph for the body of an operator, such as a scan."""
        return Graph(self)

    def fresh(self, word: str) -> str:
        """A name that no value has yet."""
        self._root._count += 1
        return f"{word}_{self._root._count}"

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator with one output, and give the output's name."""
        return self.ops(kind, *inputs, outputs=1, **attributes)[0]

    def ops(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Add an operator with several outputs.

        Args:
            inputs: Names; an empty one leaves an input out.
        """
        named = [self.fresh(kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), named, **attributes))
        return named

    def named(self, value: str, name: str) -> None:
        """Give a value another name, by which callers of the graph know it."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))

    def constant(self, value: NDArray[Any] | Sequence[Any] | float, dtype: Any = None) -> str:
        """A constant, held once however often it is asked for; sequences of whole numbers are
        int64.

        Args:
            dtype: Of numpy; None keeps that of an array.
        """
        array = np.asarray(value, dtype)
        texts = array.dtype.kind in "OU"
        held = str(array.tolist()).encode() if texts else array.tobytes()
        key = (str(array.dtype), array.shape, held)
        root = self._root
        if key not in root._known:
            name = root._known[key] = self.fresh("constant")
            array = array.astype(object) if texts else np.ascontiguousarray(array)
            root.constants[name] = numpy_helper.from_array(array.reshape(key[1]), name)
        return root._known[key]

    # Operators that need constants.

    def slice(self, value: str, begin: int, end: int = ENDS, axis: int = 0) -> str:
        """A stretch of one axis."""
        at = [self.constant([one], np.int64) for one in (begin, end, axis)]
        return self.op("Slice", value, *at)

    def reshape(self, value: str, *shape: int) -> str:
        """0 keeps an axis, -1 is as long as it must be."""
        return self.op("Reshape", value, self.constant(shape, np.int64))

    def unsqueeze(self, value: str, *axes: int) -> str:
        """Axes of length 1, at these places of the result."""
        return self.op("Unsqueeze", value, self.constant(axes, np.int64))

    def squeeze(self, value: str, *axes: int) -> str:
        """Without these axes of length 1."""
        return self.op("Squeeze", value, self.constant(axes, np.int64))

    def swap(self, value: str, axes: int) -> str:
        """The first two of so many axes in the other's place."""
        return self.op("Transpose", value, perm=[1, 0, *range(2, axes)])

    def cast(self, value: str, dtype: Any) -> str:
        """The same numbers in another type of numpy's."""
        return self.op("Cast", value, to=elem_type(dtype))

    def split(self, value: str, sizes: Sequence[int], axis: int) -> list[str]:
        """Pieces of one axis."""
        if len(sizes) == 1:
            return [value]
        cuts = self.constant(sizes, np.int64)
        return self.ops("Split", value, cuts, outputs=len(sizes), axis=axis)

    def length(self, value: str, axis: int) -> str:
        """How long an axis is, as a vector of one number."""
        return self.op("Shape", value, start=axis, end=axis + 1)

    def as_body(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[str]
    ) -> onnx.GraphProto:
        """The graph as the body of an operator."""
        ends = [helper.make_empty_tensor_value_info(one) for one in outputs]
        return helper.make_graph(self.nodes, name, list(inputs), ends)

    def model(
        self,
        name: str,
        inputs: Sequence[onnx.ValueInfoProto],
        outputs: Sequence[onnx.ValueInfoProto],
        description: dict[str, str],
    ) -> onnx.ModelProto:
        """The whole file, checked by onnx."""
        from rnnsearch.version import __version__

        read = set(_read(self.nodes)) | {one.name for one in outputs}
        constants = [one for name, one in self.constants.items() if name in read]
        graph = helper.make_graph(self.nodes, name, list(inputs), list(outputs), constants)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="rnnsearch",
            producer_version=__version__,
        )
        helper.set_model_props(model, description)
        onnx.checker.check_model(model, full_check=True)
        return model


def _read(nodes: Iterable[onnx.NodeProto]) -> Iterator[str]:
    """The names of the values that nodes read, those in the bodies of operators too."""
    for node in nodes:
        yield from node.input
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from (one.name for one in attribute.g.output)
                yield from _read(attribute.g.node)


def elem_type(dtype: Any) -> int:
    """ONNX's number for a type of numpy's; of texts that of strings."""
    if dtype is str:
        return int(onnx.TensorProto.STRING)
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def value(name: str, dtype: Any, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    """An input or output; an axis with a word for its length may have any."""
    return helper.make_tensor_value_info(name, elem_type(dtype), list(shape))
