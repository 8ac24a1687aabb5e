"""Recorders of steps: a tape that replays like a CUDA graph on any device, and one that counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from rnnsearch.training.stepping.capture import Recorder

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")

DEVICES = ["cpu", pytest.param("cuda", marks=needs_gpu)]

TO_THE_HOST = (
    "_local_scalar_dense",
    "equal",
    "is_nonzero",
    "lift_fresh",  # a number or a list of the host's, on its way to the device
    "masked_select",
    "nonzero",
    "unique",
)
"""Starts of the names of operators that wait for a device or bring it something."""


class Operators(TorchDispatchMode):
    """Notes every operator with its tensors; raises at one that a stream cannot capture."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func._schema.name.removeprefix("aten::")
        assert not name.startswith(TO_THE_HOST), f"{name} cannot be captured"
        tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        devices = {x.device for x in tensors if x.ndim}
        assert len(devices) < 2, f"{name} copies between {devices}"
        found = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, found))
        return found


class Tape:
    """Does the operators again, on the very tensors: as a graph, it knows addresses alone."""

    def __init__(self, operators: Operators, fixed: Sequence[Tensor]) -> None:
        self._calls = operators.calls
        self._fixed = list(fixed)
        self._addresses = [tensor.data_ptr() for tensor in fixed]

    @torch.no_grad()
    def replay(self) -> None:
        assert [tensor.data_ptr() for tensor in self._fixed] == self._addresses
        for func, args, kwargs, before in self._calls:
            now = func(*args, **kwargs)
            fresh = [result.alias_info is None for result in func._schema.returns]
            if not all(fresh):
                continue  # a view, or written in place
            pairs = zip(tree_leaves(before), tree_leaves(now), strict=True)
            for held, value in pairs:
                if isinstance(held, Tensor) and held.data_ptr() != value.data_ptr():
                    held.copy_(value)


class TapeRecorder:
    """Records as `CudaRecorder` does, on any device; `tapes` are the recordings."""

    def __init__(self) -> None:
        self.tapes: list[Tape] = []

    def record(self, body: Callable[[], None], fixed: Sequence[Tensor]) -> Callable[[], None]:
        body()  # a warm-up changes rows, as it does on a GPU
        with Operators() as operators:
            body()
        self.tapes.append(Tape(operators, fixed))
        return self.tapes[-1].replay

    @property
    def count(self) -> int:
        return len(self.tapes)


class Counted:
    """Another recorder, and how often it recorded."""

    def __init__(self, inner: Recorder) -> None:
        self.inner = inner
        self.count = 0

    def record(self, body: Callable[[], None], fixed: Sequence[Tensor]) -> Callable[[], None]:
        self.count += 1
        return self.inner.record(body, fixed)


class Again:
    """Calls the function itself: what a graph must equal on its own device."""

    def record(self, body: Callable[[], None], fixed: Sequence[Tensor]) -> Callable[[], None]:
        del fixed
        return body
