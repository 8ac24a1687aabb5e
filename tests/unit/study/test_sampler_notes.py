"""What a sampler says of itself is a note of the study, in its result and in MLflow too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnsearch.events import Event, StudyStarted
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.recorder import RecordState
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.run import SearchOutcome
from rnnsearch.study import Study, driving

SPACE = """
task: {type: sine, num_points: 12, rollout: {steps: [1, 5]}}
model: {cell: lstm, hidden_size: {int: [2, 9]}}
training: {learning_rate: {loguniform: [0.001, 0.1]}}
search: {metric: val_mse, num_trials: 5, sampler: {type: auto}}
"""
SAID = "the sampler auto takes qmc: 5 trials are too few to learn from"


class HearingRecorder(Outbox):
    """The driver's handle on its records, of which nobody moves any."""

    close_seconds = 5.0
    problem = None
    heard: list[Event]

    def on_event(self, event: Event) -> None:
        self.heard.append(event)

    def close(self, *how: Any) -> RecordState:  # type: ignore[override]
        super().close()
        return RecordState(0, None, WriterState())


def test_a_sampler_s_words_are_notes_of_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Event] = []

    def recorder_of(directory: Any, _: object) -> HearingRecorder:
        recorder = HearingRecorder(directory.outbox)
        recorder.heard = heard
        return recorder

    def searched(spec: Any, directory: Any, *, ledger: Any, **_: Any) -> SearchOutcome:
        ledger.settle("stopped")
        return SearchOutcome("stopped", "", None)

    monkeypatch.setattr("rnnsearch.search.run.run_search", searched)
    monkeypatch.setattr(driving, "recorder_of", recorder_of)
    (tmp_path / "auto.yaml").write_text(SPACE)
    study = Study.from_yaml(tmp_path / "auto.yaml", storage=tmp_path)
    for go in (study.run, lambda: Study.open("auto", storage=tmp_path).run()):
        heard.clear()
        assert list(go().notes).count(SAID) == 1
        (started,) = [one for one in heard if isinstance(one, StudyStarted)]
        assert list(started.notes).count(SAID) == 1
        assert started.description.count(f"> note: {SAID}") == 1
    assert list(Study.open("auto", storage=tmp_path).result().notes).count(SAID) == 1
