"""One network computed in several forms, and how far their numbers lie apart.

`rnnsearch explain` prints these distances, so that a reader sees that the lines of numpy that it
prints compute what is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.models import reference
from rnnsearch.models.cells import CELLS, function_name
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.explain import code_name
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork, torch_layer
from rnnsearch.models.reference import Array, LayerWeights
from rnnsearch.training.kernels import traced

Form = tuple[list[Array], list[Array]]
"""Outputs with the last states, and gradients; none of either where a form does not give them."""

Run = Callable[[Tensor], tuple[Tensor, Sequence[Tensor]]]
"""From inputs to outputs and last states."""


def differences(
    cell: str,
    input_size: int,
    hidden_sizes: Sequence[int],
    batch_size: int,
    seq_len: int,
    nonlinearity: str = "tanh",
) -> dict[str, dict[str, float]]:
    """The largest difference of each two forms of one network, in float64.

    "From scratch" are the lines of numpy in the cell's file. Of a cell that torch has, their
    gradients are those written by hand in `models.reference`; "cell by cell" calls the function
    behind `nn.RNNCell` (`GRUCell`, `LSTMCell`) at every time step, and "fused" the one behind
    `nn.RNN` (`GRU`, `LSTM`) for each layer. Of another cell, "step by step" is the network of one
    trial, and "at once" is what packs train: all time steps by one scan.

    Returns:
        By pair of forms, the largest absolute difference in `outputs` (and last states of a cell
        that torch has) and, of forms that have them, in `gradients` (of inputs and all weights, of
        the sum of squares of the outputs).
    """
    inputs = np.random.default_rng([0, 1]).standard_normal((seq_len, batch_size, input_size))
    if CELLS[cell].torch:
        layers = reference.draw(cell, input_size, hidden_sizes, seed=0)
        forms = _of_torch(cell, layers, inputs, nonlinearity)
    else:
        forms = _of_steps(cell, hidden_sizes, inputs)
    distances = {}
    for one, other in combinations(forms, 2):
        parts = zip(("outputs", "gradients"), forms[one], forms[other], strict=True)
        distances[f"{one} against {other}"] = {
            part: max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))
            for part, first, second in parts
            if first and second
        }
    return distances


def _of_torch(
    cell: str, layers: Sequence[LayerWeights], inputs: Array, nonlinearity: str
) -> dict[str, Form]:
    leaves = [[torch.from_numpy(array).requires_grad_() for array in one] for one in layers]
    name = function_name(cell, nonlinearity)
    step = getattr(torch, f"{name}_cell")

    def zeros(inputs: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
        return (inputs.new_zeros(inputs.shape[1], weights[1].shape[1]),) * CELLS[cell].states

    def cell_by_cell(current: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        last: list[Tensor] = []
        for weights in leaves:
            state, outputs = zeros(current, weights), []
            for x in current:
                state = _parts(step(x, state if len(state) > 1 else state[0], *weights))
                outputs.append(state[0])
            current = torch.stack(outputs)
            last += state
        return current, last

    def fused(current: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        last: list[Tensor] = []
        for weights in leaves:
            first = zeros(current, weights)
            current, after = torch_layer(name, current, weights, first, training=True)
            last += after
        return current, last

    weights = [leaf for one in leaves for leaf in one]
    return {
        "from scratch": _from_scratch(cell, layers, inputs, nonlinearity),
        "cell by cell": _with_gradients(cell_by_cell, inputs, weights),
        "fused": _with_gradients(fused, inputs, weights),
    }


def _parts(state: Any) -> tuple[Any, ...]:
    """A state of one part or several, as a tuple."""
    return state if isinstance(state, tuple) else (state,)


def _from_scratch(
    cell: str, layers: Sequence[LayerWeights], inputs: Array, nonlinearity: str
) -> Form:
    run = getattr(CELLS[cell].code, code_name(cell, nonlinearity))
    outputs, last = inputs, []
    for one in layers:
        outputs, *memory = _parts(run(outputs, *one))
        last += [outputs[-1], *memory]
    taken = reference.forward(cell, layers, inputs, nonlinearity=nonlinearity)
    back = reference.backward(cell, layers, taken, 2 * taken.outputs, nonlinearity=nonlinearity)
    return [outputs, *last], [back.inputs, *(array for one in back.layers for array in one)]


def _of_steps(cell: str, hidden_sizes: Sequence[int], inputs: Array) -> dict[str, Form]:
    config, input_size = ModelConfig(cell=cell, hidden_sizes=tuple(hidden_sizes)), inputs.shape[2]
    network = RecurrentNetwork(config, input_size, 1, symbolic=False).double()
    drawn = initial_weights(config, input_size, 1, False, seed=0)
    network.load_state_dict({name: weight.double() for name, weight in drawn.items()})
    code, leaves = CELLS[cell].code, CELLS[cell].leaves
    layers = [
        {leaf.name: network.weight(leaf.name, layer) for leaf in leaves}
        for layer in range(len(hidden_sizes))
    ]
    scratch = inputs
    for one in layers:
        arrays = [weight.detach().numpy() for weight in one.values()]
        scratch = getattr(code, cell)(scratch, *arrays)

    def step_by_step(current: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        for layer in range(len(layers)):
            first = network.first_state(layer, 0, current.shape[1])
            current, _ = network.run_layer(layer, 0, current, first)
        return current, ()

    def at_once(current: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        for one, units in zip(layers, hidden_sizes, strict=True):
            stacked = {name: weight.unsqueeze(0) for name, weight in one.items()}
            state = [current.new_zeros(1, current.shape[1], units)] * CELLS[cell].states
            outputs, _ = traced.layer(cell, current.unsqueeze(0), stacked, tuple(state))
            current = outputs.squeeze(0)
        return current, ()

    weights = [weight for one in layers for weight in one.values()]
    forms: dict[str, Form] = {"from scratch": ([scratch], [])}
    forms["step by step"] = _with_gradients(step_by_step, inputs, weights)
    if CELLS[cell].scan:
        forms["at once"] = _with_gradients(at_once, inputs, weights)
    return forms


def _with_gradients(run: Run, inputs: Array, weights: Sequence[Tensor]) -> Form:
    entered = torch.from_numpy(inputs).requires_grad_()
    outputs, last = run(entered)
    back = torch.autograd.grad(outputs.square().sum(), [entered, *weights])
    return [x.detach().numpy() for x in (outputs, *last)], [x.numpy() for x in back]
