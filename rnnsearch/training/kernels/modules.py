"""torch's own recurrent functions, one member after the other: reference, fallback, wide shapes.

On a CPU `torch.lstm` in float32 runs a fused oneDNN layer; the other cells are loops of small
operators inside torch, without Python between them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.models.cells import CELLS, function_name
from rnnsearch.training.kernels.base import LayerKernel, LayerShape, Operands, Saved, Slopes, State


class ModulesKernel(LayerKernel):
    """Calls `torch.rnn_tanh`, `torch.rnn_relu`, `torch.gru` or `torch.lstm` for each member.

    The pass back is torch's own, along a graph that the pass forward leaves and that is let go
    as it is walked.
    """

    name = "modules"

    def supports(self, layer: LayerShape) -> bool:
        """Every shape, device and dtype of a cell that torch has."""
        return self.name in CELLS[layer.cell].kernels

    def forward(
        self,
        layer: LayerShape,
        operands: Operands,
        lengths: Tensor | None = None,
        *,
        keep: bool = True,
    ) -> tuple[Tensor, State, Saved]:
        """See `LayerKernel`; lengths are not read."""
        del lengths
        if not keep:
            outputs, *last = _run(layer, operands)
            return outputs, tuple(last), Saved()
        graph = _graph(layer, operands)
        outputs, *last = (one.detach() for one in graph[1])
        return outputs, tuple(last), Saved(tuple(operands), None, graph)

    def backward(
        self, layer: LayerShape, saved: Saved, slopes: Tensor, last: Slopes, wanted: Sequence[bool]
    ) -> Slopes:
        """See `LayerKernel`."""
        leaves, results = saved.other or _graph(layer, saved.tensors)
        saved.other = None
        pulled = [
            (result, slope)
            for result, slope in zip(results, (slopes, *last), strict=False)
            if slope is not None
        ]
        outputs, arriving = zip(*pulled, strict=True)
        some = [leaf for leaf, asked in zip(leaves, wanted, strict=True) if asked]
        found = iter(torch.autograd.grad(outputs, some, arriving))
        return tuple(next(found) if asked else None for asked in wanted)


def _graph(layer: LayerShape, operands: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Leaves in the place of the operands, and the results that torch can differentiate."""
    leaves = [operand.detach().requires_grad_() for operand in operands]
    with torch.enable_grad():
        return leaves, _run(layer, leaves)


def _run(layer: LayerShape, operands: Sequence[Tensor]) -> list[Tensor]:
    """Outputs [K, T, B, H], and the parts of the state after the last step [K, B, H]."""
    found = []
    for member in range(len(operands[0])):
        inputs, *weights = (operand[member] for operand in operands[:5])
        before = [part[member].unsqueeze(0).contiguous() for part in operands[5:]]
        found.append(_member(layer, inputs, weights, before))
    outputs, *states = zip(*found, strict=True)
    # A wide member is often alone, and its outputs large.
    together = torch.stack(outputs) if len(outputs) > 1 else outputs[0].unsqueeze(0)
    return [together, *(torch.cat(parts) for parts in states)]


def _member(
    layer: LayerShape, inputs: Tensor, weights: list[Tensor], state: list[Tensor]
) -> tuple[Tensor, ...]:
    """One member: inputs [T, B, I] to outputs [T, B, H] and states [1, B, H]."""
    # Arguments after the weights: biases, layers, dropout, training, bidirectional, batch_first.
    # `training` keeps what the backward of cuDNN and oneDNN needs; there is no dropout in it.
    training = torch.is_grad_enabled()
    how = (True, 1, 0.0, training, False, False)
    run = getattr(torch, function_name(layer.cell, layer.nonlinearity))
    found: tuple[Tensor, ...] = run(inputs, state if len(state) > 1 else state[0], weights, *how)
    return found
