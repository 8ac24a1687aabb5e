"""What `rnnsearch analyse` prints."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.hand_made import record, result

from rnnsearch.cli.analyse import analyse
from rnnsearch.errors import InputError
from rnnsearch.study import Study
from rnnsearch.tasks.base import Score

SEARCHED = [
    replace(
        record(n, "complete" if n % 3 == 0 else "pruned", 1 + n % 2 + n / 100),
        params={"model.cell": "lstm" if n % 2 else "rnn"},
        values_by_epoch={5: 1 + n % 2 + n / 100},
    )
    for n in range(40)
]
TRIALS = [
    *(replace(record(n, best=(0.5, 0.25, 0.75, 0.3)[n]), ended=10.0 + n) for n in range(4)),
    replace(record(4, "pruned", 0.9), epoch=5, ended=75.0),
]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = result(tmp_path, TRIALS)
    monkeypatch.setattr(Study, "open", lambda *_, **__: Study(found.spec, found.directory))
    monkeypatch.setattr(Study, "result", lambda _: found)


def test_a_search_is_told_in_words(study: None, capsys: pytest.CaptureFixture[str]) -> None:
    analyse("wave")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["complete", "4", "0", "6s", "0.25", "0.4"] in lines
    assert ["stopped", "by", "ASHA", "5", "1"] in lines
    assert ["epochs", "of", "the", "ended", "trials:", "5,", "to", "the", "last", "45"] in lines
    improved, shares = (
        lines.index(["best", "val_mse", "so", "far:"]),
        lines.index(["share", "time", "best", "val_mse", "training", "best", "by", "then"]),
    )
    assert lines[improved + 3][:4] == ["2", "0.25", "1", "11s"]
    assert [line[0] for line in lines[shares + 1 : shares + 6]] == [
        "10%",
        "25%",
        "50%",
        "75%",
        "100%",
    ]
    assert lines[shares + 5][2] == "0.25"
    assert any(line[:2] == ["cannot", "be"] and "5 ended" in " ".join(line) for line in lines)


def test_importances_are_told_with_their_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = result(tmp_path, SEARCHED)
    monkeypatch.setattr(Study, "open", lambda *_, **__: Study(found.spec, found.directory))
    monkeypatch.setattr(Study, "result", lambda _: found)
    analyse("wave")
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert ["parameter", "importance", "interval", "trials"] in lines
    assert any(line[:2] == ["model.cell", "100%"] and line[-1] == "40" for line in lines)
    assert "note: a share is of what parts the best 5 of 40 trials from all of them" in out
    assert "note: 26 of these trials were stopped" in out


def test_a_search_is_told_as_json(study: None, capsys: pytest.CaptureFixture[str]) -> None:
    analyse("wave", format_="json")
    told = json.loads(capsys.readouterr().out)
    assert (told["study"], told["metric"], told["goal"]) == ("wave", "val_mse", "minimize")
    assert told["repeats"] == [{"number": n, "as": 0} for n in range(1, 5)]
    assert [row["best"] for row in told["best_so_far"]] == [0.5, 0.25, 0.25, 0.25, 0.25]
    assert told["wall_seconds"] == 75.0
    assert told["best_so_far"][-1].keys() >= {"ended", "number", "time", "wall_seconds"}


def test_the_next_search_is_told_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    late = [replace(one, best_epoch=9) for one in SEARCHED]
    of = result(tmp_path, late)
    monkeypatch.setattr(Study, "open", lambda *_, **__: Study(of.spec, of.directory))
    monkeypatch.setattr(Study, "result", lambda _: of)
    analyse("wave")
    out = capsys.readouterr().out
    assert "14 of 14 complete trials were still getting better" in out
    assert "training.max_epochs=18" in out
    assert "rnnsearch analyse wave --space wave-next.yaml" in out
    assert "s of training each:" in out
    file = tmp_path / "next.yaml"
    analyse("wave", file)
    assert f"wrote {file}" in capsys.readouterr().out
    assert 'name: "wave-next"' in file.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="exists"):
        analyse("wave", file)


def test_a_baseline_that_stays_ahead_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of = replace(result(tmp_path, SEARCHED), baselines=[Score("AR(8)", {"val_mse": 0.01})])
    monkeypatch.setattr(Study, "open", lambda *_, **__: Study(of.spec, of.directory))
    monkeypatch.setattr(Study, "result", lambda _: of)
    analyse("wave")
    assert "no trial beats the baseline AR(8) (0.01)" in capsys.readouterr().out
