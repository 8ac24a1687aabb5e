"""`init` on the command line: a draft is left whatever was inferred, and its words and status."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.cli.app import main

DAYS = "".join(
    f"2024-{1 + at // 28:02d}-{1 + at % 28:02d},{at % 7 + at // 50},{at}.5\n" for at in range(90)
)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["init", *arguments])
    return int(ended.value.code or 0)


def test_what_was_taken_is_on_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("when,shoes,rain\n" + DAYS)
    assert run("x.csv", "--target", "shoes", "--horizon", "5") == 0
    said = capsys.readouterr().out
    for words in ("time: when, one day apart", "target: shoes", "known up to now: rain"):
        assert words in said
    assert "horizon: 5 " in Path("x.yaml").read_text()
    assert run("x.csv") == 2
    assert "Name another file: rnnsearch init x.csv -o x-2.yaml" in capsys.readouterr().err
    assert run("x.csv", "--target", "shoes", "--known", "rain", "--horizon", "5") == 2
    again = "rnnsearch init x.csv --target shoes --known rain --horizon 5 -o x-2.yaml"
    assert again in capsys.readouterr().err


def test_a_column_is_known_ahead_where_a_person_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("when,shoes,rain\n" + DAYS)
    assert run("x.csv", "--target", "shoes", "--known", "rain") == 0
    assert "known ahead: rain" in capsys.readouterr().out
    assert 'known: ["rain"]' in Path("x.yaml").read_text()
    assert run("x.csv", "--known", "when", "-o", "y.yaml") == 2
    assert "the known column 'when' holds times" in capsys.readouterr().err


def test_a_draft_is_left_where_something_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f'{at},"{1 + at % 9},{at % 89 + 101}"' for at in range(90)]
    Path("x.csv").write_text("n,y\n" + "\n".join(lines))
    assert run("x.csv") == 2
    told = capsys.readouterr()
    assert "say which with --decimal" in told.out
    assert "x.yaml is a draft to edit, and does not run yet" in told.err
    assert "Traceback" not in told.err
    assert "say which with --decimal" in Path("x.yaml").read_text()
    assert run("x.csv", "--decimal", ",", "-o", "y.yaml") == 0
    assert 'decimal: ","' in Path("y.yaml").read_text()
    assert run("x.csv", "--decimal", ";", "-o", "z.yaml") == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x1f\x8b\x08abc", "is packed by gzip; unpack it: gzip -dk"),
        (b"PK\x03\x04abc", "save the sheet as CSV"),
        (b"PAR1abc", "is a Parquet file"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "txt"])
def test_files_of_another_kind(
    tmp_path: Path, raw: bytes, words: str, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(raw)
    assert run(str(path), "-o", str(tmp_path / "x.yaml")) == 2
    assert words in capsys.readouterr().err


def test_a_table_that_is_called_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.txt").write_text("when;shoes;rain\n" + DAYS.replace(",", ";"))
    assert run("x.txt") == 0
    said = capsys.readouterr().out
    assert (
        "looks like a table of 3 columns. To forecast one: rnnsearch init x.txt --target NAME"
        in said
    )
    Path("tale.txt").write_text("There once was a king.\n" * 90)
    Path("numbers.txt").write_text("shoes\n" + "7\n8\n" * 90)
    assert run("tale.txt", "-o", "tale.yaml") == 0
    assert "looks like" not in capsys.readouterr().out
    assert run("numbers.txt", "-o", "numbers.yaml") == 0
    assert "looks like a table of one column." in capsys.readouterr().out
    assert run("x.txt", "--target", "shoes", "-o", "y.yaml") == 0
    assert "type: series" in Path("y.yaml").read_text()


def test_the_task_that_a_person_names_is_the_draft_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        f"b{beam},{at},{beam % 7 + at / 10},{beam % 7}.5" for beam in range(60) for at in (1, 2)
    ]
    Path("beams.csv").write_text("beam,t,strain,weight\n" + "\n".join(rows) + "\n")
    assert run("beams.csv", "--task", "value", "--target", "weight") == 0
    assert "taken for one number a sequence" in capsys.readouterr().out
    assert "type: value" in Path("beams.yaml").read_text()
    assert run("beams.csv", "--task", "value", "--target", "weight") == 2
    again = "rnnsearch init beams.csv --target weight --task value -o beams-2.yaml"
    assert again in capsys.readouterr().err
    assert run("beams.csv", "--task", "value", "-o", "x.yaml") == 2
    assert "--target NAME" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["arrays", "events"])
@pytest.mark.parametrize("ending", ["csv", "txt"])
def test_a_task_that_reads_no_such_file(
    tmp_path: Path, task: str, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_text("when,shoes,rain\n" + DAYS)
    assert run(str(path), "--task", task, "-o", str(tmp_path / "x.yaml")) == 2
    assert f"`{task}` reads files whose names end with .mat, .npz, .npy" in capsys.readouterr().err
    assert not (tmp_path / "x.yaml").exists()
