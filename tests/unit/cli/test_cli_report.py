"""The command that writes a report: where it goes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.hand_made import record, result

from rnnsearch.cli.app import main
from rnnsearch.study import Study

TRIALS = [record(0, "complete", 0.5, {1: 0.5})]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = result(tmp_path / "studies", TRIALS)
    monkeypatch.setattr(Study, "open", lambda *_, **__: Study(made.spec, made.directory))
    monkeypatch.setattr(Study, "result", lambda _: made)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ended(*words: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(["report", *words])
    return int(done.value.code or 0)


def test_it_says_where_the_page_lies(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("wave") == 0
    assert "report: studies/wave/figures/report.html (4." in capsys.readouterr().out
    assert ended("wave", "--out", "sent/page.html") == 0
    assert (study / "sent" / "page.html").stat().st_size > 4_000_000
    assert ended("wave", "other") == 0
    assert (study / "studies" / "comparison.html").is_file()


def test_it_opens_the_page_or_says_that_it_cannot(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: bool(shown.append(address)))
    assert ended("wave", "--open") == 0
    assert shown == [(study / "studies" / "wave" / "figures" / "report.html").as_uri()]
    assert "no browser" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("wave", "wave"), "wave is named twice"),
        (("wave", "--out", "."), "--out . is a folder; name a file in it: report.html"),
        (("wave", "--out", "file/page.html"), "page.html cannot be written: "),
    ],
)
def test_what_cannot_be_is_refused(
    study: Path, words: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (study / "file").write_text("no folder")
    assert ended(*words) == 2
    assert complaint in capsys.readouterr().err
