"""Calls of the compiled entry points, with the addresses of tensors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from rnnsearch.training.kernels.compiled import checks, rooms
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
_ALIGNMENT = 64  # bytes; with other alignments run times fell into two groups

# Keeping the gates spares the backward call a second forward pass, a quarter of a wide layer's
# time, for several times the memory of the outputs; beyond these bytes a call they are computed
# again.
_KEPT_BYTES = 256 * 2**20

_scratch = threading.local()


def call(
    name: str,
    sizes: Sizes,
    tensors: Mapping[str, Tensor | None],
    gradients: Mapping[str, Tensor | None],
) -> None:
    """Run an entry point on contiguous tensors.

    Args:
        tensors: By the names of `Tensors`; missing ones and None count as absent.
        gradients: By the names of `Gradients`; empty for a forward call.
    """
    scratch = _address(_scratch_buffer(divide_scratch(0, sizes).end))
    places = Tensors(*[*_addresses(Tensors._fields[:-1], tensors), scratch])
    slopes = Gradients(*_addresses(Gradients._fields, gradients))
    if checks.CHECKED:
        checks.allow_only(list(_extents(tensors, gradients, scratch, sizes)))
    layer_entry(name)(sizes, places, slopes)
    if checks.CHECKED:
        checks.raise_on_violation()


def repeated(name: str, sizes: Sizes, tensors: Mapping[str, Tensor | None]) -> Callable[[], None]:
    """A forward `call` that is made ready once, to be made many times.

    It reads and writes whatever the same tensors hold by then, and keeps them alive.
    """
    if checks.CHECKED:
        return partial(call, name, sizes, tensors, {})
    entry = layer_entry(name)
    buffer = _scratch_buffer(divide_scratch(0, sizes).end)
    places = Tensors(*[*_addresses(Tensors._fields[:-1], tensors), _address(buffer)])
    nothing = Gradients(*[_ABSENT] * len(Gradients._fields))

    def again(held: object = (tensors, buffer)) -> None:
        entry(sizes, places, nothing)

    return again


def call_steps(
    name: str,
    sizes: StepSizes,
    tensors: Mapping[str, Tensor | None],
    numbers: StepNumbers,
) -> None:
    """Run whole steps on contiguous float32 tensors.

    Args:
        tensors: By the names of `StepTensors`; missing ones and None count as absent.
    """
    scratch = _address(_scratch_buffer(divide_step(0, sizes).end))
    places = StepTensors(*[*_addresses(StepTensors._fields[:-1], tensors), scratch])
    if checks.CHECKED:
        extents = [*_whole(tensors.values()), *_between(step_extents(sizes, scratch))]
        checks.allow_only(extents)
    step_entry(name)(sizes, places, numbers)
    if checks.CHECKED:
        checks.raise_on_violation()


def sizes_of(name: str, operands: Sequence[Tensor], *, backward: bool, kept: bool) -> Sizes:
    """The sizes of a call of a cell on a layer's operands, in the order of `LayerKernel`."""
    K, T, B, inputs = operands[0].shape
    hidden = operands[2].shape[-1]
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


def room_to_keep(sizes: Sizes) -> Tensor | None:
    """Room for the gates of all members, where they are kept."""
    floats = sizes.members * kept_floats(sizes)
    return rooms.take(floats) if 0 < FLOAT_BYTES * floats <= _KEPT_BYTES else None


def kept_floats(sizes: Sizes) -> int:
    """Floats a member that a forward call keeps for its backward call."""
    return divide_kept(0, sizes).end // FLOAT_BYTES


def _addresses(names: tuple[str, ...], tensors: Mapping[str, Tensor | None]) -> Iterator[int]:
    for name in names:
        tensor = tensors.get(name)
        yield _ABSENT if tensor is None else tensor.data_ptr()


def _scratch_buffer(size: int) -> Tensor:
    """Room for so many bytes from `_address` on; one a thread, kept and grown at need.

    A fresh buffer a call would cost page faults.
    """
    needed = size + _ALIGNMENT
    buffer: Tensor | None = getattr(_scratch, "buffer", None)
    if buffer is None or buffer.numel() < needed:
        buffer = torch.empty(needed, dtype=torch.uint8)
        _scratch.buffer = buffer
    return buffer


def _address(buffer: Tensor) -> int:
    return (buffer.data_ptr() + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT


def _extents(
    tensors: Mapping[str, Tensor | None],
    gradients: Mapping[str, Tensor | None],
    scratch: int,
    sizes: Sizes,
) -> Iterator[tuple[int, int]]:
    """What the call may touch: tensors, and the regions of scratch and kept without their gaps."""
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
