"""All tasks: the table of the built-in ones, and the way to custom ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeGuard, cast

from rnnsearch.errors import DataError
from rnnsearch.plugins import installed
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.custom.family import custom_family, family_of_class
from rnnsearch.tasks.custom.find import GROUP, is_custom_task
from rnnsearch.tasks.family import Family, imported_object
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.use import Use

BUILT_IN = {
    "series": "rnnsearch.tasks.series.family:SERIES",
    "sine": "rnnsearch.tasks.sine.family:SINE",
    "text": "rnnsearch.tasks.text.family:TEXT",
    "wave": "rnnsearch.tasks.signals.family:WAVE",
    "adding": "rnnsearch.tasks.memory.family:ADDING",
    "copy": "rnnsearch.tasks.memory.family:COPY",
    "mackey_glass": "rnnsearch.tasks.signals.family:MACKEY_GLASS",
    "lorenz": "rnnsearch.tasks.signals.family:LORENZ",
    "labels": "rnnsearch.tasks.labels.family:LABELS",
    "value": "rnnsearch.tasks.value.family:VALUE",
    "tags": "rnnsearch.tasks.tags.family:TAGS",
    "events": "rnnsearch.tasks.events.family:EVENTS",
    "arrays": "rnnsearch.tasks.given_arrays.family:ARRAYS",
    "script": "rnnsearch.tasks.script.family:SCRIPT",
}
"""By the `task.type` of a space file, the path of its family; a path, so that only what is used is
imported."""


def task_types() -> list[str]:
    """Every `task.type` that is a single word: the built-in ones, and those that installed packages
    offer."""
    return [*BUILT_IN, *installed(GROUP)]


def is_task(name: object) -> TypeGuard[str]:
    """Whether a `task.type` is one that is built in, or may be one that a person brings."""
    return isinstance(name, str) and (name in BUILT_IN or is_custom_task(name))


def family(name: str) -> Family:
    """The family that a `task.type` names, built in or custom.

    Raises:
        DataError: Nothing has that name.
    """
    if is_custom_task(name):
        return custom_family(name)
    if name not in BUILT_IN:
        raise DataError(f"{name!r} is no task; tasks are {', '.join(task_types())}")
    return _built_in(name)


def family_of(config: TaskConfig) -> Family:
    """The family that a task's config belongs to."""
    name = getattr(config, "type", "")
    if isinstance(name, str) and name in task_types() and family(name).config is type(config):
        return family(name)
    return family_of_class(type(config))


def use_of(family: Family, description: ModelDescription) -> Use:
    """What a trained model of a family can do."""
    use, lender = family.use(description), description.manifest.get("task")
    if use is None and lender in BUILT_IN:
        # A custom task may take its data from a built-in one, and a model of it can do the same.
        use = _built_in(lender).use(description)
    return use or Use(description)


def use_of_checkpoint(config: Mapping[str, Any], *, borrowed: bool = True) -> Use:
    """What the model of a checkpoint can do.

    Args:
        config: The content of the checkpoint's `config.json`.
        borrowed: Whether a custom task whose data is of a built-in one also gets what models of
            that one can do. The command and the code that show a model off leave that out.

    Raises:
        DataError: The model's task is a custom one whose module or class is not found.
    """
    kind = family(config["config"]["task"]["type"])
    description = ModelDescription.from_checkpoint(config)
    return use_of(kind, description) if borrowed else kind.use(description) or Use(description)


@cache
def _built_in(name: str) -> Family:
    return cast("Family", imported_object(BUILT_IN[name]))
