"""What a network of a cell that is trained by a scan computes: equations, shapes, differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor

from rnnsearch.models import reference
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import network_weights


def differences(
    cell: str,
    input_size: int,
    hidden_sizes: Sequence[int],
    batch_size: int,
    seq_len: int,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """The largest difference of each two forms of one network, in float64.

    From scratch are the lines of numpy of the cell's file; step by step is the network that a
    search trains; at once
    computes all steps together by a scan, which doubles the steps that are done in each round.

    Returns:
        By pair of forms, the largest absolute difference in `outputs`, and of the two that torch
        computes in `gradients` (of inputs and all weights, of the sum of squares of the outputs).
    """
    config = ModelConfig(cell=cell, hidden_sizes=tuple(hidden_sizes))
    network = RecurrentNetwork(config, input_size, 1, symbolic=False).double()
    drawn = initial_weights(config, input_size, 1, False, seed)
    network.load_state_dict({name: weight.double() for name, weight in drawn.items()})
    inputs = np.random.default_rng([seed, 1]).standard_normal((seq_len, batch_size, input_size))
    layers = [_layer_weights(cell, network, number) for number in range(len(hidden_sizes))]

    scratch = inputs
    for one in layers:
        arrays = [weight.detach().numpy() for weight in one.values()]
        scratch = getattr(CELLS[cell].code, cell)(scratch, *arrays)
    steps, steps_back = _with_gradients(_step_by_step(network), inputs, layers)
    if not CELLS[cell].scan:
        return {"from scratch against step by step": {"outputs": _apart(scratch, steps)}}
    once, once_back = _with_gradients(_at_once(cell, layers), inputs, layers)
    apart = max(float((a - b).abs().max()) for a, b in zip(steps_back, once_back, strict=True))
    return {
        "from scratch against step by step": {"outputs": _apart(scratch, steps)},
        "from scratch against at once": {"outputs": _apart(scratch, once)},
        "step by step against at once": {"outputs": _apart(once, steps), "gradients": apart},
    }


def _layer_weights(cell: str, network: RecurrentNetwork, layer: int) -> dict[str, Tensor]:
    """A layer's weights by name, in the order of the cell's lines of numpy."""
    leaves = CELLS[cell].leaves
    return {leaf.name: network._named(leaf.name, layer) for leaf in leaves}


def _apart(one: reference.Array, other: reference.Array) -> float:
    return float(np.abs(one - other).max())


def _with_gradients(
    run: object, inputs: reference.Array, layers: Sequence[dict[str, Tensor]]
) -> tuple[reference.Array, list[Tensor]]:
    entered = torch.from_numpy(inputs).requires_grad_()
    outputs = cast("Tensor", run(entered))  # type: ignore[operator]
    wanted = [entered, *(weight for one in layers for weight in one.values())]
    back = torch.autograd.grad(outputs.square().sum(), wanted)
    return outputs.detach().numpy(), list(back)


def _step_by_step(network: RecurrentNetwork) -> object:
    """The states of a network's last layer, without its head."""

    def run(inputs: Tensor) -> Tensor:
        current = inputs
        for layer in range(len(network.config.widths)):
            before = network._first(layer, 0, inputs.shape[1])
            current, _ = network._layer(layer, 0, current, before)
        return current

    return run


def _at_once(cell: str, layers: Sequence[dict[str, Tensor]]) -> object:
    def run(inputs: Tensor) -> Tensor:
        current = inputs
        for one in layers:
            current = CELLS[cell].code.at_once(current, one)
        return current

    return run


def shapes(
    cell: str,
    input_size: int,
    hidden_sizes: Sequence[int],
    output_size: int,
    batch_size: int,
    seq_len: int,
) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape and meaning of every array of the network."""
    config = ModelConfig(cell=cell, hidden_sizes=tuple(hidden_sizes))
    rows: list[tuple[str, tuple[int, ...], str]] = [
        ("x", (seq_len, batch_size, input_size), "input: seq, batch, feature")
    ]
    letters = {leaf.name: leaf for leaf in CELLS[cell].leaves}
    for weight in network_weights(config, input_size, output_size, symbolic=False):
        name, _, layer = weight.name.removeprefix("rnn.").rpartition("_l")
        if name:
            mark = str(int(layer) + 1) if len(hidden_sizes) > 1 else ""
            rows.append((f"{letters[name].letter}{mark}", weight.shape, letters[name].meaning))
    width = hidden_sizes[-1]
    rows.append(("V", (output_size, width), "head: from the outputs of the last layer"))
    rows.append(("output", (seq_len, batch_size, width), "h of the last layer at every step"))
    return [*rows, ("y", (seq_len, batch_size, output_size), "V h_t + c at every step")]
