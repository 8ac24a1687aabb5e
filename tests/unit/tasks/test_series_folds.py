"""Folds of a panel: whole series in turn, scaled by rows that come before what is scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_series import Echo

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.series.config import SeriesConfig, ValidationConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.problems import problems
from rnnsearch.tasks.series.task import SeriesTask
from rnnsearch.tasks.splits import TableTimeSplitConfig
from rnnsearch.testing.tasks import CPU

LENGTHS = [20, 24, 16, 30, 18, 22]
WALKS = [
    np.cumsum(np.random.default_rng(at).normal(0.3, 1, count)) for at, count in enumerate(LENGTHS)
]
SPLIT = TableTimeSplitConfig(train=0.5, val=0.3, test=0.2)


def config_of(path: Path, walks: list[Any], folds: int = 3, **settings: Any) -> SeriesConfig:
    """The config of a panel that is written to a path."""
    lines = ["who,y,part"]
    for at, walk in enumerate(walks):
        parts = ["train"] * (len(walk) - 8) + ["valid"] * 3 + ["test"] * 5
        lines += [f"p{at},{value},{part}" for value, part in zip(list(walk), parts, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = {"split": SPLIT, "context": 3, "horizon": 2, "scaler": "standard"} | settings
    settings["validation"] = ValidationConfig(folds=folds, **settings.pop("rolling", {}))
    return SeriesConfig(path=str(path), id="who", targets=("y",), **settings)


def read(tmp_path: Path, walks: list[Any] = WALKS, folds: int = 3, **settings: Any) -> SeriesData:
    return SeriesData.read(config_of(tmp_path / "x.csv", walks, folds, **settings))


def test_series_are_held_out_whole_and_scored_on_their_second_half(tmp_path: Path) -> None:
    data = read(tmp_path)
    assert data.rows() == {"train": 102, "test": 28}
    assert sorted(np.concatenate(data.fold_numbers).tolist()) == list(range(6))
    for number, held in enumerate(data.fold_numbers):
        fold, _ = data.fold(number)
        task = SeriesTask(data.config, fold, CPU, torch.float32)
        learned = fold.series_of(task.epoch_index(1, 0, Window(batch_size=4)).ravel())
        assert not np.isin(learned, held).any()
        origins = fold.origins("val")
        assert set(fold.series_of(origins).tolist()) == set(held.tolist())
        for at in held.tolist():
            lo, hi = data.bounds["train"][at].tolist()
            own = origins[fold.series_of(origins) == at]
            assert own.tolist() == list(range((lo + hi) // 2, hi - 1))


def test_nothing_of_the_scored_rows_reaches_what_is_read_before_them(tmp_path: Path) -> None:
    """Another second half of the held-out series: what their first halves are read as, and all
    that is learned from the others, stays as it was to the bit."""
    data = read(tmp_path)
    held = data.fold_numbers[0]
    before, _ = data.fold(0)
    other = [walk.copy() for walk in WALKS]
    first = []
    for at in held.tolist():
        lo, hi = (data.bounds["train"][at] - data.starts[at]).tolist()
        other[at][(lo + hi) // 2 :] *= 7
        first += list(range(data.starts[at], data.starts[at] + (lo + hi) // 2))
    after, _ = read(tmp_path, other).fold(0)
    rest = [row for row in range(len(data.values)) if before.series_of(np.array(row)) not in held]
    for rows in (first, rest):
        np.testing.assert_array_equal(before.scaled[rows], after.scaled[rows])
    np.testing.assert_array_equal(before.center, after.center)
    np.testing.assert_array_equal(before.spread, after.spread)
    # The whole panel, on which the model is trained, is scaled by all rows before the test part.
    assert data.center[held[0], 0] != before.center[held[0], 0]
    lo, hi = data.bounds["train"][held[0]].tolist()
    assert data.center[held[0], 0] == pytest.approx(data.values[lo:hi, 0].mean())


def test_a_fold_is_scored_in_the_units_of_the_data(tmp_path: Path) -> None:
    """Of a network that repeats its input plus 1: the errors of repeating the value before."""
    data = read(tmp_path, horizon=1, anchor="last")
    fold, _ = data.fold(1)
    task = SeriesTask(data.config, fold, CPU, torch.float64)
    echo = Echo()
    scores = task.evaluate(echo, "val", None)  # type: ignore[arg-type]
    assert set(scores) <= {metric.name for metric in data.metrics()}
    origins = fold.origins("val")
    at, scaled = fold.series_of(origins), fold.scaled[origins - 1, 0].astype(np.float64)
    predicted = fold.values[origins - 1, 0] + (scaled + 1) * fold.scale[at, 0]
    error = np.abs(predicted - fold.values[origins, 0])
    assert float(scores["val_mae"]) == pytest.approx(error.mean(), rel=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"period": 4, "strategy": "direct", "quantiles": (0.1, 0.5, 0.9)},
        {"period": 15, "split": TableTimeSplitConfig(train=0.7, val=0.1, test=0.2, gap=2)},
    ],
)
def test_rivals_have_finite_scores_in_every_fold(tmp_path: Path, settings: Any) -> None:
    data = read(tmp_path, **settings)
    scores = data.baselines()
    seasons = [one.name for one in scores if "season" in one.name]
    assert seasons == (["season(4)"] if settings["period"] == 4 else [])  # no half has 15 rows
    for one in scores:
        assert {metric.name for metric in data.metrics()} <= set(one.metrics)
        assert np.isfinite(list(one.metrics.values())).all()
        assert "test_mae" in one.metrics


def test_a_batch_must_fit_into_what_each_fold_leaves(tmp_path: Path) -> None:
    data = read(tmp_path, strategy="direct")
    lengths = [len(data.fold(at)[0].starts_of_windows(Window(batch_size=1))) for at in range(3)]
    assert data.window_problem(Window(batch_size=min(lengths))) is None
    problem = data.window_problem(Window(batch_size=min(lengths) + 1))
    assert problem is not None
    assert problem.endswith(f"at most training.batch_size: {min(lengths)}.")


def test_parts_that_are_given_are_joined(tmp_path: Path) -> None:
    data = read(tmp_path, split=TableTimeSplitConfig(column="part"))
    assert data.rows() == {"train": 100, "test": 30}
    notes = " ".join(data.notes())
    assert "is taken for it" not in notes
    assert "validated on 3 folds of the 6 series, whole ones" in notes
    assert "scaled by the first half of its rows before the test part" in notes


def test_what_is_shown_is_the_test_part(tmp_path: Path) -> None:
    for split, first in ((SPLIT, 16), (TableTimeSplitConfig(train=0.8, val=0.2, test=0), 18)):
        data = read(tmp_path, split=split)
        task = SeriesTask(data.config, data, CPU, torch.float64)
        panel = task.panels(Echo()).shown[0]  # type: ignore[arg-type]
        assert panel.prediction_time.tolist() == [first + 1, first + 2]
        assert f"from row {first + 1}," in task.say(Echo())  # type: ignore[arg-type]


STILL = [*WALKS[:5], np.r_[np.ones(9), np.arange(13.0)]]
SHORT = [*WALKS[:5], np.arange(8.0)]


@pytest.mark.parametrize(
    ("walks", "folds", "settings", "complaint"),
    [
        (WALKS, 7, {}, "there are 6 different ones, too few for 7 folds.*at most"),
        ([WALKS[0]] * 6, 2, {}, "there are 1 different ones.*validated on the last rows"),
        (STILL, 3, {}, "'p5' is 1 in its first 8 rows, which scale it where a fold holds it out"),
        (SHORT, 3, {"context": 6}, "'p5' of 8 rows, 6 fall to the train part, too few"),
        (
            [np.r_[walk[:8], np.full(len(walk) - 8, np.nan)] for walk in WALKS],
            3,
            {"missing": "mask"},
            "no target has a value in the rows on which a fold is scored",
        ),
    ],
)
def test_panels_that_cannot_be_folded_are_refused(
    tmp_path: Path, walks: Any, folds: int, settings: Any, complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        read(tmp_path, walks, folds, **settings)


@pytest.mark.parametrize(
    ("settings", "key", "complaint"),
    [
        ({"id": None}, "validation.folds", "task.validation.windows for several origins"),
        ({"rolling": {"windows": 3}}, "validation.windows", "with folds there is none"),
        ({"interval": 0.8}, "interval", "take task.quantiles"),
        ({"categories": ("who",)}, "categories", "no network knows that a fold holds out"),
        ({"folds": 1}, "validation.folds", "at least 2"),
    ],
)
def test_keys_that_do_not_go_with_folds(settings: Any, key: str, complaint: str) -> None:
    validation = ValidationConfig(folds=settings.pop("folds", 3), **settings.pop("rolling", {}))
    values = {"path": "x.csv", "id": "who", "targets": ("y",), "validation": validation}
    ((place, message),) = problems(SeriesConfig(**{**values, **settings}))
    assert place == key
    assert complaint in message


def test_folds_need_no_validation_part() -> None:
    values: dict[str, Any] = {"path": "x.csv", "id": "who", "targets": ("y",)}
    split = TableTimeSplitConfig(train=0.8, val=0, test=0.2)
    config = SeriesConfig(**values, split=split, validation=ValidationConfig(folds=3))
    assert not problems(config)
    assert problems(SeriesConfig(**values, split=split))
