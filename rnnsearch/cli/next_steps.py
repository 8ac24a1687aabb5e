"""What a person may want to do with a study now, as commands that run as they are printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.commands import command
from rnnsearch.records.tracking_uri import sqlite_path
from rnnsearch.tasks.families import use_of_checkpoint

if TYPE_CHECKING:
    from rnnsearch.study import RunFigures, StudyResult


def next_commands(result: StudyResult) -> list[str]:
    """Commands ready to copy: go on, look, use the champion, browse the records."""
    name, storage = result.directory.name, result.directory.storage
    counts = result.counts()
    commands = []
    if result.state in ("complete", "running") and result.spec.parameters:
        more = max(len(result.trials), 1)
        commands.append(command("extend", name, "--trials", more, storage=storage))
    elif result.state in ("complete", "running"):
        pass  # a single configuration: more trials of it would tell nothing new
    elif result.state != "failed" or not result.trials or counts["waiting"] + counts["running"]:
        commands.append(command("resume", name, storage=storage))
    commands.append(command("trials", name, storage=storage))
    used = shown_off(result)
    if used is not None:
        commands.append(used)
    if (storage / "mlflow.db").exists() or (result.run is not None and _elsewhere(result.run)):
        commands.append(command("ui", name, storage=storage))
    return commands


def _elsewhere(run: RunFigures) -> bool:
    """Whether the records went to a store that is not in the storage, and can be looked at."""
    path = sqlite_path(run.tracking_uri)
    return path is None or path.exists()


def shown_off(result: StudyResult) -> str | None:
    """The command that shows the champion off; None where no command does, or it is gone."""
    champion = result.champion
    told = None if champion is None else told_by(Path(champion.path))
    if champion is None or told is None:
        return None
    shown = use_of_checkpoint(told, borrowed=False).command(champion.text)
    if shown is None:
        return None
    verb, *words = shown
    directory = result.directory
    return command(str(verb), directory.name, *words, storage=directory.storage)


def told_by(checkpoint: Path) -> dict[str, Any] | None:
    """What a checkpoint says of itself, without its weights and without torch."""
    try:
        told = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(told, dict) and {"manifest", "config"} <= told.keys()
    return told if known else None
