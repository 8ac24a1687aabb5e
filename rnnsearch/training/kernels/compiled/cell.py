"""What the compiled layer needs of a cell: one time step forward, one back, and its properties.

Forward, a tile of sequences and units is summed in registers, the inputs' part and the recurrent
part, and goes through the activations before anything is stored: at 32 and 64 units a pass of its
own over the sums took 16 to 28 % of a gated layer's forward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from rnnsearch.training.kernels.compiled.moves import Matrix, transpose
from rnnsearch.training.kernels.compiled.parts import jit
from rnnsearch.training.kernels.compiled.tiles import PANEL, Operands, Place, accumulated
from rnnsearch.training.kernels.compiled.vectors import (
    FLOAT_BYTES,
    LANES,
    Address,
    Emitter,
    Vector,
    vector_intrinsic,
)

BLOCKS = (PANEL, PANEL // 2, LANES)
"""How many units a tile of a cell with one gate may have, the largest first."""


class Forward(NamedTuple):
    """One time step forward, of a batch or of one tile of it.

    Addresses, but for counts and the strides, which are in floats. A tile's addresses are those of
    its first sequence and unit, and while it is emitted they are LLVM's values.
    """

    batch: int
    hidden: int
    start: int  # [B or 1, G] what the sums of the input side start from
    start_row: int  # 0: one row, the biases; G: projected inputs with their biases
    x: int  # [B, inputs]
    inputs: int  # how many are still to be projected
    w_ih: int  # [inputs, G] transposed
    w_hh: int  # [H, G] transposed, in blocks (`pack_gates`, `pack_units`)
    b_hh: int  # [G]; only what the input side's start does not have (GRU: the new gate's)
    gates: int  # [B, G] written: gates after their activations
    h_rows: int  # [B, H] as `h_before`; of a tile too from unit 0 on, since each unit reads all
    h_before: int  # [B, H]
    c_before: int  # [B, H] LSTM
    extra: int  # [B, H] written; see `Kept`
    cell: int  # [B, H] written, LSTM
    h: int  # [B, H] written


class Backward(NamedTuple):
    """One time step back of a batch. Addresses, but for counts and strides, which are in floats."""

    batch: int
    hidden: int
    gates: int  # [B, G] as the step forward left them
    extra: int  # [B, H]
    h_before: int  # [B, H]
    c_before: int  # [B, H]
    h: int  # [B, H]
    d_outputs: int  # [B or 1, H] times the factors: the gradient in the outputs
    d_outputs_row: int  # H; 0: one row for all
    factors: int  # [B or 1]
    factors_row: int  # 1; 0: one for all
    d_hidden: int  # [B, H] in h after the step; left in h before it, without the part of W_hh
    d_cell: int  # [B, H] the same for c, which has no such part
    d_input_gates: int  # [B, G] written
    d_recurrent_gates: int  # [B, G] written; may be the same


class Tile:
    """Emits the forward step of `rows` sequences and, of a cell with one gate, of `units` units.

    Its sums are vectors of sixteen units. With several gates a tile is sixteen units wide and has
    a vector a gate; with one gate it has a vector for each sixteen units.
    """

    def __init__(self, code: Emitter, rows: int, gates: int, units: int, at: Forward) -> None:
        self.code = code
        self.rows = rows
        self.at = at
        self._vectors = gates * units // LANES
        self._apart = LANES if gates == 1 else at.hidden
        hidden: Address = at.hidden
        self._width = code.builder.mul(hidden, hidden.type(gates))

    def unit(self, base: Address, row: int, vector: int = 0) -> Address:
        """The address of a row's units in [B, H]."""
        return self.code.shift(base, (row, self.at.hidden), (vector, LANES))

    def gate(self, base: Address, row: int, gate: int) -> Address:
        """The address of a row's gates in [B, G], sixteen units of one gate."""
        return self.code.shift(base, (row, self._width), (gate, self.at.hidden))

    def projected(self) -> dict[Place, Vector]:
        """The input side of every sum: W_ih x and what it starts from."""
        code, at = self.code, self.at

        def first(row: int, vector: int) -> Vector:
            return code.load(code.shift(at.start, (row, at.start_row), (vector, self._apart)))

        operands = Operands(at.x, at.inputs, 1, at.w_ih, self._width, self._apart, at.inputs)
        return accumulated(code, self.rows, self._vectors, first, operands, deep=False)

    def recurrent(self, first: Callable[[int, int], Vector]) -> dict[Place, Vector]:
        """The recurrent side, W_hh h, added to `first(row, vector)`."""
        at, step = self.at, self._vectors * LANES
        # W_hh's block has all vectors of a unit's row side by side.
        block = Operands(at.h_rows, at.hidden, 1, at.w_hh, step, LANES, at.hidden)
        return accumulated(self.code, self.rows, self._vectors, first, block)


@dataclass(frozen=True, slots=True)
class CompiledCell:
    """A cell for the compiled kernels, made by `compiled_cell`.

    Whatever differs from cell to cell stands here: all other compiled code is shared, and asks for
    these properties, never for the number of gates.

    Attributes:
        forward: One step forward, callable from compiled code with a `Forward`.
        backward: One step back, callable from compiled code with a `Backward`.
        gates: Blocks of H rows in the weight matrices.
        apart: How many of the last gates keep W_hh h + b_hh apart from the input side, because
            something multiplies it first. Their gradients of the two sides differ.
        memory: Whether the state has a second part c beside h.
        gated: Whether the step back needs the gates and `extra` of the step forward. A cell that
            does not need them has one gate, which is its output.
    """

    forward: Any
    backward: Any
    gates: int
    apart: int
    memory: bool
    gated: bool

    def properties(self, hidden: int) -> dict[str, int]:
        """The fields of `Sizes` and of `StepSizes` that tell cells apart, at so many units."""
        return {
            "gates": self.gates * hidden,
            "apart": self.apart * hidden,
            "memory": int(self.memory),
            "gated": int(self.gated),
        }


def compiled_cell(
    name: str,
    forward: Callable[[Tile], None],
    backward: Callable[[Emitter, Backward], None],
    *,
    gates: int,
    apart: int = 0,
    memory: bool = False,
    gated: bool = True,
) -> CompiledCell:
    """A cell out of two functions that emit its steps; see `CompiledCell`.

    Args:
        name: Of the cell and its nonlinearity (`models.cells.function_name`).
        forward: Emits the step forward of one tile.
        backward: Emits the step back of a batch. It leaves in `d_hidden` and `d_cell` what flows
            to the states before the step, but for what flows through W_hh, which is added later.
    """

    def tile(rows: int, units: int) -> Any:
        def emit(code: Emitter, at: Forward) -> None:
            forward(Tile(code, rows, gates, units, at))

        emit.__name__ = f"{name}_{rows}x{units}"
        return vector_intrinsic(emit)

    blocks = BLOCKS if gates == 1 else (LANES,)
    over = [_over_sequences(tile(4, units), tile(1, units), gates) for units in blocks]
    step = _over_units(*over) if gates == 1 else _over_sixteens(*over)
    step.__name__, backward.__name__ = f"{name}_forward", f"{name}_backward"
    return CompiledCell(jit(step), vector_intrinsic(backward), gates, apart, memory, gated)


def _over_sequences(four: Any, one: Any, gates: int) -> Any:
    """All sequences of a block of units, by tiles of four sequences and of one."""

    def block(at: Forward, unit: int) -> None:
        hidden, width = at.hidden, gates * at.hidden
        u = FLOAT_BYTES * unit
        w_hh = at.w_hh + u * width
        row = 0
        while row < at.batch:
            r = FLOAT_BYTES * row * hidden + u
            corner = Forward(
                batch=at.batch, hidden=hidden,
                start=at.start + u + FLOAT_BYTES * row * at.start_row,
                start_row=at.start_row, x=at.x + FLOAT_BYTES * row * at.inputs,
                inputs=at.inputs, w_ih=at.w_ih + u, w_hh=w_hh, b_hh=at.b_hh + u,
                gates=at.gates + FLOAT_BYTES * row * width + u,
                h_rows=at.h_rows + FLOAT_BYTES * row * hidden, h_before=at.h_before + r,
                c_before=at.c_before + r, extra=at.extra + r, cell=at.cell + r, h=at.h + r,
            )  # fmt: skip
            if row + 4 <= at.batch:
                four(corner)
                row += 4
            else:
                one(corner)
                row += 1

    return jit(block)


def _over_sixteens(block: Any) -> Callable[[Forward], None]:
    """All units, sixteen at a time."""

    def forward(at: Forward) -> None:
        for unit in range(0, at.hidden, LANES):
            block(at, unit)

    return forward


def _over_units(wide: Any, half: Any, sixteen: Any) -> Callable[[Forward], None]:
    """All units, in the largest of `BLOCKS` that still fits."""

    def forward(at: Forward) -> None:
        unit = 0
        while unit < at.hidden:
            if unit + PANEL <= at.hidden:
                wide(at, unit)
                unit += PANEL
            elif unit + PANEL // 2 <= at.hidden:
                half(at, unit)
                unit += PANEL // 2
            else:
                sixteen(at, unit)
                unit += LANES

    return forward


@jit
def pack_gates(gates: int, hidden: int, source: int, target: int) -> None:
    """W_hh [gates * H, H] transposed, in blocks of sixteen units with their gates side by side."""
    for unit in range(0, hidden, LANES):
        block = target + FLOAT_BYTES * unit * hidden * gates
        for gate in range(gates):
            rows = source + FLOAT_BYTES * (gate * hidden + unit) * hidden
            columns = block + FLOAT_BYTES * gate * LANES
            transpose(Matrix(rows, LANES, hidden, hidden), columns, gates * LANES)


@jit
def pack_units(hidden: int, source: int, target: int) -> None:
    """W_hh [H, H] of a cell with one gate, transposed, in blocks of `BLOCKS` units."""
    unit = 0
    while unit < hidden:
        left = hidden - unit
        width = PANEL if left >= PANEL else PANEL // 2 if left >= PANEL // 2 else LANES
        place = FLOAT_BYTES * unit * hidden
        transpose(Matrix(source + place, width, hidden, hidden), target + place, width)
        unit += width


def d_arriving(code: Emitter, at: Backward, row: Address, unit: Address) -> Vector:
    """The gradient in sixteen units of a sequence's h: from the next time step and the outputs."""
    d = code.load(code.shift(at.d_hidden, (row, at.hidden), (unit, 1)))
    above = code.load(code.shift(at.d_outputs, (row, at.d_outputs_row), (unit, 1)))
    return d.plus_product(above, code.broadcast(code.shift(at.factors, (row, at.factors_row))))
