"""A tiny study on a real Ray, for tests in this process and in a subprocess.

`python ray_study.py FOLDER [OVERRIDE...]` runs one and prints a JSON line for every phase.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.errors import RnnsearchError
from rnnsearch.events import Event
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.run import SearchOutcome, run_search
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec

SPACE = """
name: tiny
task: {type: sine, num_points: 12, rollout: {steps: [1, 5]}}
model:
  cell: lstm
  hidden_size: {int: [4, 8]}
training:
  learning_rate: {loguniform: [1e-3, 1e-1]}
  steps_per_epoch: 5
  max_epochs: 9
search:
  metric: val_mse
  num_trials: 16
  sampler: {type: random}
  scheduler: {type: asha, grace_period: 1, reduction_factor: 3}
  finalists: {top: 2, seeds: 2}
resources: {packs: 2, slots: 4}
"""


class Notebook:
    """Remembers every event; `hook` sees each first."""

    def __init__(self, hook: Callable[[Event], None] = lambda event: None) -> None:
        self.events: list[Event] = []
        self._hook = hook

    def on_event(self, event: Event) -> None:
        self._hook(event)
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def tiny_spec(overrides: Sequence[str] = ()) -> StudySpec:
    return loads(SPACE, name="tiny", directory=Path(), overrides=overrides)


def open_study(folder: Path, spec: StudySpec, *, resume: bool = False) -> Any:
    """The study's directory and ledger."""
    directory = StudyDirectory(folder, spec.name)
    directory.create()
    return directory, (Ledger.open if resume else Ledger.create)(directory, spec)


def search(
    folder: Path,
    overrides: Sequence[str] = (),
    *,
    resume: bool = False,
    notebook: Notebook | None = None,
    **how: Any,
) -> tuple[SearchOutcome, Notebook, Ledger]:
    """Run the tiny study; a slice is short, so that a study has many steps."""
    spec = tiny_spec(overrides)
    directory, ledger = open_study(folder, spec, resume=resume)
    notes = notebook or Notebook()
    how.setdefault("slice_seconds", 0.05)
    outcome = run_search(spec, directory, ledger=ledger, listener=notes, **how)
    return outcome, notes, ledger


def main() -> None:
    folder, *overrides = sys.argv[1:]

    def say(what: str, **more: Any) -> None:
        print(json.dumps({"what": what, **more}), flush=True)

    notes = Notebook(lambda event: say(type(event).__name__))
    try:
        outcome, _, ledger = search(Path(folder), overrides, notebook=notes, stage=say)
    except (RnnsearchError, KeyboardInterrupt) as error:
        say("raised", error=type(error).__name__, text=str(error))
        sys.exit(1)
    say(
        "outcome",
        state=outcome.state,
        counts=ledger.counts(),
        reason=outcome.reason,
        threads=[thread.name for thread in threading.enumerate()],
    )


if __name__ == "__main__":
    main()
