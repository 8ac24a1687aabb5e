"""Vectors of sixteen floats, as LLVM instructions inside numba functions.

numba's own loops leave tiles of registers, shuffles and broadcasts to the auto-vectoriser, which
gave a quarter of this speed (an LSTM of 64 units, 32 sequences, 50 steps: 3.4 ms a step against
0.9). An *intrinsic* here
is a Python function that emits instructions; LLVM lowers a vector of sixteen to one AVX-512
register, two of AVX2 or four of NEON, on the machine where it runs.

Arithmetic is strict IEEE: no `fast` flags, since those let LLVM assume that NaN never happens, and
a diverged trial must show as one. The only fusion is asked for by name (`plus_product`).
Addresses are 64-bit integers in bytes; counts and strides are in floats.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from rnnsearch.training.kernels.compiled.checks import CHECK_SYMBOL, CHECKED
from rnnsearch.training.kernels.compiled.insides import cgutils
from rnnsearch.training.kernels.compiled.parts import named_after

LANES = 16
FLOAT_BYTES = 4
INTEGER_BYTES = 8

_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_QUARTER = ir.VectorType(_FLOAT, 4)
_INT = ir.IntType(64)
_LANE = ir.IntType(32)

Address = Any
"""An LLVM value of 64 bits, or a Python integer."""


@dataclass(frozen=True, slots=True)
class Vector:
    """Sixteen floats in a register, with the arithmetic that the cells need."""

    builder: Any
    value: Any

    def _other(self, other: Vector | float) -> Any:
        return other.value if isinstance(other, Vector) else _splat(other)

    def __add__(self, other: Vector | float) -> Vector:
        return Vector(self.builder, self.builder.fadd(self.value, self._other(other)))

    def __sub__(self, other: Vector | float) -> Vector:
        return Vector(self.builder, self.builder.fsub(self.value, self._other(other)))

    def __rsub__(self, other: float) -> Vector:
        return Vector(self.builder, self.builder.fsub(_splat(other), self.value))

    def __mul__(self, other: Vector | float) -> Vector:
        return Vector(self.builder, self.builder.fmul(self.value, self._other(other)))

    def __truediv__(self, other: Vector) -> Vector:
        return Vector(self.builder, self.builder.fdiv(self.value, other.value))

    def plus_product(self, left: Vector, right: Vector) -> Vector:
        """self + left * right, rounded once where the machine can."""
        return left.times_plus(right, self)

    def times_plus(self, factor: Vector | float, term: Vector | float) -> Vector:
        """self * factor + term, rounded once where the machine can."""
        fused = cgutils.get_or_insert_function(
            self.builder.module,
            ir.FunctionType(_VECTOR, [_VECTOR] * 3),
            f"llvm.fmuladd.v{LANES}f32",
        )
        operands = [self.value, self._other(factor), self._other(term)]
        return Vector(self.builder, self.builder.call(fused, operands))

    def inverse(self) -> Vector:
        """1 / self."""
        return Vector(self.builder, self.builder.fdiv(_splat(1.0), self.value))

    def root(self) -> Vector:
        """The square root, rounded once."""
        function = cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(_VECTOR, [_VECTOR]), f"llvm.sqrt.v{LANES}f32"
        )
        return Vector(self.builder, self.builder.call(function, [self.value]))

    def clamp(self, bound: float) -> Vector:
        """Limit to [-bound, bound]. A NaN fails both comparisons and stays a NaN."""
        builder, high, low = self.builder, _splat(bound), _splat(-bound)
        below = builder.select(builder.fcmp_ordered(">", self.value, high), high, self.value)
        return Vector(builder, builder.select(builder.fcmp_ordered("<", below, low), low, below))

    def at_most(self, bound: float) -> Vector:
        """The smaller one of each number and a bound; the bound instead of NaN."""
        builder, high = self.builder, _splat(bound)
        below = builder.fcmp_ordered("<", self.value, high)
        return Vector(builder, builder.select(below, self.value, high))

    def zero_where_not_positive(self, mask: Vector) -> Vector:
        """self where mask > 0 or mask is NaN, elsewhere 0: torch's rule for relu's gradient."""
        builder = self.builder
        off = builder.fcmp_ordered("<=", mask.value, _splat(0.0))
        return Vector(builder, builder.select(off, _splat(0.0), self.value))


@dataclass(frozen=True, slots=True)
class Emitter:
    """Emits memory accesses, loops and accumulators into one function."""

    builder: Any

    def zero(self) -> Vector:
        return Vector(self.builder, _splat(0.0))

    def shift(self, base: Address, *terms: tuple[Address, Address]) -> Address:
        """base + 4 * sum(count * stride): the address so many floats further."""
        builder = self.builder
        for count, stride in terms:
            floats = builder.mul(_integer(count), _integer(stride))
            base = builder.add(base, builder.mul(floats, _INT(FLOAT_BYTES)))
        return base

    def load(self, address: Address) -> Vector:
        return Vector(self.builder, self._read(address, _VECTOR))

    def store(self, address: Address, vector: Vector) -> None:
        self._write(address, vector.value, _VECTOR)

    def broadcast(self, address: Address) -> Vector:
        """The float at `address` in all sixteen lanes."""
        builder, undefined = self.builder, ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, self._read(address, _FLOAT), _LANE(0))
        return Vector(builder, builder.shuffle_vector(first, undefined, _lanes([0] * LANES)))

    def shuffle(self, left: Vector, right: Vector, lanes: Sequence[int]) -> Vector:
        """Lanes of `left` (0 to 15) and `right` (16 to 31)."""
        value = self.builder.shuffle_vector(left.value, right.value, _lanes(lanes))
        return Vector(self.builder, value)

    def copy_quarter(self, source: Address, target: Address) -> None:
        """Copy four floats."""
        self._write(target, self._read(source, _QUARTER), _QUARTER)

    def loop(self, start: Address, stop: Address, step: int) -> AbstractContextManager[Any]:
        """`for index in range(start, stop, step)`; yields (index, counter)."""
        loop: AbstractContextManager[Any] = cgutils.for_range_slice(
            self.builder, _integer(start), _integer(stop), _INT(step), intp=_INT
        )
        return loop

    def variable(self, start: Vector) -> Any:
        """A register that a loop may change; see `get` and `set`."""
        slot = cgutils.alloca_once(self.builder, _VECTOR)
        self.builder.store(start.value, slot)
        return slot

    def get(self, slot: Any) -> Vector:
        return Vector(self.builder, self.builder.load(slot, typ=_VECTOR))

    def set(self, slot: Any, vector: Vector) -> None:
        self.builder.store(vector.value, slot)

    # Vectors need only the alignment of a float: an aligned address is as fast either way, and a
    # row of inputs may start anywhere.
    def _read(self, address: Address, kind: Any) -> Any:
        self._check(address, kind)
        pointer = self.builder.inttoptr(address, kind.as_pointer())
        return self.builder.load(pointer, align=FLOAT_BYTES, typ=kind)

    def _write(self, address: Address, value: Any, kind: Any) -> None:
        self._check(address, kind)
        pointer = self.builder.inttoptr(address, kind.as_pointer())
        self.builder.store(value, pointer, align=FLOAT_BYTES)

    def _check(self, address: Address, kind: Any) -> None:
        if CHECKED:
            check = cgutils.get_or_insert_function(
                self.builder.module, ir.FunctionType(ir.VoidType(), [_INT, _INT]), CHECK_SYMBOL
            )
            width = INTEGER_BYTES if kind is _INT else FLOAT_BYTES
            width *= kind.count if isinstance(kind, ir.VectorType) else 1
            self.builder.call(check, [address, _INT(width)])


def vector_intrinsic(emit: Callable[..., None]) -> Any:
    """Make `emit(code: Emitter, *integers)` callable from compiled code with int64 arguments.

    In the place of an integer may be a named tuple of them, which `emit` gets with LLVM's values.
    """
    names = list(inspect.signature(emit).parameters)[1:]

    def definition(_typing_context: Any, *arguments: Any) -> Any:
        tuples = [getattr(kind, "instance_class", None) for kind in arguments]
        signature = types.void(
            *[
                types.int64 if of is None else types.NamedUniTuple(types.int64, len(of._fields), of)
                for of in tuples
            ]
        )

        def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            given = [
                value if of is None else of(*cgutils.unpack_tuple(builder, value))
                for of, value in zip(tuples, values, strict=True)
            ]
            emit(Emitter(builder), *given)
            return context.get_dummy_value()

        return signature, generate

    return intrinsic(named_after(emit, definition, names))


def _reader(kind: Any, result: Any) -> Any:
    """What reads a number at an address in compiled code."""

    @intrinsic  # type: ignore[untyped-decorator] # numba is untyped
    def read(_typing_context: Any, _address: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            return Emitter(builder)._read(values[0], kind)

        return result(types.int64), generate

    return read


read_float, read_integer = _reader(_FLOAT, types.float32), _reader(_INT, types.int64)


@intrinsic  # type: ignore[untyped-decorator]
def write_float(_typing_context: Any, _address: Any, _number: Any) -> Any:
    """Store a float32 at an address."""

    def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        Emitter(builder)._write(values[0], values[1], _FLOAT)
        return context.get_dummy_value()

    return types.void(types.int64, types.float32), generate


def _integer(value: Address) -> Any:
    return _INT(value) if isinstance(value, int) else value


def _splat(number: float) -> Any:
    # llvmlite writes a float constant through its double, so any Python float is rounded to float
    # exactly once here.
    return ir.Constant(_VECTOR, [ir.Constant(_FLOAT, number)] * LANES)


def _lanes(lanes: Sequence[int]) -> Any:
    return ir.Constant(ir.VectorType(_LANE, len(lanes)), list(lanes))
