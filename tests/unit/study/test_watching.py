"""A study as another process sees it, while a driver's ledger grows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from contracts.driven_study import driven
from contracts.hand_made import record, search
from contracts.written_study import Written

from rnnsearch.errors import LedgerAwayError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.lock import Held
from rnnsearch.study.progress import Progress
from rnnsearch.study.watching import Watching


def test_the_figures_are_those_of_the_ledger(tmp_path: Path) -> None:
    with driven(tmp_path) as driver:
        watching = Watching(driver.directory, driver.spec)
        assert watching.look().phase == "running"
        assert ("trials", "none yet, of 10") in watching.progress.cells()
        driver.ledger.prepare(2)  # sampled ahead, and aboard nothing
        driver.start(0.9, 0.4)
        driver.finish(Written([0.9, 0.8, 0.7], "pruned"))
        driver.finish()
        driver.ledger.extend(5)
        driver.ledger.flush()
        assert watching.look().text == ""
        cells = dict(watching.progress.cells())
        assert cells["trials"] == "1 running, 1 complete, 1 pruned, of 15"
        assert cells["best val_mse"] == "0.075 (trial 2)"
        assert cells["trials at rungs (epochs)"] == "2 at 3, 1 at 9"
        assert "not trained" not in cells
        labels = {"val_mse": "val_mse of Köln"}
        driver.ledger.note(lambda notes: replace(notes, labels=labels))
        driver.ledger.flush()
        watching.look()
        assert dict(watching.progress.cells())["best val_mse of Köln"] == "0.075 (trial 2)"
        assert "left" in cells["time"]


def test_trials_of_earlier_runs_count_and_give_no_speed() -> None:
    progress = Progress(search(), clock=lambda: 200.0)
    progress.started = 100.0
    progress.read([record(0, best=0.5), record(1, best=0.25)], 100.0)  # ended at 1.0
    assert progress.counts() == {"complete": 2}
    assert progress.best == (0.25, 1)
    assert progress.seconds_left() is None


def test_how_a_run_ended_is_said(tmp_path: Path) -> None:
    with driven(tmp_path) as driver:
        watching = Watching(driver.directory, driver.spec)
        driver.finish()
        driver.end()
        sight = watching.look()
        assert (sight.phase, sight.text, sight.remedy) == ("over", "wave has ended, complete", "")
        assert dict(watching.progress.cells())["best baseline"] == "0.11 (persistence)"


@pytest.mark.parametrize(("state", "phase"), [("failed", "failed"), ("stopped", "over")])
def test_what_goes_on_with_a_run_that_is_not_complete(
    tmp_path: Path, state: str, phase: str
) -> None:
    with driven(tmp_path) as driver:
        driver.end(state)
        sight = Watching(driver.directory, driver.spec).look()
        assert sight.phase == phase
        assert sight.remedy == f"rnnsearch resume wave --storage {tmp_path}"


def test_a_driver_that_died_is_told_from_one_that_ended(tmp_path: Path) -> None:
    with driven(tmp_path) as driver:
        driver.start(0.9)
        driver.die()
        sight = Watching(driver.directory, driver.spec).look()
        assert sight.phase == "died"
        assert "the driver of wave died (process " in sight.text
        assert sight.remedy.startswith("rnnsearch resume wave")


def test_a_study_that_was_deleted_ends_the_watching(tmp_path: Path) -> None:
    with driven(tmp_path) as driver:
        watching = Watching(driver.directory, driver.spec)
        driver.end()
    driver.directory.delete()
    with pytest.raises(StudyNotFoundError, match="deleted"):
        watching.look()


def test_a_database_that_has_answered_before_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(directory: StudyDirectory) -> Held | None:
        raise LedgerAwayError("the database does not answer: refused", "Give it again.")

    with driven(tmp_path) as driver:
        driver.finish()
        watching = Watching(driver.directory, driver.spec)
        with monkeypatch.context() as patched:
            patched.setattr("rnnsearch.study.watching.held_by", away)
            with pytest.raises(LedgerAwayError):
                watching.look()
        assert watching.look().text == ""
        with monkeypatch.context() as patched:
            patched.setattr("rnnsearch.study.watching.held_by", away)
            sight = watching.look()
        assert (sight.phase, sight.text) == ("running", "the database does not answer: refused")
        assert watching.look().text == ""
