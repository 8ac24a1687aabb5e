"""Operators that round a trial's numbers alike wherever these stand, and beside whatever.

torch's do not. A matrix product rounds by the address of what it reads and writes, and by whether
it is one product or several; the numbers at the end of a buffer, where no vector is full, are
computed one by one and rounded in another way. So while modules of several trials are computed,
the operators concerned lay matrices where all addresses are alike, and fill buffers up.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.training.fused.refusal import NotFusedError
from rnnsearch.training.layout import ALIGN

VECTORS = 32
"""Numbers after which a loop of torch over vectors is at its end: two vectors of AVX-512."""

_UNLIKE = {
    "atan2": "out",
    "elu": "out",
    "elu_backward": "grad_input",
    "gelu": "out",
    "gelu_backward": "grad_input",
    "mish": "out",
    "sigmoid": "out",
    "silu": "out",
    "silu_backward": "grad_input",
    "softplus": "out",
    "softplus_backward": "grad_input",
}
"""Operators, number by number, that do not round alike at the end of a buffer, each with the name
of what it writes into. All others do, as far as they were looked at on processors with AVX-512."""

_IN_PLACE = ("elu", "mish", "sigmoid", "silu")

_depth = threading.local()
_counted = threading.local()


def flat_products() -> int:
    """How many products of two matrices this thread computed in the context so far.

    `vmap` makes products of stacked matrices of them, whose derivatives torch writes otherwise; so
    their bits are not those of a trial that is computed without `vmap`.
    """
    return getattr(_counted, "flat", 0)


@contextmanager
def steady() -> Iterator[None]:
    """A context in which operators on a CPU round alike in every place.

    It replaces their kernels in the whole process; other threads get right numbers, by a longer
    way. On other devices it changes nothing.
    """
    now = getattr(_depth, "now", 0)
    library = _replaced() if now == 0 else None
    _depth.now = now + 1
    try:
        yield
    finally:
        _depth.now = now
        if library is not None:
            library._destroy()  # type: ignore[no-untyped-call]


def _replaced() -> torch.library.Library:
    """The operators' kernels, replaced as long as the library is not destroyed."""
    library = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says once that kernels are replaced
        for name, kernel in _kernels().items():
            library.impl(name, kernel, "CPU")  # type: ignore[no-untyped-call]
    return library


@cache
def _kernels() -> dict[str, Callable[..., Any]]:
    """What operators are computed by, by their names."""
    kernels: dict[str, Callable[..., Any]] = {
        "bmm": _bmm,
        "mm": _mm,
        "addmm": _addmm,
        "baddbmm": _baddbmm,
        "mish_backward": _mish_backward,
        "_pack_padded_sequence": _refused,
    }
    for name, into in _UNLIKE.items():
        operator = getattr(getattr(torch.ops.aten, name), into)
        kernels[name] = partial(_filled_up, operator, into)
        if name in _IN_PLACE:
            kernels[f"{name}_"] = partial(_in_place, kernels[name])
    return kernels


def _refused(*given: Any) -> Any:
    """What comes out has another shape for every trial."""
    raise NotFusedError("it packs sequences of unequal length")


def _bmm(left: Tensor, right: Tensor) -> Tensor:
    """Products of matrices at like addresses, and none of one column alone."""
    (count, rows, _), columns = left.shape, right.shape[2]
    left, right = _laid(left), _laid(right)
    if count == columns == 1:
        left, right = left.expand(2, -1, -1), right.expand(2, -1, -1)
        return torch.bmm(left, right, out=_room(left, 2, rows, columns))[:1]
    return torch.bmm(left, right, out=_room(left, count, rows, columns))


def _mm(left: Tensor, right: Tensor) -> Tensor:
    _counted.flat = flat_products() + 1
    return _bmm(left.unsqueeze(0), right.unsqueeze(0))[0]


def _addmm(added: Tensor, left: Tensor, right: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    return _sum(added, _mm(left, right), beta, alpha)


def _baddbmm(
    added: Tensor, left: Tensor, right: Tensor, *, beta: Any = 1, alpha: Any = 1
) -> Tensor:
    return _sum(added, _bmm(left, right), beta, alpha)


def _sum(added: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    product = product if alpha == 1 else product * alpha
    if beta == 0:  # then NaN in what is added counts for nothing
        return product
    return product + (added if beta == 1 else added * beta)


def _laid(matrices: Tensor) -> Tensor:
    """Matrices [N, M, C], each of which starts at a like address."""
    count, rows, columns = matrices.shape
    alike = count == 1 or matrices.stride(0) % ALIGN == 0
    if alike and rows * columns % ALIGN == 0:  # so that it does not hang on the number of them
        thin = (rows == 1 and matrices.stride(2) == 1) or (columns == 1 and matrices.stride(1) == 1)
        if not thin:
            return matrices
        # A single row or column may have any stride, by which MKL takes it for transposed or not.
        strides = matrices.stride(0), columns, 1
        return matrices.as_strided(matrices.shape, strides)
    return _room(matrices, count, rows, columns).copy_(matrices)


def _room(like: Tensor, count: int, rows: int, columns: int) -> Tensor:
    """Memory for matrices, each of which starts at a like address."""
    width = -(-rows * columns // ALIGN) * ALIGN
    if count == 1 or width == rows * columns:
        return like.new_empty((count, rows, columns))
    room = like.new_empty((count, width))
    return room.as_strided((count, rows, columns), (width, columns, 1))


def _filled_up(operator: Any, into: str, *given: Any, **others: Any) -> Tensor:
    """An operator number by number, of buffers that end where a vector does.

    Args:
        operator: Writes into a tensor that it is given.
        into: Under which name.
    """
    tensors = [one for one in given if isinstance(one, Tensor)]
    # What is strided would be computed row by row, and every row has an end of its own.
    whole = [one.contiguous() for one in torch.broadcast_tensors(*tensors)]  # type: ignore[no-untyped-call]
    shape, count = whole[0].shape, whole[0].numel()
    flat = [one.view(-1) for one in whole]
    if rest := -count % VECTORS:
        flat = [functional.pad(one, (0, rest), value=1.0) for one in flat]
    dtype = functools.reduce(torch.promote_types, (one.dtype for one in flat))
    if not dtype.is_floating_point:
        dtype = torch.get_default_dtype()
    room = flat[0].new_empty(count + rest, dtype=dtype)
    left = iter(flat)
    read = [next(left) if isinstance(one, Tensor) else one for one in given]
    operator(*read, **others, **{into: room})
    result: Tensor = room[:count].view(shape)
    return result


def _in_place(kernel: Callable[..., Tensor], first: Tensor, *given: Any) -> Tensor:
    result: Tensor = first.copy_(kernel(first, *given))
    return result


def _mish_backward(gradient: Tensor, x: Tensor) -> Tensor:
    """torch's operator has no form that writes into a tensor; x tanh(softplus(x)) is the mish."""
    bent = torch.tanh(functional.softplus(x))
    return gradient * (bent + x * torch.sigmoid(x) * (1 - bent * bent))
