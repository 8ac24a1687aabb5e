"""Scores the champion, which was chosen on validation data, once on the test part."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    from rnnsearch.training.script.model import ScriptModel
    from rnnsearch.training.trained import TrainedModel


def crown(
    ledger: Ledger,
    listener: Listener,
    choice: Choice,
    *,
    data: Mapping[Any, TaskData],
    figure: Path,
    secure: Callable[[], None] = lambda: None,
) -> ChampionChosen:
    """Score the champion and tell the listener, each of them once, even across a kill.

    The ledger notes each step when it is done: the test metrics of a model, the champion as it was
    scored, and that the listener was told. So a resumed study repeats none of them. Only a driver
    that is killed while it tells the listener tells it again, with an equal event.

    Args:
        data: The data of a task by its config.
        figure: Where the champion's picture is to lie.
        secure: Called before the ledger names it; its checkpoints are written.
    """
    event = _as_noted(ledger, choice, figure)
    if event is None:
        scored = event = _score(ledger, choice, data, figure)
        secure()
        ledger.note(lambda notes: replace(notes, champion=scored))
        ledger.flush()
    mark = event.mark
    if ledger.notes.announced_champion != mark:
        listener.on_event(event)
        ledger.note(lambda notes: replace(notes, announced_champion=mark))
        ledger.flush()
    return event


def _as_noted(ledger: Ledger, choice: Choice, figure: Path) -> ChampionChosen | None:
    """The champion that the study has noted, if it is this choice with the same seeds."""
    before = ledger.notes.champion
    if before is None:
        return None
    path = choice.paths[choice.seed]
    kept = (before.number, before.seed, Path(before.path).name, before.ensemble)
    now = (choice.number, choice.seed, path.name, choice.ensemble)
    if kept != now or set(before.seeds) != set(choice.paths):
        return None
    if [one["number"] for one in before.front] != [one["number"] for one in choice.front]:
        return None
    # The storage may have been moved since then.
    return replace(before, path=str(path), figure=str(figure), front=choice.front)


def why_unusable(records: Sequence[TrialRecord], grace: int, ending: str) -> str:
    """Why a study has no champion, with the most common reasons of its trials.

    Args:
        records: All trials of the study.
        grace: Epochs from which on a trial's value counts.
        ending: Why the search ended before all its trials had; empty where it did not.
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
    """A trial's reason without the numbers in it, so that equal reasons can be counted."""
    return reason.split(";")[0].split(" at step ")[0].splitlines()[0]


def _score(
    ledger: Ledger, choice: Choice, data: Mapping[Any, TaskData], figure: Path
) -> ChampionChosen:
    from rnnsearch.training.latency import latency
    from rnnsearch.training.loading import load_model
    from rnnsearch.training.trained import TrainedModel

    models = {each: load_model(path, allow_code=True) for each, path in choice.paths.items()}
    model = models[choice.seed]
    task_data = data[model.config.task]
    if isinstance(model, TrainedModel) and (knowing := model.calibrated(task_data)) is not None:
        knowing.save(choice.paths[choice.seed])
    tested = {
        each: _tested(ledger, _key(choice, each, one.epoch), one, task_data)
        for each, one in models.items()
    }
    rows = [{**one.metrics, **tested[each]} for each, one in models.items()]
    by_seed = {name: tuple(row[name] for row in rows) for name in rows[0]}
    several = len(models) > 1
    asked = latency(model) if isinstance(model, TrainedModel) else None
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
        request_seconds=None if asked is None else asked.seconds,
        request="" if asked is None else asked.of,
        ensemble=choice.ensemble,
        front=choice.front,
    )


def _key(choice: Choice, seed: int, epoch: int) -> str:
    """The name of a model among the notes of the test part: of an ensemble that of its folder."""
    if choice.ensemble.get("won"):
        return choice.paths[seed].name
    return f"{choice.number}:{seed}:{epoch}"


def _tested(
    ledger: Ledger, key: str, model: TrainedModel | ScriptModel, data: TaskData
) -> dict[str, float]:
    """A model's metrics on the test part, which are noted at once; empty where there is no part.

    Args:
        key: Names the model among the notes.
    """
    if not data.rows().get("test"):
        return {}
    known = ledger.notes.tested.get(key)
    if known is None:
        known = metrics = dict(model.evaluate("test", data))
        ledger.note(lambda notes: replace(notes, tested={**notes.tested, key: metrics}))
        ledger.flush()
    return dict(known)
