"""Tables of sequences in every dialect: what `init` writes checks as it is, and is what was made.

Or `init` refuses with a reason. The small run belongs to the suite; the long one is slow.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnsearch.errors import DataError
from rnnsearch.space.describe import describe
from rnnsearch.space.draft import draft
from rnnsearch.space.load import loads

KINDS = ("labels", "tags", "value", "texts", "scores")
REASONS = (
    *("there must be at least two classes", "need one each", "is empty here", "no column of"),
    *(
        "never changes",
        "has nothing to learn",
        "too few",
        "--date-format",
        "write them as",
        "--decimal",
        "a column that is unsure may be the one to forecast",  # which the lines above it name
    ),
    *(
        "names more than one column",
        "different sequences",
        "has this time twice",
        "no time",
        "repeats the time",
    ),
)


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "kind": draw(st.sampled_from(KINDS)),
        "sequences": draw(st.sampled_from((12, 25, 60))),
        "classes": draw(st.sampled_from((1, 2, 3))),
        "numbered": draw(st.booleans()),
        "time": draw(st.sampled_from(("", "counter", "float", "date", "german date"))),
        "id": draw(st.sampled_from(("utt_{:03d}", "{}", "Person {}"))),
        "delimiter": draw(st.sampled_from(",;\t|")),
        "decimal": draw(st.sampled_from(".,")),
        "encoding": draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16"))),
        "end": draw(st.sampled_from(("\n", "\r\n"))),
        "holes": draw(st.sampled_from((0, 0, 3))),
        "index": draw(st.booleans()),
        "part": draw(st.booleans()),
        "shuffled": draw(st.booleans()),
        "first": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**32 - 1)),
    }


def cell(number: float, dialect: dict[str, Any]) -> str:
    return f"{number:.3f}".replace(".", dialect["decimal"])


def moment(step: int, dialect: dict[str, Any]) -> str:
    day = datetime(2024, 1, 13) + timedelta(hours=step)
    return {
        "counter": str(step),
        "float": cell(step / 50, dialect),
        "date": f"{day:%Y-%m-%d %H:%M}",
        "german date": f"{day:%d.%m.%Y %H:%M}",
    }[dialect["time"]]


def made(dialect: dict[str, Any]) -> str:
    """The text of a file."""
    random = np.random.default_rng(dialect["seed"])
    kind, names, rows = dialect["kind"], [], []
    classes = [str(at) if dialect["numbered"] else f"kind {at}" for at in range(dialect["classes"])]
    for number in range(dialect["sequences"]):
        own = classes[number % len(classes)]
        part = ("train", "train", "dev", "train", "test")[number % 5]
        amount = cell(10 + number, dialect)
        if kind in ("texts", "scores"):
            text = " ".join(random.choice(["abc", "de", "fgh", "i"], 4)) + f" {number}"
            answer = own if kind == "texts" else amount
            names, row = ["text", "label" if kind == "texts" else "score"], [text, answer]
            rows.append([*row, part])
            continue
        for step in range(3 + number % 3):
            tag = classes[int(random.integers(len(classes)))]
            answer = {"labels": own, "tags": tag, "value": amount}[kind]
            x, y = (cell(one, dialect) for one in random.normal(size=2))
            time = [moment(step, dialect)] if dialect["time"] else []
            rows.append([dialect["id"].format(number), *time, x, y, answer, part])
            answer_name = "life" if kind == "value" else "label"
            names = ["id", *(["time"] if time else []), "x", "y", answer_name]
    names = [*names, "part"]
    if not dialect["part"]:
        names, rows = names[:-1], [row[:-1] for row in rows]
    for _ in range(dialect["holes"]):
        rows[random.integers(len(rows))][int(random.integers(len(names)))] = ""
    if dialect["shuffled"]:
        random.shuffle(rows)
    if dialect["first"]:
        names, rows = names[::-1], [row[::-1] for row in rows]
    if dialect["index"]:
        names, rows = ["", *names], [[str(at), *row] for at, row in enumerate(rows)]
    sign = dialect["delimiter"]
    lines = [sign.join(f'"{one}"' if sign in one else one for one in row) for row in (names, *rows)]
    return dialect["end"].join(lines) + dialect["end"]


def check(dialect: dict[str, Any], folder: Path) -> None:
    """The file that `init` writes checks and is of the kind that was made, or there is a reason."""
    path = folder / "x.csv"
    path.write_bytes(made(dialect).encode(dialect["encoding"]))
    try:
        drafted = draft(path)
        problem = drafted.problem
    except DataError as error:
        problem = str(error)
    if problem:
        assert any(one in problem for one in REASONS), problem
        return
    spec = loads(drafted.yaml, name="x", directory=folder)
    assert describe(spec).rows["train"]
    task = spec.values["task.type"]
    if dialect["holes"] == 0 and not (dialect["time"] == "" and dialect["shuffled"]):
        kind = {"texts": "labels", "scores": "value"}.get(dialect["kind"], dialect["kind"])
        assert task == kind, (task, drafted.remarks)
        assert spec.values["task.split.column"] == ("part" if dialect["part"] else None)
    assert f"type: {task}" in drafted.yaml


PLAIN = {
    "kind": "labels",
    "sequences": 25,
    "classes": 2,
    "numbered": False,
    "time": "counter",
    "id": "utt_{:03d}",
    "delimiter": ",",
    "decimal": ".",
    "encoding": "utf-8",
    "end": "\n",
    "holes": 0,
    "index": False,
    "part": False,
    "shuffled": False,
    "first": False,
    "seed": 0,
}


@settings(max_examples=8, deadline=None, derandomize=True)
@given(dialects())
@example(PLAIN)
@example({**PLAIN, "kind": "value", "decimal": ",", "delimiter": ";", "time": "german date"})
@example({**PLAIN, "kind": "tags", "numbered": True, "index": True, "holes": 3})
def test_what_is_drafted_checks(dialect: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        check(dialect, Path(folder))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(dialects())
def test_what_is_drafted_checks_in_many_dialects(dialect: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        check(dialect, Path(folder))
