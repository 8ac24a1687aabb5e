"""The command `trials`: orders, filters, columns and files, on a screen of any width."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path

import pytest
from contracts.written_study import write_study

from rnnsearch.cli.app import main


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("storage")
    write_study(folder)
    return folder


class Asked:
    """Calls `trials` on the study, and keeps what it printed."""

    def __init__(self, storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.storage, self.capsys = storage, capsys
        self.status, self.out, self.err = 0, "", ""

    def __call__(self, *words: str) -> list[str]:
        self.status = 0
        try:
            main(["trials", "wave", "--storage", str(self.storage), *words])
        except SystemExit as ended:
            self.status = int(ended.code or 0)
        self.out, self.err = self.capsys.readouterr()
        return self.out.splitlines()


@pytest.fixture
def asked(storage: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(storage, capsys)


def test_the_best_come_first(asked: Asked) -> None:
    values = [line.split()[2 if "trial-" in line else 1] for line in asked()[1:]]
    assert values == ["0.075", "0.11", "0.1125", "0.85", "0.8"]


def test_rows_in_another_order_show_the_column_of_it(asked: Asked) -> None:
    head, *rows = asked("--sort", "seconds", "--desc", "--top", "2")
    assert "seconds" in head.split()
    assert "trial-0003" in rows[0]
    assert " 12000 " in rows[0]
    assert rows[-1] == "... and 3 more: --top 5"


def test_filters_hold_all_together(asked: Asked) -> None:
    asked("--columns", "number", "--filter", "kind=trial", "--filter", "value<0.9 and epoch<=3")
    assert asked.out.split() == ["number", "1", "2"]


def test_nothing_that_fits_is_said(asked: Asked) -> None:
    assert asked("--filter", "cell=lstm") == ["no trial of 'wave' fits"]
    assert "note: 'cell=lstm': cell has" in asked.err
    assert asked.status == 0


def test_csv_has_every_column_with_all_digits(asked: Asked) -> None:
    rows = list(csv.DictReader(io.StringIO("\n".join(asked("--format", "csv")))))
    assert len(rows) == 5
    best = rows[0]
    assert (best["number"], best["value"], best["kernel"]) == (
        "0",
        "0.075",
        "compiled, whole steps",
    )
    assert float(best["params.training.learning_rate"]) != float(
        f"{float(best['params.training.learning_rate']):.4g}"
    )
    assert best["started"].endswith("+00:00")
    (baseline,) = [row for row in rows if row["kind"] == "baseline"]
    assert baseline["number"] == baseline["params.model.cell"] == ""


def test_json_with_columns_is_flat_and_without_is_the_leaderboard(asked: Asked) -> None:
    (line,) = asked("--format", "json", "--columns", "number, num_layers,val_mse", "--top", "1")
    assert json.loads(line) == [{"number": 0, "num_layers": 1, "val_mse": 0.075}]
    (line,) = asked("--format", "json")
    assert len(json.loads(line)) == 5
    assert json.loads(line)[0]["params"].keys() >= {"model.cell"}


def test_a_file_is_written_as_its_ending_says(asked: Asked, tmp_path: Path) -> None:
    out = tmp_path / "best.csv"
    assert asked("--out", str(out), "--columns", "number", "--filter", "state=complete") == []
    assert out.read_text() == "number\n0\n3\n"
    assert asked.err.endswith("best.csv, 2 rows\n")
    asked("--out", str(tmp_path / "best.json"), "--top", "1")
    assert len(json.loads((tmp_path / "best.json").read_text())) == 1
    asked("--out", str(tmp_path / "best.txt"))
    assert (tmp_path / "best.txt").read_text().startswith("rank")


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--desc",), "--sort COLUMN"),
        (("--sort", "secnds"), "Did you mean seconds?"),
        (("--filter", "state>3"), "there are =, != and ~"),
        (("--columns", " ,"), "--columns number,value,cell"),
        (("--out", "best.xlsx"), "--format csv, json or text"),
        (("--out", "none/best.csv"), "No such file"),
    ],
)
def test_what_cannot_be_is_refused(asked: Asked, words: tuple[str, ...], remedy: str) -> None:
    asked(*words)
    assert asked.status == 2
    assert remedy in asked.err


@pytest.mark.parametrize("width", [60, 110, 400])
def test_no_line_is_wider_than_the_terminal(
    asked: Asked, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    for words in ((), ("--sort", "learning_rate"), ("--columns", "number,value,cell,reason,seed")):
        lines = asked(*words)
        assert max(map(len, lines)) <= width
        text = " ".join(" ".join(lines).split())
        assert "learning_rate=" in text or "needed 0.3 or better among 2" in text
    assert os.environ["COLUMNS"] == str(width)
