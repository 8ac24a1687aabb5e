"""The champion: chosen on validation data, scored once on the test part."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.events import ChampionChosen, Listener

if TYPE_CHECKING:
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.tasks.base import TaskData

NOTE = "champion"


def crown(
    ledger: Ledger,
    listener: Listener,
    *,
    number: int,
    seed: int,
    path: Path,
    data: Mapping[Any, TaskData],
) -> ChampionChosen:
    """Score the champion and tell the listener, unless an earlier run of the study has done so.

    A study that is resumed and keeps its champion is not scored on the test part again.
    """
    noted = ledger.note(NOTE)
    if noted and (noted["number"], noted["seed"], noted["path"]) == (number, seed, str(path)):
        return ChampionChosen(**noted)
    event = _score(number, seed, path, data)
    listener.on_event(event)
    ledger.set_note(
        NOTE,
        {
            "time": event.time,
            "number": number,
            "seed": seed,
            "path": str(path),
            "val_metrics": dict(event.val_metrics),
            "test_metrics": dict(event.test_metrics),
            "text": event.text,
        },
    )
    ledger.flush()
    return event


def why_unusable(records: Sequence[TrialRecord], grace: int, ending: str) -> str:
    """Why a study has no champion: how it ended, and its trials' most common reasons.

    Args:
        ending: Why the search ended before all trials had, or empty.
    """
    if not records:
        return f"No trial was started{_since(ending)}; nothing was registered."
    reasons = Counter(_plain(record.reason) for record in records if record.reason)
    lines = [f"  {count} x {reason}" for reason, count in reasons.most_common(3)]
    head = (
        f"None of {len(records)} trials ended complete or pruned, with a finite value at epoch "
        f"{grace} or beyond{_since(ending)}; nothing was registered."
    )
    return "\n".join([head, *lines])


def _since(ending: str) -> str:
    return f": {ending}" if ending else ""


def _plain(reason: str) -> str:
    """A reason without the numbers that make each one different."""
    return reason.split(";")[0].split(" at step ")[0].splitlines()[0]


def _score(number: int, seed: int, path: Path, data: Mapping[Any, TaskData]) -> ChampionChosen:
    import torch

    from rnnsearch.tasks.load import build_task
    from rnnsearch.training.trained import TrainedModel

    model = TrainedModel.load(path)
    task_data = data[model.config.task]
    has_test = task_data.rows().get("test", 0) > 0
    predictor = model.predictor()
    task = build_task(model.config.task, task_data, torch.device("cpu"), predictor.dtype)
    return ChampionChosen(
        time=time.time(),
        number=number,
        seed=seed,
        path=str(path),
        val_metrics=dict(model.metrics),
        test_metrics=model.evaluate("test", task_data) if has_test else {},
        text=task.say(predictor),
    )
