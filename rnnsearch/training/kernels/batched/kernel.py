"""All members in one `baddbmm` for each time step, with the backward pass written by hand.

It works on every device and in every floating dtype. What does not depend on the previous time step
is taken out of the two loops: the projection of the inputs, the derivatives of the activations, and
the weight gradients, each one operator over all time steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import cast

import torch
from torch import Tensor

from rnnsearch.models.cells import CELLS
from rnnsearch.training.kernels.base import Grads, LayerKernel, LayerShape, Operands, Saved, State
from rnnsearch.training.kernels.batched.cell import Back, BatchedCell, before
from rnnsearch.training.kernels.products import column_sums
from rnnsearch.training.padding import after_last_valid


class BatchedKernel(LayerKernel):
    """One layer of all members as batched matrix products."""

    name = "batched"
    ends = True

    def supports(self, layer: LayerShape) -> bool:
        """Every shape of every cell that has a file here."""
        return self.name in CELLS[layer.cell].kernels

    def forward(
        self,
        layer: LayerShape,
        operands: Operands,
        lengths: Tensor | None = None,
        *,
        keep: bool = True,
    ) -> tuple[Tensor, State, Saved]:
        """See `LayerKernel`; the outputs are a transposed view, not contiguous."""
        sequences, kept = _cell(layer.cell).forward(layer, operands)
        state = operands[5:]
        last = tuple(
            _last(first, sequence, lengths)
            for first, sequence in zip(state, sequences, strict=True)
        )
        saved = (*operands[:3], *state, *sequences, *kept) if keep else ()
        return sequences[0].transpose(0, 1), last, Saved(saved)

    def backward(
        self, layer: LayerShape, saved: Saved, grad: Tensor, last: Grads, wanted: Sequence[bool]
    ) -> Grads:
        """See `LayerKernel`."""
        inputs, w_ih, w_hh, *rest = saved.tensors
        parts = len(wanted) - 5
        state, sequences, kept = rest[:parts], rest[parts : 2 * parts], rest[2 * parts :]
        hidden_before = before(state[0], sequences[0])
        later = [
            torch.zeros_like(first) if part is None else part
            for first, part in zip(state, last, strict=True)
        ]
        arriving = grad.transpose(0, 1).contiguous()
        at = Back(w_hh, tuple(state), hidden_before, sequences, kept, arriving, later)
        d_projected, d_recurrent, d_state = _cell(layer.cell).backward(layer, at)
        members, steps, batch, width = inputs.shape
        projected = _flat(d_projected)
        recurrent = projected if d_recurrent is d_projected else _flat(d_recurrent)
        d_inputs = d_w_ih = d_w_hh = d_b_ih = d_b_hh = None
        if wanted[0]:
            d_inputs = torch.bmm(projected, w_ih).view(members, steps, batch, width)
        if wanted[1]:
            entered = inputs.reshape(members, steps * batch, width)
            if width == 1:  # a matrix times a vector rounds otherwise for one member than for more
                entered = entered.expand(-1, -1, 2).contiguous()
            d_w_ih = torch.bmm(projected.transpose(1, 2), entered)[..., :width]
        if wanted[2]:
            d_w_hh = torch.bmm(recurrent.transpose(1, 2), _flat(hidden_before))
        if wanted[3]:
            d_b_ih = column_sums(projected)
        if wanted[4]:
            d_b_hh = d_b_ih if recurrent is projected and wanted[3] else column_sums(recurrent)
        d_first = (d if asked else None for d, asked in zip(d_state, wanted[5:], strict=True))
        return d_inputs, d_w_ih, d_w_hh, d_b_ih, d_b_hh, *d_first


@cache
def _cell(name: str) -> BatchedCell:
    return cast("BatchedCell", import_module(CELLS[name].kernels["batched"]))


def _last(first: Tensor, sequence: Tensor, lengths: Tensor | None) -> Tensor:
    """A copy of the state after each sequence's last valid time step, [K, B, H], out of [T, K, B,
    H]."""
    if lengths is None:
        return sequence[-1].clone()
    return after_last_valid(sequence.transpose(0, 1), lengths, first)


def _flat(sequence: Tensor) -> Tensor:
    """Time-major [T, K, B, R] to [K, T*B, R]."""
    steps, members, batch, width = sequence.shape
    return sequence.transpose(0, 1).reshape(members, steps * batch, width)
