"""Each chart is one that plotly takes, and says what it leaves out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from charted import CELL, DROPOUT, EVERY, LAST, RATE, UNITS, accepted, names, trials

from rnnsearch.charts.cells import cells_chart
from rnnsearch.charts.contour import contour_chart
from rnnsearch.charts.dimension import Dimension
from rnnsearch.charts.front import GoalPoint, front_chart
from rnnsearch.charts.history import history_chart
from rnnsearch.charts.importances import importances_chart
from rnnsearch.charts.learning_curves import MOST_CURVES, curves_chart
from rnnsearch.charts.parallel import parallel_chart
from rnnsearch.charts.parts import series_chart, sizes_chart
from rnnsearch.charts.point import TrialPoint
from rnnsearch.charts.progress import Way, progress_chart
from rnnsearch.charts.slices import slice_chart
from rnnsearch.charts.survival import survival_chart
from rnnsearch.charts.upright import upright
from rnnsearch.charts.winners import winners_chart
from rnnsearch.goal import Goal

METRIC = "val_mse (squared units)"
LESS = {"metric": METRIC, "goal": Goal.MINIMIZE}


def test_the_history_shows_every_state_and_the_baselines() -> None:
    chart = history_chart(trials(), **LESS, baselines={"AR(10)": 0.5}, winner=8)
    shown = names(accepted(chart))
    assert "failed, without a value (1)" in shown
    assert "diverged, without a value (4)" in shown
    assert {"best so far", "winner: trial 8", "AR(10): 0.5"} <= set(shown)


def test_the_best_so_far_falls_or_rises_with_the_goal() -> None:
    points = [
        TrialPoint(number=at, state="complete", value=value)
        for at, value in enumerate([0.5, 0.9, 0.4])
    ]
    for goal, best in ((Goal.MINIMIZE, [0.5, 0.4, 0.4]), (Goal.MAXIMIZE, [0.5, 0.9, 0.9])):
        chart = history_chart(points, metric="x", goal=goal, baselines={}, winner=None)
        (line,) = [one for one in chart.traces if one["name"] == "best so far"]
        assert list(line["y"]) == best


def test_values_over_decades_get_a_logarithmic_axis() -> None:
    near = [TrialPoint(number=at, state="complete", value=1.0 + at) for at in range(9)]
    far = [TrialPoint(number=at, state="complete", value=10.0**-at) for at in range(9)]
    for points, kind in ((near, "linear"), (far, "log")):
        chart = history_chart(points, **LESS, baselines={}, winner=None)
        assert accepted(chart)["layout"]["yaxis"]["type"] == kind


def test_wild_values_do_not_press_the_others_onto_one_end() -> None:
    values = [1.0 + at / 100 for at in range(99)] + [1e4]
    points = [TrialPoint(number=at, state="complete", value=one) for at, one in enumerate(values)]
    chart = history_chart(points, **LESS, baselines={}, winner=None)
    axis = accepted(chart)["layout"]["yaxis"]
    top = axis["range"][1]
    assert (10**top if axis["type"] == "log" else top) < 10
    assert "1 of 100 values leave the picture" in " ".join(chart.thinned)


def test_a_curve_that_runs_away_leaves_the_picture_and_is_counted() -> None:
    curves = [{epoch: 2.0 / epoch for epoch in range(1, 9)} for _ in range(9)]
    curves[3] = {**curves[3], 5: 4e5}
    points = [
        TrialPoint(number=at, state="complete", value=0.25, curve=one, epoch=8)
        for at, one in enumerate(curves)
    ]
    for goal, sign in ((Goal.MINIMIZE, 1.0), (Goal.MAXIMIZE, -1.0)):
        turned = [
            replace(one, curve={epoch: sign * value for epoch, value in one.curve.items()})
            for one in points
        ]
        chart = curves_chart(
            turned, metric="x", goal=goal, rungs=(), rungs_called="rungs", last=8, winner=None
        )
        axis = accepted(chart)["layout"]["yaxis"]
        assert axis["type"] == "linear"
        assert max(map(abs, axis["range"])) == pytest.approx(2.0, abs=0.2)
        assert chart.thinned == ["1 of 9 curves leave the picture; a double click shows all."]


def test_few_groups_of_stopped_curves_are_told_apart() -> None:
    points = [
        TrialPoint(number=at, state="pruned", value=0.5, curve={1: 0.5}, epoch=1 + at)
        for at in range(2)
    ]
    chart = curves_chart(points, **LESS, rungs=(), rungs_called="rungs", last=9, winner=None)
    light, dark = (int(trace["line"]["color"][1:3], 16) for trace in chart.traces)
    assert light - dark > 100


def test_a_baseline_off_the_scale_is_named_as_such() -> None:
    near = [TrialPoint(number=at, state="complete", value=1.0 + at / 9) for at in range(9)]
    chart = history_chart(near, **LESS, baselines={"mean": 7.0, "last": 1.5}, winner=None)
    assert {"mean: 7 (off the scale)", "last: 1.5"} <= set(names(accepted(chart)))


@pytest.mark.parametrize("height", [150, 270, 430])
def test_no_upright_title_is_longer_than_its_axis(height: int) -> None:
    for text in ("val_mse", "val_rollout_rmse_49 (units of the wave)", "x" * 200, "a b " * 90):
        lines = upright(text, height).split("<br>")
        assert len(lines) <= 3
        assert all(len(line) * 7 <= max(84, height - 90) for line in lines)
        assert "".join(lines)[0] == text[0]


def test_curves_are_grouped_by_the_epoch_at_which_they_end() -> None:
    chart = curves_chart(trials(), **LESS, rungs=(3, 9), rungs_called="rungs", last=LAST, winner=8)
    seen = accepted(chart)
    assert {"stopped at epoch 3", "stopped at epoch 9", "complete", "trial 8, the best"} <= set(
        names(seen)
    )
    assert len(seen["layout"]["shapes"]) == 2
    assert not chart.thinned


def test_of_many_curves_the_best_are_kept_and_the_rest_is_said() -> None:
    many = [
        TrialPoint(
            number=at, state="complete", value=float(1000 - at), curve={1: 1000.0 - at}, epoch=1
        )
        for at in range(1000)
    ]
    chart = curves_chart(many, **LESS, rungs=(), rungs_called="rungs", last=1, winner=999)
    drawn = {int(number) for trace in chart.traces for number in trace["customdata"]}
    assert set(range(999, 999 - MOST_CURVES // 2, -1)) <= drawn
    assert len(drawn) == MOST_CURVES
    assert f"{MOST_CURVES} of 1,000 curves are drawn" in chart.thinned[0]


def test_survival_counts_who_came_to_each_rung() -> None:
    points = trials()
    chart = survival_chart(points, rungs=(3, 9), rungs_called="rungs", last=LAST)
    seen = accepted(chart)
    reached = [sum(one.epoch >= epoch for one in points) for epoch in (1, 3, 9, LAST)]
    bars = [trace for trace in chart.traces if trace["type"] == "bar"]
    assert list(np.sum([bar["y"] for bar in bars], axis=0)) == reached
    assert "were stopped here" in names(seen)


def test_parallel_axes_hold_numbers_members_and_what_was_not_sampled() -> None:
    chart = parallel_chart(trials(), EVERY, **LESS)
    dimensions = accepted(chart)["data"][0]["dimensions"]
    assert [one["label"] for one in dimensions] == [METRIC, *(one.key for one in EVERY)]
    assert dimensions[3]["ticktext"] == ["rnn", "lstm"]
    assert dimensions[4]["ticktext"][0] == "not sampled"


@pytest.mark.parametrize("dimension", EVERY, ids=lambda one: one.key)
def test_a_slice_has_the_trials_that_have_the_parameter(dimension: Dimension) -> None:
    points = trials()
    chart = slice_chart(points, dimension, **LESS)
    accepted(chart)
    have = [one for one in points if dimension.key in one.params and one.value is not None]
    assert sum(len(trace["x"]) for trace in chart.traces) == len(have)


@pytest.mark.parametrize(("across", "up"), [(RATE, UNITS), (CELL, RATE), (UNITS, CELL)])
def test_a_surface_is_blank_where_no_trial_is_near(across: Dimension, up: Dimension) -> None:
    chart = contour_chart(trials(), across, up, **LESS)
    accepted(chart)
    surface = chart.traces[0]["z"]
    assert np.isfinite(surface).any()
    assert "where none is near, nothing is drawn" in " ".join(chart.thinned)


def test_a_surface_is_the_mean_of_the_trials_there() -> None:
    points = [
        TrialPoint(number=at, state="complete", value=value, params={"a": place, "b": place})
        for at, (place, value) in enumerate([(0.0, 1.0), (0.0, 3.0), (1.0, 5.0)])
    ]
    a, b = Dimension(key="a"), Dimension(key="b")
    surface = contour_chart(points, a, b, metric="x", goal=Goal.MAXIMIZE).traces[0]["z"]
    # the worst tenth counts as the best of it: 1.0 becomes the tenth percentile, 1.4
    assert surface[0, 0] == pytest.approx(2.2)
    assert surface[-1, -1] == pytest.approx(5.0)
    assert math.isnan(surface[0, -1])


def test_intervals_are_drawn_where_they_are_known() -> None:
    row = {"param": "a<b>", "importance": 0.7, "trials": 9}
    assert "error_x" not in accepted(importances_chart([row]))["data"][0]
    bar = accepted(importances_chart([{**row, "low": 0.5, "high": 0.8}]))["data"][0]
    assert bar["y"] == ["a&lt;b&gt;"]
    chart = importances_chart([{**row, "low": 0.5, "high": 0.8}])
    assert list(chart.traces[0]["error_x"]["array"]) == pytest.approx([0.1])
    assert list(chart.traces[0]["error_x"]["arrayminus"]) == pytest.approx([0.2])


def test_cells_stand_side_by_side_as_boxes() -> None:
    points = trials()
    groups = [
        (cell, [one for one in points if one.params["model.cell"] == cell])
        for cell in ("rnn", "lstm", "gru")
    ]
    boxes = [one for one in accepted(cells_chart(groups, **LESS))["data"] if one["type"] == "box"]
    assert [one["name"] for one in boxes] == ["rnn", "lstm"]


def test_parts_of_the_data() -> None:
    accepted(sizes_chart({"train": 70, "val": 20, "test": 10}, counted="points"))
    times = np.arange("2024-01-01", "2024-07-01", dtype="datetime64[h]")
    values = np.sin(np.arange(len(times)) / 50)
    values[1234] = 9.0
    chart = series_chart([("train", times, values)], along="time", up="load (MW)")
    seen = accepted(chart)
    assert seen["data"][0]["x"][0] == "2024-01-01T00"
    assert 9.0 in chart.traces[0]["y"], "the highest point of a thinned line is kept"
    assert "the highest and the lowest" in chart.thinned[0]


def test_the_ways_of_several_studies() -> None:
    ways = [
        Way(
            name=name,
            best=[0.5, 0.1, 0.1],
            places={
                "time": [10.0, 7200.0, 9000.0],
                "training": [5.0, 100.0, 119.0],
                "trials": [1, 50, 60],
            },
        )
        for name in ("one", "other<")
    ]
    seen = accepted(progress_chart(ways, **LESS))
    assert names(seen) == ["one", "other&lt;"]
    assert seen["layout"]["xaxis"]["title"]["text"] == "time since the first start (hours)"
    titles = [
        accepted(progress_chart(ways, **LESS, along=along))["layout"]["xaxis"]["title"]["text"]
        for along in ("training", "trials")
    ]
    assert titles == ["training, all trials (s)", "ended trials"]
    accepted(winners_chart({"one": {1: 0.5, 2: 0.25}}, **LESS))


def test_a_parameter_has_ticks_where_its_values_lie() -> None:
    assert RATE.ticks(-4, -1) == ([-4, -3, -2, -1], ["0.0001", "0.001", "0.01", "0.1"])
    assert UNITS.axis([4.0, 10.0])["range"] == pytest.approx([1.6, 66.4])
    assert math.isnan(DROPOUT.position({}))


def test_the_front_stands_before_those_that_are_beaten_and_the_winner_has_a_mark() -> None:
    points = [GoalPoint(f"trial {at}", 10.0**at, 1.0 / (1 + at), True, at == 2) for at in range(4)]
    points += [GoalPoint(f"<b>{at}", 1000.0 + at, 1.0, False, False) for at in range(2500)]
    shown = accepted(front_chart(points, across="parameters", **LESS))
    assert names(shown) == ["beaten in every goal by another", "the front", "the winner"]
    assert shown["layout"]["xaxis"]["type"] == "log"
    chart = front_chart(points, across="parameters", **LESS)
    assert chart.thinned[-1] == "500 trials behind the front are not drawn."
    assert [len(trace["x"]) for trace in chart.traces] == [2000, 3, 1]
    assert list(chart.traces[1]["x"]) == [1.0, 10.0, 1000.0]
