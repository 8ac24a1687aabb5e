"""One whole study for `bench_records.py`, with its records or without, in a process of its own.

    python recorded_study.py with|without STORAGE TRIALS RULE

The last line is JSON: when the last training ended, Unix time, and the seconds of each stage of the
end. Stages that overlap are each told whole.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from rnnsearch.events import EpochsReported, Event, FinalistScored, TrialEnded
from rnnsearch.leaving import leave
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.recorder import RecordState
from rnnsearch.records.writer_state import WriterState
from rnnsearch.study import Study, driving

SINE = Path(__file__).parents[2] / "search_spaces" / "sine.yaml"


class Nowhere:
    """In the place of the recorder: keeps nothing."""

    close_seconds = 0.0
    problem = None

    def on_event(self, event: Event) -> None:
        del event

    def close(self, *_: Any, **__: Any) -> RecordState:
        return RecordState(0, None, WriterState())

    leave = close


class Watch:
    """Notes when a training was last heard of."""

    last = 0.0

    def on_event(self, event: Event) -> None:
        if isinstance(event, EpochsReported | FinalistScored | TrialEnded):
            self.last = time.time()


class Stages:
    """Takes the time of functions of the driver, by putting itself in their places."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def of(self, owner: Any, name: str, label: str) -> None:
        """Take the time of each call of `owner.name`; the last one counts."""
        wanted = getattr(owner, name)

        def timed(*words: Any, **more: Any) -> Any:
            began = time.time()
            try:
                return wanted(*words, **more)
            finally:
                self.seconds[label] = time.time() - began

        setattr(owner, name, timed)


def watched_stages() -> Stages:
    """The stages of the end, timed from now on."""
    import ray

    from rnnsearch.search import champion
    from rnnsearch.study.audience import Audience
    from rnnsearch.study.drawing import Drawing
    from rnnsearch.study.keepsakes import Keepsakes
    from rnnsearch.study.pictures import Pictures

    stages = Stages()
    for owner, name, label in (
        (champion, "_score", "score the winner"),
        (ray, "shutdown", "end Ray"),
        (Pictures, "draw_champion", "draw the winner (beside it)"),
        (Drawing, "finish", "wait for that picture"),
        (Pictures, "draw_study", "draw the study"),
        (driving, "report_at_end", "write the report"),
        (Keepsakes, "closing", "write the leaderboard"),
        (Audience, "close", "wait for the records"),
    ):
        stages.of(owner, name, label)
    return stages


def nowhere(directory: Any, place: Any) -> Nowhere:
    del place
    Outbox(directory.outbox).close()  # the other sinks ask it for the study's random name
    return Nowhere()


def main(mode: str, storage: str, trials: str, rule: str) -> None:
    if mode == "without":
        driving.recorder_of = nowhere  # type: ignore[assignment]
    watch, stages = Watch(), watched_stages()
    study = Study.from_yaml(SINE, storage=storage, overrides=[f"search.num_trials={trials}"])
    result = study.run(record=rule, listener=watch)
    registered = bool(result.run and result.run.run_id)
    row = {"last": watch.last, "registered": registered, "done": time.time()}
    print(json.dumps({**row, "stages": stages.seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
    leave(0)  # as the command does
