"""How a custom task is named in a space file, and whether a class is a task."""

from __future__ import annotations

from rnnsearch.commands import command
from rnnsearch.plugins import is_custom, no_config

GROUP = "rnnsearch.tasks"
"""The group of entry points under which installed packages offer tasks.

A package says `parity = "my_package.tasks:Parity"` there."""

ONE_TRIAL = ("input_size", "output_size", "batch", "metrics", "evaluate")
"""What a task for one trial has; see `protocol.OneTrialTask`."""

WHOLE = ("load", "build")
"""What a task for all trials of a stack has; see `protocol.WholeTask`."""


def is_custom_task(name: str) -> bool:
    """Whether a `task.type` names a custom task, whether or not it can be found."""
    return is_custom(name, GROUP)


def class_path(cls: type) -> str:
    """The `package.module:Class` under which any process finds a class again."""
    return f"{cls.__module__}:{cls.__qualname__}"


def is_whole(cls: type) -> bool:
    """Whether a task makes `TaskData` and `Task` itself, for all trials of a stack at once."""
    return all(hasattr(cls, name) for name in WHOLE)


def no_task(cls: type) -> str | None:
    """Why a class is no task, as the end of a sentence that begins `it is no task: `.

    A task is a frozen dataclass of one of two kinds. The guide's page `custom` shows the first, and
    `tasks.custom.protocol` says what either has to have.

    Returns:
        What the class lacks; None where it is a task.
    """
    absent = [name for name in ONE_TRIAL if not hasattr(cls, name)]
    lacks = (
        f"it has no {', '.join(absent)} (nor both of {' and '.join(WHOLE)}). "
        f"`{command('guide', 'custom')}` shows a task."
    )
    return no_config(cls, "task", lacks if absent and not is_whole(cls) else "")
