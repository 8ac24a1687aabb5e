"""`init` on files as people have them: what it takes, what it says, and what it asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from table_zoo import CASES, DAYS, table, wave

from rnnsearch.space.draft import draft
from rnnsearch.space.load import loads
from rnnsearch.space.roles import Answers
from rnnsearch.space.trial import complete_values, task_config
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.notes import moment

LONG = ("traffic", "quarters", "days as numbers", "milliseconds", "electricity", "units")
LONG += ("twelve hours", "offsets", "air quality", "german")
"""Cases whose cells other tests read too; they are tried whole in the slow suite."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in CASES],
)
def test_files_as_people_have_them(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(case.lines) + "\n", encoding="utf-8")
    drafted = draft(path)
    assert drafted.problem == ""
    said = "\n".join(drafted.remarks)
    for words in case.said:
        assert words in said
    assert case.asked in said
    assert ("unsure" in said) == bool(case.asked)
    spec = loads(drafted.yaml, name="x", directory=tmp_path, check_data=False)
    values = spec.values
    assert values["task.time"] == case.time
    assert values["task.id"] == case.id
    assert values["task.targets"] == (case.target,)
    for key, value in case.extra.items():
        assert values[key] == value
    config = task_config(complete_values(spec, {}))
    assert isinstance(config, SeriesConfig)
    data = SeriesData.read(config)
    assert moment(data, 0) == case.first
    assert not any("not the usual" in note for note in data.notes()) or name == "stock"


@pytest.mark.parametrize(
    ("lines", "asked", "answers", "target"),
    [
        (
            table(
                ("day", "sales"),
                [(d.date(), f"{int(v * 99):,}") for d, v in zip(DAYS, wave(90), strict=True)],
            ),
            "say which with --decimal",
            Answers(decimal="."),
            "sales",
        ),
        (
            table(
                ("day", "y"),
                [
                    (f"{at % 9 + 1:02d}/{at * 5 % 12 + 1:02d}/{2000 + at}", v)
                    for at, v in enumerate(wave(60))
                    if at not in (3, 8, 9)
                ],
            ),
            "say which with --date-format",
            Answers(date_format="dmy"),
            "y",
        ),
        (
            table(
                ("date", "store", "item", "y"),
                [
                    (d.date(), s, i, v + s + i)
                    for s in (1, 2)
                    for i in (1, 2)
                    for d, v in zip(DAYS, wave(90), strict=True)
                ],
            ),
            "'store' and 'item' do together",
            None,
            "y",
        ),
        (
            table(("date", "y"), [(f"{d:%Y;%j}", v) for d, v in zip(DAYS, wave(90), strict=True)]),
            "--date-format PATTERN",
            Answers(time=("date",), date_format="%Y;%j"),
            "y",
        ),
    ],
)
def test_what_is_unsure_is_asked_and_a_draft_stays(
    tmp_path: Path, lines: list[str], asked: str, answers: Answers | None, target: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\n".join(lines) + "\n")
    drafted = draft(path)
    assert asked in "\n".join(drafted.remarks)
    assert "task:" in drafted.yaml
    assert asked in drafted.yaml
    if answers is not None:
        again = draft(path, answers)
        assert again.problem == ""
        values = loads(again.yaml, name="x", directory=tmp_path, check_data=False).values
        assert values["task.targets"] == (target,)
        assert values["task.time"] is not None


def test_answers_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\n".join(CASES["walmart"].lines))
    answers = Answers(time=("Date",), id="Store", target=("Temperature", "Weekly_Sales"), horizon=3)
    drafted = draft(path, answers)
    assert drafted.problem == ""
    values = loads(drafted.yaml, name="x", directory=tmp_path, check_data=False).values
    assert values["task.targets"] == ("Temperature", "Weekly_Sales")
    assert values["task.horizon"] == 3
    with pytest.raises(Exception, match=r"has no column 'Datum'.* Did you mean 'Date'"):
        draft(path, Answers(time=("Datum",)))
