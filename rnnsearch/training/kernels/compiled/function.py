"""The kernels on tensors: contiguous ones in, gradients out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.training.kernels.base import Saved, State
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


def forward(
    name: str, operands: Sequence[Tensor], lengths: Tensor | None, *, keep: bool
) -> tuple[Tensor, State, Saved]:
    """See `LayerKernel.forward`.

    Args:
        name: Of the entry point.
    """
    operands = [operand.contiguous() for operand in operands]
    lengths = None if lengths is None else lengths.contiguous()
    kept = _kept(operands) if keep else None
    K, T, B, _ = operands[0].shape
    state = operands[5:]
    outputs = operands[0].new_empty((K, T, B, state[0].shape[-1]))
    last = tuple(map(torch.empty_like, state))
    tensors: dict[str, Tensor | None] = dict(zip(_OPERANDS, operands, strict=False))
    tensors.update(zip(_RESULTS, (outputs, *last), strict=False))
    tensors |= {"kept": kept, "lengths": lengths}
    call(name, _sizes(operands, backward=False, kept=kept is not None), tensors, {})
    return outputs, last, Saved((*operands, outputs), lengths, kept)


def backward(
    name: str,
    saved: Saved,
    slopes: Tensor,
    last: Sequence[Tensor | None],
    wanted: Sequence[bool],
) -> tuple[Tensor | None, ...]:
    """See `LayerKernel.backward`; with lengths no gradient may arrive at the states."""
    *operands, outputs = saved.tensors
    kept: Tensor | None = saved.other
    # Gradients of weights and biases come in one pass; those of inputs and state only if asked.
    found: list[Tensor | None] = [
        torch.empty_like(operand) if wanted[n] or 1 <= n <= 4 else None
        for n, operand in enumerate(operands)
    ]
    tensors: dict[str, Tensor | None] = dict(zip(_OPERANDS, operands, strict=False))
    tensors |= {"outputs": outputs, "kept": kept, "lengths": saved.lengths}
    if found[0] is not None and saved.lengths is not None:
        found[0].zero_()  # behind the ends nobody writes
    gradients: dict[str, Tensor | None] = dict(zip(_OPERANDS, found, strict=False))
    for result, gradient in zip(_RESULTS, (slopes, *last), strict=False):
        gradients[result] = None if gradient is None else gradient.contiguous()
    sizes = _sizes(operands, backward=True, kept=kept is not None)
    if sizes.gates == 4 * sizes.hidden and wanted[5] != wanted[6]:
        for n, operand_name in ((5, "h_first"), (6, "c_first")):
            gradients[operand_name] = found[n] = torch.empty_like(operands[n])
    call(name, sizes, tensors, gradients)
    if kept is not None:
        # Another pass over the same numbers, which is rare, computes the gates again.
        rooms.give_back(kept)
        saved.other = None
    return tuple(gradient if wanted[n] else None for n, gradient in enumerate(found))


def _sizes(operands: Sequence[Tensor], *, backward: bool, kept: bool) -> Sizes:
    K, T, B, inputs = operands[0].shape
    _, gates, hidden = operands[2].shape
    return Sizes(K, T, B, inputs, hidden, gates, int(backward), int(kept))


def _kept(operands: Sequence[Tensor]) -> Tensor | None:
    """Room for the gates of all members, where they are kept."""
    sizes = _sizes(operands, backward=False, kept=True)
    floats = sizes.members * kept_floats(sizes)
    return rooms.take(floats) if 0 < FLOAT_BYTES * floats <= _KEPT_BYTES else None
