"""The checked build: every load and store of the kernels is held against the buffers it may touch.

With `RNNSEARCH_KERNEL_CHECKS=1` in the environment when this package is imported, each memory
access of the kernels first calls a function that looks its range up in a table of extents. The
tensors of the call are in that table, and each region of the scratch buffer and of the kept gates
by itself, with a gap of one vector between two regions, so that running from one region into the
next is found as well.
The first bad address raises `KernelAddressError` after the call (a kernel cannot raise inside).
This build is far slower, and cached on disk apart from the ordinary one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

CHECKED = os.environ.get("RNNSEARCH_KERNEL_CHECKS", "") == "1"
CHECK_SYMBOL = "rnnsearch_kernel_check_access"

_MOST_EXTENTS = 1022
# Row 0 is (number of extents, number of violations), row 1 the first bad range, then the extents.
_table = np.zeros((2 + _MOST_EXTENTS, 2), dtype=np.int64)


class KernelAddressError(AssertionError):
    """A kernel touched memory outside its buffers: a bug in the kernel."""


def allow_only(extents: Sequence[tuple[int, int]]) -> None:
    """Set the ranges [start, stop), in bytes, that the next call may touch."""
    if len(extents) > _MOST_EXTENTS:
        raise ValueError(f"{len(extents)} extents; the table holds {_MOST_EXTENTS}")
    _table[:] = 0
    _table[0, 0] = len(extents)
    _table[2 : 2 + len(extents)] = extents


def raise_on_violation() -> None:
    """Raise if the call since `allow_only` left its ranges.

    Raises:
        KernelAddressError: With the first address, its width and the nearest extent.
    """
    count, violations = _table[0]
    if violations == 0:
        return
    address, width = (int(number) for number in _table[1])
    extents = _table[2 : 2 + int(count)]
    nearest = extents[np.abs(extents - address).min(axis=1).argmin()]
    raise KernelAddressError(
        f"{violations} accesses outside the buffers; the first at {address}, {width} bytes;"
        f" the nearest extent is [{nearest[0]}, {nearest[1]})"
    )


def _install() -> Any:
    """Compile the look-up, and give it the name by which the kernels call it."""

    def check(address: int, width: int) -> None:
        table = numba.carray(_pointer(), _table.shape, np.int64)
        for row in range(2, 2 + table[0, 0]):
            if table[row, 0] <= address and address + width <= table[row, 1]:
                return
        if table[0, 1] == 0:
            table[1, 0] = address
            table[1, 1] = width
        table[0, 1] += 1

    start = _table.ctypes.data

    @intrinsic  # type: ignore[untyped-decorator] # numba is untyped
    def _pointer(_typing_context: Any) -> Any:
        kind = types.CPointer(types.int64)

        def generate(context: Any, builder: Any, _signature: Any, _values: Any) -> Any:
            integer = context.get_constant(types.intp, start)
            return builder.inttoptr(integer, context.get_value_type(kind))

        return kind(), generate

    function = numba.cfunc(types.void(types.int64, types.int64), nopython=True)(check)
    llvmlite.binding.add_symbol(CHECK_SYMBOL, function.address)
    return function


# Kept alive with the module: the compiled kernels hold its address.
_installed = _install() if CHECKED else None
