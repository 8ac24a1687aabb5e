"""Made signals: generators against what is known of them, windows, closed loops, baselines."""

from __future__ import annotations

from dataclasses import replace
from math import cos

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnsearch.errors import DataError, HorizonError
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import Part, Window
from rnnsearch.tasks.closed_loop import closed_loop_rollout
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.signals import lorenz
from rnnsearch.tasks.signals.config import LoopConfig, SignalConfig
from rnnsearch.tasks.signals.data import SignalData
from rnnsearch.tasks.signals.lorenz import LYAPUNOV_EXPONENT, LorenzConfig
from rnnsearch.tasks.signals.mackey_glass import MackeyGlassConfig
from rnnsearch.tasks.signals.scores import valid_steps
from rnnsearch.tasks.signals.task import SignalTask
from rnnsearch.tasks.signals.wave import WaveConfig
from rnnsearch.tasks.splits import TimeSplitConfig
from rnnsearch.testing.tasks import CPU, TaskContract, networks
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.trained import TrainedModel

torch.set_num_threads(1)

NOISY = WaveConfig(
    num_points=200,
    duration=20.0,
    noise=0.1,
    window=10,
    scaler="minmax",
    rollout=LoopConfig(steps=(1, 5), starts=3),
)
GLASS = MackeyGlassConfig(num_points=200, window=8, split=TimeSplitConfig(gap=10))
CHAOS = LorenzConfig(
    num_points=400,
    window=6,
    split=TimeSplitConfig(gap=20),
    rollout=LoopConfig(steps=(3, 20), starts=4),
)


class TestNoisyWave(TaskContract):
    config = NOISY
    windows = (Window(1, steps_per_epoch=3), Window(16, seq_len=10))


class TestManyWaves(TaskContract):
    config = replace(
        NOISY,
        amplitudes=(1.0, 0.3),
        frequencies=(1.0, 3.1),
        chirp=0.5,
        amplitude_drift=0.1,
        phase_drift=0.2,
        predict="every",
        scaler="none",
    )
    windows = (Window(16),)


class TestMackeyGlass(TaskContract):
    config = GLASS
    windows = (Window(16),)


class TestLorenz(TaskContract):
    config = CHAOS
    windows = (Window(16),)


class Recursion:
    """A network that predicts every sampled sine exactly, by x'' = 2 cos(spacing) x' - x.

    It answers at the last time step of a window alone.
    """

    size = 1
    device = CPU
    dtype = torch.float64

    def __init__(self, spacing: float) -> None:
        self.turn = 2 * cos(spacing)

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        assert state is None, "a window is read from the zero state"
        return self.turn * inputs[:, -1:] - inputs[:, -2:-1], (inputs[:, -1:],)

    def rollout(self, inputs: Tensor, state: tuple[Tensor, ...] | None, steps: int) -> Tensor:
        return closed_loop_rollout(self, inputs, state, steps)


class Repeater(Recursion):
    """A network that answers its input at every time step, as the baseline persistence does."""

    def __init__(self) -> None:
        super().__init__(0.0)

    def __call__(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        return inputs, (inputs[:, -1:],)


def task_of(config: SignalConfig) -> SignalTask:
    return SignalTask(config, SignalData(config), CPU, torch.float64)


def test_a_wave_without_drift_is_its_formula() -> None:
    config = WaveConfig(
        num_points=101,
        duration=50.0,
        amplitudes=(2.0, 0.5),
        frequencies=(1.0, 3.0),
        phases=(0.3, 0.0),
        chirp=0.4,
    )
    time, values = config.generate()
    warped = time * (1 + 0.4 * time / 100)
    expected = 2 * np.sin(warped + 0.3) + 0.5 * np.sin(3 * warped)
    np.testing.assert_allclose(values[:, 0], expected, atol=1e-12)
    assert time[[0, -1]].tolist() == [0.0, 50.0]


def test_noise_and_drift_have_the_size_that_is_asked_for() -> None:
    config = WaveConfig(num_points=20_001, duration=2000.0, noise=0.1)
    noise = config.generate()[1] - replace(config, noise=0.0).generate()[1]
    assert noise.std() == pytest.approx(0.1, rel=0.03)
    drift = replace(config, noise=0.0, frequencies=(0.0,), phases=(np.pi / 2,), amplitude_drift=0.2)
    walk = np.log(drift.generate()[1][:, 0]) / 0.2
    assert np.diff(walk[::10]).std() == pytest.approx(1.0, rel=0.05), "a unit of time is 10 points"
    assert not np.array_equal(config.generate()[1], replace(config, data_seed=1).generate()[1])


def test_mackey_glass_obeys_its_equation() -> None:
    config = replace(GLASS, num_points=600)
    time, values = config.generate()
    x = values[:, 0]
    assert np.diff(time).tolist() == [1.0] * 599
    # the slope by central differences, which err by a sixth of the third derivative
    slope = (x[18:] - x[16:-2]) / 2
    delayed, now = x[:-18], x[17:-1]
    expected = 0.2 * delayed / (1 + delayed**10) - 0.1 * now
    assert np.abs(slope - expected).max() < 0.01
    assert 0.2 < x.min() < x.max() < 1.4


def test_a_short_delay_settles() -> None:
    values = replace(GLASS, tau=2.0).generate()[1]
    np.testing.assert_allclose(values, 1.0, atol=1e-6)  # the fixed point: 0.2 / (1 + 1) = 0.1


def test_lorenz_converges_with_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lorenz, "TRANSIENT", 0.0)
    config = replace(CHAOS, num_points=200)
    coarse = config.generate()[1]
    monkeypatch.setattr(lorenz, "LONGEST_STEP", 0.0025)
    # of fourth order: a chaotic path of 4 units of time magnifies what is left by some e^3.6
    np.testing.assert_allclose(config.generate()[1], coarse, atol=2e-3)


def test_lorenz_lies_on_its_attractor() -> None:
    values = replace(CHAOS, num_points=4000).generate()[1]
    assert values.std(axis=0) == pytest.approx([7.9, 9.0, 8.6], rel=0.1)
    assert values[:, 2].mean() == pytest.approx(23.5, rel=0.1)
    assert (values[:, 0] > 0).mean() == pytest.approx(0.5, abs=0.25), "both wings"


@pytest.mark.parametrize("config", [NOISY, GLASS, CHAOS], ids=lambda config: config.type)
def test_no_part_sees_another(config: SignalConfig) -> None:
    data = SignalData(config)
    parts: tuple[Part, ...] = ("train", "val", "test")
    edges = [edge for part in parts for edge in data.bounds[part]]
    assert edges == sorted(edges)
    assert edges[2] - edges[1] == edges[4] - edges[3] == config.split.gap
    for part in parts:
        start, end = data.bounds[part]
        first = data.starts(part)
        targets = first + config.window - 1 + config.horizon
        assert (first[0], targets[-1]) == (start, end - 1)
        windows, wanted = data.windows(part)
        np.testing.assert_array_equal(windows[3], data.values[first[3] : first[3] + config.window])
        np.testing.assert_array_equal(wanted, data.values[targets])
    train = data.part("train")
    assert data.scaler.center == pytest.approx(
        train.min(axis=0) if config.scaler == "minmax" else train.mean(axis=0)
    )


def test_training_targets_lie_after_their_windows() -> None:
    task = task_of(GLASS)
    batch = task.gather(torch.tensor([[0, 7]]), Window(2))
    scaled = task.data.scaler.apply(task.data.values)
    np.testing.assert_allclose(batch.inputs[0, :, 1], scaled[7:15])
    np.testing.assert_allclose(batch.targets[0, :, :, 0], scaled[[22, 29]].T)


def test_errors_are_in_the_units_of_the_signal() -> None:
    config = replace(NOISY, predict="every")
    task = task_of(config)
    same = {score.name: score.metrics for score in task.data.baselines()}["persistence"]
    for part in ("val", "test"):
        for name, value in task.evaluate(Repeater(), part, None).items():
            assert float(value) == pytest.approx(same[name], rel=1e-9), name


def test_a_window_slides_over_its_own_predictions() -> None:
    clean = replace(NOISY, noise=0.0, scaler="none")
    task = task_of(clean)
    found = task.evaluate(Recursion(20 / 199), "val", None)
    assert float(found["val_rollout_rmse_5"]) < 1e-12
    assert float(found["val_mse"]) < 1e-24
    arrays = task.panels(Recursion(20 / 199), 40).shown[0].arrays()
    assert len(arrays["prediction"]) == 40
    np.testing.assert_allclose(arrays["prediction"], np.sin(arrays["prediction_time"]), atol=1e-9)
    assert arrays["warmup"].sum() == 10
    assert arrays["time"].shape == arrays["truth"].shape == arrays["warmup"].shape


def test_the_picture_of_a_long_horizon_is_drawn_where_its_targets_are() -> None:
    task = task_of(GLASS)
    arrays = task.panels(Repeater()).shown[0].arrays()
    lag = GLASS.horizon
    start, end = task.data.bounds["val"]
    np.testing.assert_allclose(arrays["prediction"], task.data.values[start + 7 : end - lag, 0])
    assert arrays["prediction_time"][[0, -1]].tolist() == [start + 7 + lag, end - 1]
    with pytest.raises(HorizonError, match="no prediction is fed back"):
        task.panels(Repeater(), 100)
    with pytest.raises(HorizonError):
        task_of(NOISY).panels(Repeater(), 0)


def test_valid_time_ends_at_the_first_error() -> None:
    truth = np.zeros((5, 3, 1))
    closed = truth.copy()
    closed[2:, 0] = 0.9  # 0.45 of the spread from step 3 on
    closed[1, 1] = np.nan
    assert valid_steps(closed, truth, np.array([2.0])).tolist() == [2.0, 1.0, 5.0]
    task = task_of(CHAOS)
    most = 20 * 0.02 * LYAPUNOV_EXPONENT
    score = {score.name: score.metrics for score in task.data.baselines()}["persistence"]
    found = task.evaluate(Repeater(), "val", None)
    assert float(found["val_valid_time"]) == pytest.approx(score["val_valid_time"])
    assert 0 < score["val_valid_time"] < most


def test_linear_autoregression_knows_a_clean_wave() -> None:
    mean, same, linear = SignalData(replace(NOISY, noise=0.0)).baselines()
    assert linear.metrics["test_mse"] < 1e-20 < same.metrics["test_mse"] < mean.metrics["test_mse"]
    assert linear.metrics["test_rollout_rmse_5"] < 1e-8


def test_the_noise_is_a_floor() -> None:
    assert SignalData(replace(NOISY, noise=0.0)).notes() == []
    assert "0.01" in SignalData(NOISY).notes()[0]


def test_windows_are_whole() -> None:
    data = SignalData(NOISY)
    assert data.window_problem(Window(130)) is None
    assert "at most training.batch_size: 130" in str(data.window_problem(Window(131)))
    assert "10 points" in str(data.window_problem(Window(1, seq_len=20)))


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("num_points", replace(NOISY, num_points=2)),
        ("duration", replace(NOISY, duration=0.0)),
        ("amplitudes", replace(NOISY, amplitudes=())),
        ("frequencies", replace(NOISY, frequencies=(1.0, 2.0))),
        ("phases", replace(NOISY, phases=(1.0, 2.0))),
        ("chirp", replace(NOISY, chirp=-1.0)),
        ("noise", replace(NOISY, noise=-0.1)),
        ("window", replace(NOISY, window=0)),
        ("window", replace(NOISY, window=30)),
        ("rollout.steps", replace(NOISY, rollout=LoopConfig(steps=(21,)))),
        ("rollout.steps", replace(NOISY, rollout=LoopConfig(steps=(3, 3)))),
        ("rollout.starts", replace(NOISY, rollout=LoopConfig(starts=0))),
        ("horizon", replace(GLASS, horizon=0)),
        ("split", replace(GLASS, split=TimeSplitConfig(train=0.9))),
        ("split.val", replace(GLASS, split=TimeSplitConfig(train=0.8, val=0.0, test=0.2))),
        ("split.gap", replace(GLASS, split=TimeSplitConfig(gap=-1))),
        ("window", replace(GLASS, split=TimeSplitConfig(gap=90))),
        ("tau", replace(GLASS, tau=0.0)),
        ("tau", replace(GLASS, tau=1.23)),
        ("num_points", replace(GLASS, num_points=2)),
        ("spacing", replace(CHAOS, spacing=0.0)),
        ("data_seed", replace(CHAOS, data_seed=-1)),
    ],
)
def test_problems_name_the_key(key: str, config: SignalConfig) -> None:
    with pytest.raises(DataError, match=f"task.{key}: "):
        load_data(config)


def test_the_defaults_have_no_problem() -> None:
    assert WaveConfig().problems() == []
    assert MackeyGlassConfig().problems() == []
    assert LorenzConfig().problems() == []


def test_one_evaluation_serves_every_network() -> None:
    many = networks(SignalData(NOISY), 2, head="last")
    SignalTask(NOISY, SignalData(NOISY), CPU, torch.float32).evaluate(many, "val", None)
    assert many.calls == 1 + 5


@pytest.mark.parametrize(
    ("predict", "bidirectional"), [("last", False), ("last", True), ("every", False)]
)
def test_a_trained_model_takes_and_gives_the_units_of_the_signal(
    predict: str, bidirectional: bool
) -> None:
    config = replace(NOISY, predict=predict)  # type: ignore[arg-type]
    task = SignalTask(config, data := SignalData(config), CPU, torch.float32)
    model = ModelConfig(hidden_size=4, bidirectional=bidirectional)
    trial = TrialConfig(task=config, model=model, training=TrainingConfig(), seed=3)
    pack = Pack({config: data})
    pack.add("a", trial)
    pack.train({"a": 1}, 600.0)
    weights = pack.remove("a")
    assert weights is not None
    trained = TrainedModel.from_weights(trial, weights, data)
    start = data.bounds["val"][0]
    window = data.values[None, start : start + 10].astype(np.float32)
    drawn = task.panels(trained.predictor(), 7).shown[0].arrays()["prediction"]
    rolled = trained.rollout(window, 7)
    np.testing.assert_allclose(rolled[0, :, 0], drawn, rtol=1e-4)
    predicted = trained.predict(window)
    assert predicted.shape == (1, 1 if predict == "last" else 10, 1)
    np.testing.assert_allclose(predicted[0, -1], rolled[0, 0], rtol=1e-4)
