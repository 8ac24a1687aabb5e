"""The compiled entry points: made when first asked for, and kept on disk.

A cell with its nonlinearity goes by one name (`models.cells.function_name`) and has two entry
points: one computes a layer of all members, forward or back, the other takes whole training steps.
They differ from cell to cell by the `CompiledCell` that they are made with, and by nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from importlib import import_module
from typing import Any

import numba
from numba import types

from rnnsearch.models.cells import CELLS, function_name
from rnnsearch.training.kernels.compiled.cache import alone, is_on_disk, is_taken, keep_on_disk
from rnnsearch.training.kernels.compiled.cell import CompiledCell
from rnnsearch.training.kernels.compiled.layer import layer_function
from rnnsearch.training.kernels.compiled.layout import Gradients, Sizes, Tensors
from rnnsearch.training.kernels.compiled.step_layout import StepNumbers, StepSizes, StepTensors
from rnnsearch.training.kernels.compiled.steps import steps_function

Entry = Callable[..., None]

_dispatchers: list[Any] = []
_compiling = threading.Lock()


def names() -> dict[str, str]:
    """The name of every cell that can be compiled, and the module of its `CompiledCell`."""
    return {
        function_name(name, kind): cell.kernels["compiled"]
        for name, cell in CELLS.items()
        if "compiled" in cell.kernels
        for kind in cell.nonlinearities or ("",)
    }


@cache
def compiled_cell(name: str) -> CompiledCell:
    """The `CompiledCell` that its module holds under the cell's name."""
    cell: CompiledCell = getattr(import_module(names()[name]), name)
    return cell


@cache
def functions(name: str) -> tuple[Entry, Entry]:
    """The entry points `steps` and `layer` of a cell, for numba to compile.

    On disk, among locks and in symbols they go by their own names and the module of the cell, so
    that no two cells share one.
    """
    made = steps_function(compiled_cell(name)), layer_function(compiled_cell(name))
    for function, unique in zip(made, (f"step_{name}", name), strict=True):
        function.__name__ = function.__qualname__ = unique
        function.__module__ = names()[name]
    return made


_compiled: dict[Entry, Entry] = {}


def layer_entry(name: str) -> Entry:
    """The compiled layer of a cell: loaded from disk, or compiled (seconds) and kept there."""
    return _entry(functions(name)[1], _layer_types)


def step_entry(name: str) -> Entry:
    """The same of whole steps."""
    return _entry(functions(name)[0], _step_types)


def load(name: str) -> None:
    """Load or compile both entry points of a cell, whole steps first."""
    step_entry(name)
    layer_entry(name)


def is_ready(name: str) -> bool:
    """Whether both entry points of a cell are loaded, or on disk."""
    return not _missing(name)


def is_awaited(name: str) -> bool:
    """Whether another process compiles an entry point of a cell, or is about to."""
    return any(is_taken(function.__name__) for function in _missing(name))


def _missing(name: str) -> list[Entry]:
    return [one for one in functions(name) if one not in _compiled and not is_on_disk(one)]


def _integers(kind: Any) -> Any:
    return types.NamedUniTuple(types.int64, len(kind._fields), kind)


def _layer_types() -> list[Any]:
    return [_integers(kind) for kind in (Sizes, Tensors, Gradients)]


def _step_types() -> list[Any]:
    arrays = [*[types.float64[:, ::1]] * 3, *[types.float32[:, ::1]] * 2]
    return [*map(_integers, (StepSizes, StepTensors)), types.NamedTuple(arrays, StepNumbers)]


def _entry(function: Entry, argument_types: Callable[[], list[Any]]) -> Entry:
    if function in _compiled:  # numba's types are dear to make
        return _compiled[function]
    with _compiling:
        if function not in _compiled:
            signature = types.void(*argument_types())
            dispatcher = numba.njit(error_model="numpy", nogil=True)(function)
            kept = keep_on_disk(dispatcher)
            with nullcontext() if kept and is_on_disk(function) else alone(function.__name__):
                dispatcher.compile(signature)
            # Calling the overload itself spares numba's look-up by argument types, 2 us a call; its
            # code lives as long as the dispatcher.
            _dispatchers.append(dispatcher)
            _compiled[function] = dispatcher.get_overload(signature)
        return _compiled[function]
