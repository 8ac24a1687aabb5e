"""`rnnsearch predict`: what follows a file, as a table, a CSV and JSON; and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from contracts.small_studies import finished, write_files

from rnnsearch.cli.app import main
from rnnsearch.study import Study
from rnnsearch.tasks.load import load_data
from rnnsearch.training.trained import TrainedModel

Said = Callable[..., tuple[int, str, str]]

STUDIES = (
    *("recursive", "direct", "quantiles", "panel"),
    *("words", "walks", "text", "hello", "sine", "lorenz", "wave-ahead", "wave-last", "adding"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("predict")
    write_files(root)
    for name in STUDIES:
        finished(name, root / "studies", root)
    return root


@pytest.fixture
def say(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs `predict` here: its exit status, what it prints, and what it complains of."""
    monkeypatch.chdir(folder)

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["predict", *map(str, arguments)])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def champion(folder: Path, name: str) -> TrainedModel:
    return Study.open(name, storage=folder / "studies").result().load_model()


def test_a_table_goes_on_after_the_studys_own_data(folder: Path, say: Said) -> None:
    model = champion(folder, "recursive")
    values = load_data(model.config.task).values
    expected = model.forecast(values[None])[0]
    status, out, err = say("recursive", "--out", "next.csv")
    assert status == 0, err
    found = pd.read_csv(folder / "next.csv", dtype=str)
    np.testing.assert_array_equal(found[["y", "z"]].to_numpy().astype(float), expected)
    assert list(found["time"]) == [f"2024-03-11T0{hour}" for hour in range(4)]
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["time", "y", "z"]
    assert lines[1] == ["2024-03-11T00", f"{expected[0, 0]:.6g}", f"{expected[0, 1]:.6g}"]
    assert "no file was given; what follows the data of the study" in err
    assert "written: next.csv, 4 rows" in err
    status, out, _ = say("recursive", "table.csv", "--steps", 6, "--format", "json")
    assert status == 0
    rows = json.loads(out)
    assert [row["y"] for row in rows[:4]] == expected[:, 0].tolist()
    assert rows[5]["time"] == "2024-03-11T05"


def test_every_series_of_a_panel_and_ends_of_quantiles(folder: Path, say: Said) -> None:
    status, out, _ = say("panel", "--format", "json")
    assert status == 0
    rows = json.loads(out)
    assert [row["shop"] for row in rows] == ["0"] * 3 + ["1"] * 3
    assert list(rows[0]) == ["shop", "time", "y"]
    status, out, _ = say("quantiles", "--format", "json")
    assert status == 0
    for row in json.loads(out):
        assert row["y_q0.1"] <= row["y"] <= row["y_q0.9"]


def test_known_columns_of_the_future_come_from_the_file(folder: Path, say: Said) -> None:
    status, out, err = say("direct")
    assert (status, out) == (2, "")
    assert "table.csv: the forecast reads k ahead: add 4 rows with these columns" in err
    table = pd.read_csv(folder / "table.csv")
    later = pd.DataFrame({"time": [f"2024-03-11T0{hour}" for hour in range(4)], "k": [1, 2, 3, 4]})
    both = pd.concat([table, later])
    both.to_csv(folder / "later.csv", index=False)
    status, out, _ = say("direct", "later.csv", "--format", "json")
    assert status == 0
    expected = champion(folder, "direct").forecast(both[["y", "z", "p", "k"]].to_numpy()[None])[0]
    assert [[row["y"], row["z"]] for row in json.loads(out)] == expected.tolist()


def test_labels_and_their_chances(folder: Path, say: Said) -> None:
    (folder / "lines.txt").write_text("abba\nxyx\n\nnonp\n")
    model = champion(folder, "words")
    expected = model.classify(["abba", "xyx", "nonp"])
    status, out, _ = say("words", "lines.txt", "--format", "json")
    assert status == 0
    found = json.loads(out)
    assert [row["text"] for row in found] == ["abba", "xyx", "nonp"]
    assert [row["label"] for row in found] == list(expected.labels)
    chances = [[row[f"p_{name}"] for name in expected.classes] for row in found]
    assert chances == expected.probabilities.tolist()
    status, out, _ = say("walks", "walks.csv", "--out", "labels.csv")
    assert status == 0
    walks = champion(folder, "walks").classify(pd.read_csv(folder / "walks.csv"))
    found = pd.read_csv(folder / "labels.csv")
    assert list(found["label"]) == list(walks["label"])
    assert "the first" not in out


def test_prompts_are_gone_on_with(folder: Path, say: Said) -> None:
    (folder / "prompts.txt").write_text("the cat \r\n\n the\n")
    pd.DataFrame({"prompt": ["the cat", "mat"]}).to_csv(folder / "prompts.csv", index=False)
    model = champion(folder, "text")
    options = ("--length", 12, "--temperature", 0.5, "--seed", 3)
    for file, prompts in (
        ("prompts.txt", ["the cat ", " the"]),
        ("prompts.csv", ["the cat", "mat"]),
    ):
        status, out, err = say("text", file, *options, "--format", "json")
        assert status == 0, err
        found = json.loads(out)
        assert [row["prompt"] for row in found] == prompts
        assert [row["completion"] for row in found] == [
            model.sample(prompt, 12, 0.5, 3) for prompt in prompts
        ]


def test_waves_go_on_after_their_end(folder: Path, say: Said) -> None:
    for name, columns in (
        ("sine", ["value"]),
        ("lorenz", ["x", "y", "z"]),
        ("wave-last", ["value"]),
    ):
        model = champion(folder, name)
        times, values = load_data(model.config.task).end()
        expected = model.rollout(values[None], 5)[0]
        status, out, err = say(name, "--steps", 5, "--format", "json")
        assert status == 0, err
        rows = json.loads(out)
        assert list(rows[0]) == ["time", *columns]
        assert [[row[column] for column in columns] for row in rows] == expected.tolist()
        spacing = times[1] - times[0]
        assert rows[1]["time"] == pytest.approx(times[-1] + 2 * spacing)
        pd.DataFrame({"time": times, **dict(zip(columns, values.T, strict=True))}).to_csv(
            folder / f"{name}.csv", index=False
        )
        status, out, err = say(name, f"{name}.csv", "--steps", 5, "--format", "json")
        assert status == 0, err
        again = [[row[column] for column in columns] for row in json.loads(out)]
        np.testing.assert_allclose(again, expected, rtol=1e-6)
    model = champion(folder, "wave-ahead")
    values = load_data(model.config.task).values
    status, out, err = say("wave-ahead", "--format", "json")
    assert status == 0, err
    rows = json.loads(out)
    assert len(rows) == 4
    last = model.predict(values[None, -10:])[0, -1, 0]
    assert rows[-1]["value"] == pytest.approx(last, rel=1e-6)


REFUSED = {
    "no such option": (("text", "p.txt", "--steps", 3), "--steps is nothing for text, whose pred"),
    "prompts are missing": (("text",), "give a file of them, one a line"),
    "sequences are missing": (("words",), "give a file of texts, one a line"),
    "a symbol that is not known": (("hello", "p.txt"), "p.txt:2: the model was trained on a text"),
    "no prompt": (("text", "blank.txt"), "blank.txt holds no prompt"),
    "no such file": (("recursive", "nowhere.csv"), "there is no file nowhere.csv"),
    "no rows": (("recursive", "names.csv"), "names.csv has names of columns and no rows"),
    "too few rows": (("recursive", "few.csv"), "few.csv: this model reads the last 8 rows"),
    "a cell": (("recursive", "cell.csv"), "column 'y': must hold numbers"),
    "its own file": (("recursive", "few.csv", "--out", "few.csv"), "would replace the file"),
    "no folder": (("recursive", "--out", "no/where.csv"), "no/where.csv"),
    "a sum": (("adding",), "says nothing about what comes after"),
    "points that are missing": (("sine", "few.csv"), "few.csv has no column 'value'"),
    "a strange series": (("panel", "strange.csv"), "the model never saw the series '7'"),
    "too far": (("wave-ahead", "--steps", 9), "ask for at most 4"),
    "no study": (("nobody",), "nobody"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_predicted_is_refused(folder: Path, say: Said, case: str) -> None:
    (folder / "p.txt").write_text("he\nxx\n")
    (folder / "blank.txt").write_text(" \n\n")
    lines = (folder / "table.csv").read_text().splitlines()
    (folder / "names.csv").write_text(lines[0] + "\n")
    (folder / "few.csv").write_text("\n".join(lines[:4]))
    (folder / "cell.csv").write_text("\n".join([*lines, "2024-03-11T00,1,x,1,1,1"]))
    (folder / "strange.csv").write_text(
        "\n".join([lines[0], *(line.replace(",0,", ",7,", 1) for line in lines[1:50])])
    )
    arguments, words = REFUSED[case]
    status, out, err = say(*arguments)
    assert (status, out) == (2, ""), err
    assert words in err
    assert "Traceback" not in err


def test_a_new_series_is_forecast_where_that_is_asked_for(folder: Path, say: Said) -> None:
    lines = (folder / "panel.csv").read_text().splitlines()
    new = [line.replace(",0,", ",7,", 1) for line in lines[1:50]]
    (folder / "new.csv").write_text("\n".join([lines[0], *new]))
    status, out, err = say("panel", "new.csv", "--new-series", "--format", "json")
    assert status == 0, err
    assert [row["shop"] for row in json.loads(out)] == ["7"] * 3
