"""Series of a panel that cannot be learned: named all at once, and left out as the words say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rnnsearch.errors import DataError, SpaceFileError
from rnnsearch.space.load import loads
from rnnsearch.space.trial import complete_values, task_config
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData

SPACE = """
task: {{type: series, path: "{path}", time: t, id: shop, targets: [y], context: 4}}
model: {{cell: gru}}
"""


def panel(tmp_path: Path, **rows: int) -> Path:
    """A table of several series; the values of one whose name begins with `flat` never change.

    Args:
        rows: How many rows each series has, by its name.
    """
    lines = ["t,shop,y"]
    for name, count in rows.items():
        changing = not name.startswith("flat")
        lines += [f"{at},{name},{at % 4 if changing else 3}" for at in range(count)]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_all_are_named_and_the_remedy_works_as_printed(tmp_path: Path) -> None:
    path = panel(tmp_path, good=60, a=5, flat=60, b=6, better=50, flat2=50)
    text = SPACE.format(path=path)
    with pytest.raises(SpaceFileError) as caught:
        loads(text, name="x", directory=tmp_path)
    said = str(caught.value)
    for name in ("a", "flat", "b", "flat2"):
        assert f"the series {name!r}" in said
    assert "4 of 6 series cannot be used" in said
    options = shlex.split(said.partition("To leave them out add ")[2].partition("\n")[0])
    assert options[::2] == ["--set"] * (len(options) // 2)
    spec = loads(text, name="x", directory=tmp_path, overrides=options[1::2])
    config = task_config(complete_values(spec, {}))
    assert isinstance(config, SeriesConfig)
    data = SeriesData.read(config)
    assert data.names == ("good", "better")
    assert "4 of 6 series are left out, 121 rows: a, flat, b, flat2" in " ".join(data.notes())


def test_hundreds_of_short_ones_are_left_out_by_their_rows(tmp_path: Path) -> None:
    path = panel(tmp_path, good=60, flat=60, **{f"s{at}": 5 for at in range(300)})
    text = SPACE.format(path=path)
    with pytest.raises(SpaceFileError, match="301 of 302 series") as caught:
        loads(text, name="x", directory=tmp_path)
    said = str(caught.value).partition("To leave them out add ")[2].partition("\n")[0]
    options = shlex.split(said)
    assert re.fullmatch(r"task\.min_rows=\d+", options[1])
    assert options[3] == 'task.skip_series=["flat"]'
    loads(text, name="x", directory=tmp_path, overrides=options[1::2])


def test_nothing_to_use_and_nothing_to_skip(tmp_path: Path) -> None:
    path = panel(tmp_path, a=5, b=6)
    config = SeriesConfig(path=str(path), time="t", id="shop", targets=("y",), context=4)
    with pytest.raises(DataError, match="none of the 2 series can be used: of the series 'a'"):
        SeriesData.read(config)
    skip = SeriesConfig(path=str(path), id="shop", targets=("y",), skip_series=("c",))
    with pytest.raises(DataError, match="has no series 'c'") as caught:
        SeriesData.read(skip)
    assert caught.value.key == "task.skip_series"
    short = SeriesConfig(path=str(path), id="shop", targets=("y",), min_rows=7)
    with pytest.raises(DataError, match="every series is left out"):
        SeriesData.read(short)
