"""The kernels as a torch function: contiguous tensors in, gradients out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnnsearch.training.kernels.compiled import rooms
from rnnsearch.training.kernels.compiled.call import call, kept_floats
from rnnsearch.training.kernels.compiled.layout import Sizes
from rnnsearch.training.kernels.compiled.vectors import FLOAT_BYTES

# Keeping the gates spares the backward call a second forward pass, a quarter of a wide layer's
# time, for several times the memory of the outputs; beyond these bytes a call they are computed
# again.
_KEPT_BYTES = 256 * 2**20

_OPERANDS = ("inputs", "w_ih", "w_hh", "b_ih", "b_hh", "h_first", "c_first")
_RESULTS = ("outputs", "h_last", "c_last")


def run_forward(
    name: str,
    operands: tuple[Tensor, ...],
    lengths: Tensor | None = None,
    kept: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Outputs [K, T, B, H] and the parts of the last state; fills `kept`.

    Args:
        name: Of the entry point.
        operands: inputs, w_ih, w_hh, b_ih, b_hh, h[, c]; contiguous float32, shapes agreeing.
        lengths: Contiguous int64 [K, B], at most T; None where all sequences have T steps.
        kept: Room for the gates, at least K * kept_floats.
    """
    K, T, B, _ = operands[0].shape
    state = operands[5:]
    outputs = operands[0].new_empty((K, T, B, state[0].shape[-1]))
    results = (outputs, *map(torch.empty_like, state))
    tensors: dict[str, Tensor | None] = dict(zip(_OPERANDS, operands, strict=False))
    tensors.update(zip(_RESULTS, results, strict=False))
    tensors |= {"kept": kept, "lengths": lengths}
    call(name, _sizes(operands, backward=False, kept=kept is not None), tensors, {})
    return results


class CompiledLayer(torch.autograd.Function):
    """`apply(name, lengths, *operands)` returns what `run_forward` does, differentiably.

    With lengths no gradient may arrive at the states.
    """

    @staticmethod
    def forward(
        ctx: Any, name: str, lengths: Tensor | None, *operands: Tensor
    ) -> tuple[Tensor, ...]:
        kept = _kept(operands)
        results = run_forward(name, operands, lengths, kept)
        ctx.name, ctx.lengths, ctx.kept = name, lengths, kept
        ctx.save_for_backward(*operands, results[0])
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *arriving: Tensor | None) -> tuple[Tensor | None, ...]:
        *operands, outputs = ctx.saved_tensors
        wanted = ctx.needs_input_grad[2:]
        # Gradients of weights and biases come in one pass; those of inputs and state only if asked.
        found: list[Tensor | None] = [
            torch.empty_like(operand) if wanted[n] or 1 <= n <= 4 else None
            for n, operand in enumerate(operands)
        ]
        tensors: dict[str, Tensor | None] = dict(zip(_OPERANDS, operands, strict=False))
        tensors |= {"outputs": outputs, "kept": ctx.kept, "lengths": ctx.lengths}
        if found[0] is not None and ctx.lengths is not None:
            found[0].zero_()  # behind the ends nobody writes
        gradients: dict[str, Tensor | None] = dict(zip(_OPERANDS, found, strict=False))
        for name, gradient in zip(_RESULTS, arriving, strict=False):
            gradients[name] = None if gradient is None else gradient.contiguous()
        if gradients["outputs"] is None:
            gradients["outputs"] = torch.zeros_like(outputs)
        sizes = _sizes(operands, backward=True, kept=ctx.kept is not None)
        if sizes.gates == 4 * sizes.hidden and wanted[5] != wanted[6]:
            for n, name in ((5, "h_first"), (6, "c_first")):
                gradients[name] = found[n] = torch.empty_like(operands[n])
        call(ctx.name, sizes, tensors, gradients)
        if ctx.kept is not None:
            # Another pass over the same graph, which is rare, computes the gates again.
            rooms.give_back(ctx.kept)
            ctx.kept = None
        return (None, None, *(grad if wanted[n] else None for n, grad in enumerate(found)))


def _sizes(operands: tuple[Tensor, ...] | list[Tensor], *, backward: bool, kept: bool) -> Sizes:
    K, T, B, inputs = operands[0].shape
    _, gates, hidden = operands[2].shape
    return Sizes(K, T, B, inputs, hidden, gates, int(backward), int(kept))


def _kept(operands: tuple[Tensor, ...]) -> Tensor | None:
    """Room for the gates of all members, where they are kept."""
    sizes = _sizes(operands, backward=False, kept=True)
    floats = sizes.members * kept_floats(sizes)
    return rooms.take(floats) if 0 < FLOAT_BYTES * floats <= _KEPT_BYTES else None
