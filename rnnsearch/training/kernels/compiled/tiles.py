"""Matrix products on tiles of registers.

A tile of `rows` x 16 * `vectors` numbers of the product stays in registers while the inner
dimension runs: each step loads `vectors` vectors of the right operand and one float a row of the
left, and does rows * vectors fused multiply-adds. 4 x 4 tiles fill half of AVX-512's registers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rnnsearch.training.kernels.compiled.host import sums_in_registers
from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.vectors import (
    FLOAT_BYTES,
    LANES,
    Address,
    Emitter,
    Vector,
    vector_intrinsic,
)

PANEL = 64
"""How many columns a packed panel has: four vectors."""


def block_of(rows: int, vectors: int, sums: int) -> tuple[int, int]:
    """The largest block of so many sums at most that divides a tile: its rows, its vectors."""

    def divisor(whole: int, most: int) -> int:
        return max(n for n in range(1, whole + 1) if whole % n == 0 and n <= most)

    block_rows = divisor(rows, sums)
    return block_rows, divisor(vectors, sums // block_rows)


@dataclass(frozen=True, slots=True)
class Operands:
    """left[m, k] * right[k, n], to be summed over k; m are rows, n are vectors of the right.

    Addresses, and distances in floats: between rows m and steps k of the left operand, between
    steps k and vectors n of the right.
    """

    left: Address
    left_row: Address
    left_step: Address
    right: Address
    right_step: Address
    right_vector: Address
    depth: Address


class Product(NamedTuple):
    """out[m, n] = start[m, n] + sum over k of left[m, k] * right[k, n].

    Addresses, and distances in floats between rows m and steps k.
    """

    left: Address
    left_row: Address
    left_step: Address
    right: Address
    right_step: Address
    depth: Address
    start: Address
    start_row: Address  # 0: one row (a bias) starts all
    out: Address
    out_row: Address


Place = tuple[int, int]
"""A sum of a tile: its row, and its vector of sixteen columns."""


def accumulated(
    code: Emitter,
    rows: int,
    vectors: int,
    start: Callable[[int, int], Vector],
    operands: Operands,
    *,
    deep: bool = True,
) -> dict[Place, Vector]:
    """start(m, n) + sum over k of left[m, k] * right[k, n] for a tile, in registers.

    Args:
        deep: Whether the sum is of many products, so that small tiles split it into partial sums.
    """
    # A fused multiply-add takes four cycles and two can start in each, so eight sums must be under
    # way: small tiles run several partial sums over the inner dimension, added at the end.
    partial_sums = max(1, 8 // (rows * vectors)) if deep else 1
    # Where registers are fewer, the tile is summed block after block: sums that spill to memory
    # took twice as long on AVX2. Each number's additions, and so its bits, are the same.
    block_rows, block_vectors = block_of(rows, vectors, max(1, sums_in_registers() // partial_sums))
    totals: dict[Place, Vector] = {}
    for row in range(0, rows, block_rows):
        for vector in range(0, vectors, block_vectors):
            places = [
                (m, n)
                for m in range(row, row + block_rows)
                for n in range(vector, vector + block_vectors)
            ]
            totals |= _block(code, places, start, operands, partial_sums)
    # In one order, however it was divided: who shares a division follows from it.
    return dict(sorted(totals.items()))


def _block(
    code: Emitter,
    places: Sequence[Place],
    start: Callable[[int, int], Vector],
    operands: Operands,
    partial_sums: int,
) -> dict[Place, Vector]:
    of = operands
    sums = [
        {place: code.variable(start(*place) if part == 0 else code.zero()) for place in places}
        for part in range(partial_sums)
    ]

    def step(k: Address, part: int) -> None:
        row = code.shift(of.right, (k, of.right_step))
        columns = {n: code.load(code.shift(row, (n, of.right_vector))) for _, n in places}
        factors = {
            m: code.broadcast(code.shift(of.left, (m, of.left_row), (k, of.left_step)))
            for m, _ in places
        }
        for (m, n), slot in sums[part].items():
            code.set(slot, code.get(slot).plus_product(factors[m], columns[n]))

    depth = of.depth
    even = code.builder.and_(depth, depth.type(-partial_sums))
    with code.loop(0, even, partial_sums) as (k, _):
        for part in range(partial_sums):
            step(code.builder.add(k, k.type(part)), part)
    if partial_sums > 1:
        with code.loop(even, depth, 1) as (k, _):
            step(k, 0)
    totals = {place: code.get(slot) for place, slot in sums[0].items()}
    for more in sums[1:]:
        totals = {place: total + code.get(more[place]) for place, total in totals.items()}
    return totals


def _tile(rows: int, vectors: int) -> Any:
    def tile(code: Emitter, of: Product) -> None:
        operands = Operands(
            of.left, of.left_row, of.left_step, of.right, of.right_step, LANES, of.depth
        )

        def first(m: int, n: int) -> Vector:
            return code.load(code.shift(of.start, (m, of.start_row), (n, LANES)))

        for (m, n), total in accumulated(code, rows, vectors, first, operands).items():
            code.store(code.shift(of.out, (m, of.out_row), (n, LANES)), total)

    tile.__name__ = f"tile_{rows}x{vectors}"
    return vector_intrinsic(tile)


tile_8x1, tile_4x1, tile_1x1 = _tile(8, 1), _tile(4, 1), _tile(1, 1)
tile_8x2, tile_4x2, tile_1x2 = _tile(8, 2), _tile(4, 2), _tile(1, 2)
tile_4x3, tile_1x3 = _tile(4, 3), _tile(1, 3)
tile_4x4, tile_1x4 = _tile(4, 4), _tile(1, 4)


@jit
def _from_row(row: int, of: Product) -> Product:
    """The product of the rows from `row` on."""
    return Product(
        left=of.left + FLOAT_BYTES * row * of.left_row, left_row=of.left_row,
        left_step=of.left_step, right=of.right, right_step=of.right_step, depth=of.depth,
        start=of.start + FLOAT_BYTES * row * of.start_row, start_row=of.start_row,
        out=of.out + FLOAT_BYTES * row * of.out_row, out_row=of.out_row,
    )  # fmt: skip


def _strip(large: Any, medium: Any, single: Any, large_rows: int) -> Any:
    """All rows of one panel: large tiles, then tiles of four, then single rows."""

    def strip(rows: int, of: Product) -> None:
        row = 0
        while row < rows:
            at = _from_row(row, of)
            if row + large_rows <= rows:
                large(at)
                row += large_rows
            elif row + 4 <= rows:
                medium(at)
                row += 4
            else:
                single(at)
                row += 1

    return jit(strip)


_strip_1 = _strip(tile_8x1, tile_4x1, tile_1x1, 8)
_strip_2 = _strip(tile_8x2, tile_4x2, tile_1x2, 8)
_strip_3 = _strip(tile_4x3, tile_4x3, tile_1x3, 4)
_strip_4 = _strip(tile_4x4, tile_4x4, tile_1x4, 4)


@jit
def panel_product(rows: int, columns: int, of: Product) -> None:
    """A product with one panel of 16, 32, 48 or 64 columns."""
    if columns == 64:
        _strip_4(rows, of)
    elif columns == 48:
        _strip_3(rows, of)
    elif columns == 32:
        _strip_2(rows, of)
    else:
        _strip_1(rows, of)
