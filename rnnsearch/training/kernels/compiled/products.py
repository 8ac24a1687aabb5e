"""Matrix products of the layer, panel by panel."""

from __future__ import annotations

from rnnsearch.training.kernels.compiled.moves import interleave_fours, pack
from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.tiles import PANEL, Product, panel_product, tile_4x4
from rnnsearch.training.kernels.compiled.vectors import FLOAT_BYTES

# A transposed product reads its left operand down columns. Above this many floats the strided
# reads leave the first-level cache, and packing both operands first is faster.
_UNPACKED_FLOATS = 32768


@jit
def product(rows: int, columns: int, of: Product) -> None:
    """out [rows, columns] = start + left [rows, depth] @ right; `columns` a multiple of 16.

    The right operand is in panels, which know their own steps: `of.right_step` is not read.
    """
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        shift = FLOAT_BYTES * first
        panel_product(
            rows, width, Product(left=of.left, left_row=of.left_row, left_step=of.left_step,
            right=of.right + shift * of.depth, right_step=width, depth=of.depth,
            start=of.start + shift, start_row=of.start_row, out=of.out + shift,
            out_row=of.out_row),
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
            panel_product(rows, width, _added(left, 1, left_row, a, columns, depth, b, columns))
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
                tile_4x4(_added(a, 1, 4, panel, PANEL, depth, b, columns))
            else:
                panel_product(4, width, _added(a, 1, 4, panel, width, depth, b, columns))
        a = left + FLOAT_BYTES * even
        b = out + FLOAT_BYTES * (even * columns + first)
        panel_product(rows - even, width, _added(a, 1, left_row, panel, width, depth, b, columns))


@jit
def _added(
    left: int,
    left_row: int,
    left_step: int,
    right: int,
    right_step: int,
    depth: int,
    out: int,
    out_row: int,
) -> Product:
    """A product that is added to what stands there."""
    return Product(
        left=left, left_row=left_row, left_step=left_step, right=right, right_step=right_step,
        depth=depth, start=out, start_row=out_row, out=out, out_row=out_row,
    )  # fmt: skip


@jit
def add_column_sums(
    rows: int, columns: int, matrix: int, matrix_row: int, ones: int, out: int
) -> None:
    """out [columns] += sum of the rows of matrix: a product with one (read with stride 0)."""
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        a, b = matrix + FLOAT_BYTES * first, out + FLOAT_BYTES * first
        panel_product(1, width, _added(ones, 0, 0, a, matrix_row, rows, b, 0))
