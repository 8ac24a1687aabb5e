"""Tables in every dialect: what `init` drafts and `check` reads are the values that were written.

Or they are refused by name. The small run belongs to the suite; the long one is slow.
"""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnsearch.errors import DataError, ModelError
from rnnsearch.space.draft import draft
from rnnsearch.space.load import loads
from rnnsearch.space.roles import Answers
from rnnsearch.space.trial import complete_values, task_config
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.recent import recent_rows
from rnnsearch.tasks.series.rows import given_rows

ROWS = 48
PATTERNS = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%d-%m-%Y %H:%M", "%m/%d/%Y %I:%M %p"),
    *("%d.%m.%y %H:%M", "%Y%m%d %H%M", "%d %b %Y %H:%M", "%b %d, %Y %H:%M:%S"),
    *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+0000"),
)
DAILY = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%y/%m/%d", "%Y%m%d", "%d-%b-%Y")
SIGNS = ((".", ""), (".", ","), (",", ""), (",", "."), (",", " "), (".", "'"), (",", "\u202f"))


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, Any]:
    daily = draw(st.booleans())
    return {
        "step": timedelta(days=draw(st.sampled_from((1, 7)))) if daily else timedelta(hours=1),
        "pattern": draw(st.sampled_from(DAILY if daily else PATTERNS)),
        "start": datetime(draw(st.integers(1999, 2024)), draw(st.integers(1, 12)), 1),
        "delimiter": draw(st.sampled_from(",;\t|")),
        "signs": draw(st.sampled_from(SIGNS)),
        "digits": draw(st.sampled_from((0, 1, 2, 3))),
        "before": draw(st.sampled_from(("", "", "$", "R$ "))),
        "after": draw(st.sampled_from(("", "", " kWh", "%", " \u20ac"))),
        "order": draw(st.sampled_from(("rising", "falling", "shuffled"))),
        "series": draw(st.sampled_from((1, 1, 2, 3))),
        "empty": draw(st.sampled_from(("", "NA", "?", "-"))),
        "holes": draw(st.lists(st.integers(3, ROWS - 1), max_size=3, unique=True)),
        "encoding": draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16"))),
        "end": draw(st.sampled_from(("\n", "\r\n"))),
        "index": draw(st.booleans()),
        "doubled": draw(st.booleans()),
        "level": draw(st.sampled_from((0.5, 40.0, 5000.0, 3e6))),
        "seed": draw(st.integers(0, 2**32 - 1)),
    }


def cell(value: float, dialect: dict[str, Any]) -> str:
    if np.isnan(value):
        return str(dialect["empty"])
    decimal, thousands = dialect["signs"]
    text = f"{abs(value):,.{dialect['digits']}f}"
    text = text.replace(".", "\0").replace(",", thousands).replace("\0", decimal)
    return f"{'-' if value < 0 else ''}{dialect['before']}{text}{dialect['after']}"


def made(dialect: dict[str, Any]) -> tuple[str, dict[str, np.ndarray], list[datetime]]:
    """The text of a file, the values of each series by name, and the times of all of them."""
    random = np.random.default_rng(dialect["seed"])
    times = [dialect["start"] + at * dialect["step"] for at in range(ROWS)]
    values, rows = {}, []
    for number in range(dialect["series"]):
        name = f"s{number}"
        own = np.round(random.normal(dialect["level"], dialect["level"], ROWS), dialect["digits"])
        own[dialect["holes"]] = np.nan
        values[name] = own
        rows += [
            [time.strftime(dialect["pattern"]), name, cell(value, dialect)]
            for time, value in zip(times, own.tolist(), strict=True)
        ]
    if dialect["order"] == "falling":
        rows.reverse()
    if dialect["order"] == "shuffled":
        random.shuffle(rows)
    if dialect["doubled"]:
        rows += rows[5:8]
    names = ["when", "shop", "sales"]
    if dialect["series"] == 1:
        names, rows = ["when", "sales"], [[row[0], row[2]] for row in rows]
    if dialect["index"]:
        names, rows = ["", *names], [[str(at), *row] for at, row in enumerate(rows)]
    delimiter = dialect["delimiter"]
    lines = [
        delimiter.join(f'"{text}"' if delimiter in text else text for text in row)
        for row in (names, *rows)
    ]
    return dialect["end"].join(lines) + dialect["end"], values, times


def check(dialect: dict[str, Any], folder: Path) -> bool:
    """Whether the table was read, as it was written; otherwise it must have been refused."""
    import pandas

    text, values, times = made(dialect)
    path = folder / "x.csv"
    path.write_bytes(text.encode(dialect["encoding"]))
    answers = Answers()
    drafted = draft(path)
    if drafted.problem:
        said = "\n".join((*drafted.remarks, drafted.problem))
        reasons = ("--decimal", "--date-format", "never changes", "cannot be used", "too few")
        assert any(reason in said for reason in reasons), said
        order = {"d": "dmy", "m": "mdy"}.get(dialect["pattern"][1], "ymd")
        named = "%b" in dialect["pattern"]
        answers = Answers(decimal=dialect["signs"][0], date_format=None if named else order)
        drafted = draft(path, answers)
        if drafted.problem:
            return False
    spec = loads(drafted.yaml, name="x", directory=folder, check_data=False)
    config = task_config(complete_values(spec, {}))
    assert isinstance(config, SeriesConfig)
    assert config.time == "when"
    assert config.targets == ("sales",)
    data = SeriesData.read(config)
    assert data.times is not None
    names = data.names if len(values) > 1 else ("s0",)
    assert set(names) <= set(values)
    for number, name in enumerate(names):
        lo, hi = data.starts[number], data.starts[number + 1]
        np.testing.assert_allclose(data.values[lo:hi, 0], values[name], rtol=1e-9)
        assert data.times[lo:hi].astype("datetime64[s]").tolist() == times
    frame = pandas.read_csv(path, sep=dialect["delimiter"], encoding=dialect["encoding"])
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".* repeat another one of their time")
            rows = recent_rows(data.manifest(), given_rows(data.config, frame))
    except (ModelError, DataError):
        return True
    for own in rows:
        name = own.name if own.name is not None else "s0"
        np.testing.assert_allclose(own.values[:, 0], values[name], rtol=1e-9)
    return True


PLAIN = {
    "step": timedelta(days=1),
    "pattern": "%Y-%m-%d",
    "start": datetime(2001, 1, 1),
    "delimiter": ",",
    "signs": (".", ""),
    "digits": 1,
    "before": "",
    "after": "",
    "order": "rising",
    "series": 1,
    "empty": "",
    "holes": [],
    "encoding": "utf-8",
    "end": "\n",
    "index": False,
    "doubled": False,
    "level": 40.0,
    "seed": 0,
}


@settings(max_examples=4, deadline=None, derandomize=True)
@given(dialects())
@example({**PLAIN, "pattern": "%d.%m.%y"})
@example({**PLAIN, "index": True, "doubled": True})
def test_what_is_read_is_what_was_written(dialect: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        check(dialect, Path(folder))


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(dialects())
def test_what_is_read_is_what_was_written_in_many_dialects(dialect: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        check(dialect, Path(folder))
