"""The compiled entry points: made when first asked for, and kept on disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numba
from numba import types

from rnnsearch.training.kernels.compiled import layer, steps
from rnnsearch.training.kernels.compiled.cache import alone, is_on_disk, is_taken, keep_on_disk
from rnnsearch.training.kernels.compiled.layout import Gradients, Sizes, Tensors
from rnnsearch.training.kernels.compiled.step_layout import StepSizes, StepTensors

Entry = Callable[..., None]

LAYERS: dict[str, Entry] = {
    "rnn_tanh": layer.rnn_tanh,
    "rnn_relu": layer.rnn_relu,
    "gru": layer.gru,
    "lstm": layer.lstm,
}
STEPS: dict[str, Entry] = {
    "rnn_tanh": steps.step_rnn_tanh,
    "rnn_relu": steps.step_rnn_relu,
    "gru": steps.step_gru,
    "lstm": steps.step_lstm,
}

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
    doubles, floats = types.float64[:, ::1], types.float32[:, ::1]
    kinds = [_integers(kind) for kind in (StepSizes, StepTensors)]
    return _entry(STEPS[name], [*kinds, doubles, doubles, doubles, floats, floats])


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
