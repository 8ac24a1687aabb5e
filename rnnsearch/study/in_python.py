"""The spec of a study whose space is written in Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.search.directory import refuse_ephemeral
from rnnsearch.space.load import built
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.array_files import forget_unused
from rnnsearch.tasks.given_arrays.in_memory import Arrays
from rnnsearch.tasks.given_arrays.source import FOLDER
from rnnsearch.tasks.script.in_python import Script


def spec_of(
    task: Any,
    sections: Mapping[str, Any],
    first_trials: Sequence[Mapping[str, Any]],
    name: str | None,
    storage: Path,
) -> StudySpec:
    """Read a space that is written in Python; arrays in memory are written to the storage.

    Args:
        task: A dict as in a space file, `Arrays`, `Script`, the config of a task, or a custom task:
            its class or an object of it.
        sections: The other sections; None stands for one that is left out.
        name: None names the study after its task.

    Raises:
        SpaceFileError: The space has mistakes; all of them are in it.
        DataError: Arrays cannot be read or written.
        StorageError: Ray would delete the storage with the job.
    """
    refuse_ephemeral(storage)
    tree: dict[str, Any] = {} if name is None else {"name": name}
    tree["task"] = _task(task, storage)
    tree |= {key: value for key, value in sections.items() if value is not None}
    if first_trials:
        tree["first_trials"] = list(first_trials)
    kind = tree["task"].get("type") if isinstance(tree["task"], Mapping) else None
    return built(tree, name=kind if isinstance(kind, str) else "study", directory=Path.cwd())


def _task(task: Any, storage: Path) -> Any:
    """What stands under `task`."""
    if isinstance(task, Arrays):
        written = task.write(storage / FOLDER)
        forget_unused(storage, Path(written["path"]))
        return written
    if isinstance(task, Script):
        return task.section()
    if isinstance(task, type):
        return {"type": task}
    fields = getattr(task, "__dataclass_fields__", {})
    if fields and "type" not in fields:  # a custom task, whose type is its class
        changed = {
            one.name: getattr(task, one.name)
            for one in dataclasses.fields(task)
            if getattr(task, one.name) != _default(one)
        }
        return {"type": type(task), **changed}
    return task


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
