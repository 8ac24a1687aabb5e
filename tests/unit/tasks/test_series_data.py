"""Tables: reading, checking, splitting and scaling, and the baselines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.series.config import SeriesConfig, ValidationConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.problems import problems
from rnnsearch.tasks.splits import TimeSplitConfig

WAVE = "\n".join(f"{20 + i % 5},{i}" for i in range(100))


def table(tmp_path: Path, raw: str | bytes, name: str = "x.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


def config(path: Path, **settings: Any) -> SeriesConfig:
    return SeriesConfig(**{"path": str(path), "targets": ("y",), "context": 4, **settings})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"targets": ("Y",)}, "no column 'Y'; its columns are 'y', 't'. Did you mean 'y'"),
        ({"targets": ("y", "a"), "past": ("b",), "strategy": "direct"}, "no column 'a', 'b'"),
        ({"horizon": 20}, "15 fall to the val part, too few for a horizon of 20: it needs 20"),
        ({"context": 90}, "70 fall to the train part, too few for a context of 90"),
        ({"split": TimeSplitConfig(train=80, val=20, test=20)}, "asks for 120 rows"),
        ({"split": TimeSplitConfig(gap=48)}, "fall to the train part"),
    ],
)
def test_what_a_table_cannot_give(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        load_data(config(table(tmp_path, f"y,t\n{WAVE}"), **settings))
    assert caught.value.key.startswith("task.")


@pytest.mark.parametrize(
    ("cells", "settings", "words"),
    [
        ([""] * 100, {}, "the column 'y' is empty"),
        (["5"] * 100, {}, "'y' is 5 in the whole training part; a constant"),
        (["5"] * 70 + ["6"] * 30, {}, "'y' is 5 in the whole training part"),
        (["1", "2", "", *["3"] * 97], {}, r"empty cells in 'y' \(1 cell\), the first in row 3"),
        (["", *["1", "2"] * 49, "3"], {"missing": "ffill"}, "begins with empty cells"),
        ([*[""] * 70, *["1", "2"] * 15], {"missing": "mask"}, "part has no value of 'y'"),
    ],
)
def test_cells_that_teach_nothing(
    tmp_path: Path, cells: list[str], settings: dict[str, Any], words: str
) -> None:
    raw = "y,t\n" + "\n".join(f"{cell},{at}" for at, cell in enumerate(cells))
    with pytest.raises(DataError, match=words):
        load_data(config(table(tmp_path, raw), **settings))


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([1, 2, 2, 3], r"x\.csv:4: 't' repeats the time of another row \(.*x\.csv:3\) with other"),
        ([1, 2, 3, 2], r"x\.csv:5: 't' repeats the time of another row \(.*x\.csv:3\) with other"),
    ],
)
def test_a_time_that_comes_twice(tmp_path: Path, times: list[int], words: str) -> None:
    raw = "y,t\n" + "\n".join(f"{at},{one}" for at, one in enumerate([*times, *range(9, 90)]))
    with pytest.raises(DataError, match=words):
        load_data(config(table(tmp_path, raw), time="t"))


@pytest.mark.parametrize("shuffled", [False, True])
def test_rows_are_read_in_the_order_of_time(tmp_path: Path, shuffled: bool) -> None:
    rows = [f"{at % 7},{at}" for at in range(90)]
    straight = SeriesData.read(config(table(tmp_path, "y,t\n" + "\n".join(rows)), time="t"))
    mixed = rows[::-1]
    if shuffled:
        np.random.default_rng(0).shuffle(mixed)
    mixed = [*mixed[:8], mixed[7], *mixed[8:]]  # one of them twice
    found = SeriesData.read(config(table(tmp_path, "y,t\n" + "\n".join(mixed)), time="t"))
    np.testing.assert_array_equal(found.values, straight.values)
    np.testing.assert_array_equal(found.times, straight.times)
    said = " | ".join(found.notes())
    assert ("rows were earlier than" if shuffled else "newest first") in said
    assert "1 rows repeat another one" in said


def test_nothing_of_the_later_parts_reaches_the_scaler(tmp_path: Path) -> None:
    changed = WAVE.splitlines()
    changed[70:] = [f"{10_000 + i},{i}" for i in range(70, 100)]
    for kind in ("standard", "minmax", "robust", "none"):
        before = SeriesData.read(config(table(tmp_path, f"y,t\n{WAVE}"), scaler=kind))
        after = SeriesData.read(config(table(tmp_path, "y,t\n" + "\n".join(changed)), scaler=kind))
        for name in ("center", "scale", "spread", "season"):
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
        np.testing.assert_array_equal(before.scaled[:70], after.scaled[:70])


def test_forecasts_lie_in_their_part(tmp_path: Path) -> None:
    split = TimeSplitConfig(train=50, val=20, test=10, gap=3)
    data = SeriesData.read(config(table(tmp_path, f"y,t\n{WAVE}"), split=split, horizon=2))
    for part, lo, hi in (("train", 0, 50), ("val", 53, 73), ("test", 76, 86)):
        origins = data.origins(part)  # type: ignore[arg-type]
        assert origins[0] == lo + (4 if part == "train" else 0)
        assert origins[-1] + 2 == hi


def test_a_panel_out_of_order_is_sorted_into_its_series(tmp_path: Path) -> None:
    rows = [(f"{at},{shop},{at % 4 + 10 * shop}") for at in range(60) for shop in (1, 0)]
    data = SeriesData.read(
        config(table(tmp_path, "t,shop,y\n" + "\n".join(rows)), time="t", id="shop")
    )
    assert data.names == ("1", "0")
    np.testing.assert_array_equal(data.values[:60, 0], np.arange(60) % 4 + 10)
    assert data.rows() == {"train": 84, "val": 18, "test": 18}
    np.testing.assert_allclose(data.scaled[:42, 0], data.scaled[60:102, 0], atol=1e-6)
    names = [metric.name for metric in data.metrics()]
    assert names[-2:] == ["val_mae/1", "val_mae/0"]


def test_a_metric_of_a_series_says_its_name_as_the_data_has_it(tmp_path: Path) -> None:
    rows = [f"{at},{shop},{at % 4}" for shop in ("Süd", "West") for at in range(60)]
    data = SeriesData.read(
        config(table(tmp_path, "t,shop,y\n" + "\n".join(rows)), time="t", id="shop")
    )
    said = {metric.name: metric.meaning for metric in data.metrics()}
    assert (said["val_mae/S_d"], said["val_mae/West"]) == ("MAE of Süd", "MAE of West")


def test_a_short_series_of_a_panel_is_named(tmp_path: Path) -> None:
    rows = [f"{at},a,{at % 4}" for at in range(60)] + [f"{at},b,{at % 4}" for at in range(5)]
    with pytest.raises(DataError, match="the series 'b' of 5 rows, 3 fall to the train part"):
        SeriesData.read(
            config(table(tmp_path, "t,shop,y\n" + "\n".join(rows)), time="t", id="shop")
        )


@pytest.mark.parametrize("missing", ["ffill", "mask"])
def test_empty_cells_are_filled_or_hidden_and_never_scored(tmp_path: Path, missing: str) -> None:
    cells = [str(at % 5) for at in range(100)]
    cells[10] = cells[80] = ""
    raw = "y,t\n" + "\n".join(f"{cell},{at}" for at, cell in enumerate(cells))
    data = SeriesData.read(config(table(tmp_path, raw), missing=missing, period=5))
    assert data.input_size == (2 if missing == "mask" else 1)
    expected = data.scaled[9, 0] if missing == "ffill" else 0
    assert data.scaled[10, 0] == expected
    starts = data.starts_of_windows(Window(1))
    assert not any(first < 10 <= first + 4 for first in starts)
    season = next(score for score in data.baselines() if score.name == "season(5)")
    assert season.metrics["val_mae"] == pytest.approx(0, abs=1e-6)
    assert any("1 empty cell" in note or "2 empty cells" in note for note in data.notes())


def test_baselines_of_a_noise_free_wave(tmp_path: Path) -> None:
    wave = np.sin(2 * np.pi * np.arange(120) / 12) + 5
    raw = "y,t\n" + "\n".join(f"{value!r},{at}" for at, value in enumerate(wave.tolist()))
    for horizon in (1, 6):
        data = SeriesData.read(config(table(tmp_path, raw), horizon=horizon, period=12))
        last, season, linear = data.baselines()
        assert (last.name, season.name) == ("persistence", "season(12)")
        assert linear.name == ("AR(4)" if horizon == 1 else "linear(4)")
        assert season.metrics["val_mae"] < 1e-6
        assert linear.metrics["test_rmse"] < 1e-3 < last.metrics["test_rmse"]
        assert season.metrics.get("val_valid_steps", 6) == 6


def test_notes_say_where_the_parts_begin_and_what_is_odd(tmp_path: Path) -> None:
    days = [np.datetime64("2024-01-01") + at + (at > 50) for at in range(100)]
    raw = "y,t,flat\n" + "\n".join(f"{at % 5},{day},3" for at, day in enumerate(days))
    path = table(tmp_path, raw)
    split = TimeSplitConfig(train=60, val=20, test=10)
    data = SeriesData.read(config(path, time="t", known=("flat",), split=split))
    said = " | ".join(data.notes())
    assert "train from 2024-01-01 to 2024-03-01; val from 2024-03-02 to 2024-03-21" in said
    assert "1 steps between rows are not the usual 1 day" in said
    assert "'flat' never changes" in said
    assert "10 of 100 rows belong to no part" in said


def test_windows_that_do_not_fit(tmp_path: Path) -> None:
    data = SeriesData.read(config(table(tmp_path, f"y,t\n{WAVE}")))
    assert data.window_problem(Window(60)) is None
    assert "at most training.batch_size: 66" in str(data.window_problem(Window(67)))
    assert "at most training.seq_len: 69" in str(data.window_problem(Window(1, seq_len=70)))
    streams = SeriesData.read(config(table(tmp_path, f"y,t\n{WAVE}"), order="in_time"))
    assert "at most training.batch_size: 17" in str(streams.window_problem(Window(18)))


@pytest.mark.parametrize(
    ("settings", "key", "words"),
    [
        ({"path": None}, "path", "is missing"),
        ({"targets": ()}, "targets", "at least one column"),
        ({"targets": ("y", "y")}, "targets", "task.targets has too"),
        ({"targets": ("y",), "known": ("y",)}, "known", "task.targets has too"),
        ({"past": ("x",)}, "past", "use `strategy: direct`"),
        ({"horizon": 0}, "horizon", "at least 1"),
        ({"split": TimeSplitConfig(train=0.5)}, "split", "sums to 0.8"),
        ({"split": TimeSplitConfig(val=0, test=0.3)}, "split.val", "must be above 0"),
        ({"split": TimeSplitConfig(gap=-1)}, "split.gap", "at least 0"),
        ({"strategy": "direct", "known": ("k",), "horizon": 9}, "context", "shorter than"),
        ({"strategy": "direct", "order": "in_time"}, "order", "leave task.order out"),
        ({"id": "s", "order": "in_time"}, "order", "panel"),
        ({"segment": 2}, "segment", "is for direct forecasts"),
        ({"strategy": "direct", "segment": 3}, "segment", "does not divide the context, 4"),
        ({"segment": 0}, "segment", "at least 1"),
        ({"quantiles": (0.1, 0.9)}, "quantiles", "0.5 among them"),
        ({"quantiles": (0.5, 0.1)}, "quantiles", "must rise"),
        ({"quantiles": (0.5, 1.0)}, "quantiles", "below 1"),
        ({"quantiles": (0.5,), "horizon": 2}, "quantiles", "use `strategy: direct`"),
        ({"interval": 1.0}, "interval", "above 0 and below 1"),
        ({"interval": 0.8, "quantiles": (0.1, 0.5)}, "interval", "needs 0.9 among task.quantiles"),
        ({"validation": ValidationConfig(windows=1)}, "validation.windows", "at least 2, not 1"),
        (
            {"validation": ValidationConfig(windows=2, stride=0)},
            "validation.stride",
            "at least 1 and at most",
        ),
        ({"channels": "each", "order": "in_time"}, "channels", "no one stream"),
    ],
)
def test_problems_of_a_config(settings: dict[str, Any], key: str, words: str) -> None:
    found = problems(replace(config(Path("x.csv")), **settings))
    assert [(where, words in message) for where, message in found] == [(key, True)]


def test_no_problems() -> None:
    assert problems(config(Path("x.csv"))) == []
