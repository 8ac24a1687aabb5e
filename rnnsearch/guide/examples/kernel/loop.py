"""A kernel: an Elman layer as its equation says, member by member and time step by time step."""

import torch

from rnnsearch.training.kernels.base import LayerKernel, Saved


class LoopKernel(LayerKernel):
    name = "loop"

    def supports(self, layer):
        return (layer.cell, layer.nonlinearity) == ("rnn", "tanh")

    def forward(self, layer, operands, lengths=None, *, keep=True):
        if not keep:
            outputs = run(operands)
            return outputs, (outputs[:, -1].clone(),), Saved()
        graph = recorded(operands)
        outputs = graph[1].detach()
        return outputs, (outputs[:, -1].clone(),), Saved(tuple(operands), None, graph)

    def backward(self, layer, saved, gradient, last, wanted):
        leaves, outputs = saved.other or recorded(saved.tensors)
        saved.other = None  # torch walks a graph once
        if last[0] is not None:
            gradient = gradient.clone()
            gradient[:, -1] += last[0]
        some = [leaf for leaf, asked in zip(leaves, wanted, strict=True) if asked]
        gradients = iter(torch.autograd.grad(outputs, some, gradient))
        return tuple(next(gradients) if asked else None for asked in wanted)


def recorded(operands):
    """Leaves in the place of the operands, and outputs that torch can differentiate."""
    leaves = [operand.detach().requires_grad_() for operand in operands]
    with torch.enable_grad():
        return leaves, run(leaves)


def run(operands):
    """Outputs [members, time, batch, hidden]; each member by itself, so that none feels another."""
    return torch.stack([member(*parts) for parts in zip(*operands, strict=True)])


def member(inputs, w_ih, w_hh, b_ih, b_hh, hidden):
    outputs = []
    for x in inputs:
        hidden = torch.tanh(x @ w_ih.T + b_ih + hidden @ w_hh.T + b_hh)
        outputs.append(hidden)
    return torch.stack(outputs)
