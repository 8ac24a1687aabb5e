"""torch's recurrent layers and cells inside people's modules, for all trials of a stack at once.

`vmap` raises for what torch computes them with. Layers go to the kernels that compute ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnsearch.models.cells import CELLS
from rnnsearch.training.fused.products import flat_linear
from rnnsearch.training.fused.refusal import NotFusedError
from rnnsearch.training.fused.streams import dropped
from rnnsearch.training.kernels import differentiable
from rnnsearch.training.kernels.base import LayerShape
from rnnsearch.training.kernels.choice import choose
from rnnsearch.training.layout import padded_size


def stacked_layer(name: str, nonlinearity: str, tensors: Sequence[Tensor]) -> list[Tensor]:
    """One layer in one direction of K trials, by the kernel of its shape.

    Args:
        name: Of the cell.
        nonlinearity: Of an `rnn`.
        tensors: Inputs [K, T, B, I], w_ih [K, G*H, I], w_hh [K, G*H, H], b_ih and b_hh [K, G*H],
            and the parts of the first state, [K, B, H] each.

    Returns:
        Outputs [K, T, B, H], and the parts of the last state.
    """
    inputs, w_ih, w_hh, b_ih, b_hh, *state = tensors
    members, steps, batch, width = inputs.shape
    units, gates = w_hh.shape[-1], CELLS[name].gates
    wide = padded_size(units)

    def padded(weight: Tensor, columns: int = 0) -> Tensor:
        blocks = weight.view(members, gates, units, *weight.shape[2:])
        ends = (0, wide - units) if weight.ndim == 2 else (0, columns, 0, wide - units)
        return functional.pad(blocks, ends).flatten(1, 2)

    if wide != units:
        w_ih, w_hh = padded(w_ih.contiguous()), padded(w_hh, wide - units)
        b_ih, b_hh = padded(b_ih), padded(b_hh)
        state = [functional.pad(part, (0, wide - units)) for part in state]
    shape = LayerShape(
        cell=name,
        nonlinearity=nonlinearity,  # type: ignore[arg-type]
        hidden_size=wide,
        input_size=width,
        batch_size=batch,
        seq_len=steps,
        members=members,
    )
    kernel = choose(shape, inputs.device, inputs.dtype)
    before = tuple(part.contiguous() for part in state)
    weights = (w_ih.contiguous(), w_hh.contiguous(), b_ih.contiguous(), b_hh.contiguous())
    outputs, after = differentiable.layer(kernel, shape, inputs.contiguous(), weights, before)
    return [one[..., :units] for one in (outputs, *after)]


class _Layer(torch.autograd.Function):
    """A layer of one trial as `vmap` sees it: computed for all of them, outside of `vmap`."""

    @staticmethod
    def forward(name: str, nonlinearity: str, *tensors: Tensor) -> tuple[Tensor, ...]:
        raise NotFusedError("it has a recurrent layer of torch's that no trial's tensors reach")

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Nothing is kept: it is differentiated outside of `vmap`."""

    @staticmethod
    def vmap(
        info: Any, in_dims: Sequence[int | None], name: str, nonlinearity: str, *tensors: Tensor
    ) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        stacked = [
            one.unsqueeze(0).expand(info.batch_size, *one.shape)
            if dim is None
            else one.movedim(dim, 0)
            for one, dim in zip(tensors, in_dims[2:], strict=True)
        ]
        results = stacked_layer(name, nonlinearity, stacked)
        return tuple(results), (0,) * len(results)


single: ContextVar[bool] = ContextVar("single", default=False)
"""Whether a single trial is computed, without `vmap`."""


def _computed(name: str, nonlinearity: str, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    """`stacked_layer` of one trial, whose tensors lack the first axis."""
    if single.get():
        results = stacked_layer(name, nonlinearity, [one.unsqueeze(0) for one in tensors])
        return [one.squeeze(0) for one in results]
    of_all: tuple[Tensor, ...] = _Layer.apply(name, nonlinearity, *tensors)  # type: ignore[no-untyped-call]
    return of_all


def _run(layers: nn.RNNBase, name: str, x: Any, state: Sequence[Tensor] | None) -> list[Tensor]:
    """All layers of a module of torch's in their directions: outputs, and the parts of the state.

    Args:
        x: As the module takes it.
        state: Its parts (layers * directions, batch, units); None for zeros.
    """
    if not isinstance(x, Tensor):
        raise NotFusedError("it gives packed sequences to a recurrent layer of torch's")
    if x.ndim != 3 or layers.proj_size:
        what = "with a projection" if layers.proj_size else "read a sequence without a batch"
        raise NotFusedError(f"it has a recurrent layer of torch's {what}")
    nonlinearity = getattr(layers, "nonlinearity", "tanh")
    both = 2 if layers.bidirectional else 1
    current = x.transpose(0, 1) if layers.batch_first else x
    if state is None:
        zeros = x.new_zeros(layers.num_layers * both, current.shape[1], layers.hidden_size)
        state = [zeros] * CELLS[name].states
    ends = []
    for layer in range(layers.num_layers):
        if layer:
            current = dropped(current, layers.dropout, training=layers.training)
        sides = []
        for side in range(both):
            end = f"_l{layer}" + "_reverse" * side
            weights = [getattr(layers, f"weight_{part}{end}") for part in ("ih", "hh")]
            if layers.bias:
                weights += [getattr(layers, f"bias_{part}{end}") for part in ("ih", "hh")]
            else:
                weights += [x.new_zeros(len(weights[0]))] * 2
            read = current.flip(0) if side else current
            before = [part[layer * both + side] for part in state]
            outputs, *last = _computed(name, nonlinearity, [read, *weights, *before])
            sides.append(outputs.flip(0) if side else outputs)
            ends.append(last)
        current = sides[0] if both == 1 else torch.cat(sides, -1)
    outputs = current.transpose(0, 1) if layers.batch_first else current
    return [outputs, *(torch.stack(parts) for parts in zip(*ends, strict=True))]


class StackedRNN(nn.RNN):
    """`nn.RNN`, computed for all trials at once."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        """See `nn.RNN`."""
        outputs, hidden = _run(self, "rnn", input, None if hx is None else [hx])
        return outputs, hidden


class StackedGRU(nn.GRU):
    """`nn.GRU`, computed for all trials at once."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        """See `nn.GRU`."""
        outputs, hidden = _run(self, "gru", input, None if hx is None else [hx])
        return outputs, hidden


class StackedLSTM(nn.LSTM):
    """`nn.LSTM`, computed for all trials at once."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        """See `nn.LSTM`."""
        outputs, hidden, cells = _run(self, "lstm", input, hx)
        return outputs, (hidden, cells)


def _blocks(cell: nn.RNNCellBase, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """What the gates of a cell read of the inputs and of the state."""
    pairs = ((x, cell.weight_ih, cell.bias_ih), (hidden, cell.weight_hh, cell.bias_hh))
    into, across = (
        flat_linear(one.reshape(-1, one.shape[-1]), weight, bias).view(*one.shape[:-1], -1)
        for one, weight, bias in pairs
    )
    return into, across


class PlainRNNCell(nn.RNNCell):
    """`nn.RNNCell` in plain operators."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """See `nn.RNNCell`."""
        hidden = input.new_zeros(*input.shape[:-1], self.hidden_size) if hx is None else hx
        into, across = _blocks(self, input, hidden)
        return (torch.relu if self.nonlinearity == "relu" else torch.tanh)(into + across)


class PlainGRUCell(nn.GRUCell):
    """`nn.GRUCell` in plain operators."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """See `nn.GRUCell`."""
        hidden = input.new_zeros(*input.shape[:-1], self.hidden_size) if hx is None else hx
        into, across = _blocks(self, input, hidden)
        units = self.hidden_size
        reset, update = torch.sigmoid(into[..., : 2 * units] + across[..., : 2 * units]).chunk(
            2, -1
        )
        new = torch.tanh(into[..., 2 * units :] + reset * across[..., 2 * units :])
        return new + update * (hidden - new)


class PlainLSTMCell(nn.LSTMCell):
    """`nn.LSTMCell` in plain operators."""

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """See `nn.LSTMCell`."""
        if hx is None:
            zeros = input.new_zeros(*input.shape[:-1], self.hidden_size)
            hx = (zeros, zeros)
        into, across = _blocks(self, input, hx[0])
        gates = into + across
        units = self.hidden_size
        take, forget = torch.sigmoid(gates[..., : 2 * units]).chunk(2, -1)
        cells = forget * hx[1] + take * torch.tanh(gates[..., 2 * units : 3 * units])
        return torch.sigmoid(gates[..., 3 * units :]) * torch.tanh(cells), cells
