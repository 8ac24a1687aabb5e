"""The live view: plain lines where the output is no terminal, a table where it is one."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import pytest
from contracts.hand_made import search

from rnnsearch.cli.live import LiveView
from rnnsearch.events import (
    EpochsReported,
    PackLost,
    PackStarted,
    SnapshotsKept,
    StudyStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.search.waits import FIRST_EPOCH, FIRST_OF_SCRIPT, LAST_TRIALS
from rnnsearch.study.progress import Progress

LONG = "val holds symbols that training never shows: " + "'x', " * 40

STARTED = StudyStarted(0.0, "s", "d", "sine", "val_mse", "minimize", 10, False, "", notes=(LONG,))
ABOARD = TrialStarted(0.0, 3, "trial-0003-rnn", {}, {}, 0, "pack-01", attempt=2)
REPORT = EpochsReported(0.0, 3, [1], [{"val_mse": 0.25}], 100)
END = TrialEnded(0.0, 3, "pruned", "stopped by ASHA [at] epoch 5", 5, 0.3, 0.25, 4, 1.0)


def hear_all(view: LiveView) -> None:
    with view:
        view.stage("searching")
        view.stage("searching")
        for event in (STARTED, ABOARD, REPORT, END):
            view.on_event(event)
        view.drain(3, 6)


def test_plain_lines_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    hear_all(LiveView("study s", Progress(search())))
    out, err = capsys.readouterr()
    assert out == ""
    searching, note, line = err.splitlines()
    assert searching == "searching"
    assert note == f"note: {LONG}"
    assert line.startswith("trials 1 running, of 10; best val_mse 0.25 (trial 3); time ")
    assert "\x1b" not in err


def test_verbose_tells_each_trial(capsys: pytest.CaptureFixture[str]) -> None:
    hear_all(LiveView("study s", Progress(search()), verbose=True))
    lines = capsys.readouterr().err.splitlines()
    assert "trial-0003-rnn goes aboard pack-01, attempt 2" in lines
    assert "trial 3 pruned: stopped by ASHA [at] epoch 5; best 0.25" in lines


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    hear_all(LiveView("study s", Progress(search()), quiet=True, verbose=True))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("task", "words"), [("sine", "compiled meanwhile"), ("script", "no epoch has ended yet")]
)
def test_the_first_pack_gives_the_reason_of_the_wait_once(
    task: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    view = LiveView("study s", Progress(search()))
    view.on_event(replace(STARTED, task=task, notes=()))
    for pack in ("pack-01", "pack-02"):
        view.on_event(PackStarted(0.0, pack, "node", 8))
    view.waiting({"sine": FIRST_EPOCH, "script": FIRST_OF_SCRIPT}[task].text)
    view.waiting(None)
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    view.waiting("no free GPU")
    assert capsys.readouterr().err == "waiting: no free GPU\n"


def test_why_trials_wait_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(search())
    view = LiveView("study s", progress)
    view.waiting("no free GPU: the pack cannot start")
    assert progress.cells()[-1] == ("waiting", "no free GPU: the pack cannot start")
    view.waiting(None)
    assert progress.cells()[-1][0] == "time"
    assert capsys.readouterr().err.splitlines() == [
        "waiting: no free GPU: the pack cannot start",
        "trials go on",
    ]


def test_the_end_of_a_search_is_no_wait_worth_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(search())
    view = LiveView("study s", progress)
    view.waiting(LAST_TRIALS.text)
    assert progress.cells()[-1] == ("waiting", LAST_TRIALS.text)
    view.waiting(None)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("trials", "words"), [((2, 5), "2 trials put back"), ((), "no trial aboard")]
)
def test_a_lost_pack_is_told(
    trials: tuple[int, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    view = LiveView("study s", Progress(search()))
    view.on_event(PackLost(0.0, "pack-01", "its worker died", trials))
    assert f"pack pack-01 was lost (its worker died); {words}" in capsys.readouterr().err


def test_a_node_without_snapshots_is_told_and_shown_until_it_has_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress(search())
    view = LiveView("study s", progress)
    view.on_event(SnapshotsKept(0.0, "node-b", "it does not see the folder /shared"))
    line = (
        "packs on node-b keep no snapshots, so what they train is lost with them: it does not see"
    )
    assert line in capsys.readouterr().err
    assert ("snapshots", "none on node-b") in progress.cells()
    view.on_event(SnapshotsKept(1.0, "node-b"))
    assert "packs on node-b keep snapshots again" in capsys.readouterr().err
    assert "snapshots" not in dict(progress.cells())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    hear_all(LiveView("study [s]", Progress(search())))
    drawn = screen.getvalue()
    for text in ("study [s]", "1 pruned, of 10", "0.25 (trial 3)", "3/6", "note: val holds"):
        assert text in drawn
    assert "; best val_mse" not in drawn


def test_trouble_with_the_records_is_said_when_it_is_noticed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress(search())
    view = LiveView("study s", progress)
    view.trouble("MLflow refuses the login")
    assert progress.cells()[-1] == ("records", "MLflow refuses the login")
    view.trouble(None)
    assert progress.cells()[-1][0] == "time"
    assert capsys.readouterr().err.splitlines() == [
        "records: MLflow refuses the login",
        "records: MLflow takes them again",
    ]


def test_a_gpu_that_torch_does_not_find_is_told_once_a_node(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = LiveView("study s", Progress(search()))
    for pack, node in (("pack-0", "red"), ("pack-1", "red"), ("pack-2", "blue")):
        view.on_event(PackStarted(0.0, pack, node, 8, lacks_gpu=True))
    view.on_event(PackStarted(0.0, "pack-3", "green", 8))
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert [line.partition(" have a GPU of Ray's")[0] for line in notes] == [
        "note: packs on red",
        "note: packs on blue",
    ]
