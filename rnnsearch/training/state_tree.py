"""The state that a script yields or an optimizer keeps, as arrays and a JSON text, and back.

A state is a tree of tensors, numbers, texts, lists and dicts, as the `state_dict` of a torch module
or optimizer is one. No pickle is written: whoever reads a stored state runs no code.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.errors import PackError

Arrays = Mapping[str, np.ndarray[Any, Any]]

MOST_DEPTH = 64
"""Lists and dicts within each other at most; a tree that holds itself has no end."""

_AS_WHOLE = {"bfloat16": torch.int16, "float8_e4m3fn": torch.uint8, "float8_e5m2": torch.uint8}
"""The dtypes that numpy lacks, and what has as many bits."""

_DTYPES = {
    *("float64", "float32", "float16", "int64", "int32", "int16", "int8"),
    *("uint64", "uint32", "uint16", "uint8", "bool"),
    *_AS_WHOLE,
}

MOST_BITS = 10_000
"""Bits of a whole number; Python itself refuses to write out much longer ones."""

_WRAPPERS: tuple[tuple[Any, str], ...] = (
    (dict, "dict"),
    (tuple, "tuple"),
    (list | set | frozenset | range, "list"),
    (str, "str"),
    (int, "int"),
    (np.ma.MaskedArray, "numpy.ma.filled"),
    (np.ndarray, "numpy.asarray"),
)
"""Types that a state cannot have, since they would not come back, and what makes one that it can
have."""

ALLOWED = "a state is a tree of tensors, arrays, numbers, texts, true, false, None, lists and dicts"


class StateError(PackError):
    """A state holds what cannot be stored; the text names the place in it."""


def to_arrays(tree: Any, name: str) -> dict[str, np.ndarray[Any, Any]]:
    """A copy of a tree as arrays: its tensors by number, and the rest as a JSON text of bytes.

    Args:
        name: What the names of the arrays begin with.

    Raises:
        StateError: Something in the tree cannot be stored.
    """
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    text = json.dumps(_written(tree, "state", name, arrays, 0))
    arrays[name] = np.frombuffer(text.encode(), dtype=np.uint8).copy()
    return arrays


def from_arrays(arrays: Arrays, name: str) -> Any:
    """Read `to_arrays` back; every call gives a tree of its own.

    Raises:
        PackError: The arrays hold no such tree.
    """
    try:
        return _read(json.loads(arrays[name].tobytes().decode()), arrays)
    except (LookupError, ValueError, TypeError, ArithmeticError, RuntimeError) as error:
        raise PackError(f"it holds no such state: {error!r}") from error


def named_tensors(tree: Any, place: str = "") -> dict[str, Tensor]:
    """The tensors of a tree by their places in it, such as `model.layer.weight`."""
    if isinstance(tree, Tensor):
        return {place or "state": tree.contiguous()}
    if isinstance(tree, np.ndarray):
        return {place or "state": torch.from_numpy(tree.copy())}
    pairs: Any = ()
    if isinstance(tree, dict):
        pairs = tree.items()
    elif isinstance(tree, list | tuple):
        pairs = enumerate(tree)
    tensors: dict[str, Tensor] = {}
    for key, inner in pairs:
        tensors |= named_tensors(inner, f"{place}.{key}" if place else str(key))
    return tensors


def _written(
    node: Any, place: str, name: str, arrays: dict[str, np.ndarray[Any, Any]], depth: int
) -> Any:
    """A node as JSON: scalars as they are, all else as a mapping with one key that says what."""
    if depth > MOST_DEPTH:
        raise StateError(f"{place} lies more than {MOST_DEPTH} levels deep; does it hold itself?")
    if isinstance(node, np.generic):
        node = node.item()
    if type(node) is int and node.bit_length() > MOST_BITS:
        raise StateError(f"{place} is a whole number of {node.bit_length()} bits")
    if type(node) is str:
        _check_text(node, place)
    if type(node) is float and not math.isfinite(node):
        return {"float": repr(node)}  # JSON has no such number
    if node is None or type(node) in (bool, int, float, str):
        return node
    if isinstance(node, Tensor):
        number = f"{name}/{len(arrays)}"
        arrays[number] = _array(node, place)
        kind = str(node.dtype).removeprefix("torch.")
        return {"tensor": [number, kind, list(node.shape)]}
    if type(node) in (np.ndarray, np.memmap):
        if node.dtype.name not in _DTYPES:
            raise StateError(f"{place} is an array of {node.dtype}, which cannot be stored")
        number = f"{name}/{len(arrays)}"
        arrays[number] = np.array(node.reshape(-1), dtype=node.dtype.newbyteorder("="))
        return {"array": [number, list(node.shape)]}
    if type(node) in (list, tuple):
        inner = [
            _written(one, f"{place}[{at}]", name, arrays, depth + 1) for at, one in enumerate(node)
        ]
        return {type(node).__name__: inner}
    if type(node) in (dict, OrderedDict):
        pairs = []
        for key, value in node.items():
            where = f"{place}[{key!r}]"
            if type(key) not in (str, int):
                raise StateError(
                    f"the key {key!r} of {place}, of the type {type(key).__name__}, is neither a "
                    "text nor a whole number of Python's"
                )
            if type(key) is str:
                _check_text(key, f"a key of {place}")
            pairs.append([key, _written(value, where, name, arrays, depth + 1)])
        return {"dict": pairs}
    raise StateError(
        f"{place} is of the type {type(node).__qualname__}, and {ALLOWED}.{_remedy(node, place)}"
    )


def _remedy(node: Any, place: str) -> str:
    """A sentence on what to yield instead, where there is one."""
    if hasattr(node, "state_dict"):
        return f" Yield its `.state_dict()` at {place}."
    for kinds, wrapper in _WRAPPERS:
        if isinstance(node, kinds):
            return f" Yield `{wrapper}(...)` of it at {place}."
    return ""


def _check_text(text: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise StateError(f"{place} is the text {text!r}, which is no Unicode") from None


def _array(tensor: Tensor, place: str) -> np.ndarray[Any, Any]:
    kind = str(tensor.dtype).removeprefix("torch.")
    if kind not in _DTYPES:
        raise StateError(f"{place} is a tensor of {kind}, which cannot be stored")
    if tensor.layout is not torch.strided or tensor.is_nested or tensor.is_meta:
        what = "without numbers" if tensor.is_meta else "that is sparse or nested"
        raise StateError(f"{place} is a tensor {what}; yield a dense one")
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    if kind in _AS_WHOLE:
        flat = flat.view(_AS_WHOLE[kind])
    return flat.clone().numpy()


def _read(node: Any, arrays: Arrays) -> Any:
    if not isinstance(node, dict):
        return node
    ((what, inner),) = node.items()
    if what == "tensor":
        number, kind, shape = inner
        flat = torch.from_numpy(arrays[number].copy())
        if kind in _AS_WHOLE:
            flat = flat.view(getattr(torch, kind))
        if str(flat.dtype) != f"torch.{kind}":
            raise ValueError(f"{number} is {flat.dtype} where {kind} is needed")
        return flat.reshape(shape)
    if what == "float":
        return float(inner)
    if what == "array":
        return arrays[inner[0]].copy().reshape(inner[1])
    if what == "dict":
        return {key: _read(value, arrays) for key, value in inner}
    values = [_read(one, arrays) for one in inner]
    return tuple(values) if what == "tuple" else values
