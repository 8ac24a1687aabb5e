"""Pictures are drawn after the search; one that fails is said in a line, and costs nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnsearch.cli.app import main
from rnnsearch.events import ChampionChosen, Event, Silence, StudyEnded
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.recorder import RecordState
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.run import SearchOutcome
from rnnsearch.study import Study, driving
from rnnsearch.study.drawing import Drawing

SPACE = """
name: wave
task: {type: sine, num_points: 12, rollout: {steps: [1, 5]}}
model: {cell: lstm, hidden_size: 4}
search: {metric: val_mse, num_trials: 1}
"""
HEARD: list[Event] = []


class PaperRecorder(Outbox):
    """The driver's handle on its records, with an outbox and nobody who moves it."""

    close_seconds = 5.0
    problem = None

    def on_event(self, event: Event) -> None:
        HEARD.append(event)

    def close(self, *how: Any) -> RecordState:  # type: ignore[override]
        super().close()
        return RecordState(0, None, WriterState())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a space file, where a search takes a moment and ends with a champion."""
    HEARD.clear()
    (tmp_path / "wave.yaml").write_text(SPACE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rnnsearch.search.run.run_search", searched)
    monkeypatch.setattr(
        driving, "recorder_of", lambda directory, _: PaperRecorder(directory.outbox)
    )
    return tmp_path


def searched(spec: Any, directory: Any, *, ledger: Any, listener: Any, **_: Any) -> SearchOutcome:
    assert ledger.ask() is not None
    ledger.report([(0, 1, 0.5)])
    ledger.finish(0, "complete", reason="", epoch=1)
    path, figure = (
        str(directory.checkpoints / "trial-0000"),
        str(directory.champion_figure.absolute()),
    )
    event = ChampionChosen(1.0, 0, 5, path, {"val_mse": 0.5}, {}, figure=figure)
    ledger.note(lambda notes: replace(notes, champion=event, announced_champion=event.mark))
    listener.on_event(event)
    ledger.settle("complete")
    return SearchOutcome("complete", "", event)


def broken(*_: Any, **__: Any) -> None:
    raise RuntimeError("no font was found\nand a page of details")


def drawn(event: ChampionChosen, *_: Any, **__: Any) -> None:
    Path(event.figure).write_bytes(b"a picture")


def test_pictures_that_fail_are_said_and_cost_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rnnsearch.study.pictures.draw_champion", broken)
    monkeypatch.setattr("rnnsearch.study.pictures.draw_trials", broken)
    monkeypatch.setattr("rnnsearch.study.keepsakes.description", broken)
    with pytest.raises(SystemExit) as left:
        main(["run", "wave.yaml"])
    assert left.value.code in (None, 0)
    out, err = capsys.readouterr()
    for without in ("begins without a description", "ends without a description and a leaderboard"):
        said = f"note: its run in MLflow {without}: no font was found"
        assert [line.startswith(said) for line in err.splitlines()].count(True) == 1
    for whose in ("champion", "study"):
        log = f"studies/wave/logs/picture-{whose}.log"
        (line,) = [line for line in err.splitlines() if f"no picture of the {whose}" in line]
        assert line == f"note: there is no picture of the {whose}: no font was found ({log})"
        assert "and a page of details" in (folder / log).read_text()
    assert "complete after" in out
    assert "picture" not in out, "no picture is named that is not there"
    result = Study.open("wave").result()
    assert (result.state, result.winner().number) == ("complete", 0)
    assert [one for one in HEARD if isinstance(one, ChampionChosen)] == [result.winner()]
    assert isinstance(HEARD[-1], StudyEnded)


def test_the_report_lies_with_the_pictures_before_the_records_are_closed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: list[bool] = []
    monkeypatch.setattr("rnnsearch.study.pictures.draw_champion", drawn)
    monkeypatch.setattr(
        PaperRecorder,
        "close",
        lambda self, *how: (
            there.append(Path("studies/wave/figures/report.html").is_file()),
            RecordState(0, None, WriterState()),
        )[1],
    )
    Study.from_yaml("wave.yaml").run()
    assert there == [True]
    text = Path("studies/wave/figures/report.html").read_text()
    assert "trial-0000-lstm" in text
    assert "persistence" in text
    assert "<dd>complete</dd>" in text


def test_a_report_that_fails_is_said_and_costs_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rnnsearch.study.pictures.draw_champion", drawn)
    monkeypatch.setattr("rnnsearch.report.page.page", broken)
    with pytest.raises(SystemExit) as left:
        main(["run", "wave.yaml"])
    assert left.value.code in (None, 0)
    err = capsys.readouterr().err
    log = "studies/wave/logs/report.log"
    assert f"note: there is no report: no font was found ({log})" in err.splitlines()
    assert "and a page of details" in (folder / log).read_text()
    assert not Path("studies/wave/figures/report.html").exists()


def test_the_picture_of_an_earlier_champion_is_not_kept_for_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnsearch.study.pictures.draw_champion", drawn)
    monkeypatch.setattr("rnnsearch.study.pictures.draw_trials", lambda *_: None)
    study = Study.from_yaml("wave.yaml")
    study.directory.figures.mkdir(parents=True)
    study.directory.champion_figure.write_bytes(b"an earlier one")
    beside = study.directory.figures / "champion-phase.png"
    beside.write_bytes(b"an earlier one too")
    study.run()
    assert not beside.exists()
    assert study.directory.champion_figure.read_bytes() == b"a picture"


class Slow:
    """Draws when it is let."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.drawn: list[object] = []

    def draw_champion(self, champion: ChampionChosen | None) -> None:
        assert self.may.wait(60.0)
        self.drawn.append(champion)

    def draw_study(self, baselines: object) -> None:
        self.drawn.append(baselines)


def test_a_champion_is_drawn_once_and_beside_what_the_search_still_does() -> None:
    slow = Slow()
    drawing = Drawing(slow, Silence())  # type: ignore[arg-type]
    one, other = (ChampionChosen(float(n), n, 5, "", {}, {}) for n in (1, 2))
    drawing.on_event(one)  # returns, though nothing can be drawn yet
    slow.may.set()
    drawing.finish(one)
    assert slow.drawn == [one]
    drawing.finish(other)  # that of an earlier run, which was never drawn
    assert slow.drawn == [one, other]


def test_the_study_is_drawn_beside_the_champion_where_its_baselines_are_known_by_then() -> None:
    champion = ChampionChosen(1.0, 0, 5, "", {}, {})
    for known, shown in ((("one",), ("one",)), (None, ("later",))):
        slow = Slow()
        slow.may.set()
        drawing = Drawing(slow, Silence(), lambda known=known: known)  # type: ignore[arg-type, misc]
        drawing.on_event(champion)
        drawing.finish(champion)
        drawing.finish_study(("later",))  # type: ignore[arg-type]
        assert slow.drawn == [champion, shown]
