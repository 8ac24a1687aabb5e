"""Calls of the compiled entry points, which are given the addresses of tensors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor

from rnnsearch.training.kernels.compiled import buffer_pool, checks
from rnnsearch.training.kernels.compiled.entry import compiled_cell, layer_entry, step_entry
from rnnsearch.training.kernels.compiled.layout import (
    Gradients,
    Sizes,
    Tensors,
    divide_kept,
    divide_scratch,
)
from rnnsearch.training.kernels.compiled.step_layout import (
    StepNumbers,
    StepSizes,
    StepTensors,
    divide_step,
    step_extents,
)
from rnnsearch.training.kernels.compiled.vectors import FLOAT_BYTES, LANES

_ABSENT = 0
_ALIGNMENT = 64
"""Bytes of which the scratch buffer's address is a multiple; without, run times fell in two
groups."""

# Keeping the gates spares the backward call a second forward pass, a quarter of a wide layer's
# time, for several times the memory of the outputs; beyond these bytes a call they are computed
# again.
_KEPT_BYTES = 256 * 2**20

_scratch = threading.local()

_Places = TypeVar("_Places", Tensors, Gradients, StepTensors)


def call(
    name: str,
    sizes: Sizes,
    tensors: Mapping[str, Tensor | None],
    gradients: Mapping[str, Tensor | None],
) -> None:
    """Run the layer of a cell on contiguous tensors.

    Args:
        tensors: By the names of `Tensors`; missing ones and None count as absent.
        gradients: By the names of `Gradients`; empty for a forward call.
    """
    prepared(name, sizes, tensors, gradients)()


def prepared(
    name: str,
    sizes: Sizes,
    tensors: Mapping[str, Tensor | None],
    gradients: Mapping[str, Tensor | None],
) -> Callable[[], None]:
    """A `call` that is made ready once, to be made many times.

    It reads and writes whatever the same tensors hold by then, and keeps them alive.
    """
    entry = layer_entry(name)
    buffer = _scratch_buffer(_scratch_size(sizes))
    places = _addresses(Tensors, tensors, scratch=_aligned(buffer))
    gradient_places = _addresses(Gradients, gradients)

    def again(held: object = (tensors, gradients, buffer)) -> None:
        if checks.CHECKED:
            checks.allow_only(list(_extents(tensors, gradients, places.scratch, sizes)))
        entry(sizes, places, gradient_places)
        if checks.CHECKED:
            checks.raise_on_violation()

    return again


def call_steps(
    name: str,
    sizes: StepSizes,
    tensors: Mapping[str, Tensor | None],
    numbers: StepNumbers,
) -> None:
    """Run whole training steps of a cell on contiguous float32 tensors.

    Args:
        tensors: By the names of `StepTensors`; missing ones and None count as absent.
    """
    scratch = _aligned(_scratch_buffer(divide_step(0, sizes).end))
    places = _addresses(StepTensors, tensors, scratch=scratch)
    if checks.CHECKED:
        extents = [*_whole(tensors.values()), *_between(step_extents(sizes, scratch))]
        checks.allow_only(extents)
    step_entry(name)(sizes, places, numbers)
    if checks.CHECKED:
        checks.raise_on_violation()


def sizes_of(name: str, operands: Sequence[Tensor], *, backward: bool, kept: bool) -> Sizes:
    """The sizes for a call with a layer's operands, which are in the order of `base.Operands`.

    Args:
        name: Of the cell with its nonlinearity.
        backward: Whether the call is to compute gradients.
        kept: Whether the gates are kept between the forward and the backward call.
    """
    return _sizes(name, operands[0].shape, operands[2].shape[-1], backward, kept)


# Small layers take microseconds, and so would these two, call after call with the same arguments.


@lru_cache(1024)
def _sizes(name: str, shape: torch.Size, hidden: int, backward: bool, kept: bool) -> Sizes:
    K, T, B, inputs = shape
    return Sizes(
        members=K,
        steps=T,
        batch=B,
        inputs=inputs,
        hidden=hidden,
        backward=int(backward),
        kept=int(kept),
        **compiled_cell(name).properties(hidden),
    )


@lru_cache(1024)
def _scratch_size(sizes: Sizes) -> int:
    return divide_scratch(0, sizes).end


def room_to_keep(sizes: Sizes) -> Tensor | None:
    """Memory in which a forward call can keep the gates of all members; None if they are not
    kept."""
    floats = sizes.members * kept_floats(sizes)
    return buffer_pool.take(floats) if 0 < FLOAT_BYTES * floats <= _KEPT_BYTES else None


def kept_floats(sizes: Sizes) -> int:
    """How many floats a forward call keeps for the backward call, for each member."""
    return divide_kept(0, sizes).end // FLOAT_BYTES


def _addresses(kind: type[_Places], tensors: Mapping[str, Tensor | None], **known: int) -> _Places:
    """The addresses of tensors by the fields of a named tuple; 0 for those that are absent."""
    for name in kind._fields:
        if name not in known:
            tensor = tensors.get(name)
            known[name] = _ABSENT if tensor is None else tensor.data_ptr()
    return kind(**known)


def _scratch_buffer(size: int) -> Tensor:
    """A buffer with room for `size` bytes from `_aligned` on.

    Each thread has one, which grows when needed. A fresh buffer for each call would cost page
    faults.
    """
    needed = size + _ALIGNMENT
    buffer: Tensor | None = getattr(_scratch, "buffer", None)
    if buffer is None or buffer.numel() < needed:
        buffer = torch.empty(needed, dtype=torch.uint8)
        _scratch.buffer = buffer
    return buffer


def _aligned(buffer: Tensor) -> int:
    """The first address of a buffer that is a multiple of the alignment."""
    return (buffer.data_ptr() + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT


def _extents(
    tensors: Mapping[str, Tensor | None],
    gradients: Mapping[str, Tensor | None],
    scratch: int,
    sizes: Sizes,
) -> Iterator[tuple[int, int]]:
    """The ranges that a call may touch: its tensors, and the regions of the scratch buffer and of
    the kept gates, without the gaps between them."""
    named = {name: tensor for name, tensor in tensors.items() if name != "kept"}
    yield from _whole([*named.values(), *gradients.values()])
    regions = divide_scratch(scratch, sizes)
    kept = tensors.get("kept")
    if kept is None:
        yield from _between([*regions, *divide_kept(regions.kept, sizes)])
        return
    yield from _between(regions)
    for k in range(sizes.members):
        start = kept.data_ptr() + FLOAT_BYTES * kept_floats(sizes) * k
        yield from _between(divide_kept(start, sizes))


def _whole(tensors: Iterable[Tensor | None]) -> Iterator[tuple[int, int]]:
    for tensor in tensors:
        if tensor is not None:
            yield tensor.data_ptr(), tensor.data_ptr() + tensor.element_size() * tensor.numel()


def _between(starts: Iterable[int]) -> Iterator[tuple[int, int]]:
    for start, following in pairwise(sorted(set(starts))):
        yield start, following - FLOAT_BYTES * LANES
