"""The compiled entry points: made when first asked for, and kept on disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import numba
from numba import types

from rnnsearch.models.cells import CELLS, function_name
from rnnsearch.training.kernels.compiled.cache import alone, is_on_disk, is_taken, keep_on_disk
from rnnsearch.training.kernels.compiled.layout import Gradients, Sizes, Tensors
from rnnsearch.training.kernels.compiled.step_layout import StepNumbers, StepSizes, StepTensors

Entry = Callable[..., None]

LAYERS: dict[str, Entry] = {}
STEPS: dict[str, Entry] = {}
"""The entry points for layers and for whole steps, by the names of `models.cells.function_name`."""

for _cell, _told in CELLS.items():
    if "compiled" in _told.kernels:
        _file = import_module(f"{__package__}.cell_{_cell}")
        for _kind in _told.nonlinearities or ("",):
            _name = function_name(_cell, _kind)
            LAYERS[_name], STEPS[_name] = getattr(_file, _name), getattr(_file, f"step_{_name}")

_compiled: dict[Entry, Entry] = {}
_dispatchers: list[Any] = []
_compiling = threading.Lock()


def layer_entry(name: str) -> Entry:
    """The compiled layer of a cell: loaded from disk, or compiled (seconds) and kept there."""
    ready = _compiled.get(LAYERS[name])
    if ready is not None:  # numba's types are dear to make
        return ready
    return _entry(LAYERS[name], [_integers(kind) for kind in (Sizes, Tensors, Gradients)])


def step_entry(name: str) -> Entry:
    """The same of whole steps."""
    ready = _compiled.get(STEPS[name])
    if ready is not None:
        return ready
    arrays = [*[types.float64[:, ::1]] * 3, *[types.float32[:, ::1]] * 2]
    numbers = types.NamedTuple(arrays, StepNumbers)
    kinds = [*map(_integers, (StepSizes, StepTensors)), numbers]
    return _entry(STEPS[name], kinds)


def load(name: str) -> None:
    """Load or compile both entry points of a cell."""
    step_entry(name)
    layer_entry(name)


def is_ready(name: str) -> bool:
    """Whether both entry points of a cell are loaded, or on disk."""
    return all(e in _compiled or is_on_disk(e) for e in (STEPS[name], LAYERS[name]))


def is_awaited(name: str) -> bool:
    """Whether another process compiles an entry point of a cell, or is about to."""
    missing = [e for e in (STEPS[name], LAYERS[name]) if e not in _compiled and not is_on_disk(e)]
    return any(is_taken(entry.__name__) for entry in missing)


def _integers(kind: Any) -> Any:
    return types.NamedUniTuple(types.int64, len(kind._fields), kind)


def _entry(function: Entry, kinds: Sequence[Any]) -> Entry:
    with _compiling:
        if function not in _compiled:
            signature = types.void(*kinds)
            dispatcher = numba.njit(error_model="numpy", nogil=True)(function)
            kept = keep_on_disk(dispatcher)
            with nullcontext() if kept and is_on_disk(function) else alone(function.__name__):
                dispatcher.compile(signature)
            # Calling the overload itself spares numba's look-up by argument types, 2 us a call; its
            # code lives as long as the dispatcher.
            _dispatchers.append(dispatcher)
            _compiled[function] = dispatcher.get_overload(signature)
        return _compiled[function]
