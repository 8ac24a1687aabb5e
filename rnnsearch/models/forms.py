"""One network computed in several forms, and how far their numbers lie apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnsearch.models import reference
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.explain import code_name
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.reference import Array, LayerWeights

Form = tuple[list[Array], list[Array]]
"""Outputs with the last states, and gradients; none of either where a form does not give them."""

Run = Callable[[Tensor], tuple[Tensor, Sequence[Tensor]]]
"""From inputs to outputs and last states."""

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def differences(
    cell: str,
    input_size: int,
    hidden_sizes: Sequence[int],
    batch_size: int,
    seq_len: int,
    nonlinearity: str = "tanh",
) -> dict[str, dict[str, float]]:
    """The largest difference of each two forms of one network, in float64.

    From scratch are the lines of numpy of the cell's file. Of a cell that torch has, its gradients
    are those by hand of `models.reference`; cell by cell steps `nn.RNNCell` (`GRUCell`,
    `LSTMCell`) in a loop; fused is `nn.RNN` (`GRU`, `LSTM`), one module a layer where widths
    differ. Of another cell, step by step is the network that a search trains, and at once
    computes all steps together by a scan, which doubles the steps that are done in each round.

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
    found = {}
    for one, other in combinations(forms, 2):
        parts = zip(("outputs", "gradients"), forms[one], forms[other], strict=True)
        found[f"{one} against {other}"] = {
            part: max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))
            for part, first, second in parts
            if first and second
        }
    return found


def _of_torch(
    cell: str, layers: Sequence[LayerWeights], inputs: Array, nonlinearity: str
) -> dict[str, Form]:
    leaves = [[torch.from_numpy(array).requires_grad_() for array in one] for one in layers]
    bent = {"nonlinearity": nonlinearity} if CELLS[cell].nonlinearities else {}

    def module(what: str, *sizes: int) -> nn.Module:
        made: nn.Module = getattr(nn, CELLS[cell].torch + what)(*sizes, dtype=torch.float64, **bent)
        return made

    def cell_by_cell(entered: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        current, last = list(entered), list[Tensor]()
        for weights in leaves:
            single = module("Cell", weights[0].shape[1], weights[1].shape[1])
            own = dict(zip(NAMES, weights, strict=True))
            state: Any = None
            outputs = []
            for x in current:
                state = torch.func.functional_call(single, own, (x, state))
                outputs.append(_parts(state)[0])
            current = outputs
            last += _parts(state)
        return torch.stack(current), last

    def fused(current: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        last: list[Tensor] = []
        alike = len({len(one.w.T) for one in layers}) == 1
        # One module where all widths agree, as torch has it; else a module a layer.
        for together in [leaves] if alike else [[weights] for weights in leaves]:
            into, across = together[0][:2]
            whole = module("", into.shape[1], across.shape[1], len(together))
            own = {
                f"{name}_l{place}": weight
                for place, weights in enumerate(together)
                for name, weight in zip(NAMES, weights, strict=True)
            }
            current, after = torch.func.functional_call(whole, own, (current,))
            last += [part[place] for place in range(len(together)) for part in _parts(after)]
        return current, last

    weights = [leaf for one in leaves for leaf in one]
    return {
        "from scratch": _from_scratch(cell, layers, inputs, nonlinearity),
        "cell by cell": _with_gradients(cell_by_cell, inputs, weights),
        "fused": _with_gradients(fused, inputs, weights),
    }


def _parts(state: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return state if isinstance(state, tuple) else (state,)


def _from_scratch(
    cell: str, layers: Sequence[LayerWeights], inputs: Array, nonlinearity: str
) -> Form:
    run = getattr(CELLS[cell].code, code_name(cell, nonlinearity))
    outputs, last = inputs, []
    for one in layers:
        found = run(outputs, *one)
        outputs, *memory = found if CELLS[cell].states > 1 else (found,)
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
        {leaf.name: network._named(leaf.name, layer) for leaf in leaves}
        for layer in range(len(hidden_sizes))
    ]
    scratch = inputs
    for one in layers:
        arrays = [weight.detach().numpy() for weight in one.values()]
        scratch = getattr(code, cell)(scratch, *arrays)

    def step_by_step(current: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        for layer in range(len(layers)):
            first = network._first(layer, 0, current.shape[1])
            current, _ = network._layer(layer, 0, current, first)
        return current, ()

    def at_once(current: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        for one in layers:
            current = code.at_once(current, one)
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
