"""Copies that put operands into the order in which the tiles read them.

Panels are columns 64 wide, row after row: a tile then walks memory in one direction, where rows
of a wide matrix would fall on few sets of the cache. Each operand is packed once a member and call.
"""

from __future__ import annotations

from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.tiles import PANEL
from rnnsearch.training.kernels.compiled.vectors import (
    FLOAT_BYTES,
    LANES,
    Address,
    Emitter,
    vector_intrinsic,
)


@vector_intrinsic
def _copy_float(code: Emitter, source: Address, target: Address) -> None:
    code.copy_float(source, target)


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


@vector_intrinsic
def _transpose_block(
    code: Emitter, source: Address, source_row: Address, target: Address, target_row: Address
) -> None:
    """Transpose 16 x 16 floats in registers: four rounds of exchanges, distances 1, 2, 4, 8."""
    rows = [code.load(code.shift(source, (n, source_row))) for n in range(LANES)]
    distance = 1
    while distance < LANES:
        upper = [n if not n & distance else (n ^ distance) + LANES for n in range(LANES)]
        lower = [n | distance if not n & distance else n + LANES for n in range(LANES)]
        for n in range(LANES):
            if not n & distance:
                pair = rows[n], rows[n | distance]
                rows[n] = code.shuffle(*pair, upper)
                rows[n | distance] = code.shuffle(*pair, lower)
        distance *= 2
    for n in range(LANES):
        code.store(code.shift(target, (n, target_row)), rows[n])


@vector_intrinsic
def _interleave_fours(
    code: Emitter, rows: Address, columns: Address, source: Address, row: Address, target: Address
) -> None:
    """target[c / 4][r][4] = source[r, c..c+4] for `columns`, a multiple of 4.

    The left operand of a transposed product: a tile of four rows then reads it in sequence.
    """
    with code.loop(0, columns, 4) as (c, _):
        block = code.shift(target, (c, rows))
        with code.loop(0, rows, 1) as (r, _):
            code.copy_quarter(code.shift(source, (r, row), (c, 1)), code.shift(block, (r, 4)))


@jit
def copy_floats(count: int, source: int, target: int) -> None:
    """Copy `count` floats, any number."""
    whole = count - count % LANES
    copy_vectors(whole, source, target)
    for n in range(whole, count):
        _copy_float(source + FLOAT_BYTES * n, target + FLOAT_BYTES * n)


@jit
def transpose(
    rows: int, columns: int, source: int, source_row: int, target: int, target_row: int
) -> None:
    """target[c, r] = source[r, c]; any number of rows and columns."""
    if columns == 1 and source_row == 1:
        copy_floats(rows, source, target)
        return
    if rows == 1 and target_row == 1:
        copy_floats(columns, source, target)
        return
    whole_rows, whole_columns = rows - rows % LANES, columns - columns % LANES
    for r in range(0, whole_rows, LANES):
        for c in range(0, whole_columns, LANES):
            _transpose_block(
                source + FLOAT_BYTES * (r * source_row + c),
                source_row,
                target + FLOAT_BYTES * (c * target_row + r),
                target_row,
            )
    for r in range(rows):
        for c in range(whole_columns if r < whole_rows else 0, columns):
            _copy_float(
                source + FLOAT_BYTES * (r * source_row + c),
                target + FLOAT_BYTES * (c * target_row + r),
            )


@jit
def pack_transposed(rows: int, columns: int, source: int, target: int) -> None:
    """Panels of the transpose of source [rows, columns]; `rows` is a multiple of 16."""
    for first in range(0, rows, PANEL):
        width = min(PANEL, rows - first)
        offset = FLOAT_BYTES * first * columns
        transpose(width, columns, source + offset, columns, target + offset, width)


@jit
def pack(rows: int, columns: int, source: int, source_row: int, target: int) -> None:
    """Panels of source [rows, columns], with zeros up to the next multiple of 16 columns."""
    padded = (columns + LANES - 1) // LANES * LANES
    for first in range(0, padded, PANEL):
        width = min(PANEL, padded - first)
        used = min(width, columns - first)
        panel = target + FLOAT_BYTES * first * rows
        for r in range(rows):
            row = panel + FLOAT_BYTES * r * width
            if used < width:
                fill_zero(width, row)
            copy_floats(used, source + FLOAT_BYTES * (r * source_row + first), row)


@jit
def interleave_fours(rows: int, columns: int, source: int, row: int, target: int) -> None:
    """See `_interleave_fours`; columns beyond the last multiple of 4 are left out."""
    _interleave_fours(rows, columns - columns % 4, source, row, target)
