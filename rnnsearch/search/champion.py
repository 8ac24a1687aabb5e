"""The champion: chosen on validation data, scored once on the test part, with all its seeds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from rnnsearch.events import ChampionChosen, Listener
from rnnsearch.search.choice import Choice
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.tasks.base import TaskData

if TYPE_CHECKING:
    from rnnsearch.training.trained import TrainedModel


def crown(
    ledger: Ledger,
    listener: Listener,
    choice: Choice,
    *,
    data: Mapping[Any, TaskData],
    figure: Path,
) -> ChampionChosen:
    """Score the champion and tell the listener, each once, whatever happens between.

    Whoever resumes a study that was killed here finds every step in the ledger that was done: a
    model's test metrics, the champion as it was scored, and that it was told. A listener may hear
    of one and the same champion again where the driver was killed while it told: then the event is
    equal, its time included.

    Args:
        figure: Where its picture is to lie.
    """
    event = _as_noted(ledger, choice, figure)
    if event is None:
        event = _score(ledger, choice, data, figure)
        scored = event
        ledger.note(lambda notes: replace(notes, champion=scored))
        ledger.flush()
    mark = event.mark
    if ledger.notes.champion_told != mark:
        listener.on_event(event)
        ledger.note(lambda notes: replace(notes, champion_told=mark))
        ledger.flush()
    return event


def _as_noted(ledger: Ledger, choice: Choice, figure: Path) -> ChampionChosen | None:
    """The champion of an earlier run of the study, if it is this one with the same seeds."""
    before = ledger.notes.champion
    if before is None:
        return None
    path = choice.paths[choice.seed]
    kept = (before.number, before.seed, Path(before.path).name)
    if kept != (choice.number, choice.seed, path.name) or set(before.seeds) != set(choice.paths):
        return None
    # A storage may have been moved since.
    return replace(before, path=str(path), figure=str(figure))


def why_unusable(records: Sequence[TrialRecord], grace: int, ending: str) -> str:
    """Why a study has no champion: how it ended, and its trials' most common reasons.

    Args:
        ending: Why the search ended before all trials had, or empty.
    """
    if not records:
        return f"No trial was started{_since(ending)}; nothing was registered."
    reasons = Counter(_plain(record.reason) for record in records if record.reason)
    lines = [f"  {count} x {reason}" for reason, count in reasons.most_common(3)]
    if ending:
        head = f"None of {len(records)} trials finished an epoch{_since(ending)}"
    else:
        head = (
            f"None of {len(records)} trials ended complete or pruned, with a finite value at epoch "
            f"{grace} or beyond"
        )
    return "\n".join([f"{head}; nothing was registered.", *lines])


def _since(ending: str) -> str:
    return f": {ending}" if ending else ""


def _plain(reason: str) -> str:
    """A reason without the numbers that make each one different."""
    return reason.split(";")[0].split(" at step ")[0].splitlines()[0]


def _score(
    ledger: Ledger, choice: Choice, data: Mapping[Any, TaskData], figure: Path
) -> ChampionChosen:
    from rnnsearch.training.trained import TrainedModel

    models = {each: TrainedModel.load(path, allow_code=True) for each, path in choice.paths.items()}
    model = models[choice.seed]
    task_data = data[model.config.task]
    tested = {
        each: _tested(ledger, f"{choice.number}:{each}:{one.epoch}", one, task_data)
        for each, one in models.items()
    }
    rows = [{**one.metrics, **tested[each]} for each, one in models.items()]
    by_seed = {name: tuple(row[name] for row in rows) for name in rows[0]}
    several = len(models) > 1
    return ChampionChosen(
        time=time.time(),
        number=choice.number,
        seed=choice.seed,
        path=str(choice.paths[choice.seed]),
        val_metrics=dict(model.metrics),
        test_metrics=tested[choice.seed],
        text=model.say(task_data),
        figure=str(figure),
        seeds=tuple(models),
        by_seed=by_seed,
        mean={name: fmean(values) for name, values in by_seed.items()},
        std={name: stdev(values) for name, values in by_seed.items()} if several else {},
        left_out=tuple(choice.left_out),
        unfinished=choice.unfinished,
    )


def _tested(ledger: Ledger, key: str, model: TrainedModel, data: TaskData) -> dict[str, float]:
    """A model's metrics on the test part, noted as soon as they are there; none without a part."""
    if not data.rows().get("test"):
        return {}
    known = ledger.notes.tested.get(key)
    if known is None:
        known = found = dict(model.evaluate("test", data))
        ledger.note(lambda notes: replace(notes, tested={**notes.tested, key: found}))
        ledger.flush()
    return dict(known)
