"""All tasks: the table of those that rnnsearch has, and the way to those of others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from rnnsearch.errors import DataError
from rnnsearch.plugins import installed
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.custom.family import custom_family, family_of_class
from rnnsearch.tasks.custom.find import GROUP, is_custom_task
from rnnsearch.tasks.family import Family, named
from rnnsearch.tasks.use import Told, Use

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
    "events": "rnnsearch.tasks.events.family:EVENTS",
}
"""By the `type` that a space file names: where the family lies. Names, so that only what is used
is imported."""


def task_types() -> list[str]:
    """Every `type` that has a name of its own: those of `BUILT_IN` and of installed packages."""
    return [*BUILT_IN, *installed(GROUP)]


def family(name: str) -> Family:
    """The family that a `task.type` names, a user's own too.

    Raises:
        DataError: There is none.
    """
    if is_custom_task(name):
        return custom_family(name)
    if name not in BUILT_IN:
        raise DataError(f"{name!r} is no task; tasks are {', '.join(task_types())}")
    return _built_in(name)


def family_of(config: TaskConfig) -> Family:
    """The family of a config."""
    name = getattr(config, "type", "")
    if isinstance(name, str) and name in task_types() and family(name).config is type(config):
        return family(name)
    return family_of_class(type(config))


def use_of(family: Family, told: Told) -> Use:
    """What a trained model of a family can do."""
    found = family.use(told)
    if found is not None:
        return found
    # A user's task may lend its data from one that is built in, and a model of it can do the same.
    alike = told.manifest.get("task")
    if alike in BUILT_IN:
        return _built_in(alike).use(told) or Use(told)
    return Use(told)


def use_told(said: Mapping[str, Any], *, lent: bool = True) -> Use:
    """What a model can do, by what stands in the `config.json` of its checkpoint.

    Args:
        lent: Also what it can do because its data is of another task. No model is shown off by
            that.

    Raises:
        DataError: Its task is a user's own, which is not found.
    """
    found, told = family(said["config"]["task"]["type"]), Told.of(said)
    return use_of(found, told) if lent else found.use(told) or Use(told)


@cache
def _built_in(name: str) -> Family:
    return cast("Family", named(BUILT_IN[name]))
