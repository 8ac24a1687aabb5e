"""Layers of cells without a layer kernel, differentiable by torch's autograd."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from torch import Tensor

from rnnsearch.models.cells import CELLS
from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.slow import slow


def layer(
    cell: str,
    hidden_size: int,
    inputs: Tensor,
    weights: Mapping[str, Tensor],
    state: State,
    lengths: Tensor | None = None,
) -> tuple[Tensor, State]:
    """One layer over a chunk of time: all steps at once by the cell's scan, or step by step.

    Args:
        cell: Of `models.cells`, or a user's own.
        inputs: [K, T, B, I].
        weights: By the names of the cell's leaves, or of the user's own, each [K, ...].
        state: Before the first step, each part [K, B, size].
        lengths: Valid steps, int64 [K, B]; None where all are.

    Returns:
        Outputs [K, T, B, H], and the state after the last valid step.

    Raises:
        PackError: A cell of the user's gives another shape than it says.
    """
    if scan := _scan(cell):
        found: tuple[Tensor, State] = scan(inputs, weights, state, lengths)
        return found
    return slow(cell, hidden_size, inputs, weights, state, lengths)


@cache
def _scan(cell: str) -> Any:
    if cell not in CELLS or not CELLS[cell].scan:
        return None
    module, _, name = CELLS[cell].scan.partition(":")
    return getattr(import_module(module), name)
