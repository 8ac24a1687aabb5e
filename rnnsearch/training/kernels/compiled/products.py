"""Matrix products of the layer, panel by panel."""

from __future__ import annotations

from rnnsearch.training.kernels.compiled.moves import interleave_fours, pack
from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.tiles import PANEL, panel_product, tile_4x4
from rnnsearch.training.kernels.compiled.vectors import (
    FLOAT_BYTES,
)

# A transposed product reads its left operand down columns. Above this many floats the strided
# reads leave the first-level cache, and packing both operands first is faster.
_UNPACKED_FLOATS = 32768


@jit
def product(
    rows: int,
    columns: int,
    depth: int,
    left: int,
    left_row: int,
    panels: int,
    start: int,
    start_row: int,
    out: int,
    out_row: int,
) -> None:
    """out [rows, columns] = start + left [rows, depth] @ panels; `columns` a multiple of 16.

    `start_row` is 0 where one row (a bias) starts all rows.
    """
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        shift = FLOAT_BYTES * first
        panel = panels + shift * depth
        panel_product(
            rows, width, depth, left, left_row, 1, panel, width, start + shift, start_row,
            out + shift, out_row,
        )  # fmt: skip


@jit
def add_transposed_product(
    rows: int,
    columns: int,
    depth: int,
    left: int,
    left_row: int,
    right: int,
    out: int,
    scratch: int,
) -> None:
    """out [rows, columns] += transpose(left [depth, rows]) @ right [depth, columns].

    Weight gradients, transposed: `left` are a layer's inputs over some steps and sequences,
    `right` the gradients of the gates there. `columns` is a multiple of 16, `right` and `out` are
    contiguous; `scratch` holds depth * (rows + 64) floats.
    """
    if columns * depth <= _UNPACKED_FLOATS or rows < 4:
        for first in range(0, columns, PANEL):
            width = min(PANEL, columns - first)
            a, b = right + FLOAT_BYTES * first, out + FLOAT_BYTES * first
            panel_product(rows, width, depth, left, 1, left_row, a, columns, b, columns, b, columns)
        return
    fours, panel = scratch, scratch + FLOAT_BYTES * depth * rows
    even = rows - rows % 4
    interleave_fours(depth, rows, left, left_row, fours)
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        pack(depth, width, right + FLOAT_BYTES * first, columns, panel)
        for r in range(0, even, 4):
            a = fours + FLOAT_BYTES * r * depth
            b = out + FLOAT_BYTES * (r * columns + first)
            if width == PANEL:
                tile_4x4(a, 1, 4, panel, PANEL, depth, b, columns, b, columns)
            else:
                panel_product(4, width, depth, a, 1, 4, panel, width, b, columns, b, columns)
        a = left + FLOAT_BYTES * even
        b = out + FLOAT_BYTES * (even * columns + first)
        panel_product(
            rows - even, width, depth, a, 1, left_row, panel, width, b, columns, b, columns
        )


@jit
def add_column_sums(
    rows: int, columns: int, matrix: int, matrix_row: int, ones: int, out: int
) -> None:
    """out [columns] += sum of the rows of matrix: a product with one (read with stride 0)."""
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        a, b = matrix + FLOAT_BYTES * first, out + FLOAT_BYTES * first
        panel_product(1, width, rows, ones, 0, 0, a, matrix_row, b, 0, b, 0)
