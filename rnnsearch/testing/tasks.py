"""What every task promises to the packs; each task's test inherits `TaskContract`."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.tasks.base import Batch, Head, Part, State, Task, TaskData, Window, loss_metric
from rnnsearch.tasks.closed_loop import closed_loop_rollout
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.custom.one_trial import OneTrialData
from rnnsearch.tasks.families import family_of, use_of
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.training.plain import NetworkPredictor

CPU = torch.device("cpu")
PARTS: tuple[Part, ...] = ("val", "test")


class Fetched(TorchFunctionMode):
    """A context in which `Tensor.cpu` and `Tensor.tolist` give zeros for a tensor without contents
    (device `meta`); any other look at its values raises."""

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        if func in (Tensor.cpu, Tensor.tolist) and args[0].is_meta:
            args = (torch.zeros(args[0].shape, dtype=args[0].dtype),)
        return func(*args, **(kwargs or {}))


@dataclass
class Networks:
    """K networks behind `Predictor`, each run alone by torch's own modules."""

    networks: Sequence[RecurrentNetwork]
    head: Head = "every"
    calls: int = 0
    device = CPU
    dtype = torch.float32

    @property
    def size(self) -> int:
        return len(self.networks)

    def __call__(
        self, inputs: Tensor, state: State, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        self.calls += 1
        results = []
        for k, network in enumerate(self.networks):
            # copies: a slice may start at an odd address, where products round differently
            before = None if state is None else tuple(part[k : k + 1].clone() for part in state)
            rows_of_k = slice(k, k + 1) if len(inputs) > 1 else slice(0, 1)
            valid = None
            if lengths is not None:
                valid = lengths[rows_of_k] if len(lengths) > 1 else lengths
            results.append(
                NetworkPredictor(network, self.head)(inputs[rows_of_k].clone(), before, valid)
            )
        outputs = torch.cat([outputs for outputs, _ in results])
        states = zip(*(after for _, after in results), strict=True)
        return outputs, tuple(torch.cat(parts) for parts in states)

    def rollout(self, inputs: Tensor, state: State, steps: int) -> Tensor:
        return closed_loop_rollout(self, inputs, state, steps)


@dataclass(frozen=True)
class Blank:
    """A `Predictor` of two networks whose outputs are tensors without contents (device `meta`).

    A tensor of another device that is given to it fails an assertion.
    """

    head: Head
    output_size: int
    size = 2
    device = torch.device("meta")
    dtype = torch.float32

    def __call__(
        self, inputs: Tensor, state: State, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        given = [inputs, *(state or ()), *(() if lengths is None else (lengths,))]
        assert {one.device for one in given} == {self.device}
        steps, batch = inputs.shape[1:3] if self.head == "every" else (1, inputs.shape[2])
        start = torch.empty(2, 1, batch, 5, device=self.device)
        outputs = torch.empty(2, steps, batch, self.output_size, device=self.device)
        return outputs, state or (start, start)

    def rollout(self, inputs: Tensor, state: State, steps: int) -> Tensor:
        return closed_loop_rollout(self, inputs, state, steps)


def networks(data: TaskData, count: int, cell: str = "lstm", head: Head = "every") -> Networks:
    """Networks with different weights, large enough that their outputs differ."""
    made = []
    for seed in range(count):
        config = ModelConfig(cell=cell, hidden_size=5)
        shape = data.input_size, data.output_size, data.symbolic
        network = RecurrentNetwork(config, *shape)
        weights = initial_weights(config, *shape, seed)
        network.load_state_dict({name: 3 * weight for name, weight in weights.items()})
        made.append(network.eval())
    return Networks(made, head)


class _Asked:
    model = "m"

    def command(self, verb: str, *words: object) -> str:
        return " ".join(map(str, ("rnnsearch", verb, self.model, *words)))


class TaskContract:
    """Inherit, and set `config` and `windows` that its data can be cut into."""

    config: TaskConfig
    windows: Sequence[Window]

    @pytest.fixture
    def data(self) -> TaskData:
        return load_data(self.config)

    @pytest.fixture
    def task(self, data: TaskData) -> Task:
        return build_task(self.config, data, CPU, torch.float32)

    def test_an_epoch_is_a_function_of_its_arguments(self, data: TaskData, task: Task) -> None:
        again = build_task(self.config, load_data(self.config), CPU, torch.float32)
        for window in self.windows:
            for epoch in (2, 0):
                index = task.epoch_index(7, epoch, window)
                assert index.dtype == np.int64
                assert index.shape[1] == window.batch_size
                assert window.steps_per_epoch in (None, len(index))
                np.testing.assert_array_equal(index, again.epoch_index(7, epoch, window))

    def test_gather_gives_what_the_data_says(self, data: TaskData, task: Task) -> None:
        for window in self.windows:
            assert data.window_problem(window) is None
            epochs = [task.epoch_index(seed, 3, window) for seed in (1, 2)]
            for step in range(len(epochs[0])):
                index = torch.tensor(np.stack([epoch[step] for epoch in epochs]))
                self.check_batch(data, task, window, task.gather(index, window))

    def check_batch(self, data: TaskData, task: Task, window: Window, batch: Batch) -> None:
        inputs, targets, size = batch.inputs, batch.targets, window.batch_size
        steps = inputs.shape[1]
        assert data.seq_len(window) == steps
        if data.symbolic:
            assert inputs.dtype == torch.int64
            assert inputs.shape == (2, steps, size)
            assert 0 <= int(inputs.min()) <= int(inputs.max()) < data.input_size
        else:
            assert inputs.dtype == torch.float32
            assert inputs.shape == (2, steps, size, data.input_size)
        answers = (2, steps if task.head == "every" else 1, size)
        if data.losses[0] == "cross_entropy":
            assert targets.dtype == torch.int64
            assert targets.shape == answers
        else:
            assert targets.dtype == torch.float32
            outputs = data.output_size // max(1, len(data.quantiles))
            assert targets.shape == (*answers, outputs)
        assert inputs.is_contiguous()
        assert targets.is_contiguous()
        if batch.lengths is not None:
            assert batch.lengths.dtype == torch.int64
            assert batch.lengths.shape == (2, size)
            assert 0 <= int(batch.lengths.min()) <= int(batch.lengths.max()) <= steps
        if data.feedback:
            assert task.head == "every"
            assert torch.equal(inputs[:, 1:], targets[:, :-1])

    def test_what_the_data_says_fits_together(self, data: TaskData, task: Task) -> None:
        assert data.losses
        assert bool(data.quantiles) == (data.losses == ("quantile",))
        assert data.output_size % max(1, len(data.quantiles)) == 0
        assert not (data.feedback and data.whole_sequence)

    def test_one_metric_is_the_tasks_own_loss(self, data: TaskData) -> None:
        metrics = {metric.name: metric for metric in data.metrics()}
        marked = [metric.name for metric in metrics.values() if metric.loss]
        assert len(marked) == (not isinstance(data, OneTrialData))
        assert metrics[loss_metric(data.metrics())].goal == "minimize"

    def test_a_model_takes_its_example_and_does_what_it_shows(
        self, data: TaskData, task: Task
    ) -> None:
        sizes = data.input_size, data.output_size, data.symbolic
        config: Any = self.config
        description = ModelDescription(
            asdict(config), json.loads(json.dumps(data.manifest())), *sizes
        )
        use = use_of(family_of(config), description)
        signature, given = use.signature(), use.example()
        if not isinstance(signature.inputs, str):
            assert list(given.columns) == [column.name for column in signature.inputs]
        assert len(use.served(networks(data, 1, head=task.head), given, {}))
        verb, *_ = use.command("") or (None,)
        refused = use.refusals(_Asked())
        verbs = {"rollout", "sample", "classify"}
        assert refused.keys() <= verbs
        if verb is not None:
            assert refused.keys() == verbs - {verb}
            assert all(f"rnnsearch {verb} m" in why for why in refused.values())

    def test_gather_knows_no_neighbours(self, task: Task) -> None:
        window = self.windows[-1]
        index = torch.tensor(np.stack([task.epoch_index(seed, 0, window)[0] for seed in range(3)]))
        batch = task.gather(index, window)
        for k in range(3):
            alone = task.gather(index[k : k + 1], window)
            assert torch.equal(alone.inputs[0], batch.inputs[k])
            assert torch.equal(alone.targets[0], batch.targets[k])
            if batch.lengths is not None and alone.lengths is not None:
                assert torch.equal(alone.lengths[0], batch.lengths[k])

    @pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
    def test_metrics_of_many_are_those_of_each_alone(
        self, data: TaskData, task: Task, cell: str
    ) -> None:
        many = networks(data, 3, cell, task.head)
        parts: list[Part] = ["train", "val", "test"]
        for part in parts:
            together = task.evaluate(many, part, None)
            for k, network in enumerate(many.networks):
                alone = task.evaluate(Networks([network], task.head), part, None)
                assert alone.keys() == together.keys()
                for name, values in together.items():
                    assert values.dtype == torch.float64
                    assert values.shape == (3,)
                    # bit for bit: a trial's curve must not hang on its neighbours
                    assert float(alone[name]) == float(values[k]), name

    def test_metrics_of_different_networks_differ(self, data: TaskData, task: Task) -> None:
        metrics = task.evaluate(networks(data, 3, head=task.head), "val", None)
        assert len(set(zip(*(values.tolist() for values in metrics.values()), strict=True))) == 3

    def test_nothing_of_it_is_left_on_the_host(self, data: TaskData, task: Task) -> None:
        """On tensors without contents, as on a GPU: what meets one of the host's raises."""
        there = torch.device("meta")
        moved = build_task(self.config, data, there, torch.float32)
        with Fetched():
            for window in self.windows:
                index = torch.tensor(task.epoch_index(1, 0, window)[:1])
                here, far = task.gather(index, window), moved.gather(index.to(there), window)
                assert far.inputs.device == far.targets.device == there
                assert (far.inputs.shape, far.targets.shape) == (
                    here.inputs.shape,
                    here.targets.shape,
                )
                assert (far.inputs.dtype, far.targets.dtype) == (
                    here.inputs.dtype,
                    here.targets.dtype,
                )
        made = networks(data, 2, head=task.head)
        expected = {part: task.evaluate(made, part, None).keys() for part in PARTS}
        blank = Blank(task.head, data.output_size)
        with Fetched():
            for part in PARTS:
                assert moved.evaluate(blank, part, None).keys() == expected[part]

    def test_metrics_are_announced(self, data: TaskData, task: Task) -> None:
        metrics = task.evaluate(networks(data, 1, head=task.head), "val", None)
        assert [metric.name for metric in data.metrics()] == list(metrics)
        for metric in data.metrics():
            assert metric.unit
            assert metric.meaning
            assert metric.goal in ("minimize", "maximize")

    def test_a_diverged_trial_leaves_the_others_alone(self, data: TaskData, task: Task) -> None:
        many = networks(data, 3, head=task.head)
        before = task.evaluate(many, "val", None)
        for weight in many.networks[1].parameters():
            weight.data.fill_(float("nan"))
        after = task.evaluate(many, "val", None)
        for name, values in before.items():
            assert float(after[name][0]) == float(values[0])
            assert float(after[name][2]) == float(values[2])
        first = next(iter(after.values()))
        assert not isfinite(float(first[1]))

    def test_baselines_report_the_tasks_own_metrics(self, data: TaskData, task: Task) -> None:
        wanted = [metric.name for metric in data.metrics()]
        wanted += list(task.evaluate(networks(data, 1, head=task.head), "test", None))
        scores = data.baselines()
        assert len({score.name for score in scores}) == len(scores) >= 2
        for score in scores:
            assert sorted(score.metrics) == sorted(wanted)
            assert all(isfinite(value) for value in score.metrics.values())

    def test_data_pickles(self, data: TaskData, task: Task) -> None:
        again = pickle.loads(pickle.dumps(data))
        assert again.manifest() == data.manifest()
        assert again.sha256() == data.sha256() == load_data(self.config).sha256()
        assert again.rows() == data.rows()
        assert [m.name for m in again.metrics()] == [m.name for m in data.metrics()]
        many = networks(data, 2, head=task.head)
        of_copy = build_task(self.config, again, CPU, torch.float32).evaluate(many, "val", None)
        for name, values in task.evaluate(many, "val", None).items():
            assert torch.equal(of_copy[name], values)

    def test_data_may_be_mapped_read_only(self, data: TaskData) -> None:
        buffers: list[pickle.PickleBuffer] = []
        raw = pickle.dumps(data, protocol=5, buffer_callback=buffers.append)
        mapped = pickle.loads(raw, buffers=[bytes(buffer.raw()) for buffer in buffers])
        task = build_task(self.config, mapped, CPU, torch.float32)
        assert task.evaluate(networks(data, 1, head=task.head), "val", None)
        assert mapped.baselines()

    def test_manifest_is_json(self, data: TaskData) -> None:
        assert json.loads(json.dumps(data.manifest(), allow_nan=False)) == data.manifest()
