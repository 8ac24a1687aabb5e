"""What is told twice stands once, whatever died in between; what is refused costs itself alone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import record_stream as stream
from paper_store import PaperStore

from rnnsearch.events import (
    BaselineScored,
    ChampionChosen,
    CheckpointSaved,
    Event,
    FinalistScored,
    StoppedFinished,
    StudyEnded,
    TrialEnded,
)
from rnnsearch.records.names import TRIAL
from rnnsearch.records.run_store import AwayError, Point
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.writer_state import WriterState


class Writer:
    """Moves events as the writer process does, in this one."""

    def __init__(self, store: PaperStore, state: WriterState) -> None:
        self._tracker = Tracker(StudyRun(store, state, "sine"))
        self._state = state
        self._sequence = state.done

    def move(self, *events: Event) -> None:
        for event in events:
            self._sequence += 1
            if self._tracker.add(self._sequence, event):
                self.flush()
        self.flush()

    def flush(self) -> None:
        while True:
            try:
                self._tracker.flush()
            except AwayError:
                continue
            self._state.done = self._state.claimed = self._sequence
            return


class LosesAnswers(PaperStore):
    """Takes each row of a trial, at first without an answer to the call that brought it."""

    def __init__(self) -> None:
        super().__init__()
        self._lost: set[object] = set()

    def log(
        self,
        run_id: str,
        *,
        metrics: Iterable[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        rows = list(metrics)
        super().log(run_id, metrics=rows, params=params, tags=tags)
        fresh = {(run_id, row[0], row[3]) for row in rows} - self._lost
        if fresh and TRIAL in self.runs[run_id].tags:
            self._lost |= fresh
            raise AwayError("the answer was lost")


def later(event: Event, seconds: float = 100.0) -> Event:
    return dataclasses.replace(event, time=event.time + seconds)


def saved(state: WriterState, folder: Path) -> WriterState:
    """As the next writer reads it."""
    state.save(folder)
    return WriterState.load(folder)


def test_an_interrupted_study_is_continued_in_the_same_runs(tmp_path: Path) -> None:
    store = PaperStore()
    first = Writer(store, state := WriterState())
    put_back = TrialEnded(stream.START + 9, 1, "waiting", "Ctrl-C", 4, 0.5, 0.5, 4, 1.0)
    first.move(
        *(stream.started(), BaselineScored(stream.START, "ar", {"val_mse": 0.3})),
        *stream.trial(0),
        *(event for number in (1, 2) for event in list(stream.trial(number))[:2]),
        put_back,
        stream.ended("interrupted", "Ctrl-C"),
    )
    statuses = {run.name: run.status for run in store.runs.values()}
    assert statuses == {
        "sine": "KILLED",
        "baseline-ar": "FINISHED",
        "trial-0000-lstm": "FINISHED",
        "trial-0001-lstm": "KILLED",
        "trial-0002-lstm": "KILLED",
    }
    assert store.named("trial-0002-lstm").tags["state"] == "waiting"

    second = Writer(store, state := saved(state, tmp_path))
    again = stream.START + 101
    second.move(
        stream.started(resumed=True, at=stream.START + 100, trials=40),
        BaselineScored(stream.START + 100, "ar", {"val_mse": 0.3}),
        # From a snapshot at epoch 2: epoch 3 comes a second time, later.
        *(stream.begin(number, attempt=2, at=again) for number in (1, 2)),
        *(stream.epochs(number, 3, stream.EPOCHS, at=again + 1) for number in (1, 2)),
        *(stream.finish(number, "complete") for number in (1, 2)),
        stream.ended(at=stream.START + 120),
    )
    assert len(store.runs) == 5
    assert {run.status for run in store.runs.values()} == {"FINISHED"}
    assert store.named("sine").tags["num_trials"] == "40"
    assert store.named("trial-0001-lstm").tags["attempt"] == "2"
    assert store.curve_rows() == 3 * stream.EPOCHS * 2 + 1


def test_a_trial_that_is_told_again_has_each_row_once(tmp_path: Path) -> None:
    """A trial that a resumed study trains and reports a second time has one row for each epoch: its
    end had reached the records, but the driver was killed before the ledger had it.
    """
    store = PaperStore()
    first = Writer(store, state := WriterState())
    first.move(stream.started(), BaselineScored(stream.START, "ar", {"val_mse": 0.3}))
    first.move(*stream.trial(0), stream.begin(1), stream.epochs(1, 1, 6))

    second = Writer(store, state := saved(state, tmp_path))
    second.move(
        stream.started(resumed=True, at=stream.START + 50),
        BaselineScored(stream.START + 51, "ar", {"val_mse": 0.3}),
        stream.begin(0, attempt=2, at=stream.START + 52),
        later(stream.epochs(0, 3, 8)),
        later(stream.finish(0, "complete")),
        stream.begin(1, attempt=2, at=stream.START + 52),
        later(stream.epochs(1, 4, 8)),
        later(stream.finish(1, "complete")),
        StudyEnded(stream.START + 300, "complete", "", 250.0, {}, {"complete": 2}),
    )

    assert store.curve_rows() == 2 * 2 * stream.EPOCHS + 1
    assert Counter(run.name for run in store.runs.values())["trial-0000-lstm"] == 1
    tags = store.named("sine").tags
    assert (tags["trials_complete"], tags["trials_waiting"]) == ("2", "0")
    assert state.counts == {"complete": 2}


def test_a_writer_that_lost_its_state_doubles_no_row(tmp_path: Path) -> None:
    store = PaperStore()
    Writer(store, WriterState()).move(stream.started(), *stream.trial(0), stream.begin(1))

    (tmp_path / "state.json").write_text("{torn", encoding="utf-8")
    Writer(store, WriterState.load(tmp_path)).move(
        stream.started(resumed=True, at=stream.START + 50),
        *(later(event) for event in stream.trial(0)),
        *list(stream.trial(1))[1:],
        StudyEnded(stream.START + 300, "complete", "", 250.0, {}, {"complete": 2, "failed": 4}),
    )

    assert len(store.runs) == 3
    assert store.curve_rows() == 2 * 2 * stream.EPOCHS
    tags = store.named("sine").tags
    assert (tags["trials_complete"], tags["trials_failed"]) == ("2", "4"), "those of the ledger"


def test_each_run_of_the_driver_has_its_own_figures(tmp_path: Path) -> None:
    store, state = PaperStore(), WriterState()
    for hour in range(3):
        writer = Writer(store, state := saved(state, tmp_path))
        at = stream.START + hour * 3600
        writer.move(stream.started(resumed=hour > 0, at=at), stream.ended(at=at + 60))
    assert len(store.named("sine").curve("wall_seconds")) == 3


def test_a_run_whose_making_was_not_heard_of_is_made_once() -> None:
    store = PaperStore(deaf=True)
    Writer(store, WriterState()).move(*stream.study(2))
    names = ["baseline-ar", "sine", "trial-0000-lstm", "trial-0001-lstm"]
    assert sorted(run.name for run in store.runs.values()) == names
    assert {run.status for run in store.runs.values()} == {"FINISHED"}
    assert store.curve_rows() == 2 * 2 * stream.EPOCHS + 1


def test_rows_of_which_the_answer_was_lost_stand_once() -> None:
    store = LosesAnswers()
    writer = Writer(store, WriterState())
    for event in stream.study(4):
        writer.move(event)  # each by itself, so that later rows follow others of their run
    trials = [run for run in store.runs.values() if TRIAL in run.tags]
    rows = [row for run in trials for row in run.rows if row[0] in ("train_loss", "val_mse")]
    assert len(rows) == 4 * 2 * stream.EPOCHS


def test_a_trial_that_is_refused_for_good_does_not_stop_the_rest() -> None:
    store, state = PaperStore(), WriterState()
    store.refuses = {"trial-0000-lstm"}
    Writer(store, state).move(stream.started(), *stream.trial(0), *stream.trial(1), stream.ended())
    assert state.problem == "MLflow refused trial 0: the run run 1 is gone (refused in all: 2)"
    assert len(store.named("trial-0001-lstm").curve("val_mse")) == stream.EPOCHS
    assert store.named("sine").status == "FINISHED"


def test_finalists_keep_their_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    store = PaperStore()
    Writer(store, WriterState()).move(
        stream.started(),
        *stream.trial(0),
        CheckpointSaved(stream.START, 0, 1000, str(tmp_path), {"val_mse": 0.1}),
        CheckpointSaved(stream.START, 0, 1001, str(tmp_path / "gone"), {}),
        FinalistScored(stream.START, 0, (1000, 1001), (0.1, 0.3)),
        stream.ended(),
    )
    run = store.named("trial-0000-lstm")
    assert run.files == {"checkpoint/seed-1000/config.json": "{}"}
    assert run.curve("val_mse_seeds_mean") == [(0, 0.2)]
    assert (run.tags["finalist"], run.status) == ("true", "FINISHED")


def test_a_stopped_trial_that_was_finished_says_so_and_stays_as_it_was(tmp_path: Path) -> None:
    store, state = PaperStore(), WriterState()
    Writer(store, saved(state, tmp_path)).move(stream.started(), *stream.trial(0), stream.ended())
    before = dict(store.named("trial-0000-lstm").tags)
    later = [
        stream.started(resumed=True),
        StoppedFinished(stream.START + 50, 0, "complete", 0.05, 9, 5),
        stream.ended(),
    ]
    Writer(store, saved(state, tmp_path)).move(*later)
    run = store.named("trial-0000-lstm")
    assert run.tags.items() >= before.items()
    assert run.tags["finished_after_stop"] == "complete"
    assert run.tags["stopped_at_epoch"] == "5"
    assert run.curve("finished_val_mse") == [(9, 0.05)]
    assert run.status == "FINISHED"


def test_a_champion_that_is_told_again_is_registered_once(tmp_path: Path) -> None:
    store, state = PaperStore(), WriterState()
    champion = ChampionChosen(stream.START + 50, 0, 3, "a", {"val_mse": 0.1}, {})
    for life in (stream.started(), stream.started(resumed=True)):
        Writer(store, state := saved(state, tmp_path)).move(life, champion, stream.ended())
    assert store.models == [champion]
    assert state.champion_uri == "models:/sine/1"
    assert len(store.named("sine").curve("val_mse")) == 1


def test_the_run_of_a_copied_finalist_is_finished(tmp_path: Path) -> None:
    """Its trial ended in the study that was forked, so nothing tells of its start or end here."""
    store = PaperStore()
    folder = tmp_path / "trial-0004"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    saved_at, scored_at = stream.START + 7, stream.START + 9
    writer = Writer(store, WriterState())
    writer.move(
        stream.started(),
        *stream.trial(0),
        CheckpointSaved(saved_at, 4, 11, str(folder), {"val_mse": 0.2}),
    )
    writer.move(FinalistScored(scored_at, 4, [11, 12], [0.2, 0.3]), stream.ended())
    run = store.named("trial-0004")
    assert (run.status, run.started, run.ended) == ("FINISHED", saved_at, saved_at)
    assert run.tags["finalist"] == "true"
    assert run.files
