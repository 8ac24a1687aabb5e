"""torch's recurrent functions, one member after the other: the reference, and for wide LSTMs.

On a CPU `torch.lstm` in float32 runs a fused oneDNN layer; the other cells are loops of small
operators inside torch, without Python between them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.models.cells import CELLS, function_name
from rnnsearch.models.network import torch_layer
from rnnsearch.training.kernels.base import Grads, LayerKernel, LayerShape, Operands, Saved, State


class ModulesKernel(LayerKernel):
    """Calls `torch.rnn_tanh`, `torch.rnn_relu`, `torch.gru` or `torch.lstm` for each member.

    The backward pass is torch's. It follows the graph that the forward pass recorded, which is
    freed on the way.
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
        self, layer: LayerShape, saved: Saved, grad: Tensor, last: Grads, wanted: Sequence[bool]
    ) -> Grads:
        """See `LayerKernel`."""
        leaves, results = saved.other or _graph(layer, saved.tensors)
        saved.other = None
        pairs = [
            (result, arriving_gradient)
            for result, arriving_gradient in zip(results, (grad, *last), strict=False)
            if arriving_gradient is not None
        ]
        outputs, arriving = zip(*pairs, strict=True)
        some = [leaf for leaf, asked in zip(leaves, wanted, strict=True) if asked]
        gradients = iter(torch.autograd.grad(outputs, some, arriving))
        return tuple(next(gradients) if asked else None for asked in wanted)


def _graph(layer: LayerShape, operands: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Leaf tensors with the operands' values, and results that torch can differentiate in them."""
    leaves = [operand.detach().requires_grad_() for operand in operands]
    with torch.enable_grad():
        return leaves, _run(layer, leaves)


def _run(layer: LayerShape, operands: Sequence[Tensor]) -> list[Tensor]:
    """Outputs [K, T, B, H], and the parts of the state after the last time step, [K, B, H] each."""
    name = function_name(layer.cell, layer.nonlinearity)
    training = torch.is_grad_enabled()
    members = [
        torch_layer(name, inputs, four, state, training=training)
        for inputs, *four, state in zip(*operands[:5], zip(*operands[5:], strict=True), strict=True)
    ]
    outputs, states = zip(*members, strict=True)
    # A wide member is often alone, and its outputs large.
    together = torch.stack(outputs) if len(outputs) > 1 else outputs[0].unsqueeze(0)
    return [together, *(torch.stack(parts) for parts in zip(*states, strict=True))]
