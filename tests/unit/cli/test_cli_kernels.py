"""`kernels` says what trains which shape; `bench` finds the scripts of a checkout, or says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rnnsearch
from rnnsearch.cli.app import app
from rnnsearch.errors import InputError
from rnnsearch.training.kernels.choice import kernels

ROOT = Path(__file__).parents[3]


def table(*arguments: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(app, ["kernels", "--format", "json", *arguments])
    assert done.exit_code == 0, done.output
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_a_space_file_is_shown_with_the_shapes_that_it_reaches() -> None:
    rows = table(str(ROOT / "search_spaces" / "sine.yaml"))

    assert {(row["cell"], row["units"], row["batch"]) for row in rows} == {
        (cell, units, 1) for cell in ("rnn", "gru", "lstm") for units in (8, 32)
    }


def test_the_table_follows_the_choice_by_shape_and_dtype() -> None:
    names = set(kernels())
    rows = table()

    assert {str(row["symbols and other losses"]) for row in rows} <= names
    assert any("whole steps" in str(row["numbers, mean square"]) for row in rows)
    assert {row["numbers, mean square"] for row in table("--dtype", "float64")} == {"batched"}


def test_bench_passes_its_arguments_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scripts = tmp_path / "tests" / "benchmark"
    scripts.mkdir(parents=True)
    (scripts / "bench_kernels.py").write_text("import sys; sys.exit(len(sys.argv) - 1)")
    monkeypatch.setattr(rnnsearch, "__file__", str(tmp_path / "rnnsearch" / "__init__.py"))

    done = CliRunner().invoke(app, ["bench", "kernels", "--cells", "lstm", "--help"])

    assert done.exit_code == 3


def test_without_a_checkout_bench_says_where_the_scripts_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rnnsearch, "__file__", str(tmp_path / "rnnsearch" / "__init__.py"))
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(app, ["bench", "search"])

    assert isinstance(done.exception, InputError)
    assert "Clone" in str(done.exception)
