"""What a task of whole sequences of unequal length promises besides `TaskContract`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks import whole
from rnnsearch.tasks.base import Batch, Task, TaskData, UnequalTask, Window
from rnnsearch.tasks.load import build_task
from rnnsearch.testing.tasks import Networks, TaskContract, networks
from rnnsearch.testing.waves import add_all
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes


def spoiled(inputs: Tensor, lengths: Tensor, symbols: int) -> Tensor:
    """The same sequences with NaN, or the last symbol, where nothing should be read."""
    time = torch.arange(inputs.shape[1]).view(1, -1, 1)
    padding = time >= lengths.unsqueeze(1)
    if inputs.is_floating_point():
        return torch.where(padding.unsqueeze(-1), torch.nan, inputs)
    return torch.where(padding, symbols - 1, inputs)


@dataclass
class SpoiledPredictor:
    """Networks that are given NaN, or the last symbol, in all padding: a task that reads it shows.

    Attributes:
        padded: How many padded time steps they were given so far.
    """

    inner: Networks
    symbols: int
    device = torch.device("cpu")
    dtype = torch.float32
    padded: int = 0

    @property
    def size(self) -> int:
        return self.inner.size

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        assert lengths is not None
        self.padded += int((inputs.shape[1] - lengths).sum())
        return self.inner(spoiled(inputs, lengths, self.symbols), state, lengths)


class PaddedTaskContract(TaskContract):
    """Inherit as `TaskContract`; the data must have training sequences of unequal length."""

    def test_every_sequence_is_trained_on_once_a_pass(self, data: TaskData, task: Task) -> None:
        window = Window(4)
        index = task.epoch_index(3, 1, window)
        seen = np.sort(index[index != whole.NOBODY])
        np.testing.assert_array_equal(seen, np.arange(len(seen)))
        assert len(index) == -(-len(seen) // 4)
        assert (index[:-1] != whole.NOBODY).all()
        again = [task.epoch_index(3, epoch, replace(window, steps_per_epoch=2)) for epoch in (0, 1)]
        first = task.epoch_index(3, 0, window)
        np.testing.assert_array_equal(np.concatenate(again)[: len(first)], first[:4])

    def test_a_batch_ends_with_its_own_longest_sequence(self, data: TaskData, task: Task) -> None:
        window = Window(3)
        index = task.epoch_index(2, 0, window)
        assert isinstance(task, UnequalTask)
        ends = task.longest(index)
        for batch, steps in zip(torch.from_numpy(index), ends.tolist(), strict=True):
            found = task.gather(batch.unsqueeze(0), replace(window, seq_len=steps))
            assert found.inputs.shape[1] == steps == int(found.lengths.max())
            assert (found.lengths.diff() <= 0).all()
        whole = data.seq_len(window)
        assert ends.max() == whole
        assert ends.mean() < whole

    def test_the_same_bits_in_company_and_after_a_stop(self, data: TaskData) -> None:
        metric = data.metrics()[0]

        def pack() -> Pack:
            return Pack({self.config: data}, objective=metric.name, goal=metric.goal)

        for cell, layers in (("lstm", 1), ("gru", 2), ("mingru", 1)):
            model = ModelConfig(cell=cell, hidden_size=8, num_layers=layers, head_dropout=0.2)
            how = TrainingConfig(learning_rate=0.01, batch_size=3, max_epochs=2)
            trials = [
                TrialConfig(task=self.config, model=model, training=how, seed=seed)
                for seed in range(5)
            ]
            alone = pack()
            alone.add("2", trials[2])
            expected = [report.metrics for report in alone.train({"2": 2}, math.inf).reports]
            together = pack()
            for number, trial in enumerate(trials):
                together.add(str(number), trial)
            limits = dict.fromkeys(together.roster, 2)
            reports = list(together.train(limits, 0.0).reports)
            state = snapshots_from_bytes(snapshots_to_bytes(together.state()))
            assert state["2"].step % 1000 > 0
            again = pack()
            add_all(again, {name: state[name] for name in ("4", "2", "1")})
            reports += again.train(limits, math.inf).reports
            assert [one.metrics for one in reports if one.trial_id == "2"] == expected

    def test_what_padding_holds_changes_no_metric(self, data: TaskData, task: Task) -> None:
        many = networks(data, 2, head=task.head)
        clean = task.evaluate(many, "val", None)
        dirty = SpoiledPredictor(many, data.input_size)
        found = task.evaluate(dirty, "val", None)
        assert {name: values.tolist() for name, values in found.items()} == {
            name: values.tolist() for name, values in clean.items()
        }

    def test_what_padding_holds_changes_no_bit_of_training(self, data: TaskData) -> None:
        symbols = data.input_size
        padding = []

        def spoiling(*arguments: object) -> Task:
            task = build_task(*arguments)  # type: ignore[arg-type]
            gather = task.gather

            def dirty(index: Tensor, window: Window) -> Batch:
                batch = gather(index, window)
                assert batch.lengths is not None
                padding.append(int((batch.inputs.shape[1] - batch.lengths).sum()))
                return replace(batch, inputs=spoiled(batch.inputs, batch.lengths, symbols))

            task.gather = dirty  # type: ignore[method-assign]
            return task

        config = TrialConfig(
            task=self.config,
            model=ModelConfig(cell="gru", hidden_size=8, num_layers=2),
            training=TrainingConfig(learning_rate=0.01, batch_size=3, max_epochs=2),
            seed=1,
        )
        curves = []
        for tasks in (build_task, spoiling):
            metric = data.metrics()[0]
            pack = Pack({self.config: data}, objective=metric.name, goal=metric.goal, tasks=tasks)
            pack.add("one", config)
            step = pack.train({"one": 2}, float("inf"))
            assert not step.refusals
            curves.append([report.metrics for report in step.reports])
        assert len(curves[0]) == 2
        assert curves[0] == curves[1]
        assert sum(padding) > 0

    def test_metrics_hang_on_no_company(
        self, data: TaskData, task: Task, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Sequences score the same when each is read by itself, without padding, as in groups: a
        trial's figures must not depend on which sequences share a batch."""
        many = networks(data, 2, head=task.head)
        together = task.evaluate(many, "val", None)
        calls = many.calls
        monkeypatch.setattr(whole, "GROUP_NUMBERS", {"cpu": 1})
        monkeypatch.setattr(whole, "LEAST_GROUP", 1)
        dirty = SpoiledPredictor(many, data.input_size)
        alone = task.evaluate(dirty, "val", None)
        assert dirty.padded == 0
        assert many.calls - calls > calls
        for name, values in together.items():
            np.testing.assert_allclose(alone[name], values, rtol=1e-5)
