"""How steps are taken, in words, for `rnnsearch kernels` and for a trial's record."""

from __future__ import annotations

from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import is_own
from rnnsearch.training.forward import Layers
from rnnsearch.training.shapes import NetworkShape

WHOLE = "whole steps"
"""Behind the kernels where one call trains whole optimizer steps, projection to update."""

RECORDED = "recorded steps"
"""Behind the kernels where a step is captured once and replayed."""


def layer_words(network: NetworkShape, layers: Layers) -> str:
    """The kernels of the layers: `compiled`, `modules, batched`.

    Cells that are computed for all steps at once have a `scan`; others, and a user's own cell, go
    the `slow path`, trial after trial and step after step.
    """
    if is_own(network.cell):
        return "own cell, slow path"
    without = "scan" if CELLS[network.cell].scan else "slow path"
    return ", ".join(dict.fromkeys(kernel.name for kernel, _ in layers)) or without
