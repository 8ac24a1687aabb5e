"""torch's own recurrent functions, one member after the other: reference, fallback, wide shapes.

On a CPU `torch.lstm` in float32 runs a fused oneDNN layer; the other cells are loops of small
operators inside torch, without Python between them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnsearch.training.kernels.base import LayerShape, State


class ModulesKernel:
    """Calls `torch.rnn_tanh`, `torch.rnn_relu`, `torch.gru` or `torch.lstm` for each member."""

    name = "modules"
    ends = False

    def supports(self, layer: LayerShape) -> bool:
        """Every cell, shape, device and dtype that torch has."""
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
        """See `LayerKernel`; lengths are not read."""
        del lengths
        outputs = []
        states = []
        for member in range(inputs.shape[0]):
            weights = [w_ih[member], w_hh[member], b_ih[member], b_hh[member]]
            before = [part[member].unsqueeze(0).contiguous() for part in state]
            output, after = _run(layer, inputs[member], weights, before)
            outputs.append(output)
            states.append(after)
        final = tuple(torch.cat(parts) for parts in zip(*states, strict=True))
        # A wide member is often alone, and its outputs large.
        return (torch.stack(outputs) if len(outputs) > 1 else outputs[0].unsqueeze(0)), final


def _run(
    layer: LayerShape, inputs: Tensor, weights: list[Tensor], state: list[Tensor]
) -> tuple[Tensor, State]:
    """One member: inputs [T, B, I] to outputs [T, B, H] and states [1, B, H]."""
    # Arguments after the weights: biases, layers, dropout, training, bidirectional, batch_first.
    # `training` keeps what the backward of cuDNN and oneDNN needs; there is no dropout in it.
    training = torch.is_grad_enabled()
    if layer.cell == "lstm":
        output, hidden, memory = torch.lstm(
            inputs, state, weights, True, 1, 0.0, training, False, False
        )
        return output, (hidden, memory)
    if layer.cell == "gru":
        run = torch.gru
    else:
        run = torch.rnn_tanh if layer.nonlinearity == "tanh" else torch.rnn_relu
    output, hidden = run(inputs, state[0], weights, True, 1, 0.0, training, False, False)
    return output, (hidden,)
