"""One whole study for `bench_records.py`, with its records or without, in a process of its own.

    python recorded_study.py with|without STORAGE TRIALS RULE

The last line is JSON: when the last training ended, Unix time.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from rnnsearch.events import EpochsReported, Event, FinalistScored, TrialEnded
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


def nowhere(directory: Any, place: Any) -> Nowhere:
    del place
    Outbox(directory.outbox).close()  # the other sinks ask it for the study's random name
    return Nowhere()


def main(mode: str, storage: str, trials: str, rule: str) -> None:
    if mode == "without":
        driving.recorder_of = nowhere  # type: ignore[assignment]
    watch = Watch()
    study = Study.from_yaml(SINE, storage=storage, overrides=[f"search.num_trials={trials}"])
    result = study.run(record=rule, listener=watch)
    print(json.dumps({"last": watch.last, "registered": bool(result.run and result.run.run_id)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
