"""Code for torch as ONNX operators: traced by torch.export, and put into a graph."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import onnx
import torch
from torch import Tensor, nn

from rnnsearch.errors import ModelError
from rnnsearch.export.onnx_graph.aten import PIECES, TABLE, named
from rnnsearch.export.onnx_graph.graph import OPSET, Graph
from rnnsearch.export.onnx_graph.rnn_layers import translations
from rnnsearch.export.tracing import Axes, exported, first_line, quiet


class Piece(Protocol):
    """Something that can be put into a graph, as often as it is needed."""

    def add(self, graph: Graph, *inputs: str | Tensor) -> list[str]:
        """Add it, and give the names of its outputs.

        Args:
            inputs: Values of the graph, or constants.
        """
        ...


def traced(
    what: str,
    module: nn.Module,
    examples: Sequence[Tensor],
    free: Sequence[Axes],
    constants: int = 0,
) -> Piece:
    """A module as ONNX operators.

    Args:
        what: What the module is, for messages.
        module: Called with tensors, it gives a tuple of tensors.
        examples: Inputs of it. Free axes are at least 2 long, so that none is taken for 1.
        free: The axes of each input that may have any length.
        constants: How many of the inputs, the last ones, will be constants.

    Raises:
        ModelError: It cannot be traced, or does what ONNX cannot; with the operation and its place.
    """
    program = exported(what, module, examples, free)
    if all(_in_table(node) for node in _computing(program, constants)):
        return _FromTable(program)
    return _from_torch(what, program)


def _computing(program: Any, constants: int) -> Iterator[Any]:
    """The calls of a program that read its inputs, and not constants alone."""
    given = program.graph_signature.user_inputs
    inputs = set(given[: len(given) - constants])
    reading = {node for node in program.graph.nodes if node.name in inputs}
    for node in program.graph.nodes:
        if node.op == "call_function" and reading & set(node.all_input_nodes):
            reading.add(node)
            yield node


def _in_table(node: Any) -> bool:
    if node.target is operator.getitem:
        return True
    name = str(node.target)
    if name in PIECES:
        return True
    return name in TABLE and not (set(node.kwargs) - {"approximate", "dim", "bias"})


@dataclass(frozen=True)
class _FromTable:
    """A program all of whose operators `aten` has. What reads constants alone is computed here."""

    program: Any

    @torch.no_grad()
    def add(self, graph: Graph, *inputs: str | Tensor) -> list[str]:
        """See `Piece`."""
        signature = self.program.graph_signature
        held = {
            **signature.inputs_to_parameters,
            **signature.inputs_to_buffers,
            **signature.inputs_to_lifted_tensor_constants,
        }
        tensors = {**self.program.constants, **self.program.state_dict}
        given = iter(inputs)
        values: dict[Any, Any] = {}
        for node in self.program.graph.nodes:
            if node.op == "placeholder":
                values[node] = tensors[held[node.name]] if node.name in held else next(given)
            elif node.op == "call_function":
                values[node] = self._called(graph, node, values)
            else:
                results = [values[one] for one in node.args[0]]
        return [named(graph, one) for one in results]

    def _called(self, graph: Graph, node: Any, values: Mapping[Any, Any]) -> Any:
        arguments = torch.fx.node.map_arg(node.args, lambda one: values[one])
        known: list[Any] = []
        torch.fx.node.map_arg(node.args, lambda one: known.append(values[one]))
        if not any(isinstance(one, str | list) for one in known):
            return node.target(*arguments, **node.kwargs)
        if node.target is operator.getitem:
            return arguments[0][arguments[1]]
        if str(node.target) in PIECES:
            axis = arguments[2] if len(arguments) > 2 else node.kwargs.get("dim", 0)
            sizes = [one.shape[axis] for one in node.meta["val"]]
            return graph.split(arguments[0], sizes, axis)
        return TABLE[str(node.target)](graph, *arguments, **node.kwargs)


@dataclass(frozen=True)
class _FromTorch:
    """What torch's own exporter made."""

    model: onnx.ModelProto

    def add(self, graph: Graph, *inputs: str | Tensor) -> list[str]:
        """See `Piece`."""
        made = self.model.graph
        given = [named(graph, one) for one in inputs]
        names = {one.name: name for one, name in zip(made.input, given, strict=True)}
        for one in made.initializer:
            names[one.name] = graph.constant(onnx.numpy_helper.to_array(one))
        return _copied(graph, made.node, names, [one.name for one in made.output])


def _copied(
    graph: Graph, nodes: Sequence[onnx.NodeProto], names: dict[str, str], outputs: Sequence[str]
) -> list[str]:
    """Nodes under names of their own in another graph; the names of the outputs there."""
    for node in nodes:
        if any(attribute.type == onnx.AttributeProto.GRAPH for attribute in node.attribute):
            raise ModelError(f"its operator {node.op_type} has a graph of its own inside")
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        del copy.input[:], copy.output[:], copy.metadata_props[:]
        copy.name = copy.doc_string = ""
        copy.input.extend(names[one] if one else "" for one in node.input)
        for one in node.output:
            names[one] = graph.fresh(node.op_type.lower()) if one else ""
            copy.output.append(names[one])
        graph.nodes.append(copy)
    return [names[one] for one in outputs]


def _from_torch(what: str, program: Any) -> _FromTorch:
    with quiet():
        try:
            made = torch.onnx.export(
                program,
                dynamo=True,
                opset_version=OPSET,
                optimize=True,
                verbose=False,
                custom_translation_table=translations(),
            )
        except Exception as error:
            raise ModelError(f"{what} cannot be exported: {_refused(error, program)}.") from error
    assert made is not None
    model = made.model_proto
    strange = {node.op_type for node in model.graph.node if node.domain not in ("", "ai.onnx")}
    if strange or len(model.functions):
        raise ModelError(
            f"{what} cannot be exported: {', '.join(sorted(strange))} is no operator of ONNX's own."
        )
    return _FromTorch(model)


def _refused(error: BaseException, program: Any) -> str:
    """Which operation torch's exporter could not write, and where it stands."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or following.__context__
    text = "\n".join(map(str, chain))
    operation = re.search(r"op='?(?:<OpOverload\()?(?:op=')?([\w.]+)", text)
    if operation is None:
        return f"torch.onnx says {first_line(chain[-1])}"
    name = operation[1]
    word = name.split(".")[1] if "." in name else name
    place = ""
    for node in program.graph.nodes:
        if word in str(node.target):
            lines = re.findall(r'File "([^"]+)", line (\d+), in (\w+)', node.stack_trace or "")
            place = f" ({lines[-1][0]}:{lines[-1][1]}, in {lines[-1][2]})" if lines else ""
            break
    return f"ONNX has nothing for the operation {name}{place}"
