"""Matrix products of a layer, panel by panel."""

from __future__ import annotations

from typing import NamedTuple

from rnnsearch.training.kernels.compiled.moves import Matrix, interleave_fours, pack
from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.tiles import PANEL, Product, panel_product, tile_4x4
from rnnsearch.training.kernels.compiled.vectors import FLOAT_BYTES

# A transposed product reads its left operand down columns. Above this many floats the strided
# reads leave the first-level cache, and packing both operands first is faster.
_UNPACKED_FLOATS = 32768


@jit
def product(rows: int, columns: int, of: Product) -> None:
    """out [rows, columns] = start + left [rows, depth] @ right; `columns` a multiple of 16.

    The right operand is in panels, whose width is the distance of its rows: `of.right_step` is not
    read.
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
def add_transposed_product(left: Matrix, right: Matrix, out: int, scratch: int) -> None:
    """out [left.columns, right.columns] += transpose(left) @ right.

    Weight gradients, transposed: `left` are a layer's inputs over some time steps and sequences,
    `right` the gradients of the gates there. `right` and `out` are contiguous, with a multiple of
    16 columns; `scratch` holds left.rows * (left.columns + 64) floats.
    """
    depth, rows, columns = left.rows, left.columns, right.columns
    if columns * depth <= _UNPACKED_FLOATS or rows < 4:
        for first in range(0, columns, PANEL):
            width = min(PANEL, columns - first)
            panel = Panel(right.address + FLOAT_BYTES * first, columns, depth)
            place = out + FLOAT_BYTES * first
            panel_product(rows, width, _added(left.address, 1, left.stride, panel, place, columns))
        return
    fours, packed = scratch, scratch + FLOAT_BYTES * depth * rows
    even = rows - rows % 4
    interleave_fours(Matrix(left.address, depth, even, left.stride), fours)
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        pack(Matrix(right.address + FLOAT_BYTES * first, depth, width, right.stride), packed)
        panel = Panel(packed, width, depth)
        for r in range(0, even, 4):
            four = fours + FLOAT_BYTES * r * depth
            of = _added(four, 1, 4, panel, out + FLOAT_BYTES * (r * columns + first), columns)
            if width == PANEL:
                tile_4x4(of)
            else:
                panel_product(4, width, of)
        rest, place = (
            left.address + FLOAT_BYTES * even,
            out + FLOAT_BYTES * (even * columns + first),
        )
        panel_product(rows - even, width, _added(rest, 1, left.stride, panel, place, columns))


class Panel(NamedTuple):
    """The right operand of a product: where it lies, floats from step to step, and its steps."""

    address: int
    step: int
    depth: int


@jit
def _added(
    left: int, left_row: int, left_step: int, right: Panel, out: int, out_row: int
) -> Product:
    """A product that is added to what stands at `out`."""
    return Product(
        left=left, left_row=left_row, left_step=left_step, right=right.address,
        right_step=right.step, depth=right.depth, start=out, start_row=out_row, out=out,
        out_row=out_row,
    )  # fmt: skip


@jit
def add_column_sums(of: Matrix, ones: int, out: int) -> None:
    """out [columns] += the sum of the rows: a product with one, which is read with stride 0."""
    for first in range(0, of.columns, PANEL):
        place = FLOAT_BYTES * first
        panel = Panel(of.address + place, of.stride, of.rows)
        width = min(PANEL, of.columns - first)
        panel_product(1, width, _added(ones, 0, 0, panel, out + place, 0))
