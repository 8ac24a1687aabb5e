"""Copies that put operands into the order in which the tiles read them.

A panel is up to 64 columns of a matrix, stored row after row. A tile then walks memory in one
direction, whereas the rows of a wide matrix would fall on few sets of the cache. Each operand is
packed once for each member and call.
"""

from __future__ import annotations

from typing import NamedTuple

from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.tiles import PANEL
from rnnsearch.training.kernels.compiled.vectors import (
    FLOAT_BYTES,
    LANES,
    Address,
    Emitter,
    read_float,
    vector_intrinsic,
    write_float,
)


class Matrix(NamedTuple):
    """A matrix of float32 in memory, row after row."""

    address: int
    rows: int
    columns: int
    stride: int  # floats from the start of a row to that of the next


@jit
def _copy_float(source: int, target: int) -> None:
    write_float(target, read_float(source))


@vector_intrinsic
def fill_zero(code: Emitter, count: Address, target: Address) -> None:
    """Zero `count` floats, a multiple of 16."""
    with code.loop(0, count, LANES) as (n, _):
        code.store(code.shift(target, (n, 1)), code.zero())


@vector_intrinsic
def fill_one(code: Emitter, target: Address) -> None:
    """Set sixteen floats to one."""
    code.store(target, code.zero() + 1.0)


@vector_intrinsic
def copy_vectors(code: Emitter, count: Address, source: Address, target: Address) -> None:
    """Copy `count` floats, a multiple of 16."""
    with code.loop(0, count, LANES) as (n, _):
        code.store(code.shift(target, (n, 1)), code.load(code.shift(source, (n, 1))))


@vector_intrinsic
def add(code: Emitter, count: Address, left: Address, right: Address, out: Address) -> None:
    """out = left + right over `count` floats, a multiple of 16."""
    with code.loop(0, count, LANES) as (n, _):
        total = code.load(code.shift(left, (n, 1))) + code.load(code.shift(right, (n, 1)))
        code.store(code.shift(out, (n, 1)), total)


@vector_intrinsic
def multiply(code: Emitter, count: Address, left: Address, right: Address, out: Address) -> None:
    """out = left * right over `count` floats, a multiple of 16."""
    with code.loop(0, count, LANES) as (n, _):
        product = code.load(code.shift(left, (n, 1))) * code.load(code.shift(right, (n, 1)))
        code.store(code.shift(out, (n, 1)), product)


def exchanged(distance: int) -> tuple[list[int], list[int]]:
    """Lanes of two vectors, for `Emitter.shuffle`: those without the bit `distance` of both, and
    those with it."""
    upper = [n if not n & distance else (n ^ distance) + LANES for n in range(LANES)]
    lower = [n | distance if not n & distance else n + LANES for n in range(LANES)]
    return upper, lower


@vector_intrinsic
def _transpose_block(
    code: Emitter, source: Address, source_row: Address, target: Address, target_row: Address
) -> None:
    """Transpose 16 x 16 floats in registers: four rounds of exchanges, distances 1, 2, 4, 8."""
    rows = [code.load(code.shift(source, (n, source_row))) for n in range(LANES)]
    distance = 1
    while distance < LANES:
        upper, lower = exchanged(distance)
        for n in range(LANES):
            if not n & distance:
                pair = rows[n], rows[n | distance]
                rows[n] = code.shuffle(*pair, upper)
                rows[n | distance] = code.shuffle(*pair, lower)
        distance *= 2
    for n in range(LANES):
        code.store(code.shift(target, (n, target_row)), rows[n])


@vector_intrinsic
def interleave_fours(code: Emitter, of: Matrix, target: Address) -> None:
    """target[c / 4][r][4] = of[r, c..c+4] for its columns, a multiple of 4.

    The left operand of a transposed product: a tile of four rows then reads it in sequence.
    """
    with code.loop(0, of.columns, 4) as (c, _):
        block = code.shift(target, (c, of.rows))
        with code.loop(0, of.rows, 1) as (r, _):
            source = code.shift(of.address, (r, of.stride), (c, 1))
            code.copy_quarter(source, code.shift(block, (r, 4)))


@jit
def copy_floats(count: int, source: int, target: int) -> None:
    """Copy `count` floats, any number."""
    whole = count - count % LANES
    copy_vectors(whole, source, target)
    for n in range(whole, count):
        _copy_float(source + FLOAT_BYTES * n, target + FLOAT_BYTES * n)


@jit
def transpose(of: Matrix, target: int, target_stride: int) -> None:
    """target[c, r] = of[r, c]; any number of rows and columns."""
    rows, columns, source = of.rows, of.columns, of.address
    if columns == 1 and of.stride == 1:
        copy_floats(rows, source, target)
        return
    if rows == 1 and target_stride == 1:
        copy_floats(columns, source, target)
        return
    whole_rows, whole_columns = rows - rows % LANES, columns - columns % LANES
    for r in range(0, whole_rows, LANES):
        for c in range(0, whole_columns, LANES):
            block = source + FLOAT_BYTES * (r * of.stride + c)
            transposed = target + FLOAT_BYTES * (c * target_stride + r)
            _transpose_block(block, of.stride, transposed, target_stride)
    for r in range(rows):
        for c in range(whole_columns if r < whole_rows else 0, columns):
            place = source + FLOAT_BYTES * (r * of.stride + c)
            _copy_float(place, target + FLOAT_BYTES * (c * target_stride + r))


@jit
def pack_transposed(of: Matrix, target: int) -> None:
    """Panels of the transpose of a contiguous matrix whose rows are a multiple of 16."""
    for first in range(0, of.rows, PANEL):
        width = min(PANEL, of.rows - first)
        offset = FLOAT_BYTES * first * of.columns
        panel = Matrix(of.address + offset, width, of.columns, of.stride)
        transpose(panel, target + offset, width)


@jit
def pack(of: Matrix, target: int) -> None:
    """Panels of a matrix, with zeros up to the next multiple of 16 columns."""
    padded = (of.columns + LANES - 1) // LANES * LANES
    for first in range(0, padded, PANEL):
        width = min(PANEL, padded - first)
        used = min(width, of.columns - first)
        panel = target + FLOAT_BYTES * first * of.rows
        for r in range(of.rows):
            row = panel + FLOAT_BYTES * r * width
            if used < width:
                fill_zero(width, row)
            copy_floats(used, of.address + FLOAT_BYTES * (r * of.stride + first), row)
