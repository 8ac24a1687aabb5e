"""Pictures: they are drawn from any table, and show what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.figures.confusion import Confusion
from rnnsearch.figures.curves import Axis, Curves
from rnnsearch.figures.front import Front, FrontPoint
from rnnsearch.figures.study import TrialPoint, draw_study
from rnnsearch.goal import Goal


def pixels(path: Path) -> np.ndarray:
    from matplotlib.image import imread

    return np.asarray(imread(path))[..., :3]


def has_color(image: np.ndarray, hexadecimal: str) -> bool:
    wanted = np.array([int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return bool((np.abs(image - wanted).max(axis=-1) < 0.02).sum() > 20)


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


@pytest.mark.parametrize("goal", [Goal.MINIMIZE, Goal.MAXIMIZE])
@pytest.mark.parametrize("count", [0, 1])
def test_small_studies_are_drawn(tmp_path: Path, goal: str, count: int) -> None:
    trials = [TrialPoint(0, "complete", 0.0, {1: 0.0})][:count]
    draw_study(trials, tmp_path / "s.png", title="s", value_label="accuracy", goal=goal)
    assert pixels(tmp_path / "s.png").size


def test_curve_is_drawn_past_values_that_are_not_finite(tmp_path: Path) -> None:
    curve = {1: 1.0, 2: float("nan"), 3: 0.1}
    Curves([Axis("nats", {"train": curve})]).draw(tmp_path / "c.png", title="t")
    assert has_color(pixels(tmp_path / "c.png"), "#0072B2")


RIVALS = {
    "few": {"ar": 0.72},
    "many": {f"rival {at}": 0.6 + at for at in range(6)},
    "far": {"persistence": 1e9, "season before (24 rows)": -1e9, "linear(336)": 1e3, "ar": 0.72},
    "long": {"x" * 300: 0.72, "y" * 90: 0.73, "z " * 90: 0.74},
    "more": {f"rival {at} of very many": 0.6 + at for at in range(40)},
}


@pytest.mark.parametrize("which", RIVALS)
def test_baselines_take_no_width_and_are_all_named(
    drawn: list[Any], tmp_path: Path, which: str
) -> None:
    trials = [TrialPoint(n, "complete", 0.5 + n / 10, {1: 1.0, 2: 0.5}) for n in range(6)]
    rivals = RIVALS[which]
    draw_study(trials, tmp_path / "s.png", title="s", value_label="rmse", baselines=rivals)
    (figure,) = drawn
    above, below = figure.axes
    for axes in (above, below):
        assert axes.get_position().width > 0.88
        assert axes.get_position().height > 0.2
        legend = axes.get_legend().get_window_extent()
        assert 0 <= legend.x0 < legend.x1 <= figure.bbox.width
        assert legend.y1 <= figure.bbox.height
        assert legend.y0 >= axes.get_window_extent().y1
    said = [text.get_text() for text in above.get_legend().get_texts()]
    named = [text for text in said if text.partition(":")[0] in rivals or "…" in text]
    assert len(named) == min(len(rivals), 6)
    assert ("and 34 more baselines" in said) is (which == "more")
    off = {"many": 5, "far": 3, "more": 5}
    assert sum("off the scale" in text for text in said) == off.get(which, 0)


def test_the_champion_is_marked_though_another_trial_is_better(
    drawn: list[Any], tmp_path: Path
) -> None:
    trials = [TrialPoint(n, "pruned", 0.5 + n / 10, {1: 1.0, 2: 0.5 + n / 10}) for n in range(3)]
    for best in (0, 2):
        draw_study(trials, tmp_path / "s.png", title="s", value_label="m", best=best, won=best == 2)
    said = [
        [text.get_text() for axes in figure.axes for text in axes.get_legend().get_texts()]
        for figure in drawn
    ]
    assert ["best: trial 0" in one for one in said] == [True, False]
    assert [one.count("champion: trial 2") for one in said] == [0, 2]


def test_names_are_no_formulas(tmp_path: Path) -> None:
    trials = [TrialPoint(0, "complete", 0.5, {1: 1.0, 2: 0.5})]
    wild = "price $a_{ $ and $b$ 店 \\frac"
    draw_study(trials, tmp_path / "s.png", title=wild, value_label=wild, baselines={wild: 0.7})
    confusion = Confusion(np.eye(2, dtype=int), [wild, "b$x$"])
    confusion.draw(tmp_path / "c.png", title=wild)
    assert pixels(tmp_path / "c.png").size


def test_curves_that_leave_the_picture_are_counted(drawn: list[Any], tmp_path: Path) -> None:
    curves = [{epoch: 2.0 / epoch for epoch in range(1, 10)} for _ in range(9)]
    for count, words in ((0, "Learning curves"), (1, "Learning curves: 1 of 9 leave the picture")):
        shown = [{**curve, 9: 400.0} if at < count else curve for at, curve in enumerate(curves)]
        trials = [TrialPoint(at, "complete", 0.25, curve) for at, curve in enumerate(shown)]
        draw_study(trials, tmp_path / "s.png", title="s", value_label="rmse")
        assert drawn[-1].axes[1].get_title(loc="left") == words


def test_each_further_goal_has_a_row_with_the_front(drawn: list[Any], tmp_path: Path) -> None:
    trials = [TrialPoint(n, "pruned", 0.5 + n / 10, {1: 0.5 + n / 10}) for n in range(3)]
    points = [FrontPoint(n, 10.0 ** (3 - n), 0.5 + n / 10, n != 1) for n in range(3)]
    fronts = [Front("parameters", points), Front("latency", points[:2])]
    how = {"title": "s", "value_label": "m", "best": 2, "won": True}
    draw_study(trials, tmp_path / "s.png", fronts=fronts, **how)
    rows = drawn[-1].axes[2:]
    assert [axes.get_xlabel() for axes in rows] == ["parameters", "latency"]
    said = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in rows]
    assert said == [
        ["beaten in every goal (1)", "the front (2)", "champion: trial 2"],
        ["beaten in every goal (1)", "the front (1)"],
    ]
    assert [axes.get_xscale() for axes in rows] == ["log", "linear"]
