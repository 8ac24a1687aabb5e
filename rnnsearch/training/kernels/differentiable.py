"""A layer for torch's autograd: a thin wrapper around a kernel's forward and backward pass.

For a small layer the engine, and the graph it walks, cost as much as the layer itself: where the
whole chain is known, `gradients` calls the kernel's two passes by hand.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnnsearch.errors import PackError
from rnnsearch.models.cells import CELLS
from rnnsearch.training.kernels.base import LayerKernel, LayerShape, State


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, kernel: LayerKernel, layer: LayerShape, lengths: Tensor | None, *operands: Tensor
    ) -> tuple[Tensor, ...]:
        outputs, last, saved = kernel.forward(layer, operands, lengths)
        ctx.save_for_backward(*saved.tensors)
        saved.tensors = ()
        ctx.kernel, ctx.layer, ctx.saved = kernel, layer, saved
        ctx.set_materialize_grads(False)
        return outputs, *last

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, gradient: Tensor | None, *last: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        layer, saved = ctx.layer, ctx.saved
        saved.tensors = ctx.saved_tensors
        if gradient is None:
            size = (layer.members, layer.seq_len, layer.batch_size, layer.hidden_size)
            gradient = saved.tensors[0].new_zeros(size)
        try:
            gradients = ctx.kernel.backward(layer, saved, gradient, last, ctx.needs_input_grad[3:])
        finally:
            saved.tensors = ()
        return None, None, None, *gradients


def layer(
    kernel: LayerKernel,
    shape: LayerShape,
    inputs: Tensor,
    weights: tuple[Tensor, Tensor, Tensor, Tensor],
    state: State,
    lengths: Tensor | None = None,
) -> tuple[Tensor, State]:
    """One layer over T time steps; autograd differentiates it in whatever requires a gradient.

    Args:
        kernel: Computes the layer.
        shape: The layer's.
        inputs: This and the other tensors are as in `LayerKernel.forward`.
        weights: w_ih, w_hh, b_ih and b_hh.

    Returns:
        Outputs and the state after the last step. With lengths no gradient may arrive at the
        outputs behind them, and none flows through the state.

    Raises:
        PackError: The kernel trusts its operands, and a shape, dtype or device is not what the
            layer says.
    """
    operands = (inputs, *weights, *state)
    if kernel.trusting:
        _require(kernel, shape, operands, lengths)
    if torch.is_grad_enabled() and any(operand.requires_grad for operand in operands):
        outputs, *last = _Layer.apply(kernel, shape, lengths, *operands)  # type: ignore[no-untyped-call]
    else:
        outputs, last, _ = kernel.forward(shape, operands, lengths, keep=False)
    if lengths is not None:
        last = [part.detach() for part in last]
    return outputs, tuple(last)


def _require(
    kernel: LayerKernel, layer: LayerShape, operands: tuple[Tensor, ...], lengths: Tensor | None
) -> None:
    K, T, B = layer.members, layer.seq_len, layer.batch_size
    D, H = layer.input_size, layer.hidden_size
    G, states = CELLS[layer.cell].gates * H, CELLS[layer.cell].states
    shapes = [(K, T, B, D), (K, G, D), (K, G, H), (K, G), (K, G), *[(K, B, H)] * states]
    given = [tuple(operand.shape) for operand in operands]
    if given != shapes:
        raise PackError(f"{layer} needs tensors of shapes {shapes}; got {given}")
    if min(K, T, B, D, H) < 1 or not kernel.supports(layer):
        raise PackError(f"{layer} has an empty axis, or is not one that {kernel.name} computes")
    if lengths is not None and not (
        lengths.shape == (K, B)
        and lengths.dtype == torch.int64
        and lengths.device.type == "cpu"
        and 0 <= int(lengths.min()) <= int(lengths.max()) <= T
    ):
        raise PackError(f"{layer} needs lengths from 0 to {T}, int64 [{K}, {B}] on the CPU")
    for operand in operands:
        if operand.dtype != torch.float32 or operand.device.type != "cpu":
            raise PackError(
                f"{kernel.name} kernels take float32 on the CPU, "
                f"not {operand.dtype} on {operand.device}"
            )
