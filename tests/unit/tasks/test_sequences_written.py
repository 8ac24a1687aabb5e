"""Tables of sequences whose cells do not show how they are written, and models that remember it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.errors import DataError
from rnnsearch.space.draft import draft
from rnnsearch.space.roles import Answers
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sequences.unlabelled import csv_like, read_steps
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.value.config import ValueConfig


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Thirty sequences of two steps: 3 March (or May) and before it 5 January (or 1 May)."""
    rows = ["id;day;x;kind;end"]
    for number in range(30):
        kind, end = "ab"[number % 2], f"{number % 7 + 1}.{100 + number}"
        days = (("05/03/2024", f"2.{500 + number}"), ("01/05/2024", f"1.{200 + number}"))
        rows += [f"s{number};{day};{x};{kind};{end}" for day, x in days]
    place = tmp_path / "x.csv"
    place.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return place


KINDS: dict[str, tuple[Any, dict[str, str]]] = {
    "labels": (LabelsConfig, {"label": "kind"}),
    "tags": (TagsConfig, {"label": "kind"}),
    "value": (ValueConfig, {"target": "end"}),
}


def data_of(path: Path, name: str, **settings: Any) -> Any:
    kind, answer = KINDS[name]
    columns: dict[str, Any] = {"path": str(path), "id": "id", "time": "day", "features": ("x",)}
    return load_data(kind(**columns, **answer, **settings))


@pytest.mark.parametrize("name", KINDS)
def test_dates_and_numbers_are_read_as_the_keys_say(path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"say which with task\.date_format"):
        data_of(path, name)
    scales = []
    for order, first in (("dmy", 2.5), ("mdy", 1.2)):
        for decimal, factor in ((".", 1), (",", 1000)):
            data = data_of(path, name, date_format=order, decimal=decimal)
            steps = data.encoder.scaler.undo(data.sequences["train"][0])[:, 0]
            assert first * factor <= steps[0] < (first + 0.03) * factor
            manifest = data.manifest()
            assert manifest["written"] == {"decimal": decimal, "date_format": order}
            _, sequences = read_steps(path, manifest)
            read = np.array([values[:, 0] for _, _, values in sequences])
            assert np.isclose(read, steps, rtol=1e-5).all(axis=1).sum() == 1
            assert csv_like(manifest, path) == {"sep": ";", "decimal": decimal}
            scales.append(data.answer.center[0] if name == "value" else 0.0)
    assert scales[1] == pytest.approx(1000 * scales[0])


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"date_format": "dym"}, "must be dmy, mdy, ymd, or a pattern"),
        ({"date_format": "ydm"}, "must be dmy"),
        ({"date_format": "ymd"}, "not of the order ymd, which task.date_format asks for"),
    ],
)
def test_an_order_of_dates_that_is_none_is_refused(
    path: Path, settings: Any, complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        data_of(path, "labels", **settings)


def test_keys_for_what_is_not_read_are_refused(path: Path) -> None:
    texts: dict[str, Any] = {"path": str(path), "text": "day", "label": "kind"}
    with pytest.raises(DataError, match=r"says how task\.time is written, and there is none"):
        load_data(LabelsConfig(date_format="dmy", **texts))
    with pytest.raises(DataError, match="says how numbers of a table are written; none are read"):
        load_data(LabelsConfig(decimal=",", **texts))


def test_an_answer_that_is_unsure_is_drafted_with_the_option_that_is_named(tmp_path: Path) -> None:
    rows = [f'word {"abc"[at % 3]}{at},"{at},000"' for at in range(10, 22)]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["text,score", *rows]) + "\n", encoding="utf-8")
    plain = draft(path)
    assert plain.problem == "what is unsure leaves no column of numbers to forecast."
    assert "say which with --decimal" in "\n".join(plain.remarks)
    drafted = draft(path, Answers(decimal=","))
    assert not drafted.problem
    assert "  type: value\n" in drafted.yaml


def test_a_draft_keeps_what_the_options_say(path: Path) -> None:
    drafted = draft(path, Answers(date_format="dmy", decimal=",", task="labels", target=("kind",)))
    assert '  date_format: "dmy"\n' in drafted.yaml
    assert '  decimal: ","\n' in drafted.yaml
    assert not drafted.problem
