"""Pictures of predictions: every panel is there, and what is in it can be told apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from rnnsearch.figures.panels import Panel, Panels, written

GIVEN, TRUTH, PREDICTION = "#b3b3b3", "#333333", "#D55E00"


def panel(scale: float = 1.0, points: int = 50, given: int = 20) -> Panel:
    time = np.linspace(0.25, 10.25, points)
    return Panel(
        along="time (radians)",
        up="value",
        time=time,
        truth=np.sin(time),
        warmup=np.arange(points) < given,
        prediction_time=time[given:],
        prediction=scale * np.sin(time[given:] + 0.3),
    )


def dated(name: str = "", **changes: object) -> Panel:
    one = panel()
    hours = np.datetime64("2024-03-01T00") + np.arange(50)
    return replace(
        one,
        name=name,
        along="time",
        time=hours,
        prediction_time=hours[20:],
        **changes,  # type: ignore[arg-type]
    )


def lines(axes: Any) -> dict[str, Any]:
    return {line.get_label(): line for line in axes.get_lines()}


def test_context_truth_and_prediction_can_be_told_apart(drawn: list[Any], tmp_path: Path) -> None:
    one = panel()
    Panels([one]).draw(tmp_path / "r.png", title="study sine: trial 4, seed 7")
    (figure,) = drawn
    (axes,) = figure.axes
    found = lines(axes)
    given, truth, prediction = (found[name] for name in ("given, 20 points", "truth", "prediction"))
    assert [line.get_color() for line in (given, truth, prediction)] == [GIVEN, TRUTH, PREDICTION]
    assert list(given.get_xdata()) == list(one.time[:20])
    assert list(truth.get_xdata()) == list(one.time[19:]), "joined to what was given"
    assert list(prediction.get_xdata()) == list(one.prediction_time)
    assert (prediction.get_linestyle(), prediction.get_marker()) == ("-", "o")
    assert figure.texts[0].get_text() == "study sine: trial 4, seed 7"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (radians)", "value")


@pytest.mark.parametrize("scale", [1e30, np.nan, np.inf])
def test_a_rollout_that_runs_away_is_still_drawn(tmp_path: Path, scale: float) -> None:
    path = tmp_path / "figures" / "rollout.png"
    Panels([panel(scale)]).draw(path, title="sine")
    image = matplotlib.image.imread(path)[..., :3]
    assert image.shape[1] == 1280
    grey = np.abs(image - 0xB3 / 255).max(axis=-1) < 0.02
    assert grey.sum() > 20


def test_an_interval_is_shaded_where_there_is_one(drawn: list[Any], tmp_path: Path) -> None:
    one = dated()
    ends = one.prediction - 0.5, np.where(np.arange(30) < 10, one.prediction + 0.5, np.nan)
    for shown in (one, replace(one, low=ends[0], high=ends[1], band="interval of 80%")):
        Panels([shown]).draw(tmp_path / "i.png", title="t")
    bands = [[one.get_label() for one in figure.axes[0].collections] for figure in drawn]
    assert bands == [[], ["interval of 80%"]]


def test_of_a_long_context_the_last_is_shown(drawn: list[Any], tmp_path: Path) -> None:
    Panels([panel(points=1050, given=1000)]).draw(tmp_path / "c.png", title="t")
    (axes,) = drawn[0].axes
    assert len(lines(axes)["given, the last 100 of 1,000 points"].get_xdata()) == 100


@pytest.mark.parametrize("count", [1, 3, 4, 7, 12])
def test_every_panel_has_its_room_its_name_and_its_dates(
    drawn: list[Any], tmp_path: Path, count: int
) -> None:
    names = [f"y, shop {at}" for at in range(count)]
    Panels([dated(name) for name in names]).draw(tmp_path / "p.png", title="t")
    (figure,) = drawn
    assert [axes.get_title("left") for axes in figure.axes] == names
    assert figure.get_figwidth() == 8
    columns = 2 if count > 3 else 1
    for axes in figure.axes:
        place = axes.get_window_extent()
        assert place.width > 1000 / columns
        assert place.height > 150
        assert place.y1 < figure.legends[0].get_window_extent().y0
        assert any("Mar" in text.get_text() for text in axes.get_xticklabels())
    assert figure.axes[-1].get_xlabel() == "time"


def test_days_of_two_months_name_theirs(drawn: list[Any], tmp_path: Path) -> None:
    days = np.datetime64("2023-09-07") + np.arange(50)
    one = replace(dated(), time=days, prediction_time=days[20:])
    Panels([one]).draw(tmp_path / "p.png", title="t")
    (figure,) = drawn
    labels = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert {label.split()[-1] for label in labels} == {"Sep", "Oct"}
    assert figure.axes[0].xaxis.get_offset_text().get_text() == "2023"


def test_a_long_title_and_what_is_left_out_are_above_the_axes(
    drawn: list[Any], tmp_path: Path
) -> None:
    for title, more in (("t", ""), ("long " * 30, ""), ("long " * 30, "1 of 2 series")):
        Panels([panel()], more).draw(tmp_path / "t.png", title=title)
    heights = [figure.get_figheight() for figure in drawn]
    assert heights[0] < heights[1] < heights[2]
    assert "shown: 1 of 2 series" in drawn[2].texts[0].get_text()
    sizes = [figure.axes[0].get_window_extent().height for figure in drawn]
    assert max(sizes) - min(sizes) < 2, "the axes keep their room"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (np.datetime64("2024-03-01T00:00:00"), "2024-03-01"),
        (np.datetime64("2024-03-01T04:30:00"), "2024-03-01 04:30"),
        (np.datetime64("2024-03-01T04:30:05.250"), "2024-03-01 04:30:05.25"),
        (np.datetime64("2024-03-01T04"), "2024-03-01 04:00"),
        (np.datetime64("2024-03"), "2024-03"),
        (np.float64(12.5), "12.5"),
        (np.float64(113.0), "113"),
    ],
)
def test_times_as_people_write_them(moment: np.generic, said: str) -> None:
    assert written(moment) == said
