"""What is said of a run's records: where they go, what is wrong, and what is registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rnnsearch.events import ChampionChosen, ChampionMark, Silence
from rnnsearch.records.recorder import RecordState
from rnnsearch.records.tracking_uri import DEFAULT, TrackingStore, choose_store
from rnnsearch.records.variables import Experiment
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.notes import Notes
from rnnsearch.search.ledger.run_figures import RunFigures
from rnnsearch.study.audience import Audience, Watch
from rnnsearch.study.recording import follow, recorded, since
from rnnsearch.study.records_place import RecordsPlace, choose_place, note_place, where

NOW = ChampionChosen(200.0, 5, 1, "best", {}, {})
BEFORE = ChampionMark(100.0, 3, 2)
RUN = RunFigures("complete", "", 1.0, 40, 0.0, DEFAULT)


def state(pending: int = 0, problem: str | None = None, **more: object) -> RecordState:
    kept = WriterState(tracking_uri=DEFAULT, champion_uri="models:/x/1", run_id="r")
    for name, value in more.items():
        setattr(kept, name, value)
    return RecordState.of(kept, DEFAULT, pending, problem)


def test_a_winner_that_is_registered_says_so() -> None:
    found = recorded(RUN, state(champion=NOW.mark), NOW)
    assert found == replace(RUN, champion_uri="models:/x/1", run_id="r")
    # A state of an older version does not say whose model it is.
    assert recorded(RUN, state(), NOW).champion_uri == "models:/x/1"
    assert recorded(RUN, state(champion=NOW.mark), None) == replace(RUN, run_id="r")


@pytest.mark.parametrize("known", [BEFORE, None])
def test_an_earlier_winners_model_is_not_this_ones(known: ChampionMark | None) -> None:
    refused = {"time": NOW.time, "reason": "no such checkpoint"}
    found = recorded(RUN, state(champion=known, unregistered=refused), NOW)
    assert found.champion_uri is None
    assert found.champion_problem == "no such checkpoint"
    assert found.champion_before.startswith("models:/x/1")
    assert ("trial 3 with seed 2, chosen 1970" in found.champion_before) == bool(known)


def test_a_winner_whose_record_waits_is_not_registered_yet() -> None:
    found = recorded(RUN, state(7, "MLflow does not answer", champion=BEFORE), NOW)
    assert found.champion_uri is None
    assert "waits with the others: MLflow does not answer" in found.champion_problem


def test_run_ids_of_another_store_are_not_this_ones() -> None:
    kept = WriterState(tracking_uri="http://old", run_id="r", experiment_id="7", champion_uri="m")
    found = RecordState.of(kept, DEFAULT, 3, "down")
    assert found.state == WriterState()
    assert (found.pending, found.problem) == (3, "down")


def test_what_the_writer_did_alone_afterwards_is_said_later(tmp_path: Path) -> None:
    directory = StudyDirectory(tmp_path, "wave")
    directory.create()
    run = replace(RUN, pending_records=9, records_problem="nobody waited")
    WriterState(
        tracking_uri=DEFAULT,
        run_id="r",
        experiment_id="4",
        champion_uri="models:/x/2",
        champion=NOW.mark,
    ).save(directory.outbox)
    (directory.outbox / "000001.closed").touch()
    assert since(run, NOW, directory) == run
    (directory.outbox / "000001.closed").unlink()
    found = since(run, NOW, directory)
    assert (found.pending_records, found.records_problem) == (0, None)
    assert (found.run_id, found.champion_uri) == ("r", "models:/x/2")


def test_where_the_records_go_is_said_with_where_that_came_from(tmp_path: Path) -> None:
    assert where(choose_store(tmp_path, None, None, {})) == (
        f"records in MLflow: {tmp_path / 'mlflow.db'}"
    )
    named = {"MLFLOW_TRACKING_URI": "http://ann:sesame5@host"}
    said = where(choose_store(tmp_path, None, None, named))
    assert said.startswith("records in MLflow: http://ann:***@host (MLFLOW_TRACKING_URI); ")
    assert "not kept" in said
    assert "dst_path" in where(choose_store(tmp_path / "a%20b", None, None, {}))


class Noted:
    """A ledger of which only the notes matter."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def note(self, change: Callable[[Notes], Notes]) -> None:
        self.notes = change(self.notes)


def test_a_store_that_is_new_to_the_study_hears_of_its_winner_again(tmp_path: Path) -> None:
    directory, told = StudyDirectory(tmp_path, "wave"), ChampionMark(1.0, 5, 1)
    ledger = Noted(Notes(announced_champion=told))
    for option, known in (
        (None, told),  # a study of an older version that never noted its store
        (None, told),
        (f"sqlite:///{tmp_path}/mlflow.db", told),
        ("http://ann:sesame5@host", None),
    ):
        store = choose_store(tmp_path, option, None, {})
        place = RecordsPlace(store, Experiment(directory.name))
        note_place(ledger, directory, place)  # type: ignore[arg-type]
        assert ledger.notes == Notes(tracking_uri=store.name, announced_champion=known)


def test_an_experiment_that_took_nothing_yet_can_still_be_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong id blocks a study before its first record; a right one then has to be heard."""
    directory = StudyDirectory(tmp_path, "sine")
    directory.outbox.mkdir(parents=True)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "99")
    ledger = Noted(Notes())
    place = choose_place(directory, None, ledger.notes)
    assert place.experiment == Experiment("", "99", "MLFLOW_EXPERIMENT_ID")
    note_place(ledger, directory, place)  # type: ignore[arg-type]
    assert (ledger.notes.experiment, ledger.notes.experiment_id) == ("", "99")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "7")
    WriterState(tracking_uri=DEFAULT).save(directory.outbox)
    assert choose_place(directory, None, ledger.notes).experiment.id == "7"
    WriterState(tracking_uri=DEFAULT, run_id="r").save(directory.outbox)
    kept = choose_place(directory, None, ledger.notes)
    assert kept.experiment.id == "99"
    assert "names another experiment" in str(kept)


class Records:
    """A recorder of which only the problem matters."""

    problem: str | None = None

    def leave(self) -> RecordState:
        return state()


def watch(trouble: Callable[[str | None], None]) -> Watch:
    return Watch(Silence(), lambda text: None, lambda done, total: None, trouble=trouble)


def test_trouble_is_told_when_it_comes_and_when_it_is_over() -> None:
    recorder, told = Records(), list[str | None]()
    audience = Audience(watch(told.append), recorder, {})  # type: ignore[arg-type]
    for problem in (None, "down", "down", "refused", None, None):
        recorder.problem = problem
        audience.look()
    assert told == ["down", "refused", None]


def test_why_trials_wait_is_told_when_it_changes() -> None:
    reasons, told = iter([None, "no GPU", "no GPU", "kernels", None]), list[str | None]()
    view = Watch(Silence(), lambda text: None, lambda done, total: None, waiting=told.append)
    audience = Audience(view, Records(), {}, lambda: next(reasons))  # type: ignore[arg-type]
    for _ in range(5):
        audience.look()
    assert told == ["no GPU", "kernels", None]


def test_trouble_is_looked_for_while_a_study_runs() -> None:
    import threading

    heard = threading.Event()
    recorder = Records()
    recorder.problem = "down"
    audience = Audience(watch(lambda problem: heard.set()), recorder, {})  # type: ignore[arg-type]
    audience.start()
    assert heard.wait(60)
    audience.close(hurried=True)
    assert "records-troubles" not in [thread.name for thread in threading.enumerate()]


def test_a_database_that_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    assert follow(tmp_path) is None
    (tmp_path / "mlflow.db").write_text("no database, and long enough to be seen as none" * 99)
    assert "cannot be looked at" in (follow(tmp_path) or "")


def test_a_store_is_not_printed_with_its_secret() -> None:
    assert "sesame5" not in repr(TrackingStore("http://a:sesame5@h", "http://a:***@h"))
