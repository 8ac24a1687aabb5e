"""All members in one `baddbmm` a time step, with the backward pass written by hand.

Right on every device and in every floating dtype. What does not depend on the step before is
taken out of the two loops: the projection of the inputs, the derivatives of the activations, and
the weight gradients, each one operator over all steps. Inside, time is the first axis, so that
the slice of a step is contiguous.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnnsearch.training.kernels.base import LayerShape, State
from rnnsearch.training.padding import after_last_valid


class BatchedKernel:
    """One layer of all members as batched matrix products."""

    name = "batched"
    ends = True

    def supports(self, layer: LayerShape) -> bool:
        """Every cell and shape."""
        del layer
        return True

    def __call__(
        self,
        layer: LayerShape,
        inputs: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor,
        b_hh: Tensor,
        state: State,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """See `LayerKernel`; the outputs are a transposed view, not contiguous."""
        arguments = (inputs, w_ih, w_hh, b_ih, b_hh, *state)
        function, leading = self.function(layer, lengths)
        outputs, *last = function.apply(*leading, *arguments)  # type: ignore[no-untyped-call]
        if lengths is not None:
            last = [part.detach() for part in last]
        return outputs, tuple(last)

    def function(
        self, layer: LayerShape, lengths: Tensor | None
    ) -> tuple[type[torch.autograd.Function], tuple[str | Tensor | None, ...]]:
        """The torch function of such a layer, and its arguments before the tensors."""
        if layer.cell == "rnn":
            return _Rnn, (layer.nonlinearity, lengths)
        return (_Lstm if layer.cell == "lstm" else _Gru), (lengths,)


def _project(inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Inputs [K, T, B, I] through weight [K, R, I] and bias [K, R]; time-major [T, K, B, R]."""
    members, steps, batch, width = inputs.shape
    # Not `baddbmm`: with one input feature some processors fuse its product and sum for one member
    # and not for several, and a trial alone would differ from the same trial in company.
    flat = torch.bmm(inputs.reshape(members, steps * batch, width), weight.transpose(1, 2))
    flat += bias.unsqueeze(1)
    return flat.view(members, steps, batch, -1).transpose(0, 1).contiguous()


def _flat(sequence: Tensor) -> Tensor:
    """Time-major [T, K, B, R] to [K, T*B, R]."""
    steps, members, batch, width = sequence.shape
    return sequence.transpose(0, 1).reshape(members, steps * batch, width)


def _last(first: Tensor, sequence: Tensor, lengths: Tensor | None) -> Tensor:
    """The states after the last steps, [K, B, H] of time-major [T, K, B, H]; a copy."""
    if lengths is None:
        return sequence[-1].clone()
    return after_last_valid(sequence.transpose(0, 1), lengths, first)


def _before(first: Tensor, sequence: Tensor) -> Tensor:
    """The states that the steps started from, [T, K, B, H]."""
    return torch.cat([first.unsqueeze(0), sequence[:-1]])


def _column_sums(rows: Tensor) -> Tensor:
    """[K, N, R] to [K, R]; `sum` adds in another order for one member than for several."""
    ones = rows.new_ones(1, 1, rows.shape[1]).expand(len(rows), 1, -1)
    return torch.bmm(ones, rows).squeeze(1)


def _sigmoid_(values: Tensor) -> Tensor:
    """In place, through tanh: torch's own sigmoid rounds differently at the end of a buffer."""
    return values.mul_(0.5).tanh_().mul_(0.5).add_(0.5)


def _gradients(
    ctx: Any, first: int, d_projected: Tensor, d_recurrent: Tensor, hidden_before: Tensor
) -> tuple[Tensor | None, ...]:
    """Gradients of inputs, w_ih, w_hh, b_ih and b_hh.

    Args:
        first: Position of `inputs` among the arguments of `forward`.
        d_projected: Of the projected inputs, [T, K, B, G*H].
        d_recurrent: Of the recurrent products; of an `rnn` or `lstm` the same tensor.
    """
    inputs, w_ih = ctx.saved_tensors[0], ctx.saved_tensors[1]
    needs = ctx.needs_input_grad[first : first + 5]
    members, steps, batch, width = inputs.shape
    projected = _flat(d_projected)
    recurrent = projected if d_recurrent is d_projected else _flat(d_recurrent)
    d_inputs = d_w_ih = d_w_hh = d_b_ih = d_b_hh = None
    if needs[0]:
        d_inputs = torch.bmm(projected, w_ih).view(members, steps, batch, width)
    if needs[1]:
        entered = inputs.reshape(members, steps * batch, width)
        if width == 1:  # a matrix times a vector rounds differently for one member than for several
            entered = entered.expand(-1, -1, 2).contiguous()
        d_w_ih = torch.bmm(projected.transpose(1, 2), entered)[..., :width]
    if needs[2]:
        d_w_hh = torch.bmm(recurrent.transpose(1, 2), _flat(hidden_before))
    if needs[3]:
        d_b_ih = _column_sums(projected)
    if needs[4]:
        d_b_hh = d_b_ih if recurrent is projected and needs[3] else _column_sums(recurrent)
    return d_inputs, d_w_ih, d_w_hh, d_b_ih, d_b_hh


class _Rnn(torch.autograd.Function):
    """h' = act(W_ih x + b_ih + W_hh h + b_hh)."""

    @staticmethod
    def forward(
        ctx: Any,
        nonlinearity: str,
        lengths: Tensor | None,
        inputs: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor,
        b_hh: Tensor,
        hidden: Tensor,
    ) -> tuple[Tensor, Tensor]:
        outputs = _project(inputs, w_ih, b_ih + b_hh)
        recurrent = w_hh.transpose(1, 2)
        before = hidden
        for step in outputs.unbind(0):
            step.baddbmm_(before, recurrent)
            before = step.tanh_() if nonlinearity == "tanh" else step.relu_()
        ctx.save_for_backward(inputs, w_ih, w_hh, hidden, outputs)
        ctx.nonlinearity = nonlinearity
        return outputs.transpose(0, 1), _last(hidden, outputs, lengths)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_outputs: Tensor, d_last: Tensor) -> tuple[Tensor | None, ...]:
        _, _, w_hh, hidden, outputs = ctx.saved_tensors
        if ctx.nonlinearity == "tanh":
            slope = torch.addcmul(outputs.new_ones(()), outputs, outputs, value=-1)
        else:
            slope = (outputs > 0).to(outputs.dtype)
        arriving = d_outputs.transpose(0, 1).contiguous()
        d_gates = slope  # overwritten step by step, from the last one
        d_hidden = arriving[-1] + d_last
        for step in range(len(d_gates) - 1, -1, -1):
            d_gates[step].mul_(d_hidden)
            from_later = arriving[step - 1] if step else torch.zeros_like(hidden)
            d_hidden = torch.baddbmm(from_later, d_gates[step], w_hh)
        shared = _gradients(ctx, 2, d_gates, d_gates, _before(hidden, outputs))
        return (None, None, *shared, d_hidden)


class _Gru(torch.autograd.Function):
    """r, z = sigmoid; n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = n + z (h - n)."""

    @staticmethod
    def forward(
        ctx: Any,
        lengths: Tensor | None,
        inputs: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor,
        b_hh: Tensor,
        hidden: Tensor,
    ) -> tuple[Tensor, Tensor]:
        size = hidden.shape[-1]
        gates = _project(inputs, w_ih[:, : 2 * size], b_ih[:, : 2 * size] + b_hh[:, : 2 * size])
        new = _project(inputs, w_ih[:, 2 * size :], b_ih[:, 2 * size :])
        recurrent_gates = w_hh[:, : 2 * size].transpose(1, 2)
        recurrent_new = w_hh[:, 2 * size :].transpose(1, 2)
        bias_new = b_hh[:, 2 * size :].unsqueeze(1)
        inner = torch.empty_like(new)
        outputs = torch.empty_like(new)
        before = hidden
        for t in range(len(outputs)):
            reset, update = _sigmoid_(gates[t].baddbmm_(before, recurrent_gates)).chunk(2, -1)
            torch.baddbmm(bias_new, before, recurrent_new, out=inner[t])
            candidate = new[t].addcmul_(reset, inner[t]).tanh_()
            torch.lerp(candidate, before, update, out=outputs[t])
            before = outputs[t]
        ctx.save_for_backward(inputs, w_ih, w_hh, hidden, outputs, gates, new, inner)
        return outputs.transpose(0, 1), _last(hidden, outputs, lengths)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_outputs: Tensor, d_last: Tensor) -> tuple[Tensor | None, ...]:
        _, _, w_hh, hidden, outputs, gates, new, inner = ctx.saved_tensors
        steps, members, batch, size = outputs.shape
        reset, update = gates.chunk(2, -1)
        hidden_before = _before(hidden, outputs)
        # d_recurrent holds d(r), d(z), d(inner) per unit of d(h'), and is multiplied by it below.
        d_recurrent = outputs.new_empty(steps, members, batch, 3, size)
        slope_new = (1 - update) * (1 - new * new)
        torch.mul(slope_new, reset, out=d_recurrent[..., 2, :])
        torch.mul(d_recurrent[..., 2, :] * (1 - reset), inner, out=d_recurrent[..., 0, :])
        torch.mul((hidden_before - new) * update, 1 - update, out=d_recurrent[..., 1, :])
        arriving = d_outputs.transpose(0, 1).contiguous()
        d_states = torch.empty_like(outputs)
        d_hidden = arriving[-1] + d_last
        for step in range(steps - 1, -1, -1):
            d_states[step] = d_hidden
            gradient = d_recurrent[step].mul_(d_hidden.unsqueeze(2)).view(members, batch, -1)
            direct = d_hidden * update[step]
            if step:
                direct += arriving[step - 1]
            d_hidden = direct.baddbmm_(gradient, w_hh)
        recurrent = d_recurrent.view(steps, members, batch, 3 * size)
        projected = recurrent.clone()
        torch.mul(d_states, slope_new, out=projected[..., 2 * size :])
        return (None, *_gradients(ctx, 1, projected, recurrent, hidden_before), d_hidden)


class _Lstm(torch.autograd.Function):
    """i, f, o = sigmoid; g = tanh; c' = f c + i g; h' = o tanh(c')."""

    @staticmethod
    def forward(
        ctx: Any,
        lengths: Tensor | None,
        inputs: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor,
        b_hh: Tensor,
        hidden: Tensor,
        memory: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        size = hidden.shape[-1]
        # sigmoid(x) = tanh(x / 2) / 2 + 1 / 2: with the halves in the weights, one contiguous tanh
        # serves all four gates.
        scale = w_ih.new_full((4 * size,), 0.5)
        scale[2 * size : 3 * size].fill_(1)
        shift = 1 - scale
        gates = _project(inputs, w_ih * scale.unsqueeze(1), (b_ih + b_hh) * scale)
        steps, members, batch, _ = gates.shape
        recurrent = (w_hh * scale.unsqueeze(1)).transpose(1, 2)
        memories = gates.new_empty(steps, members, batch, size)
        squashed = torch.empty_like(memories)
        outputs = torch.empty_like(memories)
        before, memory_before = hidden, memory
        for t in range(steps):
            gates[t].baddbmm_(before, recurrent).tanh_().mul_(scale).add_(shift)
            take, forget, candidate, out = gates[t].chunk(4, -1)
            torch.mul(forget, memory_before, out=memories[t]).addcmul_(take, candidate)
            torch.tanh(memories[t], out=squashed[t])
            torch.mul(out, squashed[t], out=outputs[t])
            before, memory_before = outputs[t], memories[t]
        ctx.save_for_backward(
            inputs, w_ih, w_hh, hidden, memory, outputs, gates, memories, squashed
        )
        last = _last(hidden, outputs, lengths), _last(memory, memories, lengths)
        return outputs.transpose(0, 1), *last

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, d_outputs: Tensor, d_last: Tensor, d_memory: Tensor
    ) -> tuple[Tensor | None, ...]:
        _, _, w_hh, hidden, memory, outputs, gates, memories, squashed = ctx.saved_tensors
        steps, members, batch, size = outputs.shape
        take, forget, candidate, out = gates.chunk(4, -1)
        # Per unit of d(c') for i, f, g and of d(h') for o; multiplied by them below.
        d_gates = gates.new_empty(steps, members, batch, 4, size)
        torch.mul(candidate * take, 1 - take, out=d_gates[..., 0, :])
        torch.mul(_before(memory, memories) * forget, 1 - forget, out=d_gates[..., 1, :])
        torch.mul(take, 1 - candidate * candidate, out=d_gates[..., 2, :])
        torch.mul(squashed * out, 1 - out, out=d_gates[..., 3, :])
        into_memory = out * (1 - squashed * squashed)
        arriving = d_outputs.transpose(0, 1).contiguous()
        d_hidden = arriving[-1] + d_last
        for step in range(steps - 1, -1, -1):
            d_cell = torch.addcmul(d_memory, d_hidden, into_memory[step])
            d_gates[step, :, :, :3].mul_(d_cell.unsqueeze(2))
            d_gates[step, :, :, 3].mul_(d_hidden)
            d_memory = d_cell.mul_(forget[step])
            gradient = d_gates[step].view(members, batch, -1)
            from_later = arriving[step - 1] if step else torch.zeros_like(hidden)
            d_hidden = torch.baddbmm(from_later, gradient, w_hh)
        flat = d_gates.view(steps, members, batch, 4 * size)
        shared = _gradients(ctx, 1, flat, flat, _before(hidden, outputs))
        return (None, *shared, d_hidden, d_memory)
