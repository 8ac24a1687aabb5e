"""The charts of a model's pictures: plotly takes each, and no name of a person is read as HTML."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.charts.charted import accepted, names

from rnnsearch.charts.task_pictures.samples import samples_chart
from rnnsearch.charts.task_pictures.table import CHARTS, chart_of
from rnnsearch.figures.confusion import Confusion
from rnnsearch.figures.curves import Axis, Curves
from rnnsearch.figures.figure import Figure, Kind
from rnnsearch.figures.letters import Letters
from rnnsearch.figures.mistakes import Mistake, Mistakes
from rnnsearch.figures.panels import Panel, Panels
from rnnsearch.figures.phase import PhasePortrait
from rnnsearch.figures.piano_roll import PianoRoll
from rnnsearch.figures.residuals import Errors, Residuals
from rnnsearch.figures.samples import Samples, Shaded
from rnnsearch.figures.scatter import Scatter

NAN = float("nan")
WILD = "<b>$x$</b> </script>%{y} שלום 店"
DAYS = np.datetime64(date(2024, 3, 1)) + np.arange(30)


def panel(name: str = "", *, dated: bool = False, known: bool = True) -> Panel:
    time = DAYS if dated else np.arange(30.0)
    truth = np.sin(np.arange(30.0)) if known else np.full(30, NAN)
    return Panel(
        name=name,
        along="day",
        up=WILD,
        time=time,
        truth=truth,
        warmup=np.arange(30) < 20,
        prediction_time=time[20:25],
        prediction=np.array([1e30, NAN, 0.5, np.inf, 0.1]),
        low=np.zeros(5),
        high=np.full(5, NAN),
        band="interval of 90%",
        scored=(2, 99),
    )


def mistake(curve: Any = None) -> Mistake:
    return Mistake(truth=WILD, guess="b", chance=0.9, what=WILD, curve=curve, step=0)


ERRORS = {"along": "rows ahead", "up": WILD, "at": np.arange(1, 4)}
HALF = np.array([NAN, 0.5, 0.1])
SHOWN: dict[str, Kind] = {
    "confusion": Confusion(np.array([[3, 1], [0, 0]]), [WILD, WILD]),
    "one class": Confusion(np.array([[3]]), ["only"]),
    "many classes": Confusion(np.eye(100, dtype=int), [f"class {at}" for at in range(100)]),
    "curves": Curves([Axis(WILD, {"train": {1: 1.0, 2: NAN}, "val": {1: 1e-4}})], 2),
    "several curves": Curves([Axis("a", {"a": {1: 1.0}}), Axis("b", {"b": {1: 2.0}})]),
    "letters": Letters({1: "lllll", 2: "elloh"}, "hell<", "ello>", {}, 2),
    "texts": Mistakes([mistake()], 4),
    "numbers": Mistakes([mistake(np.array([[1.0, NAN]])) for _ in range(6)], 9, [WILD]),
    "panel": Panels([panel()]),
    "dated": Panels([panel(WILD, dated=True)] * 3, "3 of 9 series"),
    "many panels": Panels([panel(f"shop {at}") for at in range(60)], "60 of 300 series"),
    "unknown truth": Panels([panel(known=False)]),
    "portrait": PhasePortrait(["a", WILD], np.ones((9, 2)), np.full((4, 2), NAN)),
    "portrait in space": PhasePortrait(["a", "b", "c"], np.ones((9, 3)), np.ones((4, 3))),
    "roll": PianoRoll(np.eye(5), np.full((5, 5), NAN), [WILD] * 5),
    "long roll": PianoRoll(np.zeros((1200, 3)), np.zeros((1200, 3))),
    "residuals": Residuals([Errors(**ERRORS, middle=HALF)]),
    "bands": Residuals(
        [Errors(**ERRORS, name=str(at), middle=HALF, low=HALF - 1, high=HALF + 1) for at in "ab"]
    ),
    "samples": Samples([Shaded(WILD, list("a\n<" + "x" * 2000), [NAN] + [0.5] * 2002)], "about"),
    "scatter": Scatter(np.array([1.0, 2.0]), np.array([NAN, 2.0]), WILD),
    "empty scatter": Scatter(np.array([]), np.array([]), "y"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_plotly_takes_the_chart_of_any_value(name: str) -> None:
    chart = chart_of(Figure(SHOWN[name]))
    assert chart is not None
    accepted(chart)
    json = chart.to_json()
    assert "</script" not in json
    assert "\\u003cb\\u003e$x$" not in json, "a name of a person is no HTML"
    assert len(json) < 400_000


def test_every_kind_has_a_chart_here_and_functions_have_none() -> None:
    assert {type(one) for one in SHOWN.values()} == set(CHARTS)
    kinds = Path(__file__).parents[3] / "rnnsearch" / "figures"
    draw = "def draw(self, path: Path, *, title: str)"
    drawn = {file.stem for file in kinds.glob("*.py") if draw in file.read_text()} - {"figure"}
    assert drawn == {kind.__module__.rpartition(".")[2] for kind in CHARTS}
    assert chart_of(Figure(lambda path, title: None)) is None


def test_of_many_panels_a_reader_picks_one() -> None:
    chart = chart_of(Figure(SHOWN["many panels"]))
    assert chart is not None
    seen = accepted(chart)
    (menu,) = seen["layout"]["updatemenus"]
    assert [button["label"] for button in menu["buttons"]] == [f"shop {at}" for at in range(60)]
    assert sum(trace["visible"] for trace in seen["data"]) == 5
    shows = menu["buttons"][7]["args"][0]["visible"]
    assert [at for at, one in enumerate(shows) if one] == list(range(35, 40))
    assert chart.thinned[0] == "Shown: 60 of 300 series."


def test_a_few_panels_stand_below_each_other_with_one_legend() -> None:
    chart = chart_of(Figure(SHOWN["dated"]))
    assert chart is not None
    seen = accepted(chart)
    legend = [trace["name"] for trace in seen["data"] if trace["showlegend"]]
    assert legend == ["given", "truth", "interval of 90%", "prediction"]
    domains = [seen["layout"][f"yaxis{at}"]["domain"] for at in ("", "2", "3")]
    assert domains[0][1] == 1
    assert domains[2][0] == pytest.approx(0)
    assert all(above[0] > below[1] for above, below in pairwise(domains))
    assert seen["layout"]["shapes"][0]["x0"] == "2024-03-20"


def test_a_prediction_that_runs_away_leaves_the_truth_in_sight() -> None:
    chart = chart_of(Figure(SHOWN["panel"]))
    assert chart is not None
    low, high = accepted(chart)["layout"]["yaxis"]["range"]
    assert -5 < low < -1
    assert 1 < high < 5


def test_detail_stands_in_the_chart_in_the_place_of_the_picture() -> None:
    figure = Figure(SHOWN["panel"], detail=lambda: SHOWN["dated"])
    chart = chart_of(figure)
    assert chart is not None
    assert names(accepted(chart)).count("prediction") == 3
    assert [one.name for one in fields(Figure)] == ["drawing", "caption", "name", "detail"]


def test_a_text_is_broken_once_and_its_heading_too() -> None:
    text = "a" * 100 + "\n" + "b" * 5
    name = "the validation part from symbol 1 on, and 75% of all guessed right"
    chart = samples_chart(Samples([Shaded(name, list(text), [0.5] * len(text))], "shade"))
    (trace,) = chart.traces
    rows = ["".join(row) for row in trace["text"]]
    heads = [one["text"] for one in chart.layout["annotations"]]
    assert [len(row) for row in rows] == [0, 0, 46, 46, 9, 5, 0]
    assert [one["y"] for one in chart.layout["annotations"]] == [0, 1]
    assert all(len(one) <= 46 + len("<b></b>") for one in heads)
