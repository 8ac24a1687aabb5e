"""What a script yields as its state comes back as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes

from rnnsearch.training.state_tree import StateError, from_arrays, to_arrays


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return (
            type(one) is type(other)
            and one.dtype == other.dtype
            and torch.allclose(one, other, 0, 0, True)
        )
    if isinstance(one, np.ndarray):
        equal = np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        return one.dtype.newbyteorder("=") == other.dtype and equal
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or one != one)


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {"a": [1, 2.5, "text", True, None], 0: (1, [2]), "e": {}, "f": []},
        [torch.tensor(3), torch.zeros(0, 2), torch.arange(6).reshape(2, 3).t()],
        [torch.ones(2, dtype=torch.bfloat16), torch.tensor([True]), torch.tensor(1.5).double()],
        {"array": np.arange(6, dtype=np.float32).reshape(2, 3), "whole": 2**80},
        [np.arange(3, dtype=">f4"), np.arange(4)[::-1], np.array(3), np.array([2**63], np.uint64)],
        [float("nan"), -float("inf"), torch.tensor(3, dtype=torch.uint16), {"float": "nan"}],
        np.random.default_rng(0).bit_generator.state,
    ],
)
def test_a_tree_comes_back(tree: Any) -> None:
    assert same(tree, from_arrays(to_arrays(tree, "state"), "state"))


LEAVES = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text(some.characters())  # with halves of surrogate pairs
    | some.binary(max_size=2)
    | arrays(scalar_dtypes(), array_shapes(min_dims=0, min_side=0, max_side=3))
)
TREES = some.recursive(
    LEAVES,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.tuples(inner, inner)
        | some.dictionaries(some.text(max_size=3) | some.integers() | some.booleans(), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(TREES)
def test_any_tree_comes_back_or_is_refused(tree: Any) -> None:
    try:
        stored = to_arrays(tree, "state")
    except StateError:
        return
    read = safetensors.numpy.load(safetensors.numpy.save(stored))
    assert same(tree, from_arrays(read, "state"))


def test_the_state_of_an_optimizer_comes_back() -> None:
    module = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    given = optimizer.state_dict()
    assert same(given, from_arrays(to_arrays(given, "state"), "state"))


def test_a_stored_state_is_a_copy() -> None:
    tensor = torch.zeros(2)
    arrays = to_arrays([tensor], "state")
    tensor += 1
    assert from_arrays(arrays, "state")[0].tolist() == [0.0, 0.0]


def loop() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"a": [object()]}, "state['a'][0] is of the type object"),
        ({(1, 2): 3}, "the key (1, 2) of state"),
        ({"a": torch.zeros(1, dtype=torch.complex64)}, "state['a'] is a tensor of complex64"),
        ([torch.zeros(1, device="meta")], "state[0] is a tensor without numbers"),
        ([torch.eye(2).to_sparse()], "state[0] is a tensor that is sparse"),
        ([np.ma.array([1, 2], mask=[True, False])], "state[0] is of the type MaskedArray"),
        ([{1, 2}], "Yield `list(...)` of it at state[0]"),
        ([torch.Size([1])], "Yield `tuple(...)` of it at state[0]"),
        ({np.int64(3): 1}, "of the type int64, is neither a text nor a whole number"),
        ({"a": {"\ud800": 1}}, "a key of state['a'] is the text '\\ud800', which is no Unicode"),
        ([10**5000], "state[0] is a whole number of 16610 bits"),
        ({"a": np.array(["x"])}, "state['a'] is an array of <U1"),
        (loop(), "levels deep"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_place(tree: Any, words: str) -> None:
    with pytest.raises(StateError) as caught:
        to_arrays(tree, "state")
    assert words in str(caught.value)
