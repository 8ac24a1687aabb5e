"""Waves: data, draws, one-step and closed-loop errors, baselines."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnsearch.errors import DataError, HorizonError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.closed_loop import closed_loop_rollout
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.baselines import baselines_of
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig, problems
from rnnsearch.tasks.sine.data import SineData
from rnnsearch.tasks.sine.task import SineTask
from rnnsearch.testing.tasks import CPU, TaskContract, networks

torch.set_num_threads(1)

DEFAULT = SineConfig()


class TestSine(TaskContract):
    config = DEFAULT
    windows = (Window(1), Window(4, seq_len=49, steps_per_epoch=7))


class TestShortWarmWave(TaskContract):
    config = SineConfig(
        num_points=9,
        duration=3.0,
        starts=(0.0, 0.5),
        rollout=RolloutConfig(steps=(1, 6), warmup_steps=3, state="carried"),
    )
    windows = (Window(3, steps_per_epoch=2),)


class Repeater:
    """A network that answers its input, as the baseline persistence does.

    It counts its calls and keeps the state that each of them started from.
    """

    size = 1
    device = CPU
    dtype = torch.float64

    def __init__(self) -> None:
        self.calls = 0
        self.started_from: list[tuple[Tensor, ...] | None] = []

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        self.calls += 1
        self.started_from.append(state)
        return inputs, (torch.full((1, 1, inputs.shape[2], 2), 7.0),)

    def rollout(self, inputs: Tensor, state: tuple[Tensor, ...] | None, steps: int) -> Tensor:
        return closed_loop_rollout(self, inputs, state, steps)


class Oracle(Repeater):
    """A network that predicts every sampled sine exactly, by x'' = 2 cos(spacing) x' - x.

    Its state is the last point that it was fed.
    """

    def __init__(self, spacing: float) -> None:
        super().__init__()
        self.spacing = spacing

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        before = torch.zeros_like(inputs[:, :1]) if state is None else state[0]
        older = torch.cat([before, inputs[:, :-1]], dim=1)
        return 2 * cos(self.spacing) * inputs - older, (inputs[:, -1:],)


def task_of(config: SineConfig) -> SineTask:
    return SineTask(config, SineData(config), CPU, torch.float64)


def test_points_lie_on_the_wave_at_both_ends() -> None:
    wave = SineData(replace(DEFAULT, starts=(0.0, pi / 2))).waves["train"]
    assert wave.shape == (2, 50)
    np.testing.assert_allclose(wave[0, [0, -1]], [0.0, np.sin(10.0)], atol=1e-15)
    np.testing.assert_allclose(wave[1, 0], 1.0)
    np.testing.assert_allclose(np.diff(np.arcsin(wave[0, :7])), 10 / 49, rtol=1e-9)


def test_rows_count_points() -> None:
    assert SineData(DEFAULT).rows() == {"train": 150, "val": 100, "test": 100}


def test_hash_follows_the_points() -> None:
    one = SineData(DEFAULT).sha256()
    assert one == SineData(replace(DEFAULT, rollout=RolloutConfig(steps=(2,)))).sha256()
    assert one != SineData(replace(DEFAULT, test_starts=(0.4, 0.61))).sha256()


def test_every_start_is_drawn_and_epochs_differ() -> None:
    task = task_of(DEFAULT)
    index = task.epoch_index(0, 0, Window(1))
    assert index.shape == (100, 1)
    assert set(index.ravel().tolist()) == {0, 1, 2}
    assert not np.array_equal(index, task.epoch_index(0, 1, Window(1)))
    assert not np.array_equal(index, task.epoch_index(1, 0, Window(1)))


def test_persistence_as_a_model_scores_as_the_baseline() -> None:
    config = replace(DEFAULT, rollout=RolloutConfig(steps=(1, 3, 10), warmup_steps=4))
    task = task_of(config)
    expected = baselines_of(task.data.waves, config.rollout)[0].metrics
    found = task.evaluate(Repeater(), "val", None) | task.evaluate(Repeater(), "test", None)
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert float(value) == pytest.approx(expected[name], rel=1e-12)


def test_after_a_long_warm_up_the_test_part_is_also_scored_after_one_point() -> None:
    warm = replace(DEFAULT, rollout=RolloutConfig(steps=(1, 20), warmup_steps=4))
    cold = replace(DEFAULT, rollout=RolloutConfig(steps=(20,), warmup_steps=1))
    found = task_of(warm).evaluate(Oracle(10 / 49), "test", None)
    alone = task_of(cold).evaluate(Oracle(10 / 49), "test", None)
    assert "test_rollout_rmse_1_after_1" not in found
    assert float(found["test_rollout_rmse_20_after_1"]) == float(alone["test_rollout_rmse_20"])
    assert float(found["test_rollout_rmse_20_after_1"]) > 0.1 > float(found["test_rollout_rmse_20"])
    assert not any("after_1" in name for name in task_of(warm).evaluate(Repeater(), "val", None))
    assert not any("after_1" in name for name in alone), "there it is the rollout itself"


def test_rollout_error_by_hand() -> None:
    config = SineConfig(
        num_points=4,
        duration=3.0,
        starts=(0.0,),
        val_starts=(0.0,),
        rollout=RolloutConfig(steps=(1, 2), warmup_steps=2),
    )
    x = np.sin([0.0, 1.0, 2.0, 3.0])
    found = task_of(config).evaluate(Repeater(), "val", None)
    assert float(found["val_mse"]) == pytest.approx(np.mean((x[1:] - x[:-1]) ** 2))
    assert float(found["val_rollout_rmse_1"]) == pytest.approx(abs(x[2] - x[1]))
    assert float(found["val_rollout_rmse_2"]) == pytest.approx(
        np.sqrt(((x[2] - x[1]) ** 2 + (x[3] - x[1]) ** 2) / 2)
    )


def test_the_closed_loop_runs_on_predictions_and_carries_its_state() -> None:
    config = replace(DEFAULT, rollout=RolloutConfig(steps=(48,), warmup_steps=2))
    found = task_of(config).evaluate(Oracle(10 / 49), "val", None)
    assert float(found["val_rollout_rmse_48"]) < 1e-12


def test_evaluation_takes_no_more_calls_than_steps() -> None:
    predictor = Repeater()
    task_of(DEFAULT).evaluate(predictor, "val", None)
    assert predictor.calls == 1 + 49


@pytest.mark.parametrize("state", ["zero", "carried"])
def test_rollouts_start_from_the_configured_state(state: str) -> None:
    rollout = RolloutConfig(steps=(2,), state=state)  # type: ignore[arg-type]
    predictor = Repeater()
    carried = (torch.arange(12.0).reshape(1, 2, 3, 2),)
    task_of(replace(DEFAULT, rollout=rollout)).evaluate(predictor, "val", carried)
    one_step, first, _ = predictor.started_from
    assert one_step is None
    if state == "zero":
        assert first is None
    else:
        assert first is not None
        # the first of three training sequences, for both validation waves
        assert torch.equal(first[0], carried[0][:, :, [0, 0]])


def test_carried_state_changes_rollouts_alone() -> None:
    config = replace(DEFAULT, rollout=RolloutConfig(steps=(5,), state="carried"))
    task = task_of(config)
    nets = networks(task.data, 2)
    task = SineTask(config, task.data, CPU, torch.float32)
    carried = (torch.ones(2, 1, 1, 5), torch.ones(2, 1, 1, 5))
    zero, other = task.evaluate(nets, "val", None), task.evaluate(nets, "val", carried)
    assert torch.equal(zero["val_mse"], other["val_mse"])
    assert not torch.equal(zero["val_rollout_rmse_5"], other["val_rollout_rmse_5"])


def test_autoregression_needs_two_points_for_a_sine() -> None:
    config = replace(DEFAULT, rollout=RolloutConfig(steps=(1, 48), warmup_steps=2))
    _, linear = SineData(config).baselines()
    assert linear.name.startswith("AR(")
    # from one point a linear rule cannot know the phase; its padded lags cost it that
    one_point = SineData(DEFAULT).baselines()[1]
    assert linear.metrics["val_rollout_rmse_1"] < 0.5 * one_point.metrics["val_rollout_rmse_1"]


def test_autoregression_beats_persistence_one_step_ahead() -> None:
    same, linear = SineData(DEFAULT).baselines()
    assert linear.metrics["val_mse"] < same.metrics["val_mse"] / 10
    assert linear.metrics["test_mse"] < same.metrics["test_mse"] / 10


def test_windows_are_whole_waves() -> None:
    data = SineData(DEFAULT)
    assert data.window_problem(Window(3)) is None
    assert data.window_problem(Window(3, seq_len=49)) is None
    problem = data.window_problem(Window(3, seq_len=20))
    assert problem is not None
    assert "49" in problem


def test_a_held_out_start_that_is_none_is_noted() -> None:
    assert SineData(DEFAULT).notes() == []
    (note,) = SineData(replace(DEFAULT, val_starts=(0.25, 2.0))).notes()
    assert "2.0" in note


def test_pictures_hold_the_rollout() -> None:
    task = task_of(replace(DEFAULT, rollout=RolloutConfig(steps=(5,), warmup_steps=2)))
    arrays = task.panels(Oracle(10 / 49), 60).shown[0].arrays()
    assert arrays["time"].shape == arrays["truth"].shape == arrays["warmup"].shape == (50,)
    assert arrays["warmup"].sum() == 2
    assert len(arrays["prediction"]) == len(arrays["prediction_time"]) == 60
    np.testing.assert_allclose(arrays["prediction_time"][:48], arrays["time"][2:])
    np.testing.assert_allclose(arrays["prediction"], np.sin(arrays["prediction_time"]), atol=1e-9)
    assert len(task.panels(Repeater()).shown[0].arrays()["prediction"]) == 5
    with pytest.raises(HorizonError):
        task.panels(Repeater(), 0)


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("num_points", {"num_points": 2}),
        ("duration", {"duration": 0.0}),
        ("duration", {"duration": float("inf")}),
        ("starts", {"starts": ()}),
        ("val_starts", {"val_starts": (float("nan"),)}),
        ("rollout.warmup_steps", {"rollout": RolloutConfig(warmup_steps=0)}),
        ("rollout.warmup_steps", {"rollout": RolloutConfig(warmup_steps=50)}),
        ("rollout.steps", {"rollout": RolloutConfig(steps=())}),
        ("rollout.steps", {"rollout": RolloutConfig(steps=(0,))}),
        ("rollout.steps", {"rollout": RolloutConfig(steps=(3, 3))}),
        ("rollout.steps", {"rollout": RolloutConfig(steps=(49,), warmup_steps=2)}),
    ],
)
def test_problems_name_the_key(key: str, changes: dict[str, object]) -> None:
    config = replace(DEFAULT, **changes)  # type: ignore[arg-type]
    assert key in [found for found, _ in problems(config)]
    with pytest.raises(DataError, match=f"task.{key}"):
        load_data(config)


def test_the_default_has_no_problem() -> None:
    assert problems(DEFAULT) == []
