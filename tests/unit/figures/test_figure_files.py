"""Pictures of a model: their names, where they lie, and what may be one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.figures.confusion import Confusion
from rnnsearch.figures.curves import Axis, Curves
from rnnsearch.figures.figure import Figure, drawn, figure_of, paths_of
from rnnsearch.figures.panels import Panels
from rnnsearch.figures.piano_roll import PianoRoll
from rnnsearch.figures.scatter import Scatter

CURVES = Curves([Axis("nats", {"train": {1: 1.0, 2: 0.5}})])


def test_the_first_has_the_path_and_the_others_lie_beside_it(tmp_path: Path) -> None:
    first = tmp_path / "champion.png"
    names = ["loss", "phase", "", "phase", "2"]
    paths = paths_of(first, [Figure(CURVES, name=name) for name in names])
    assert [path.name for path in paths] == [
        "champion.png",
        "champion-phase.png",
        "champion-3.png",
        "champion-phase-4.png",
        "champion-2.png",
    ]
    assert paths_of(first, []) == []
    for path in (*paths, tmp_path / "study.png", tmp_path / "champion-x.txt"):
        path.write_bytes(b"")
    assert set(drawn(first)) == set(paths)
    assert drawn(tmp_path / "study.png") == [tmp_path / "study.png"]


@pytest.mark.parametrize("name", ["../phase", "a/b", "Phase", "-", "a b"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(ValueError, match="lower-case letters"):
        Figure(CURVES, name=name)


def test_a_function_draws_and_so_does_a_value(tmp_path: Path) -> None:
    titles: list[str] = []

    def drawing(path: Path, *, title: str) -> None:
        titles.append(f"{path.name}: {title}")

    Figure(drawing, ", as drawn").draw(tmp_path / "one.png", "sine")
    assert titles == ["one.png: sine, as drawn"]
    Figure(CURVES, ", as told").draw(tmp_path / "two.png", "sine")
    assert (tmp_path / "two.png").stat().st_size > 1000


ROLL = np.zeros((3, 2))
ROLLOUT = {name: np.arange(3.0) for name in ("time", "truth", "prediction_time", "prediction")}


@pytest.mark.parametrize(
    ("arrays", "kind"),
    [
        ({"confusion": np.eye(2, dtype=int), "classes": np.array(["a", "b"])}, Confusion),
        ({"actual": ROLL[0], "predicted": ROLL[1], "quantity": np.array("m")}, Scatter),
        ({"events": ROLL, "chances": ROLL}, PianoRoll),
        ({**ROLLOUT, "warmup": np.arange(3) < 1}, Panels),
        ({"other": ROLL}, None),
    ],
)
def test_arrays_become_a_value_of_their_kind(arrays: Any, kind: Any) -> None:
    figure = figure_of(arrays, "on its own predictions")
    assert figure is None if kind is None else type(figure and figure.drawing) is kind
