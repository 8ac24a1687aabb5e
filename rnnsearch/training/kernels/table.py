"""The choice of kernel in words, for `rnnsearch kernels` and for a trial's record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.training.forward import layers_of, network_shape
from rnnsearch.training.kernels.base import LayerKernel
from rnnsearch.training.kernels.choice import whole_steps


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


def named(kernels: Iterable[LayerKernel], *, whole: bool) -> str:
    """`compiled, whole steps`, or the kernels of the layers: `compiled`, `modules, batched`.

    Args:
        whole: Whether one call trains whole optimizer steps, projection to update.
    """
    names = ", ".join(dict.fromkeys(kernel.name for kernel in kernels))
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
                model = ModelConfig(cell=cell, hidden_size=size)  # type: ignore[arg-type]
                shape = network_shape(model, 1, 1, symbolic=False)
                # Neither members nor the length of a sequence has a say.
                layers = [kernel for kernel, _ in layers_of(shape, 1, 1, batch, device, dtype)]
                steps = named(layers, whole=whole_steps(layers))
                found.append(Choice(cell, size, batch, steps, named(layers, whole=False)))
    return found
