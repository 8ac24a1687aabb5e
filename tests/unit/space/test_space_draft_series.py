"""`init` on a table: what it infers, and that the file it writes loads as it stands."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from rnnsearch.errors import DataError
from rnnsearch.space.describe import describe
from rnnsearch.space.draft import draft
from rnnsearch.space.load import loads
from rnnsearch.space.roles import Answers
from rnnsearch.space.seasons import season
from rnnsearch.space.spec import StudySpec

NOISE = np.random.default_rng(0).normal(0, 0.3, 3000)


def write(path: Path, columns: dict[str, list[object]], delimiter: str = ",") -> Path:
    rows = zip(*columns.values(), strict=True)
    lines = [delimiter.join(columns), *(delimiter.join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def hours(count: int) -> list[object]:
    return [(datetime(2024, 1, 1) + timedelta(hours=at)).isoformat(" ") for at in range(count)]


def daily(count: int) -> list[object]:
    wave = 10 + 3 * np.sin(2 * np.pi * np.arange(count) / 24) + NOISE[:count]
    return [round(value, 3) for value in wave.tolist()]


def drafted(path: Path) -> StudySpec:
    return loads(draft(path).yaml, name="x", directory=Path("/"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_season_and_horizon(tmp_path: Path, delimiter: str) -> None:
    path = write(
        tmp_path / "my load.csv",
        {
            "when": hours(1000),
            "load": daily(1000),
            "wind speed": NOISE[:1000].tolist(),
            "is_holiday": [at // 24 % 7 // 5 for at in range(1000)],
            "flat": [3] * 1000,
            "note": ["a"] * 1000,
        },
        delimiter,
    )
    yaml = draft(path).yaml
    assert "1,000 rows, one hour between rows" in yaml
    assert "# Left out: flat: is 3 in every row" in yaml
    assert "# Left out: note: holds 'a'" in yaml
    spec = loads(yaml, name="x", directory=Path("/"))
    values = spec.values
    assert spec.name == "my-load"
    assert values["task.time"] == "when"
    assert values["task.targets"] == ("load",)
    assert values["task.past"] == ("wind speed",)
    assert values["task.known"] == ("is_holiday",)
    assert values["task.period"] == values["task.horizon"] == 24
    assert values["task.context"] == 48
    assert values["task.strategy"] == "direct"
    assert spec.search.metric == "val_mae"
    assert describe(spec).rows == {"train": 700, "val": 150, "test": 150}


@pytest.mark.parametrize("rows", [40, 41, 60, 100, 333, 3000])
def test_a_table_of_any_length_gets_a_file_that_loads(tmp_path: Path, rows: int) -> None:
    path = write(tmp_path / "x.csv", {"y": NOISE[:rows].tolist()})
    spec = drafted(path)
    assert spec.values["task.time"] is None
    assert spec.values["task.period"] == 1
    assert spec.parameters


def test_a_panel_is_told_by_times_that_come_again(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        {
            "date": [*hours(100), *hours(100)],
            "store": [1] * 100 + [2] * 100,
            "kind": ["a"] * 200,
            "sales": [*daily(100), *daily(100)],
            "price": NOISE[:200].tolist(),
        },
    )
    values = drafted(path).values
    assert values["task.id"] == "store"
    assert values["task.targets"] == ("sales",)
    assert values["task.past"] == ("price",)


def test_empty_cells_are_filled_or_masked(tmp_path: Path) -> None:
    cells: list[object] = daily(200)
    cells[50] = ""
    path = write(tmp_path / "x.csv", {"date": hours(200), "y": cells})
    assert drafted(path).values["task.missing"] == "ffill"
    cells[0] = ""
    path = write(tmp_path / "x.csv", {"date": hours(200), "y": cells})
    assert drafted(path).values["task.missing"] == "mask"


def test_parquet(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    times = np.datetime64("2024-01-01T00", "us") + np.arange(300) * np.timedelta64(1, "h")
    parquet.write_table(pyarrow.table({"t": times, "y": daily(300)}), tmp_path / "x.parquet")
    values = drafted(tmp_path / "x.parquet").values
    assert (values["task.time"], values["task.period"]) == ("t", 24)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("y\n" + "1\n2\n" * 10, "20 rows, too few to hold parts out"),
        ("y\n" + "5\n" * 90, "no column of numbers ever changes"),
        ("name\n" + "ann\nbob\n" * 90, r"no column of numbers .* cp .* && rnnsearch init x\.txt"),
    ],
)
def test_a_table_with_nothing_to_forecast_leaves_a_draft_to_edit(
    tmp_path: Path, raw: str, words: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(raw)
    drafted = draft(path)
    assert re.search(words, drafted.problem)
    assert "This file does not run yet" in drafted.yaml
    assert raw.partition("\n")[0] in drafted.yaml


@pytest.mark.parametrize(
    ("raw", "words"),
    [("", r"x\.csv is empty \(0 bytes\)"), ("1\n" * 50, "holds numbers, not the names")],
)
def test_no_table_at_all(tmp_path: Path, raw: str, words: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(raw)
    with pytest.raises(DataError, match=words):
        draft(path)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        draft(tmp_path / "x.csv")


@pytest.mark.parametrize("period", [7, 24, 90])
def test_a_season_is_found_under_trend_and_noise(period: int) -> None:
    at = np.arange(1200)
    wave = np.sin(2 * np.pi * at / period) + 0.01 * at + NOISE[:1200]
    wave[100:110] = np.nan
    found, height = season(wave)
    assert abs(found - period) <= (1 if period > 50 else 0)
    assert height > 0.5


def test_a_slow_drift_does_not_hide_the_day() -> None:
    drift = np.cumsum(np.random.default_rng(1).normal(0, 0.3, 3000))
    wave = np.sin(2 * np.pi * np.arange(3000) / 24) + drift
    assert season(wave, [24, 168])[0] == 24


def test_noise_a_line_and_a_constant_have_no_season() -> None:
    assert season(NOISE, [24])[0] == 1
    assert season(np.arange(500.0))[0] == 1
    assert season(np.full(500, 2.0), [24])[0] == 1
    assert season(np.arange(5.0))[0] == 1


def test_texts_statics_and_the_calendar_become_inputs(tmp_path: Path) -> None:
    sky = [("sun", "rain", "fog")[at * 7 % 3] for at in range(900)]
    path = write(
        tmp_path / "x.csv",
        {
            "date": hours(900) * 2,
            "store": [1] * 900 + [2] * 900,
            "sales": [*daily(900), *daily(900)],
            "sky": sky * 2,
            "mood": sky[::-1] * 2,
            "promo_kind": sky * 2,
            "street": ["Main St"] * 900 + ["High St"] * 900,
            "region": ["north"] * 1800,
            "area": [55] * 900 + [70] * 900,
            "comment": [f"c{at}" for at in range(1800)],
        },
    )
    answers = Answers(known=("sky",))
    drafted = draft(path, answers)
    assert not drafted.problem
    values = loads(drafted.yaml, name="x", directory=Path("/")).values
    assert values["task.categories"] == ("sky", "mood", "promo_kind")
    assert values["task.known"] == ("sky", "promo_kind")
    assert values["task.static"] == ("area",)
    assert values["task.calendar"] == ("hour", "weekday")
    assert "# from the dates; also minute, monthday, yearday, month" in drafted.yaml
    assert "known up to now where no other key names them" in drafted.yaml
    said = "\n".join(drafted.remarks)
    assert "street: holds 'Main St'; names" in said or "names the same series as 'store'" in said
    assert "1,800 different texts are no category" in said
    assert "constant within every series: 'area' (task.static)" in said
    assert "from the dates: hour, weekday" in said


def test_a_number_that_each_series_has_one_of_is_not_guessed_to_be_forecast(tmp_path: Path) -> None:
    series, steps = 60, 12
    path = write(
        tmp_path / "seqs.csv",
        {
            "sample": [f"s{one}" for one in range(series) for _ in range(steps)],
            "step": [*range(steps)] * series,
            "force": daily(series * steps),
            "wear": [one / 7 for one in range(series) for _ in range(steps)],
        },
    )

    found = draft(path)

    assert found.problem == ""
    assert drafted(path).values["task.targets"] == ("force",)
    assert drafted(path).values["task.static"] == ("wear",)
    said = "\n".join(found.remarks)
    assert "--task value --id sample --target wear" in said
    answers = Answers(task="value", id="sample", target=("wear",))
    assert draft(path, answers).problem == ""


def test_a_kind_of_series_is_a_static_category(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        {
            "date": hours(100) * 4,
            "store": [at // 100 for at in range(400)],
            "kind": ["big" if at // 200 else "small" for at in range(400)],
            "sales": daily(400),
        },
    )
    values = drafted(path).values
    assert values["task.categories"] == values["task.static"] == ("kind",)


@pytest.mark.parametrize(
    ("step", "rows", "calendar"),
    [
        (timedelta(minutes=10), 2500, ("hour", "weekday")),
        (timedelta(hours=1), 100, ("hour",)),
        (timedelta(days=1), 100, ("weekday",)),
        (timedelta(days=1), 800, ("weekday", "month")),
        (timedelta(days=7), 200, ("yearday",)),
        (timedelta(days=30.5), 100, ("month",)),
        (timedelta(days=365), 100, ()),
    ],
)
def test_the_calendar_fits_the_step(
    tmp_path: Path, step: timedelta, rows: int, calendar: tuple[str, ...]
) -> None:
    times: list[object] = [
        f"{datetime(2015, 1, 1) + step * at:%Y-%m-%d %H:%M}" for at in range(rows)
    ]
    path = write(tmp_path / "x.csv", {"date": times, "y": NOISE[:rows].tolist()})
    assert drafted(path).values["task.calendar"] == calendar
    weekday = [at % 7 for at in range(rows)]
    path = write(tmp_path / "y.csv", {"date": times, "y": NOISE[:rows].tolist(), "dow": weekday})
    rest = tuple(name for name in calendar if name != "weekday")
    assert drafted(path).values["task.calendar"] == rest


def test_uneven_rows_have_their_spacing_as_an_input(tmp_path: Path) -> None:
    apart = np.cumsum(np.arange(300) * 5 % 7 + 1).tolist()
    uneven: list[object] = [f"{datetime(2024, 1, 1) + timedelta(hours=at)}" for at in apart]
    path = write(tmp_path / "x.csv", {"date": uneven, "y": NOISE[:300].tolist()})
    made = draft(path)
    assert loads(made.yaml, name="x", directory=Path("/")).values["task.spacing"] == "given"
    assert "to resample the file to even rows is the other way" in "\n".join(made.remarks)
    days = [datetime(2024, 1, 1) + timedelta(days=at) for at in range(400)]
    working: list[object] = [f"{day:%Y-%m-%d}" for day in days if day.weekday() < 5]
    path = write(tmp_path / "y.csv", {"date": working, "y": NOISE[: len(working)].tolist()})
    assert drafted(path).values["task.spacing"] == "even"


def test_folds_are_proposed_for_many_short_series(tmp_path: Path) -> None:
    for series, rows, few in ((12, 50, True), (12, 130, False), (4, 50, False)):
        draw = np.random.default_rng(series)
        columns: dict[str, list[object]] = {
            "day": daily(rows) * series,
            "shop": [f"s{at}" for at in range(series) for _ in range(rows)],
            "sales": list(draw.normal(5, 1, series * rows).round(3)),
        }
        text = draft(write(tmp_path / "x.csv", columns)).yaml
        assert ("# validation: {folds: 5}" in text) == few
        if few:
            text = text.replace("# validation:", "validation:")
            description = describe(loads(text, name="x", directory=tmp_path))
            assert description.rows == {"train": 504, "test": 96}


def test_series_that_are_too_short_for_parts_are_drafted_in_folds(tmp_path: Path) -> None:
    lengths = [12, 20, 16, 30, 12, 39, 14, 18, 22, 25, 11, 60]
    draw = np.random.default_rng(5)
    columns: dict[str, list[object]] = {
        "day": [day for count in lengths for day in daily(count)],
        "patient": [f"p{at}" for at, count in enumerate(lengths) for _ in range(count)],
        "dose": list(draw.normal(5, 1, sum(lengths)).round(3)),
    }
    proposal = draft(write(tmp_path / "x.csv", columns))
    assert not proposal.problem
    assert "1 of 12 series have fewer than 12 rows" in "\n".join(proposal.remarks)
    values = drafted(tmp_path / "x.csv").values
    assert values["task.validation.folds"] == 5
    assert (values["task.horizon"], values["task.context"]) == (1, 2)
