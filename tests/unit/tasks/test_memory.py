"""Adding and copying: the sequences, what is scored, and chance."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.memory import adding, copying
from rnnsearch.tasks.memory.adding import AddingConfig
from rnnsearch.tasks.memory.copying import CopyConfig
from rnnsearch.tasks.memory.data import AddingData, CopyData
from rnnsearch.tasks.memory.task import AddingTask, CopyTask
from rnnsearch.testing.tasks import CPU, TaskContract

torch.set_num_threads(1)

ADD = AddingConfig(length=12, train_sequences=300, val_sequences=40, test_sequences=30)
COPY = CopyConfig(length=4, delay=6, train_sequences=300, val_sequences=40, test_sequences=30)

MEAN_ERROR = 1 / 6
"""Mean squared error of always saying 1: the variance of a sum of two uniform numbers."""


class TestAdding(TaskContract):
    config = ADD
    windows = (Window(3, steps_per_epoch=2), Window(100, seq_len=12))


class TestCopy(TaskContract):
    config = COPY
    windows = (Window(100), Window(7, seq_len=14, steps_per_epoch=3))


class Rule:
    """A network without weights: what it answers is a function of its inputs [1, T, B, F]."""

    size = 1
    device = CPU
    dtype = torch.float64

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        return self.answer(inputs), (inputs[:, -1:],)  # type: ignore[operator]


def test_one_number_of_each_half_is_marked() -> None:
    data = AddingData(replace(ADD, length=13))
    numbers, marks = data.arrays["train"]
    assert set(marks[:, 0].tolist()) == set(range(6))
    assert set(marks[:, 1].tolist()) == set(range(6, 13))
    assert 0 <= numbers.min() < 0.01 < 0.99 < numbers.max() < 1
    assert data.sums("train")[5] == pytest.approx(float(numbers[5][marks[5]].sum()))


def test_gather_marks_what_is_summed() -> None:
    task = AddingTask(ADD, AddingData(ADD), CPU, torch.float32)
    batch = task.gather(torch.tensor([[4, 9]]), Window(2))
    numbers, marks = batch.inputs[0, :, :, 0], batch.inputs[0, :, :, 1]
    assert marks.sum(dim=0).tolist() == [2.0, 2.0]
    assert torch.allclose((numbers * marks).sum(dim=0), batch.targets[0, 0, :, 0])


def test_adding_is_solved_by_adding() -> None:
    task = AddingTask(ADD, AddingData(ADD), CPU, torch.float64)
    solved = Rule(lambda inputs: inputs.prod(dim=-1).sum(dim=1)[:, None, :, None])
    found = task.evaluate(solved, "test", None)
    assert float(found["test_mse"]) < 1e-12
    assert float(found["test_accuracy"]) == 1
    first, _, _, _, total, said = task.say(solved).replace(";", "").split()[:6]
    assert float(total) > float(first)
    assert said == "said"


def test_saying_one_costs_a_sixth() -> None:
    config = replace(ADD, val_sequences=20_000)
    task = AddingTask(config, AddingData(config), CPU, torch.float32)
    one = Rule(lambda inputs: torch.ones(1, 1, inputs.shape[2], 1))
    assert float(task.evaluate(one, "val", None)["val_mse"]) == pytest.approx(MEAN_ERROR, rel=0.02)
    mean, last = task.data.baselines()
    assert mean.metrics["val_mse"] == pytest.approx(MEAN_ERROR, rel=0.02)
    # the last number is marked in one sequence of six: that little is known without memory
    assert 0.9 * MEAN_ERROR < last.metrics["val_mse"] < mean.metrics["val_mse"]


def test_a_copied_sequence_as_in_the_paper() -> None:
    data = CopyData(COPY)
    inputs, targets = data.arrays["train"]
    assert (inputs.shape, data.input_size, data.output_size) == ((300, 14), 10, 9)
    np.testing.assert_array_equal(inputs[:, :4], targets[:, 10:])
    assert set(inputs[:, :4].ravel().tolist()) == set(range(8))
    assert np.unique(inputs[:, 4:9]).tolist() == np.unique(inputs[:, 10:]).tolist() == [8]
    assert np.unique(inputs[:, 9]).tolist() == [9], "the mark, a step before the first answer"
    assert np.unique(targets[:, :10]).tolist() == [8]


def test_no_sequence_stands_in_two_parts() -> None:
    config = CopyConfig(length=2, symbols=8, train_sequences=20, val_sequences=6, test_sequences=6)
    data = CopyData(config)
    train, val, test = (
        {tuple(row) for row in inputs.tolist()} for inputs, _ in data.arrays.values()
    )
    assert train.isdisjoint(val | test)
    assert val.isdisjoint(test)
    with pytest.raises(DataError, match="64 different sequences"):
        load_data(replace(config, test_sequences=7))


def test_copying_is_solved_by_copying() -> None:
    task = CopyTask(COPY, CopyData(COPY), CPU, torch.float64)

    def answer(inputs: Tensor) -> Tensor:
        said = torch.full_like(inputs, 8)
        said[:, 10:] = inputs[:, :4]
        return 50.0 * torch.nn.functional.one_hot(said, 9).double()

    found = task.evaluate(Rule(answer), "val", None)
    assert float(found["val_recall_accuracy"]) == 1
    assert float(found["val_nats"]) < 1e-12
    wanted, _, said = task.say(Rule(answer)).partition(" -> ")
    assert wanted == said
    assert len(wanted.split()) == 4


def test_without_memory_chance_is_left() -> None:
    config = replace(COPY, val_sequences=1500)
    task = CopyTask(config, CopyData(config), CPU, torch.float64)

    def answer(inputs: Tensor) -> Tensor:
        logits = torch.zeros(*inputs.shape, 9, dtype=torch.float64)
        logits[:, :10, :, 8] = 50.0
        logits[:, 10:, :, 8] = -50.0
        return logits

    found = task.evaluate(Rule(answer), "val", None)
    exact = task.data.baselines()[0].metrics
    assert float(found["val_recall_nats"]) == pytest.approx(log(8))
    assert float(found["val_nats"]) == pytest.approx(exact["val_nats"]) == 4 * log(8) / 14
    assert float(found["val_recall_accuracy"]) == pytest.approx(1 / 8, abs=0.02)


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("length", replace(ADD, length=1)),
        ("train_sequences", replace(ADD, train_sequences=0)),
        ("val_sequences", replace(ADD, val_sequences=20_000_000)),
        ("data_seed", replace(ADD, data_seed=-1)),
        ("length", replace(COPY, length=0)),
        ("delay", replace(COPY, delay=0)),
        ("symbols", replace(COPY, symbols=1)),
    ],
)
def test_problems_name_the_key(key: str, config: AddingConfig | CopyConfig) -> None:
    with pytest.raises(DataError, match=f"task.{key}: "):
        load_data(config)


def test_the_defaults_have_no_problem() -> None:
    assert adding.problems(AddingConfig()) == []
    assert copying.problems(CopyConfig()) == []


def test_windows_are_whole_sequences() -> None:
    assert "12 steps" in str(AddingData(ADD).window_problem(Window(1, seq_len=9)))
    assert "at most training.batch_size: 300" in str(CopyData(COPY).window_problem(Window(301)))
