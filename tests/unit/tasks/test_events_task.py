"""Sequences of binary vectors: files, what is refused, training pairs, likelihood."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
import torch
from contracts.padded_tasks import PaddedTaskContract
from scipy.io import savemat
from torch import Tensor

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.events.data import EventsData
from rnnsearch.tasks.events.task import EventsTask
from rnnsearch.tasks.load import load_data
from rnnsearch.testing.tasks import CPU, networks

torch.set_num_threads(1)


def pieces(seed: int = 0, count: int = 12, events: int = 5) -> list[np.ndarray[Any, Any]]:
    """Events that mostly stay as they are, in sequences uint8 [2 to 13 time steps, events]."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        steps = int(draw.integers(2, 14))
        change = draw.random((steps, events)) < 0.2
        found.append((np.cumsum(change, axis=0) % 2).astype(np.uint8))
    return found


def objects(matrices: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    found = np.empty(len(matrices), dtype=object)
    found[:] = matrices
    return found


PARTS = {"train": pieces(0, 14), "val": pieces(1), "test": pieces(2)}


@cache
def mat() -> Path:
    path = Path(mkdtemp(prefix="rnnsearch-events-")) / "pieces.mat"
    names = {"train": "traindata", "val": "validdata", "test": "testdata"}
    savemat(path, {names[part]: objects(some).reshape(1, -1) for part, some in PARTS.items()})
    return path


class TestEvents(PaddedTaskContract):
    config = EventsConfig(path=str(mat()))
    windows = (Window(1), Window(4), Window(5, steps_per_epoch=3))


def data_of(path: Path) -> EventsData:
    return EventsData.read(EventsConfig(path=str(path)))


def same(data: EventsData) -> bool:
    return all(
        np.array_equal(data.sequences[part][at], matrix)  # type: ignore[index]
        for part, some in PARTS.items()
        for at, matrix in enumerate(some)
    )


def test_a_mat_file_is_read_as_it_is_split() -> None:
    data = data_of(mat())
    assert same(data)
    assert data.rows() == {part: sum(map(len, some)) for part, some in PARTS.items()}


def test_an_npz_of_object_arrays_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pieces.npz"
    np.savez(path, **{part: objects(some) for part, some in PARTS.items()})
    assert same(data_of(path))


def test_an_npz_of_joined_steps_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pieces.npz"
    arrays = {part: np.concatenate(some) for part, some in PARTS.items()}
    lengths = {f"{part}_lengths": [len(one) for one in some] for part, some in PARTS.items()}
    np.savez(path, **arrays, **lengths)
    assert same(data_of(path))


def test_equal_lengths_may_be_one_block_and_test_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "pieces.npz"
    block = np.random.default_rng(0).integers(0, 2, (6, 4, 3))
    np.savez(path, train=block, valid=np.concatenate([block[:1], 1 - block[1:3]]))
    data = data_of(path)
    assert data.rows() == {"train": 24, "val": 12}
    notes = " ".join(data.notes())
    assert "1 of 3 sequences of val stand in training too" in notes
    assert "no test part" in notes
    assert (
        EventsTask(data.config, data, CPU, torch.float32).evaluate(networks(data, 1), "test", None)
        == {}
    )


class Boom:
    """An object whose pickle makes a file at `path` when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / "pieces.npz"
    evil = np.empty(1, dtype=object)
    evil[0] = Boom(mark)
    np.savez(path, train=evil, val=evil)
    with pytest.raises(DataError, match="Python objects that are no arrays"):
        data_of(path)
    assert not mark.exists()
    np.load(path, allow_pickle=True)["train"]
    assert mark.exists()  # it would have


BAD: dict[str, tuple[str, Any, str]] = {
    "nothing": ("x.mat", b"", "is empty (0 bytes)"),
    "no mat": ("x.mat", b"Khoury\nNahas\n" * 20, "no readable .mat file"),
    "no npz": ("x.npz", b"Khoury\nNahas\n", "no readable .npz file"),
    "text": ("x.txt", b"0 1\n", "no .mat and no .npz"),
    "no parts": ("x.npz", {"other": np.eye(3)}, "holds no train or traindata; it holds other"),
    "no val": ("x.npz", {"train": np.ones((2, 3, 4))}, "holds no val or valid"),
    "other values": ("x.npz", {"train": 2 * np.ones((2, 3, 4))}, "train[0] holds values other"),
    "NaN": ("x.npz", {"train": np.full((2, 3, 4), np.nan)}, "holds values other than 0 and 1"),
    "one step": ("x.npz", {"train": np.ones((2, 1, 4))}, "at least 2 steps"),
    "no lengths": ("x.npz", {"train": np.ones((3, 4))}, "train has shape (3, 4)"),
    "widths": (
        "x.npz",
        {"train": np.ones((2, 3, 4)), "val": np.ones((2, 3, 5))},
        "different numbers of events: 4 in train, 5 in val",
    ),
    "lengths": (
        "x.npz",
        {"train": np.ones((4, 4)), "train_lengths": [2, 3]},
        "train_lengths sums to 5, and train has 4 steps",
    ),
    "nobody": ("x.npz", {"train": np.ones((0, 3, 4))}, "train holds no sequence"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused(tmp_path: Path, case: str) -> None:
    name, content, message = BAD[case]
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    with pytest.raises(DataError) as caught:
        data_of(path)
    assert message in str(caught.value)
    assert name in str(caught.value)


def test_a_missing_file_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        data_of(tmp_path / "x.mat")
    with pytest.raises(DataError, match=r"task\.path: is missing"):
        load_data(EventsConfig())


class Constant:
    """A network with the same logits at every time step; those above 0 are guessed events."""

    size = 1
    device = CPU
    dtype = torch.float32
    logits = torch.tensor([2.0, -1.0, 0.5, -3.0, -0.2])

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        outputs = self.logits.expand(1, *inputs.shape[1:3], -1)
        return outputs, (torch.zeros(1, 1, inputs.shape[2], 3),)


def test_likelihood_and_accuracy_are_those_of_a_plain_loop() -> None:
    data = data_of(mat())
    task = EventsTask(data.config, data, CPU, torch.float32)
    found = task.evaluate(Constant(), "val", None)  # type: ignore[arg-type]
    chances = 1 / (1 + np.exp(-Constant.logits.double().numpy()))
    nats, hits, either, frames = 0.0, 0, 0, 0
    for piece in PARTS["val"]:
        for frame in piece[1:]:
            nats -= np.log(np.where(frame == 1, chances, 1 - chances)).sum()
            guessed = chances > 0.5
            hits += (guessed & (frame == 1)).sum()
            either += (guessed | (frame == 1)).sum()
            frames += 1
    assert float(found["val_nll"]) == pytest.approx(nats / frames, rel=1e-6)
    assert float(found["val_accuracy"]) == pytest.approx(hits / either)


def test_targets_are_the_next_frames() -> None:
    data = data_of(mat())
    task = EventsTask(data.config, data, CPU, torch.float32)
    batch = task.gather(torch.tensor([[3, -1]]), Window(2))
    piece = PARTS["train"][3]
    assert batch.lengths is not None
    assert batch.lengths.tolist() == [[len(piece) - 1, 0]]
    np.testing.assert_array_equal(batch.inputs[0, : len(piece) - 1, 0], piece[:-1])
    np.testing.assert_array_equal(batch.targets[0, : len(piece) - 1, 0], piece[1:])


def test_a_frame_that_stays_is_seen_by_the_regression_alone() -> None:
    marginal, regression = data_of(mat()).baselines()
    assert regression.metrics["test_nll"] < marginal.metrics["test_nll"] - 0.3
    rates = np.concatenate([piece[1:] for piece in PARTS["train"]]).mean(axis=0)
    frames = np.concatenate([piece[1:] for piece in PARTS["val"]])
    by_hand = -(np.log(rates) * frames + np.log(1 - rates) * (1 - frames)).sum(axis=1).mean()
    assert marginal.metrics["val_nll"] == pytest.approx(by_hand, rel=0.01)


def test_the_picture_is_the_first_held_out_sequence() -> None:
    data = data_of(mat())
    task = EventsTask(data.config, data, CPU, torch.float32)
    picture = task.picture(networks(data, 1))
    np.testing.assert_array_equal(picture["events"], PARTS["val"][0][1:])
    assert picture["chances"].shape == picture["events"].shape
    assert (picture["chances"] > 0).all()
    assert (picture["chances"] < 1).all()
