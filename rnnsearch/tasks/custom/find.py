"""What a user's task is called, and whether a class is one."""

from __future__ import annotations

from rnnsearch.commands import command
from rnnsearch.plugins import is_custom, no_config

GROUP = "rnnsearch.tasks"
"""Entry points of installed packages: `parity = "my_package.tasks:Parity"`."""

ONE_TRIAL = ("input_size", "output_size", "batch", "metrics", "evaluate")
WHOLE = ("load", "build")


def is_custom_task(name: str) -> bool:
    """Whether a `task.type` names a user's task, found or not."""
    return is_custom(name, GROUP)


def class_path(cls: type) -> str:
    """The path under which any process finds the class again."""
    return f"{cls.__module__}:{cls.__qualname__}"


def is_whole(cls: type) -> bool:
    """Whether a task brings its own `TaskData` and `Task`."""
    return all(hasattr(cls, name) for name in WHOLE)


def no_task(found: type) -> str | None:
    """What a class lacks of a user's task, in words that end the sentence `it is no task: `.

    A task is a frozen dataclass of one of two kinds; the guide's page `custom` shows the first,
    and `tasks.custom.protocol` says what either has to have.
    """
    absent = [name for name in ONE_TRIAL if not hasattr(found, name)]
    lacks = (
        f"it has no {', '.join(absent)} (nor both of {' and '.join(WHOLE)}). "
        f"`{command('guide', 'custom')}` shows a task."
    )
    return no_config(found, "task", lacks if absent and not is_whole(found) else "")
