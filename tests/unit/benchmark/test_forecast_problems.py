"""Forecasts of all contenders are scored in one place, over the rows that our task scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.splits import TableTimeSplitConfig

SIZES = (120, 60, 60)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two noisy waves of other size, with a column between them and a row too many."""
    draw = np.random.default_rng(0)
    times = np.arange(sum(SIZES))
    rows = np.stack([np.sin(times / 5), 20 + 8 * np.cos(times / 5)], axis=1)
    rows += draw.normal(0, [0.1, 0.8], rows.shape)
    lines = [f"{a},x,{b}" for a, b in rows]
    path = tmp_path / "waves.csv"
    path.write_text("\n".join(["a,other,b", *lines, "0,x,0"]) + "\n")
    return path


def read(file: Path, like: str) -> Any:
    from forecast.problems import PROBLEMS

    changes: Any = {"file": file.name, "columns": ("b", "a"), "horizon": 3, "sizes": SIZES}
    return replace(PROBLEMS[like], lags=8, **changes).read(file.parent)


def test_parts_follow_one_another_and_later_rows_are_left_out(file: Path) -> None:
    waves = read(file, "etth1")
    assert len(waves.rows) == 240
    assert waves.origins("val").tolist() == list(range(120, 178))
    assert waves.origins("test").tolist() == list(range(180, 238))
    assert (waves.ahead(waves.origins("val"))[:, 2] == waves.rows[122:180]).all()
    assert (waves.before(waves.origins("test"), 8)[:, -1] == waves.rows[179:237]).all()


@pytest.mark.parametrize("like", ["etth1", "sunspots"])
def test_the_score_is_that_of_our_task(file: Path, like: str) -> None:
    waves = read(file, like)
    train, val, test = SIZES
    split = TableTimeSplitConfig(train=train, val=val, test=test)
    config = SeriesConfig(
        path=str(file), targets=("b", "a"), horizon=3, context=8, split=split, strategy="direct"
    )
    persistence = SeriesData.read(config).baselines()[0].metrics
    name = waves.problem.metric.removeprefix("val_")
    ours = {part: persistence[f"{part}_{name}"] for part in ("val", "test")}
    assert waves.baselines()["the last row again"] == pytest.approx(ours, rel=1e-6)


def test_the_linear_baseline_sees_through_a_wave(file: Path) -> None:
    scores = read(file, "etth1").baselines()
    assert scores["linear(8)"]["test"] < 0.2 * scores["the last row again"]["test"]


def test_forecasts_of_other_rows_are_refused(file: Path) -> None:
    waves = read(file, "etth1")
    truth = waves.ahead(waves.origins("val"))
    assert waves.score("val", truth) == 0
    with pytest.raises(ValueError, match=r"\(57, 3, 2\)"):
        waves.score("val", truth[1:])


def test_splits_and_spaces_are_those_of_the_shipped_files() -> None:
    from forecast.problems import PROBLEMS
    from forecast.shared import space_of

    from rnnsearch.space.load import loads
    from rnnsearch.space.proposals import optuna_distributions

    for problem in PROBLEMS.values():
        text = problem.space.read_text()
        spec = loads(text, name=problem.name, directory=problem.space.parent, check_data=False)
        space = space_of(problem.space)
        ours = optuna_distributions(spec)
        assert set(space.searched) == set(ours)
        for name, (kind, ends) in space.searched.items():
            of: Any = ours[name]
            assert ends == (list(of.choices) if kind == "choice" else [of.low, of.high])
            assert kind == "choice" or of.log == kind.startswith("log")
        assert spec.search.metric == problem.metric
        assert tuple(spec.values["task.targets"]) == problem.columns
        assert spec.values["task.horizon"] == problem.horizon
        assert space.epochs == spec.values["training.max_epochs"]
        assert next(iter(spec.stopping_rule().rungs)) == space.grace
