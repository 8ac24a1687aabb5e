"""What a network of a cell that is trained by a scan computes: equations, shapes, differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models import reference, spelled
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import network_weights

ScanCell = Literal["mingru", "minlstm", "lru"]

EQUATIONS: dict[ScanCell, tuple[str, ...]] = {
    "mingru": (
        "z_t = sigmoid(U_z x_t + b_z)",
        "n_t = U_n x_t + b_n",
        "h_t = (1 - z_t) * h_(t-1) + z_t * n_t",
    ),
    "minlstm": (
        "f_t = sigmoid(U_f x_t + b_f)",
        "i_t = sigmoid(U_i x_t + b_i)",
        "n_t = U_n x_t + b_n",
        "h_t = (f_t * h_(t-1) + i_t * n_t) / (f_t + i_t)",
    ),
    "lru": (
        "s_t = exp(-exp(nu) + i exp(theta)) * s_(t-1) + exp(gamma) * (B x_t)",
        "y_t = gelu(Re(C s_t) + D x_t)",
        "h_t = y_t * sigmoid(G y_t + g)",
    ),
}

_NAMES = {
    "weight_ih": ("U", "input weights, a block a gate"),
    "bias_ih": ("b", "their bias"),
    "nu": ("nu", "how fast a unit forgets"),
    "theta": ("theta", "how fast it turns"),
    "gamma": ("gamma", "how much enters"),
    "weight_b": ("B", "input weights, real rows, then imaginary ones"),
    "weight_c": ("C", "from states to outputs, likewise by columns"),
    "weight_d": ("D", "from inputs to outputs"),
    "weight_gate": ("G", "the gate of the output"),
    "bias_gate": ("g", "its bias"),
}


def symbol(name: str) -> tuple[str, str]:
    """A weight's letter in the equations, and what it does; `name` is without its layer."""
    return _NAMES[name]


def differences(
    cell: ScanCell,
    input_size: int,
    hidden_sizes: Sequence[int],
    batch_size: int,
    seq_len: int,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """The largest difference of each two forms of one network, in float64.

    From scratch is `models.spelled`; step by step is the network that a search trains; at once
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
    layers = [layer_weights(network, number) for number in range(len(hidden_sizes))]

    scratch = inputs
    for one in layers:
        arrays = [weight.detach().numpy() for weight in one.values()]
        scratch = getattr(spelled, cell)(scratch, *arrays)
    steps, steps_back = _with_gradients(_step_by_step(network), inputs, layers)
    once, once_back = _with_gradients(_at_once(cell, layers), inputs, layers)
    apart = max(float((a - b).abs().max()) for a, b in zip(steps_back, once_back, strict=True))
    return {
        "from scratch against step by step": {"outputs": _apart(scratch, steps)},
        "from scratch against at once": {"outputs": _apart(scratch, once)},
        "step by step against at once": {"outputs": _apart(once, steps), "gradients": apart},
    }


def layer_weights(network: RecurrentNetwork, layer: int) -> dict[str, Tensor]:
    """A layer's weights by the letters of the equations, in the order of `models.spelled`."""
    end = f"_l{layer}"
    return {
        symbol(name.removesuffix(end))[0]: weight
        for name, weight in network.rnn.named_parameters()
        if name.endswith(end)
    }


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


def _at_once(cell: ScanCell, layers: Sequence[dict[str, Tensor]]) -> object:
    def run(inputs: Tensor) -> Tensor:
        current = inputs
        for one in layers:
            current = _lru(current, one) if cell == "lru" else _gated(cell, current, one)
        return current

    return run


def _gated(cell: ScanCell, inputs: Tensor, weights: dict[str, Tensor]) -> Tensor:
    read = functional.linear(inputs, weights["U"], weights["b"])
    if cell == "mingru":
        take, new = read.chunk(2, dim=-1)
        take = torch.sigmoid(take)
        return scan(1 - take, take * new)
    forget, take, new = read.chunk(3, dim=-1)
    forget, take = torch.sigmoid(forget), torch.sigmoid(take)
    return scan(forget / (forget + take), take / (forget + take) * new)


def _lru(inputs: Tensor, weights: dict[str, Tensor]) -> Tensor:
    units = len(weights["nu"])
    turn = torch.exp(torch.complex(-torch.exp(weights["nu"]), torch.exp(weights["theta"])))
    into = torch.complex(weights["B"][:units], weights["B"][units:])
    entering = torch.exp(weights["gamma"]) * (inputs.to(into.dtype) @ into.T)
    states = scan(turn.expand_as(entering), entering)
    out = torch.complex(weights["C"][:, :units], weights["C"][:, units:])
    bent = (states @ out.T).real + inputs @ weights["D"].T
    bent = functional.gelu(bent, approximate="tanh")
    return bent * torch.sigmoid(functional.linear(bent, weights["G"], weights["g"]))


def scan(keep: Tensor, add: Tensor) -> Tensor:
    """All h_t = keep_t * h_(t-1) + add_t from h_0 = 0, along the first axis, in log2(T) rounds."""
    reach = 1
    while reach < len(add):
        add = torch.cat([add[:reach], add[reach:] + keep[reach:] * add[:-reach]])
        keep = torch.cat([keep[:reach], keep[reach:] * keep[:-reach]])
        reach *= 2
    return add


def shapes(
    cell: ScanCell,
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
    for weight in network_weights(config, input_size, output_size, symbolic=False):
        name, _, layer = weight.name.removeprefix("rnn.").rpartition("_l")
        if name:
            letter, meaning = symbol(name)
            mark = str(int(layer) + 1) if len(hidden_sizes) > 1 else ""
            rows.append((f"{letter}{mark}", weight.shape, meaning))
    width = hidden_sizes[-1]
    rows.append(("V", (output_size, width), "head: from the outputs of the last layer"))
    rows.append(("output", (seq_len, batch_size, width), "h of the last layer at every step"))
    return [*rows, ("y", (seq_len, batch_size, output_size), "V h_t + c at every step")]
