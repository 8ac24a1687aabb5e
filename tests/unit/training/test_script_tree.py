"""What a script yields as its state comes back as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rnnsearch.training.script.tree import StateError, from_arrays, to_arrays


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return type(one) is type(other) and one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {"a": [1, 2.5, "text", True, None], 0: (1, [2]), "e": {}, "f": []},
        [torch.tensor(3), torch.zeros(0, 2), torch.arange(6).reshape(2, 3).t()],
        [torch.ones(2, dtype=torch.bfloat16), torch.tensor([True]), torch.tensor(1.5).double()],
        {"array": np.arange(6, dtype=np.float32).reshape(2, 3), "whole": 2**80},
    ],
)
def test_a_tree_comes_back(tree: Any) -> None:
    assert same(tree, from_arrays(to_arrays(tree, "state"), "state"))


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
        ({"a": torch.zeros(1, dtype=torch.complex64)}, "state['a'] is a torch.strided tensor"),
        ({"a": np.array(["x"])}, "state['a'] is an array of <U1"),
        (loop(), "levels deep"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_place(tree: Any, words: str) -> None:
    with pytest.raises(StateError) as caught:
        to_arrays(tree, "state")
    assert words in str(caught.value)
