"""i, f, o = sigmoid; g = tanh; c' = f c + i g; h' = o tanh(c')."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.training.kernels.base import LayerShape, State
from rnnsearch.training.kernels.batched.cell import Back, Parts, before, project


def forward(layer: LayerShape, operands: Sequence[Tensor]) -> tuple[Parts, Parts]:
    """All time steps; `BatchedCell` says what is given and returned."""
    del layer
    inputs, w_ih, w_hh, b_ih, b_hh, hidden, memory = operands
    size = hidden.shape[-1]
    # sigmoid(x) = tanh(x / 2) / 2 + 1 / 2: with the halves in the weights, one contiguous tanh
    # serves all four gates.
    scale = w_ih.new_full((4 * size,), 0.5)
    scale[2 * size : 3 * size].fill_(1)
    shift = 1 - scale
    gates = project(inputs, w_ih * scale.unsqueeze(1), (b_ih + b_hh) * scale)
    steps, members, batch, _ = gates.shape
    recurrent = (w_hh * scale.unsqueeze(1)).transpose(1, 2)
    memories = gates.new_empty(steps, members, batch, size)
    squashed = torch.empty_like(memories)
    outputs = torch.empty_like(memories)
    hidden_before, memory_before = hidden, memory
    for t in range(steps):
        gates[t].baddbmm_(hidden_before, recurrent).tanh_().mul_(scale).add_(shift)
        take, forget, candidate, out = gates[t].chunk(4, -1)
        torch.mul(forget, memory_before, out=memories[t]).addcmul_(take, candidate)
        torch.tanh(memories[t], out=squashed[t])
        torch.mul(out, squashed[t], out=outputs[t])
        hidden_before, memory_before = outputs[t], memories[t]
    return (outputs, memories), (gates, squashed)


def backward(layer: LayerShape, at: Back) -> tuple[Tensor, Tensor, State]:
    """All time steps; `BatchedCell` says what is given and returned."""
    del layer
    outputs, memories = at.sequences
    gates, squashed = at.kept
    hidden, memory = at.state
    steps, members, batch, size = outputs.shape
    take, forget, candidate, out = gates.chunk(4, -1)
    # Per unit of d(c') for i, f, g and of d(h') for o; multiplied by them below.
    d_gates = gates.new_empty(steps, members, batch, 4, size)
    torch.mul(candidate * take, 1 - take, out=d_gates[..., 0, :])
    torch.mul(before(memory, memories) * forget, 1 - forget, out=d_gates[..., 1, :])
    torch.mul(take, 1 - candidate * candidate, out=d_gates[..., 2, :])
    torch.mul(squashed * out, 1 - out, out=d_gates[..., 3, :])
    into_memory = out * (1 - squashed * squashed)
    d_hidden, d_memory = at.arriving[-1] + at.last[0], at.last[1]
    for step in range(steps - 1, -1, -1):
        d_cell = torch.addcmul(d_memory, d_hidden, into_memory[step])
        d_gates[step, :, :, :3].mul_(d_cell.unsqueeze(2))
        d_gates[step, :, :, 3].mul_(d_hidden)
        d_memory = d_cell.mul_(forget[step])
        gradient = d_gates[step].view(members, batch, -1)
        from_later = at.arriving[step - 1] if step else torch.zeros_like(hidden)
        d_hidden = torch.baddbmm(from_later, gradient, at.w_hh)
    flat = d_gates.view(steps, members, batch, 4 * size)
    return flat, flat, (d_hidden, d_memory)
