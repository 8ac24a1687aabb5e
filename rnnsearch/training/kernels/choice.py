"""Which kernel computes a layer: a rule fitted to measurements, by shape, device and dtype.

The number of members plays no part, so that a trial meets the same kernel, and gives the same bits,
alone and in company.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import torch

from rnnsearch.models.cells import CELLS
from rnnsearch.training.kernels.base import LayerKernel, LayerShape
from rnnsearch.training.kernels.batched.kernel import BatchedKernel
from rnnsearch.training.kernels.compiled import CompiledKernel
from rnnsearch.training.kernels.modules import ModulesKernel

FUSED_ROWS = 256
"""hidden_size * batch_size from which oneDNN's LSTM beats `baddbmm` a step, one to sixteen members
on one core. torch's other cells, and float64, are not fused and never do."""

COMPILED_LSTM_SIZE = 256
"""hidden_size up to which the compiled LSTM beats oneDNN's whatever the batch; RNN and GRU have no
such end."""

WIDE_LSTM_SIZE, WIDE_LSTM_BATCH = 640, 16
"""... and up to which it does with so many sequences. Layers forward and back on one core with
AVX-512, oneDNN's time over ours: (512 units, 64 sequences) 1.2, (768, 32) 1.06, (512, 8) 0.94,
(1024, 32) 0.90; with AVX2 (512, 64) 1.03."""


@cache
def kernels() -> dict[str, LayerKernel]:
    """Every kernel that this machine has, by name."""
    # Where numba is missing the compiled kernel supports nothing: slower, and as right.
    return {
        "batched": BatchedKernel(),
        "modules": ModulesKernel(),
        "compiled": CompiledKernel(),
    }


@cache
def choose(layer: LayerShape, device: torch.device, dtype: torch.dtype) -> LayerKernel:
    """The fastest kernel for a layer.

    Returns:
        On a CPU in float32 `compiled`, or `modules` for a wide LSTM (oneDNN's fused layer); else
        `batched`.
    """
    available = kernels()
    if device.type != "cpu" or dtype is not torch.float32:
        return available["batched"]
    most = WIDE_LSTM_SIZE if layer.batch_size >= WIDE_LSTM_BATCH else COMPILED_LSTM_SIZE
    fused = CELLS[layer.cell].fused
    wide = fused and layer.hidden_size > most
    if not wide and available["compiled"].supports(layer):
        return available["compiled"]
    wide = fused and layer.hidden_size * layer.batch_size >= FUSED_ROWS
    return available["modules" if wide else "batched"]


def whole_steps(layers: Iterable[LayerKernel]) -> bool:
    """Whether `CompiledStep`, with the same cells, may train networks of these layers and
    `closed_loop` roll them out."""
    return all(kernel.whole_steps for kernel in layers)


def awaited(layers: Iterable[tuple[LayerKernel, LayerShape]]) -> bool:
    """Whether another process compiles what one of these layers needs, or is about to."""
    return any(kernel.awaited(layer) for kernel, layer in layers)
