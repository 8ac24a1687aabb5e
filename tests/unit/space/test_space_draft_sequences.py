"""`init` on tables of labelled sequences: what it takes, what else they may be, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from sequence_zoo import CASES, number, written

from rnnsearch.errors import DataError
from rnnsearch.space.describe import describe
from rnnsearch.space.draft import draft
from rnnsearch.space.load import loads
from rnnsearch.space.roles import Answers


@pytest.mark.parametrize("name", CASES)
def test_tables_as_people_have_them(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    path = tmp_path / "x.csv"
    path.write_bytes(case.text.encode(case.encoding))
    drafted = draft(path)
    screen = "\n".join(drafted.remarks)
    for words in case.said:
        assert words in screen
    assert case.problem in drafted.problem
    assert bool(case.problem) == bool(drafted.problem)
    spec = loads(drafted.yaml, name="x", directory=tmp_path, check_data=False)
    assert {key: spec.values[f"task.{key}"] for key in case.values} == case.values
    if not case.problem:
        assert describe(spec).rows["train"]


def test_the_file_says_what_was_taken_and_what_else_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(CASES["utterances"].text)
    comments = [line for line in draft(path).yaml.splitlines() if line.startswith("# ")]
    for words in (
        "# Taken for one label a sequence: 'speaker' is constant within each 'utt'",
        "# It may also be series to forecast: rnnsearch init",
        "# Left out: speaker_no: says the same as 'speaker'",
    ):
        assert any(line.startswith(words) for line in comments), words


@pytest.mark.parametrize(
    ("answers", "task", "said"),
    [
        (Answers(task="tags", target=("speaker",)), "tags", "'speaker' is constant within 'utt'"),
        (Answers(task="series"), "series", "target: speaker_no"),
        (Answers(task="value", target=("speaker_no",)), "value", "target: speaker_no"),
        (Answers(target=("speaker",)), "labels", "label: speaker"),
    ],
)
def test_the_options_take_it_otherwise(
    tmp_path: Path, answers: Answers, task: str, said: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(CASES["utterances"].text)
    drafted = draft(path, answers)
    assert f"  type: {task}\n" in drafted.yaml
    assert said in "\n".join(drafted.remarks)


def test_a_panel_is_a_table_to_forecast_and_its_labels_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [
        (
            f"2024-01-{1 + day:02d}" if day < 31 else f"2024-02-{day - 30:02d}",
            f"u{unit}",
            number(),
            tag,
        )
        for unit in range(4)
        for day, tag in enumerate(["on", "off"] * 25)
    ]
    path.write_text(written(("date", "unit", "flow", "status"), rows))
    drafted = draft(path)
    assert "  type: series\n" in drafted.yaml
    words = "sequences of 'unit' with one label a time step, 'status': rnnsearch init"
    assert words in "\n".join(drafted.remarks)
    assert words in drafted.yaml


def test_one_recording_cannot_be_tagged(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [(t, number(), number(), "ab"[t % 2]) for t in range(60)]
    path.write_text(written(("t", "x", "y", "label"), rows))
    assert "if a column told sequences apart" in "\n".join(draft(path).remarks)


def test_a_sequence_in_each_row_is_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [(at % 2, *(number() for _ in range(10))) for at in range(60)]
    path.write_text(written(("label", *(f"t{at}" for at in range(10))), rows))
    words = "a sequence in each row, from 't0' to 't9', which no task reads"
    assert words in "\n".join(draft(path).remarks)


def test_an_empty_label_makes_no_label_a_row(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(CASES["utterances"].text.replace(",anna,", ",,", 1))
    drafted = draft(path)
    assert "  type: labels\n" in drafted.yaml
    assert "column 'speaker' is empty here" in drafted.problem


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (Answers(task="labels"), "no column tells sequences apart"),
        (Answers(task="labels", id="s"), "no column holds an answer that is sure: --target NAME"),
        (Answers(target=("note",), id="s"), "'note' is no answer"),
        (Answers(task="tags", id="nothing"), "has no column 'nothing'"),
    ],
)
def test_what_is_asked_for_and_cannot_be(tmp_path: Path, answers: Answers, words: str) -> None:
    path = tmp_path / "x.csv"
    rows = [(at % 5 + 0.5, number(), f"n{at}") for at in range(60)]
    path.write_text(written(("s", "x", "note"), rows))
    with pytest.raises(DataError) as caught:
        draft(path, answers)
    assert words in str(caught.value)


def test_folds_are_proposed_where_sequences_are_few(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for count, few in ((80, True), (900, False)):
        rows = [(f"word{at} {at % 7}", "ab"[at % 2]) for at in range(count)]
        path.write_text(written(("word", "kind"), rows))
        text = draft(path).yaml
        assert ("# validation: {folds: 5}" in text) == few
        assert describe(loads(text, name="x", directory=tmp_path)).rows["val"]
    rows = rows[:80]
    path.write_text(written(("word", "kind"), rows))
    text = draft(path).yaml.replace("# validation:", "validation:")
    assert "val" not in describe(loads(text, name="x", directory=tmp_path)).rows


def test_an_id_with_an_empty_cell_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [f"{'' if at == 17 else f'w{at // 5}'},{at % 7},{at // 50}" for at in range(150)]
    path.write_text("\n".join(["walk,a,b", *rows]) + "\n")
    drafted = draft(path)
    words = (
        "'walk' tells apart, once no cell of it is empty: it is in 1 row, the first of them row 18"
    )
    assert words in "\n".join(drafted.remarks)
    assert words in drafted.yaml.replace("\n#", "")
    assert "tells apart" not in "\n".join(draft(path, Answers(task="series", id="walk")).remarks)


@pytest.mark.parametrize(
    ("names", "odd"),
    [
        ("2024-01-01,shop,0.126,x", "'2024-01-01', '0.126' look like cells"),
        ("a,b,0.5,c", "'0.5' look like cells"),
        ("a,2019,2020,2021", ""),
        ("a,b,c,d", ""),
    ],
)
def test_names_that_look_like_cells_are_told(tmp_path: Path, names: str, odd: str) -> None:
    path = tmp_path / "x.csv"
    rows = [
        f"2024-{1 + at // 28:02d}-{1 + at % 28:02d},{at % 5},{at % 3 + 0.5},{at % 7}"
        for at in range(99)
    ]
    path.write_text("\n".join([names, *rows]) + "\n")
    screen = "\n".join(draft(path).remarks)
    assert odd in screen
    assert bool(odd) == ("look like cells" in screen)
