"""A recurrent network as a drawing, the shapes of its arrays, and its parameter counts.

`rnnsearch explain` prints these. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from rnnsearch.models.cells import CELLS, INPUTS
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.weights import network_weights

Row = tuple[str, tuple[int, ...], str]
"""The name, the shape and the meaning of an array of the network."""


def parameters(
    cell: str, input_size: int, hidden_sizes: Sequence[int], outputs: int
) -> dict[str, int]:
    """How many numbers each layer and the head learn, by `layer 1`, `layer 2`, ... and `head`."""
    config = ModelConfig(cell=cell, hidden_sizes=tuple(hidden_sizes))
    counts: dict[str, int] = {}
    for weight in network_weights(config, input_size, outputs, symbolic=False):
        layer = weight.name.rpartition("_l")[2]
        place = "head" if weight.name.startswith("head.") else f"layer {int(layer) + 1}"
        counts[place] = counts.get(place, 0) + prod(weight.shape)
    return counts


def unfolded(num_layers: int) -> list[str]:
    """The lines of a drawing of the network unfolded in time: U reads the layer below, W the same
    layer one time step earlier, and V, the head, reads the highest layer."""

    def row(first: str, second: str, last: str, links: tuple[str, ...] = ("", "", "", "")) -> str:
        cells = (first, second, last)
        drawn = links[0].rjust(14)
        for cell, link in zip(cells, links[1:], strict=True):
            drawn += cell.center(9) + link.center(11)
        return drawn.rstrip()

    lines = [row("step 1", "step 2", "step n"), row("y_1", "y_2", "y_n")]
    lines += [row("^", "^", "^"), row("| V", "| V", "| V")]
    for layer in range(num_layers, 0, -1):
        mark = str(layer) if num_layers > 1 else ""
        link = f"--W{mark}-->"
        links = (f"h{mark}_0 {link} ", link, f"--W{mark}- ..>", f"--> h{mark}_n")
        lines.append(row(f"[h{mark}_1]", f"[h{mark}_2]", f"[h{mark}_n]", links))
        lines += [row("^", "^", "^"), row(f"| U{mark}", f"| U{mark}", f"| U{mark}")]
    return [*lines, row("x_1", "x_2", "x_n")]


def shapes(
    cell: str,
    input_size: int,
    hidden_sizes: Sequence[int],
    output_size: int,
    batch_size: int,
    seq_len: int,
) -> list[Row]:
    """Every array of the network, from the input to the outputs of the head."""
    rows: list[Row] = [("x", (seq_len, batch_size, input_size), "input: seq, batch, feature")]
    width = input_size
    for number, hidden in enumerate(hidden_sizes):
        mark = str(number + 1) if len(hidden_sizes) > 1 else ""
        if CELLS[cell].torch:
            rows += _by_gate(CELLS[cell].gates, width, hidden, number, mark)
        else:
            for leaf in CELLS[cell].leaves:
                sizes = (width if axis == INPUTS else axis * hidden for axis in leaf.axes)
                rows.append((f"{leaf.letter}{mark}", tuple(sizes), leaf.meaning))
        width = hidden
    seen, read = "h of the last layer at every step", "outputs"
    if CELLS[cell].torch:
        seen, read = "all states of the last layer", "states"
    rows.append(("V", (output_size, width), f"head: from the {read} of the last layer"))
    rows.append(("output", (seq_len, batch_size, width), seen))
    if CELLS[cell].torch:
        rows += _last(hidden_sizes, batch_size, CELLS[cell].states > 1)
    return [*rows, ("y", (seq_len, batch_size, output_size), "V h_t + c at every step")]


def _by_gate(gates: int, width: int, hidden: int, number: int, mark: str) -> list[Row]:
    """The weights of a layer of a cell that torch has, with the names that torch gives them."""
    meanings = f"{gates} gates of {hidden} units" if gates > 1 else f"{hidden} units"
    return [
        (f"U{mark}", (gates * hidden, width), f"weight_ih_l{number}: {meanings}"),
        (f"W{mark}", (gates * hidden, hidden), f"weight_hh_l{number}"),
        (f"b{mark}, d{mark}", (gates * hidden,), "bias_ih, bias_hh"),
    ]


def _last(hidden_sizes: Sequence[int], batch_size: int, memory: bool) -> list[Row]:
    """The states after the last time step: one array for all layers if they have one width, else
    one for each layer."""
    parts = "hc" if memory else "h"
    if len(set(hidden_sizes)) == 1:
        state = (len(hidden_sizes), batch_size, hidden_sizes[0])
        meanings = {"h": "last states of all layers", "c": "last memories of all layers"}
        return [(f"{part}_n", state, meanings[part]) for part in parts]
    meanings = {"h": "last state of layer", "c": "its memory, layer"}
    return [
        (f"{part}{number}_n", (batch_size, hidden), f"{meanings[part]} {number}")
        for number, hidden in enumerate(hidden_sizes, 1)
        for part in parts
    ]


def code_name(cell: str, nonlinearity: str) -> str:
    """The name of the function in the cell's file that computes a layer in numpy."""
    usual = CELLS[cell].nonlinearities[:1]
    return f"{cell}_{nonlinearity}" if usual and nonlinearity not in usual else cell
