"""The data of every task as the report draws it: each part by itself, in the data's own units."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest
from contracts.small_studies import space, write_files

from rnnsearch.report.blocks import Block, Code, Drawn
from rnnsearch.report.sections import data as section
from rnnsearch.space.load import loads
from rnnsearch.space.trial import first_task
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.portrait import MOST_QUANTITIES, Portrayed

SERIES = ("sine", "wave", "lorenz", "direct", "panel")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_files(folder)
    return folder


def blocks(name: str, folder: Path) -> list[Block]:
    spec = loads(space(name), name=name, directory=folder)
    data = load_data(first_task(spec))
    about = SimpleNamespace(spec=spec, data=data, own_loop=False, notes=())
    return list(section.contents(about))  # type: ignore[arg-type]


def charts(name: str, folder: Path) -> list[go.Figure]:
    drawn = [one.chart for one in blocks(name, folder) if isinstance(one, Drawn)]
    return [go.Figure(json.loads(one.to_json())) for one in drawn]


@pytest.mark.parametrize("name", SERIES)
def test_what_is_measured_over_time_is_drawn_part_by_part(name: str, folder: Path) -> None:
    _, *lines = charts(name, folder)
    assert 1 <= len(lines) <= MOST_QUANTITIES
    for chart in lines:
        assert {"training", "validation", "test"} <= {trace.name for trace in chart.data}
        assert chart.layout.xaxis.title.text
        axes = {trace.yaxis or "y" for trace in chart.data}
        titles = [chart.layout[axis.replace("y", "yaxis")].title.text for axis in axes]
        assert any(titles)


def test_parts_at_the_same_times_have_a_row_each(folder: Path) -> None:
    _, sine = charts("sine", folder)
    rows = {trace.name: trace.yaxis for trace in sine.data}
    assert len(set(rows.values())) == 3
    domains = sorted(tuple(sine.layout[f"yaxis{at}"].domain) for at in ("", "2", "3"))
    assert all(low[1] < high[0] for low, high in pairwise(domains))
    _, series, *_ = charts("panel", folder)
    assert {trace.yaxis for trace in series.data} == {"y"}


def test_the_points_of_a_table_are_those_of_the_file(folder: Path) -> None:
    spec = loads(space("panel"), name="panel", directory=folder)
    data = load_data(first_task(spec))
    assert isinstance(data, Portrayed)
    portrait = data.portrait()
    rows = [line.split(",") for line in (folder / "panel.csv").read_text().splitlines()[1:]]
    for quantity, shop in zip(portrait.quantities, ("0", "1"), strict=True):
        assert quantity.up == f"y, shop {shop}"
        values = np.concatenate([one.values for one in quantity.stretches])
        assert values == pytest.approx([float(row[2]) for row in rows if row[1] == shop])


@pytest.mark.parametrize("name", ["words", "walks", "arrays"])
def test_classes_and_lengths_are_counted_by_part(name: str, folder: Path) -> None:
    _, classes, lengths = [one.chart for one in blocks(name, folder) if isinstance(one, Drawn)]
    for trace in classes.traces:
        assert sum(trace["x"]) == pytest.approx(1.0)
    for trace in lengths.traces:
        assert sum(trace["y"]) == pytest.approx(1.0)
    assert lengths.layout["xaxis"]["title"]["text"] == "time steps of a sequence"
    assert len(charts(name, folder)) == 3


def test_texts_are_shown_as_they_begin(folder: Path) -> None:
    shown = [one for one in blocks("text", folder) if isinstance(one, Code)]
    assert [one.title for one in shown] == [
        f"How the {part} part begins" for part in ("training", "validation", "test")
    ]
    assert shown[0].lines[0].startswith("the cat sat on the mat. ")


def test_data_that_cannot_be_shown_has_its_sizes_alone(folder: Path) -> None:
    assert len(charts("own", folder)) == 1
