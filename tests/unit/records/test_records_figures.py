"""Pictures: they are drawn from any table, and show what is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnsearch.records.figures import TrialPoint, draw_curve, draw_rollout, draw_study, leader


def pixels(path: Path) -> np.ndarray:
    from matplotlib.image import imread

    return np.asarray(imread(path))[..., :3]


def has_color(image: np.ndarray, hexadecimal: str) -> bool:
    wanted = np.array([int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return bool((np.abs(image - wanted).max(axis=-1) < 0.02).sum() > 20)


def rollout_arrays(scale: float = 1.0) -> dict[str, np.ndarray]:
    time = np.linspace(0.25, 10.25, 50)
    return {
        "time": time,
        "truth": np.sin(time),
        "warmup": np.arange(50) < 3,
        "prediction_time": time[3:],
        "prediction": scale * np.sin(time[3:] + 0.3),
    }


def test_rollout_shows_truth_warmup_and_prediction(tmp_path: Path) -> None:
    path = tmp_path / "figures" / "rollout.png"
    draw_rollout(rollout_arrays(), path, title="sine")
    image = pixels(path)
    assert image.shape[1] == 1280
    for color in ("#8c8c8c", "#D55E00", "#0072B2"):
        assert has_color(image, color)


@pytest.mark.parametrize("scale", [1e30, np.nan, np.inf])
def test_rollout_that_runs_away_is_still_drawn(tmp_path: Path, scale: float) -> None:
    path = tmp_path / "rollout.png"
    draw_rollout(rollout_arrays(scale), path, title="sine")
    assert has_color(pixels(path), "#8c8c8c")


def test_study_shows_states_and_baselines(tmp_path: Path) -> None:
    trials = [
        TrialPoint(0, "complete", 0.5, {1: 1.0, 2: 0.5}),
        TrialPoint(1, "pruned", 0.9, {1: 0.9}),
        TrialPoint(2, "diverged", None, {1: float("inf")}),
        TrialPoint(3, "failed", float("nan"), {}),
        TrialPoint(4, "complete", 0.01, {1: 0.4, 2: 0.01}),
    ]
    path = tmp_path / "study.png"
    draw_study(
        trials, path, title="s", value_label="rmse", rungs=(1,), baselines={"ar": 0.2, "far": 1e9}
    )
    image = pixels(path)
    for color in ("#0072B2", "#009E73", "#333333"):
        assert has_color(image, color)


def test_the_best_curve_is_that_of_the_leaderboard() -> None:
    trials = [
        TrialPoint(0, "complete", 0.5, {1: 0.5}),
        TrialPoint(1, "pruned", 0.2, {1: 0.2}),
        TrialPoint(2, "diverged", 0.1, {1: 0.1}),
        TrialPoint(3, "failed", None, {}),
        TrialPoint(4, "running", float("nan"), {1: float("nan")}),
    ]
    leaders = [leader(trials, goal) for goal in ("minimize", "maximize")]
    assert [one and one.number for one in leaders] == [1, 0]
    assert leader(trials[2:], "minimize") is None


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
@pytest.mark.parametrize("count", [0, 1])
def test_small_studies_are_drawn(tmp_path: Path, goal: str, count: int) -> None:
    trials = [TrialPoint(0, "complete", 0.0, {1: 0.0})][:count]
    draw_study(trials, tmp_path / "s.png", title="s", value_label="accuracy", goal=goal)
    assert pixels(tmp_path / "s.png").size


def test_curve_is_drawn_past_values_that_are_not_finite(tmp_path: Path) -> None:
    curve = {1: 1.0, 2: float("nan"), 3: 0.1}
    draw_curve({"train": curve}, tmp_path / "c.png", title="t", value_label="nats", log=True)
    assert has_color(pixels(tmp_path / "c.png"), "#0072B2")
