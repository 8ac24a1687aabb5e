"""Layers of cells that ONNX does not have: a scan over time steps, each computed as traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rnnsearch.export.onnx_graph.graph import Graph, value

Step = Callable[[Graph, str, Sequence[str]], tuple[str, list[str]]]
"""Adds a time step to a graph: of what is read (B, I) and the state, the output and next state."""


def stepped_layer(
    graph: Graph,
    step: Step,
    inputs: str,
    state: Sequence[str],
    sizes: Sequence[int],
    width: int,
    *,
    backward: bool,
    lengths: str,
    single: bool,
) -> tuple[str, list[str]]:
    """A layer in one direction.

    Args:
        inputs: (T, B, width).
        state: Parts (B, size) before the first time step, as wide as `sizes` says.
        backward: Whether it reads from the last time step to the first.
        lengths: Int64 (B,), or an empty name. With them the state behind the last time step means
            nothing.
        single: Whether there is one time step alone, so that nothing is to be repeated.

    Returns:
        Outputs (T, B, H), and the state behind the last time step.
    """
    if single:
        output, last = step(graph, graph.squeeze(inputs, 0), state)
        return graph.unsqueeze(output, 0), last
    turned = backward and bool(lengths)
    if turned:
        inputs = _turned(graph, inputs, lengths)
    body = graph.inner()
    before = [body.fresh("before") for _ in state]
    read = body.fresh("read")
    output, after = step(body, read, before)
    given = [
        value(name, np.float32, ("batch", size))
        for name, size in zip([*before, read], [*sizes, width], strict=True)
    ]
    names = [*after, output]
    for at, one in enumerate(names):
        # A body's outputs are names of its own nodes, each once.
        names[at] = body.op("Identity", one)
    direction = int(backward and not turned)
    *last, outputs = graph.ops(
        "Scan",
        *state,
        inputs,
        outputs=len(names),
        body=body.as_body(graph.fresh("step"), given, names),
        num_scan_inputs=1,
        scan_input_directions=[direction],
        scan_output_directions=[direction],
    )
    return (_turned(graph, outputs, lengths) if turned else outputs), list(last)


def _turned(graph: Graph, sequences: str, lengths: str) -> str:
    """Each sequence of (T, B, ...) from its last valid time step to its first."""
    return graph.op("ReverseSequence", sequences, lengths, time_axis=0, batch_axis=1)
