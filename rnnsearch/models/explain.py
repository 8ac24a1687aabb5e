"""What a recurrent network computes, said in equations, a drawing, shapes and differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

from rnnsearch.models import reference
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.reference import LayerWeights
from rnnsearch.models.weights import network_weights


def parameters(
    cell: str, input_size: int, hidden_sizes: Sequence[int], outputs: int
) -> dict[str, int]:
    """How many numbers each layer and the head learn."""
    config = ModelConfig(cell=cell, hidden_sizes=tuple(hidden_sizes))
    found: dict[str, int] = {}
    for weight in network_weights(config, input_size, outputs, symbolic=False):
        layer = weight.name.rpartition("_l")[2]
        place = "head" if weight.name.startswith("head.") else f"layer {int(layer) + 1}"
        found[place] = found.get(place, 0) + prod(weight.shape)
    return found


def unfolded(num_layers: int) -> list[str]:
    """A drawing of the network, unfolded in time: U reads from below, W from the step before,
    V answers at the top."""

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
) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape and meaning of every array of the network."""
    gates, memory = CELLS[cell].gates, CELLS[cell].states > 1
    rows: list[tuple[str, tuple[int, ...], str]] = [
        ("x", (seq_len, batch_size, input_size), "input: seq, batch, feature")
    ]
    width = input_size
    for number, hidden in enumerate(hidden_sizes, 1):
        mark = str(number) if len(hidden_sizes) > 1 else ""
        said = f"{gates} gates of {hidden} units" if gates > 1 else f"{hidden} units"
        rows.append((f"U{mark}", (gates * hidden, width), f"weight_ih_l{number - 1}: {said}"))
        rows.append((f"W{mark}", (gates * hidden, hidden), f"weight_hh_l{number - 1}"))
        rows.append((f"b{mark}, d{mark}", (gates * hidden,), "bias_ih, bias_hh"))
        width = hidden
    rows.append(("V", (output_size, width), "head: from the states of the last layer"))
    rows.append(("output", (seq_len, batch_size, width), "all states of the last layer"))
    if len(set(hidden_sizes)) == 1:
        state = (len(hidden_sizes), batch_size, width)
        rows.append(("h_n", state, "last states of all layers"))
        if memory:
            rows.append(("c_n", state, "last memories of all layers"))
    else:
        for number, hidden in enumerate(hidden_sizes, 1):
            rows.append((f"h{number}_n", (batch_size, hidden), f"last state of layer {number}"))
            if memory:
                rows.append((f"c{number}_n", (batch_size, hidden), f"its memory, layer {number}"))
    rows.append(("y", (seq_len, batch_size, output_size), "V h_t + c at every step"))
    return rows


def differences(
    cell: str,
    input_size: int,
    hidden_sizes: Sequence[int],
    batch_size: int,
    seq_len: int,
    seed: int = 0,
    nonlinearity: str = "tanh",
) -> dict[str, dict[str, float]]:
    """The largest difference of each two forms of one network, in float64.

    From scratch are the lines of numpy of the cell's file, and by hand the gradients of
    `models.reference`; cell
    by cell steps `nn.RNNCell` (`GRUCell`, `LSTMCell`) in a loop; fused is `nn.RNN` (`GRU`,
    `LSTM`), one module a layer where widths differ.

    Returns:
        By pair of forms, the largest absolute difference in `outputs` (and last states) and in
        `gradients` (of inputs and all weights, of the sum of squares of the outputs).
    """
    layers = reference.draw(cell, input_size, hidden_sizes, seed)
    inputs = np.random.default_rng([seed, 1]).standard_normal((seq_len, batch_size, input_size))
    forms = {
        "from scratch": _from_scratch(cell, layers, inputs, nonlinearity),
        "cell by cell": _cell_by_cell(cell, layers, inputs, nonlinearity),
        "fused": _fused(cell, layers, inputs, nonlinearity),
    }
    names = list(forms)
    found = {}
    for first in range(3):
        for second in range(first + 1, 3):
            pair = f"{names[first]} against {names[second]}"
            found[pair] = {
                part: max(
                    float(np.abs(a - b).max())
                    for a, b in zip(
                        forms[names[first]][number], forms[names[second]][number], strict=True
                    )
                )
                for number, part in enumerate(("outputs", "gradients"))
            }
    return found


Results = tuple[list[reference.Array], list[reference.Array]]


def _from_scratch(
    cell: str,
    layers: Sequence[LayerWeights],
    inputs: reference.Array,
    nonlinearity: str,
) -> Results:
    run = getattr(CELLS[cell].code, code_name(cell, nonlinearity))
    outputs, last = inputs, []
    for one in layers:
        found = run(outputs, one.u, one.w, one.b, one.d)
        outputs, *memory = found if CELLS[cell].states > 1 else (found,)
        last += [outputs[-1], *memory]
    taken = reference.forward(cell, layers, inputs, nonlinearity=nonlinearity)
    back = reference.backward(cell, layers, taken, 2 * taken.outputs, nonlinearity=nonlinearity)
    gradients = [array for one in back.layers for array in (one.u, one.w, one.b, one.d)]
    return [outputs, *last], [back.inputs, *gradients]


def code_name(cell: str, nonlinearity: str) -> str:
    """The function of the cell's file that computes a layer in numpy."""
    usual = CELLS[cell].nonlinearities[:1]
    return f"{cell}_{nonlinearity}" if usual and nonlinearity not in usual else cell


def _module(cell: str, what: str, nonlinearity: str) -> Callable[..., nn.Module]:
    """torch's module of a cell, or with `Cell` the one of a single step."""
    bent = {"nonlinearity": nonlinearity} if CELLS[cell].nonlinearities else {}
    return partial(getattr(nn, CELLS[cell].torch + what), **bent)


def _leaves(layers: Sequence[LayerWeights]) -> list[list[Tensor]]:
    return [
        [torch.from_numpy(array).requires_grad_() for array in (one.u, one.w, one.b, one.d)]
        for one in layers
    ]


def _cell_by_cell(
    cell: str,
    layers: Sequence[LayerWeights],
    inputs: reference.Array,
    nonlinearity: str,
) -> Results:
    leaves, entered = _leaves(layers), torch.from_numpy(inputs).requires_grad_()
    current = list(entered)
    last: list[Tensor] = []
    for weights, one in zip(leaves, layers, strict=True):
        hidden, width = one.w.shape[1], one.u.shape[1]
        module = _module(cell, "Cell", nonlinearity)(width, hidden, dtype=torch.float64)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        own = dict(zip(names, weights, strict=True))
        state: Tensor | tuple[Tensor, ...] | None = None
        parts: tuple[Tensor, ...] = ()
        outputs = []
        for x in current:
            state = torch.func.functional_call(module, own, (x, state))
            parts = state if isinstance(state, tuple) else (state,)
            outputs.append(parts[0])
        current = outputs
        last += parts
    return _results(torch.stack(current), last, entered, leaves)


def _fused(
    cell: str,
    layers: Sequence[LayerWeights],
    inputs: reference.Array,
    nonlinearity: str,
) -> Results:
    leaves, entered = _leaves(layers), torch.from_numpy(inputs).requires_grad_()
    current: Tensor = entered
    last: list[Tensor] = []
    sizes = [one.w.shape[1] for one in layers]
    # One module where all widths agree, as torch has it; else a module a layer.
    together = (
        [list(range(len(layers)))] if len(set(sizes)) == 1 else [[n] for n in range(len(layers))]
    )
    for numbers in together:
        width = layers[numbers[0]].u.shape[1]
        made = _module(cell, "", nonlinearity)
        module = made(width, sizes[numbers[0]], len(numbers), dtype=torch.float64)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        own = {
            f"{name}_l{place}": weight
            for place, number in enumerate(numbers)
            for name, weight in zip(names, leaves[number], strict=True)
        }
        current, after = torch.func.functional_call(module, own, (current,))
        parts = after if isinstance(after, tuple) else (after,)
        last += [part[place] for place in range(len(numbers)) for part in parts]
    return _results(current, last, entered, leaves)


def _results(
    outputs: Tensor, last: Sequence[Tensor], entered: Tensor, leaves: Sequence[Sequence[Tensor]]
) -> Results:
    wanted = [entered, *(leaf for one in leaves for leaf in one)]
    gradients = torch.autograd.grad(outputs.square().sum(), wanted)
    return [x.detach().numpy() for x in (outputs, *last)], [x.numpy() for x in gradients]
