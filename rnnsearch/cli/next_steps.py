"""What a person may want to do with a study now, as commands that run as they are printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.commands import command
from rnnsearch.records.tracking_uri import sqlite_path

if TYPE_CHECKING:
    from rnnsearch.study import RunFigures, StudyResult
    from rnnsearch.tasks.text.vocabulary import Vocabulary

PROMPT_LENGTH = 20
SAMPLE_LENGTH = 200
ROLLED = ("sine", "series", "wave", "mackey_glass", "lorenz")
"""Tasks whose champions predict points in time."""


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
    used = use_of(result)
    if used is not None:
        commands.append(used)
    if (storage / "mlflow.db").exists() or (result.run is not None and _elsewhere(result.run)):
        commands.append(command("ui", name, storage=storage))
    return commands


def _elsewhere(run: RunFigures) -> bool:
    """Whether the records went to a store that is not in the storage, and can be looked at."""
    path = sqlite_path(run.tracking_uri)
    return path is None or path.exists()


def use_of(result: StudyResult) -> str | None:
    """The command that uses the champion; None where no command does, or it is gone."""
    champion = result.champion
    told = None if champion is None else told_by(Path(champion.path))
    if champion is None or told is None:
        return None
    name, storage = result.directory.name, result.directory.storage
    manifest, task = told["manifest"], told["config"]["task"]
    if task["type"] == "text":
        prompt = spelled(manifest, champion.text)
        words = ("--prompt", prompt, "--length", SAMPLE_LENGTH)
        return command("sample", name, *words, storage=storage) if prompt else None
    if task["type"] == "labels":
        what = labelled(manifest, task, champion.text)
        return command("classify", name, *what, storage=storage) if what else None
    if task["type"] not in ROLLED:
        return None
    steps = _steps(task)
    return command("rollout", name, *(() if steps is None else ("--steps", steps)), storage=storage)


def told_by(checkpoint: Path) -> dict[str, Any] | None:
    """What a checkpoint says of itself, without its weights and without torch."""
    try:
        told = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(told, dict) and {"manifest", "config"} <= told.keys()
    return told if known else None


def _steps(task: Mapping[str, Any]) -> int | None:
    """The longest horizon that a task's metrics know; None leaves it to the task."""
    horizon = task.get("horizon", 1)
    if task["type"] == "series":
        return int(horizon) if horizon > 1 else None
    return int(max(task["rollout"]["steps"])) if horizon == 1 else None


def spelled(manifest: Mapping[str, Any], text: str) -> str | None:
    """A prompt that a vocabulary can spell: the first word that the model wrote, or a symbol."""
    from rnnsearch.tasks.text.vocabulary import Vocabulary

    vocabulary = Vocabulary.from_json(manifest)
    words = (word[:PROMPT_LENGTH] for word in text.split())
    symbols = (chr(symbol) for symbol in vocabulary.symbols if symbol < 0xD800)
    typed = (symbol for symbol in symbols if symbol.isprintable() and not symbol.isspace())
    return next((one for one in (*words, *typed) if _spells(vocabulary, one)), None)


def _spells(vocabulary: Vocabulary, text: str) -> bool:
    return text.isprintable() and not vocabulary.strangers(text)


def labelled(manifest: Mapping[str, Any], task: Mapping[str, Any], text: str) -> tuple[object, ...]:
    """What there is to label: the first example that the champion said, or the study's own file.

    Returns:
        Words of `classify`; none where there is nothing.
    """
    if manifest["reads"] == "text":
        example = text.split("\n")[0]
        # `some text: class (0.98), right`
        cuts = [example.rfind(f": {name} (") for name in manifest["classes"]]
        words = example[: max(cuts)].strip() if max(cuts) > 0 else ""
        return ("--", words) if words.startswith("-") else (words,) if words else ()
    path = Path(task["path"] or "")
    return ("--file", path) if task["path"] and path.is_file() else ()
