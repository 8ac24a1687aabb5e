"""What a person may want to do with a study next, as command lines that run as they are printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.commands import command
from rnnsearch.records.tracking_uri import sqlite_path
from rnnsearch.report.usage import read_description
from rnnsearch.search.endings import OUT_OF_DEVICE_TIME, OUT_OF_MONEY
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
    used = showing_command(result)
    if used is not None:
        commands.append(used)
    if (storage / "mlflow.db").exists() or (result.run is not None and _elsewhere(result.run)):
        commands.append(command("ui", name, storage=storage))
    return commands


def _more(result: StudyResult) -> tuple[object, ...]:
    """The options by which a study goes on whose packs have taken what they may."""
    run, search = result.run, result.spec.search
    if run is None or run.reason not in (OUT_OF_DEVICE_TIME, OUT_OF_MONEY):
        return ()
    if result.spec.cost_limits and search.max_cost is not None:
        return "--max-cost", f"{2 * search.max_cost:g}"
    return "--max-device-hours", f"{2 * (search.max_device_hours or 1):g}"


def _elsewhere(run: RunFigures) -> bool:
    """Whether the records are in a store outside the storage folder that exists."""
    path = sqlite_path(run.tracking_uri)
    return path is None or path.exists()


def showing_command(result: StudyResult) -> str | None:
    """The command line that shows what the champion can do, such as `rollout` or `sample`.

    Returns:
        None where there is no champion, or no such command for its task.
    """
    champion = result.champion
    description = None if champion is None else read_description(Path(champion.path))
    if champion is None or description is None:
        return None
    words = use_of_checkpoint(description, borrowed=False).command(champion.text)
    if words is None:
        return None
    verb, *arguments = words
    directory = result.directory
    return command(str(verb), directory.name, *arguments, storage=directory.storage)
