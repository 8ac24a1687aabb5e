"""What the run of a study holds for its page: description, leaderboard, data, where it is from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import record_stream as stream
from paper_store import PaperStore

from rnnsearch.events import ChampionChosen
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.writer_state import WriterState

NOTE = "mlflow.note.content"
DATA = {
    "name": "load.csv",
    "digest": "abc",
    "source_type": "local",
    "source": "{}",
    "profile": "{}",
}


def test_a_page_says_what_the_study_says_of_itself_through_its_whole_life(tmp_path: Path) -> None:
    store, state = PaperStore(), WriterState()
    (tmp_path / "leaderboard.json").write_text("[1]")
    sequence = 0

    def told(*events: object) -> dict[str, str]:
        nonlocal sequence
        tracker = Tracker(StudyRun(store, state, "sine", folder=tmp_path))
        for event in events:
            sequence += 1
            tracker.add(sequence, event)  # type: ignore[arg-type]
            tracker.flush()
        return store.named("sine").tags

    opened = replace(
        stream.started(),
        description="running",
        run_tags={"command": "rnnsearch run"},
        datasets=(DATA,),
    )
    tags = told(opened, stream.begin(0))
    assert (tags[NOTE], tags["command"]) == ("running", "rnnsearch run")
    assert "command" not in store.named("trial-0000-lstm").tags
    assert store.named("sine").datasets == [DATA]

    won = ChampionChosen(stream.START + 50, 0, 3, "/gone", {"m": 0.1}, {}, text="hello -> elloh")
    tags = told(won)
    assert tags[NOTE] == "running", "what the model writes is in the description at the end"
    tags = told(replace(stream.ended(), description="**Winner**: trial 0"))
    assert tags[NOTE] == "**Winner**: trial 0"
    assert store.named("sine").files["leaderboard.json"] == "[1]"
    assert json.loads(tags["mlflow.loggedArtifacts"]) == [
        {"path": "leaderboard.json", "type": "table"}
    ]

    (tmp_path / "leaderboard.json").write_text("[1, 2]")
    again = replace(opened, resumed=True, description="running again, winner: trial 0")
    assert told(again)[NOTE] == "running again, winner: trial 0"
    assert told(replace(stream.ended(), description="winner: trial 7"))[NOTE] == "winner: trial 7"
    assert store.named("sine").files["leaderboard.json"] == "[1, 2]"


def test_a_champion_of_an_older_outbox_is_still_quoted() -> None:
    store = PaperStore()
    tracker = Tracker(StudyRun(store, WriterState(), "sine"))
    won = ChampionChosen(stream.START + 50, 0, 3, "/gone", {"m": 0.1}, {}, text="hello -> elloh")
    for sequence, event in enumerate((stream.started(), won), 1):
        tracker.add(sequence, event)
    tracker.flush()
    assert store.named("sine").tags[NOTE] == "```\nhello -> elloh\n```"
