"""A trained network as two ONNX models: one for whole sequences, one for a time step."""

from __future__ import annotations

import json

import numpy as np
import onnx

from rnnsearch.export.description import description, labels_of, x_shape, y_shape
from rnnsearch.export.onnx_graph.cells import Lengths
from rnnsearch.export.onnx_graph.custom import CustomPiece
from rnnsearch.export.onnx_graph.graph import OPSET, Graph, value
from rnnsearch.export.onnx_graph.mean import MeanPiece, NetworkPiece
from rnnsearch.export.onnx_graph.network import LayeredNetwork
from rnnsearch.export.onnx_graph.units import enter, leave
from rnnsearch.export.subject import Subject
from rnnsearch.export.units import dtype_of
from rnnsearch.models.custom_network import CustomNetwork
from rnnsearch.tasks.interface import Symbols, Table


def network_piece(subject: Subject) -> NetworkPiece:
    """The network of a model.

    Raises:
        ModelError: A cell or network of a person's own cannot be exported.
    """
    pieces = [
        CustomPiece(one) if isinstance(one, CustomNetwork) else LayeredNetwork(one)
        for one in subject.networks
    ]
    return MeanPiece(pieces, subject.network.mean) if subject.fused else pieces[0]


def onnx_model(subject: Subject, piece: NetworkPiece, *, single: bool) -> onnx.ModelProto:
    """The model of whole sequences, or with `single` of one time step."""
    graph, interface = Graph(), subject.interface
    reads = interface.reads
    inputs = [value("x", dtype_of(reads), x_shape(subject, single=single))]
    x, series = "x", ""
    if single:
        x = graph.unsqueeze(x, 1)
    if isinstance(reads, Table) and reads.series:
        series = "series"
        inputs.append(value(series, np.int64, ["batch"]))
    lengths = Lengths()
    if subject.lengths and not single:
        inputs.append(value("lengths", np.int64, ["batch"]))
        lengths = Lengths("lengths", graph.cast("lengths", np.int32))
    read, kept = enter(reads, graph, x, series)
    all_of_it = piece.width * subject.each
    state_shape = ("batch", all_of_it)
    if single:
        inputs.append(value("state", np.float32, state_shape))
        state = graph.reshape("state", -1, piece.width) if subject.each > 1 else "state"
    else:
        width = graph.constant([piece.width], np.int64)
        rows = graph.op("Concat", graph.length(read, 1), width, axis=0)
        state = graph.op("Expand", graph.constant(0, np.float32), rows)
    outputs, after = piece.add(graph, read, state, subject.head, lengths, single=single)
    y = leave(interface.answers, graph, outputs, kept, series)
    if single or subject.head == "last":
        y = graph.squeeze(y, 1)
    shape = y_shape(subject, single=single)
    graph.named(y, "y")
    given = [value("y", dtype_of(interface.answers), shape)]
    if labels := labels_of(subject):
        likeliest = graph.op("ArgMax", "y", axis=-1, keepdims=0)
        graph.named(graph.op("Gather", graph.constant(labels), likeliest), "label")
        given.append(value("label", str, shape[:-1]))
    if single or subject.keeps_state:
        after = graph.reshape(after, -1, all_of_it) if subject.each > 1 else after
        graph.named(after, "state_after")
        given.append(value("state_after", np.float32, state_shape))
    return graph.model("step" if single else "forward", inputs, given, _metadata(subject, single))


def _metadata(subject: Subject, single: bool) -> dict[str, str]:
    """What `description` says, each entry as a text, and how the model is run."""
    told = {
        key: one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
        for key, one in description(subject).items()
    }
    return told | {"opset": str(OPSET), "how_to_run": how_to_run(subject, single=single)}


def how_to_run(subject: Subject, *, single: bool) -> str:
    """Lines of Python that run a model with onnxruntime and numpy."""
    reads = subject.interface.reads
    dtype = np.dtype(dtype_of(reads)).name
    shape = [1, *([] if single else [10]), *x_shape(subject, single=True)[1:]]
    feeds = ['"x": x'] + (['"state": state'] if single else [])
    lines = ["import numpy", "import onnxruntime", ""]
    lines += [f'session = onnxruntime.InferenceSession("{"step" if single else "forward"}.onnx")']
    lines += [f'x = numpy.zeros({tuple(shape)}, "{dtype}")  # {_axes(subject, single)}']
    if isinstance(reads, Table) and reads.series:
        lines.append('series = numpy.zeros(1, "int64")  # the first of `series`')
        feeds.append('"series": series')
    if subject.lengths and not single:
        lines.append("lengths = numpy.array([10])  # valid time steps of each sequence")
        feeds.append('"lengths": lengths')
    call = f"session.run(None, {{{', '.join(feeds)}}})"
    if not single:
        return "\n".join([*lines, f"y = {call}[0]", "print(y.shape, y)"])
    names = ", ".join(["y", *(["label"] if labels_of(subject) else []), "state"])
    lines += ["size = session.get_inputs()[-1].shape[1]"]
    lines += ['state = numpy.zeros((1, size), "float32")  # a sequence begins']
    lines += ["for _ in range(10):", f"    {names} = {call}", "print(y)"]
    return "\n".join(lines)


def _axes(subject: Subject, single: bool) -> str:
    axes = ", ".join(["batch", *([] if single else ["time"])])
    reads = subject.interface.reads
    return f"({axes})" if isinstance(reads, Symbols) else f"({axes}, {len(reads.names)})"
