"""The choice of kernel in words, for `rnnsearch kernels` and for a trial's record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import ModelConfig, is_own
from rnnsearch.training.forward import layers_of
from rnnsearch.training.kernels.base import LayerKernel, LayerShape
from rnnsearch.training.kernels.choice import whole_steps
from rnnsearch.training.shapes import NetworkShape, network_shape

RECORDED = "recorded steps"
"""Behind the kernels where a step is captured once and replayed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What trains one shape.

    Attributes:
        steps: What trains networks of numbers whose loss is the mean square.
        layers: What computes the layers of the others: symbols, and other losses.
    """

    cell: str
    hidden_size: int
    batch_size: int
    steps: str
    layers: str


def named(
    network: NetworkShape, layers: Iterable[tuple[LayerKernel, LayerShape]], *, whole: bool
) -> str:
    """`compiled, whole steps`, or the kernels of the layers: `compiled`, `modules, batched`.

    Cells that are computed for all steps at once have a `scan`; others, and a user's own cell, go
    the `slow path`, trial after trial and step after step.

    Args:
        whole: Whether one call trains whole optimizer steps, projection to update.
    """
    if is_own(network.cell):
        return "own cell, slow path"
    without = "scan" if CELLS[network.cell].scan else "slow path"
    names = ", ".join(dict.fromkeys(kernel.name for kernel, _ in layers)) or without
    return f"{names}, whole steps" if whole else names


def choices(
    cells: Sequence[str],
    hidden_sizes: Sequence[int],
    batch_sizes: Sequence[int],
    device: torch.device,
    dtype: torch.dtype,
) -> list[Choice]:
    """What a pack on this machine takes for networks of one layer."""
    found = []
    for cell in cells:
        for size in hidden_sizes:
            for batch in batch_sizes:
                model = ModelConfig(cell=cell, hidden_size=size)
                shape = network_shape(model, 1, 1, symbolic=False)
                # Neither members nor the length of a sequence has a say.
                layers = layers_of(shape, 1, 1, batch, device, dtype)
                whole = shape.whole_step and whole_steps(kernel for kernel, _ in layers)
                words = [named(shape, layers, whole=one) for one in (whole, False)]
                if device.type == "cuda" and not is_own(cell):
                    words = [f"{one}, {RECORDED}" for one in words]
                found.append(Choice(cell, size, batch, *words))
    return found
