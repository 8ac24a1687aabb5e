"""The champion: chosen on validation data, scored once on the test part, with all its seeds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean, stdev
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
    paths: Mapping[int, Path],
    left_out: Sequence[str],
    data: Mapping[Any, TaskData],
) -> ChampionChosen:
    """Score the champion and tell the listener, unless an earlier run of the study has done so.

    A study that is resumed and keeps its champion is not scored on the test part again, but where
    other seeds of it stand on the shelf than before.

    Args:
        seed: The training that is kept.
        paths: Checkpoint folders of all trainings of the winning configuration, by seed.
        left_out: Trainings that have none, and why.
    """
    noted = ledger.note(NOTE)
    if noted:
        before = _as_noted(noted)
        kept = (before.number, before.seed, before.path) == (number, seed, str(paths[seed]))
        if kept and set(before.seeds) == set(paths):
            return before
    event = _score(number, seed, paths, left_out, data)
    listener.on_event(event)
    ledger.set_note(NOTE, asdict(event))
    ledger.flush()
    return event


def _as_noted(noted: Mapping[str, Any]) -> ChampionChosen:
    """The event of a note, which is JSON; the note of an older version knows no seeds."""
    before = ChampionChosen(**noted)
    by_seed = {name: tuple(values) for name, values in before.by_seed.items()}
    seeds, left_out = tuple(before.seeds), tuple(before.left_out)
    return replace(before, seeds=seeds, by_seed=by_seed, left_out=left_out)


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


def _score(
    number: int,
    seed: int,
    paths: Mapping[int, Path],
    left_out: Sequence[str],
    data: Mapping[Any, TaskData],
) -> ChampionChosen:
    from rnnsearch.training.trained import TrainedModel

    models = {each: TrainedModel.load(path, allow_code=True) for each, path in paths.items()}
    model = models[seed]
    task_data = data[model.config.task]
    has_test = task_data.rows().get("test", 0) > 0
    tested = {
        each: one.evaluate("test", task_data) if has_test else {} for each, one in models.items()
    }
    rows = [{**one.metrics, **tested[each]} for each, one in models.items()]
    by_seed = {name: tuple(row[name] for row in rows) for name in rows[0]}
    several = len(models) > 1
    return ChampionChosen(
        time=time.time(),
        number=number,
        seed=seed,
        path=str(paths[seed]),
        val_metrics=dict(model.metrics),
        test_metrics=tested[seed],
        text=model.say(task_data),
        seeds=tuple(models),
        by_seed=by_seed,
        mean={name: fmean(values) for name, values in by_seed.items()},
        std={name: stdev(values) for name, values in by_seed.items()} if several else {},
        left_out=tuple(left_out),
    )
