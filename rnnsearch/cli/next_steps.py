"""What a person may want to do with a study next, as command lines that run as they are printed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.commands import command
from rnnsearch.records.tracking_uri import sqlite_path
from rnnsearch.report.usage import export_words, read_description
from rnnsearch.search.endings import FINALISTS_SHARE, OUT_OF_DEVICE_TIME, OUT_OF_MONEY
from rnnsearch.search.lock import is_running
from rnnsearch.tasks.families import use_of_checkpoint

if TYPE_CHECKING:
    from rnnsearch.study import RunFigures, StudyResult


def next_commands(result: StudyResult) -> list[str]:
    """Command lines that go on with a study, or watch and stop one that runs, show its trials, use
    its champion, and show its records."""
    name, storage = result.directory.name, result.directory.storage
    counts = result.counts()
    commands = []
    if is_running(result.directory):
        commands.append(command("watch", name, storage=storage))
        commands.append(command("stop", name, storage=storage))
    elif result.state in ("complete", "running") and result.spec.parameters:
        more = max(len(result.trials), 1)
        commands.append(command("extend", name, "--trials", more, storage=storage))
    elif result.state in ("complete", "running"):
        pass  # nothing is sampled, so more trials would be the same training again
    elif result.state != "failed" or not result.trials or counts["waiting"] + counts["running"]:
        commands.append(command("resume", name, *_more(result), storage=storage))
    commands.append(command("trials", name, storage=storage))
    description = _champion_of(result)
    if description is not None:
        commands += _using(result, description)
    if (storage / "mlflow.db").exists() or (result.run is not None and _elsewhere(result.run)):
        commands.append(command("ui", name, storage=storage))
    return commands


def _more(result: StudyResult) -> tuple[object, ...]:
    """The options by which a study goes on whose packs have taken what they may."""
    run, search = result.run, result.spec.search
    if run is None or run.reason not in (OUT_OF_DEVICE_TIME, OUT_OF_MONEY):
        return ()
    taken = result.pack_seconds / 3600
    if result.spec.cost_limits and search.max_cost is not None:
        return "--max-cost", _more_than(search.max_cost, taken * result.spec.pack_price)
    return "--max-device-hours", _more_than(search.max_device_hours or 1, taken)


def _more_than(limit: float, taken: float) -> str:
    """Twice a limit, or more where packs took so much that the search would have nothing left."""
    more = max(2 * limit, (taken + limit / 2) / (1 - FINALISTS_SHARE))
    step: float = 10.0 ** (math.floor(math.log10(more)) - 1)
    return f"{math.ceil(round(more / step, 6)) * step:g}"


def _elsewhere(run: RunFigures) -> bool:
    """Whether the records are in a store outside the storage folder that exists."""
    path = sqlite_path(run.tracking_uri)
    return path is None or path.exists()


def _champion_of(result: StudyResult) -> Mapping[str, Any] | None:
    """What the champion's checkpoint says of it; None where there is none."""
    return None if result.champion is None else read_description(Path(result.champion.path))


def _using(result: StudyResult, description: Mapping[str, Any]) -> Iterator[str]:
    """Command lines that show what the champion can do, such as `rollout` or `sample`, where its
    task has one, and that write it for other programs."""
    assert result.champion is not None
    name, storage = result.directory.name, result.directory.storage
    words = use_of_checkpoint(description, borrowed=False).command(result.champion.text)
    if words is not None:
        verb, *arguments = words
        yield command(str(verb), name, *arguments, storage=storage)
    if (exported := export_words(description)) is not None:
        yield command("export", name, *exported, storage=storage)
