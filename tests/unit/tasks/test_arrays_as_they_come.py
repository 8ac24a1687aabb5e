"""Arrays in every layout, type and shape: what is equal stays equal, what is unsure is said."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.utils.data import (
    DataLoader,
    IterableDataset,
    RandomSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
)

from rnnsearch.errors import DataError, ModelError
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.given_arrays.data import ArraysData
from rnnsearch.tasks.given_arrays.in_memory import Arrays
from rnnsearch.tasks.given_arrays.use import ArraysUse
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.testing.tasks import networks

FOLDER = Path(mkdtemp(prefix="rnnsearch-given-"))
DRAW = np.random.default_rng(0)
X, Y = DRAW.normal(size=(12, 5, 2)), DRAW.normal(size=12)

numbers = st.floats(-1e6, 1e6, width=32)
few = settings(max_examples=20, deadline=None)


def read(x: Any, y: Any, lengths: Any = None, **keys: Any) -> ArraysData:
    part = (x, y, lengths)
    written = Arrays(train=part, val=part, keys=keys).write(FOLDER)
    return ArraysData.read(ArraysConfig(**written))


def layouts(array: np.ndarray[Any, Any]) -> list[Any]:
    """The same numbers in other bytes."""
    frozen = array.copy()
    frozen.flags.writeable = False
    backwards = np.ascontiguousarray(array[::-1])[::-1]
    strided = np.repeat(array, 2, axis=0)[::2]
    swapped = array.astype(array.dtype.newbyteorder(">"))
    return [frozen, backwards, strided, swapped, np.asfortranarray(array), array.tolist()]


@few
@given(arrays(np.float64, (4, 3, 2), elements=numbers), arrays(np.float64, 4, elements=numbers))
def test_layouts_are_alike(x: Any, y: Any) -> None:
    plain = read(x, y)
    for other_x, other_y in zip(layouts(x), layouts(y), strict=True):
        other = read(other_x, other_y)
        assert other.sha256() == plain.sha256()
        np.testing.assert_array_equal(other.inputs["train"].values, plain.inputs["train"].values)
        np.testing.assert_array_equal(other.targets["train"].values, plain.targets["train"].values)


@st.composite
def ragged(draw: st.DrawFn) -> list[np.ndarray[Any, Any]]:
    lengths = draw(st.lists(st.integers(1, 6), min_size=2, max_size=6))
    return [draw(arrays(np.float64, (steps, 2), elements=numbers)) for steps in lengths]


@few
@given(ragged(), st.integers(0, 3))
def test_a_list_its_padding_and_its_joining_are_alike(some: list[Any], more: int) -> None:
    lengths = np.array([len(one) for one in some])
    y = np.arange(len(some), dtype=float) + 0.5
    plain = read(some, y)
    padded = np.full((len(some), lengths.max() + more, 2), np.nan)
    for at, one in enumerate(some):
        padded[at, : len(one)] = one
    ways = [read(padded, y, lengths)]
    if lengths.max() > 1:
        ways.append(read(np.concatenate(some), y, lengths))
    for other in ways:
        np.testing.assert_array_equal(other.inputs["val"].values, plain.inputs["val"].values)
        np.testing.assert_array_equal(other.inputs["val"].starts, plain.inputs["val"].starts)
    assert plain.scaler is not None
    back = plain.scaler.undo(plain.inputs["train"].values)
    np.testing.assert_allclose(
        back, np.concatenate(some), rtol=1e-5, atol=1e-4 * np.abs(back).max()
    )


@pytest.mark.parametrize(
    ("shape", "every", "outputs"),
    [
        ((12,), False, 1),
        ((12, 1), False, 1),
        ((12, 3), False, 3),
        ((12, 1, 3), False, 3),
        ((12, 5), True, 1),
        ((12, 5, 1), True, 1),
        ((12, 5, 4), True, 4),
    ],
)
def test_shapes_of_y(shape: tuple[int, ...], every: bool, outputs: int) -> None:
    data = read(X, DRAW.normal(size=shape))
    assert (data.every, data.output_size) == (every, outputs)
    doubted = "set task.answers to last" in " ".join(data.notes())
    assert doubted == (shape == (12, 5))
    if doubted:
        last = read(X, DRAW.normal(size=shape), answers="last")
        assert (last.every, last.output_size) == (False, 5)
        assert "task.answers" not in " ".join(last.notes())


@pytest.mark.parametrize("shape", [(11,), (13, 1), (12, 5, 2, 1), (60,), ()])
def test_other_shapes_of_y_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="it must have a row for each of 12 sequences"):
        read(X, DRAW.normal(size=shape))


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (np.arange(12) % 3, ("0", "1", "2")),
        (pd.Series(np.arange(12) % 2, dtype="Int64"), ("0", "1")),
        (pd.Series(np.arange(12) % 2, dtype=object), ("0", "1")),
        (pd.Series([True, False] * 6, dtype="boolean"), ("False", "True")),
        (pd.Series(["b", "a"] * 6, dtype="category"), ("a", "b")),
        (pd.Series(["b", "a"] * 6), ("a", "b")),
        (np.array(["b", "a"] * 6, dtype=object), ("a", "b")),
        ([torch.tensor(one % 2) for one in range(12)], ("0", "1")),
        (np.arange(12, dtype=np.uint8) % 2, ("0", "1")),
        (pd.DataFrame({"label": ["b", "a"] * 6}), ("a", "b")),
    ],
)
def test_classes_in_every_type(y: Any, classes: tuple[str, ...]) -> None:
    assert read(X, y).classes == classes


def test_numbers_that_may_be_classes_are_said() -> None:
    def doubts(y: Any) -> str:
        return " ".join(read(X, y).notes()[1:])

    assert "0, 1 as floats" in doubts(np.arange(12) % 2.0)
    assert read(X, np.arange(12) % 2.0, targets="classes").classes == ("0", "1")
    assert "give y.argmax(-1)" in doubts(np.eye(3)[np.arange(12) % 3])
    assert "argmax" not in doubts(DRAW.normal(size=(12, 3)))
    assert "as floats" not in doubts(Y)


LOST = X.copy()
LOST[3, 2, 1] = np.nan
FRAMES = [pd.DataFrame(one, columns=["a", "b"]) for one in X]
HOLES = [one.astype(object) for one in FRAMES]
HOLES[2] = HOLES[2].copy()
HOLES[2].iloc[1, 1] = pd.NA
TEXT = [one.assign(b="x") for one in FRAMES]


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        (LOST, Y, "nan in sequence 3, time step 2"),
        (X, np.where(np.arange(12) == 4, np.inf, Y), "inf as answer 4"),
        (np.ma.masked_less(X, -1), Y, "masked values"),
        (X[0, 0], Y, "is a list|has shape"),
        (X.astype(complex), Y, "holds complex128, not numbers"),
        (X.astype("datetime64[s]"), Y, "not numbers"),
        ([X[0], X[1, :0], X[2]], Y[:3], "is 0 for sequence 1"),
        (X[:, :0], Y, "is empty"),
        (pd.DataFrame(X[0]), Y[:5], r"a list of data frames, one a sequence.*to_numpy\(\)"),
        ([FRAMES[0], FRAMES[1][["b", "a"]]], Y[:2], r"x\[1\] has the columns b, a"),
        (HOLES, Y, r"x\[2\] lacks a value in row 1 \(from 0\) of the column b"),
        (TEXT, Y, r"x\[0\] .*'x' in row 0 \(from 0\) of the column b"),
        (X, pd.Series([1.0, None] * 6, dtype="Float64"), r"y lacks a value at 1|nan as answer 1"),
        (X, ["a", None] * 6, "y lacks a value at 1"),
        (X, np.array([1.0, np.inf] * 6), "inf"),
    ],
)
def test_what_would_be_read_wrongly_is_refused(x: Any, y: Any, why: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DataError, match=why):
            read(x, y)


def test_classes_that_are_no_numbers_are_refused() -> None:
    for value in (np.nan, np.inf, 0.5, 1e300):
        y = np.arange(12) % 2.0
        y[3] = value
        with pytest.raises(DataError, match="no class"):
            read(X, y, targets="classes")
    huge = np.array([0, 2**63 + 1] * 6, dtype=np.uint64)
    with pytest.raises(DataError, match="a class is a number up to"):
        read(X, huge, targets="classes")


def test_what_float32_loses_is_said() -> None:
    with pytest.raises(DataError, match=r"train_x holds numbers that, scaled, are beyond float32"):
        read(X * 1e300, Y, scaler="none")
    late = 1.7e9 + X
    assert "float32 rounds it away" in " ".join(read(late, Y, scaler="none").notes())
    data = read(late, 1e9 + Y)
    assert "float32" not in " ".join(data.notes())
    np.testing.assert_allclose(data.inputs["val"].values.std(0), 1.0, rtol=1e-5)
    assert "y varies" in " ".join(read(X, 1e9 + Y, target_scaler="none").notes())


def test_one_sequence_is_enough() -> None:
    data = read(X[:1], Y[:1])
    assert data.rows() == {"train": 1, "val": 1}
    assert [one.name for one in data.baselines()] == ["mean", "ridge regression"]


class Counting(IterableDataset[Any]):
    """Items without a number."""

    def __iter__(self) -> Any:
        yield from ((torch.tensor(x), float(y)) for x, y in zip(X, Y, strict=True))


def test_iterable_data_sets_are_read() -> None:
    plain = Arrays(train=(X, Y), val=(X, Y)).write(FOLDER)
    stream = Arrays(train=Counting(), val=DataLoader(Counting(), 5)).write(FOLDER)
    assert stream == plain


def test_loaders_that_leave_items_out_are_refused() -> None:
    pairs = TensorDataset(torch.tensor(X), torch.tensor(Y))
    some = Subset(pairs, range(6))
    for sampler in (SubsetRandomSampler(range(6)), RandomSampler(pairs, replacement=True)):
        with pytest.raises(DataError, match=r"draws by a .*Sampler.*torch\.utils\.data\.Subset"):
            Arrays(train=DataLoader(pairs, 4, sampler=sampler), val=some).write(FOLDER)
    shuffled = Arrays(train=DataLoader(some, 4, shuffle=True), val=some).write(FOLDER)
    assert shuffled == Arrays(train=(X[:6], Y[:6]), val=some).write(FOLDER)


def test_columns_keep_their_names() -> None:
    part = (FRAMES, Y)
    data = ArraysData.read(ArraysConfig(**Arrays(train=part, val=part).write(FOLDER)))
    assert data.columns == ("a", "b")
    assert "2 features (a, b) a time step" in data.notes()[0]
    assert not any("does not use" in note for note in data.notes())
    assert data.sha256() != read(X, Y).sha256()
    renamed = [one.rename(columns={"b": "c"}) for one in FRAMES]
    with pytest.raises(DataError, match=r"data frames of val have the columns a, c.*a, b"):
        Arrays(train=part, val=(renamed, Y)).arrays()
    user = ArraysUse(ModelDescription({}, data.manifest(), data.input_size, 1, False))
    model = networks(data, 1, head="last")
    expected = user.predict(model, list(X[:3]))
    turned = [one[["b", "a"]] for one in FRAMES[:3]]
    np.testing.assert_array_equal(user.predict(model, turned), expected)
    with pytest.raises(ModelError, match=r"sequence 0 has the columns a, c, .* trained on a, b"):
        user.predict(model, renamed[:1])
    with pytest.raises(ModelError, match="a list of data frames, one a sequence"):
        user.predict(model, FRAMES[0])
