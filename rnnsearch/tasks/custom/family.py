"""A custom task as a family, with the same rights as the tasks that rnnsearch has."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from rnnsearch.custom_code import calling, find_class, find_object
from rnnsearch.errors import DataError, InputError
from rnnsearch.plugins import CustomObject, installed
from rnnsearch.tasks.base import Task, TaskData
from rnnsearch.tasks.custom.declared import head_problems, refuse, whole_problems
from rnnsearch.tasks.custom.find import GROUP, class_path, is_whole, no_task
from rnnsearch.tasks.family import Family
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.use import Use

if TYPE_CHECKING:
    import torch


@cache
def custom_family(name: str) -> Family:
    """The family of a `task.type` that is no task of rnnsearch's own.

    Args:
        name: `package.module:Class`, or the name of an entry point of an installed package, which
            offers a class or a whole `Family`.

    Raises:
        DataError: There is no such module or class, or it is no task; the text says what it lacks.
    """
    try:
        entry = installed(GROUP).get(name)
        if entry is not None:
            offered = find_object(entry.value, "task")
            if isinstance(offered, Family):
                return replace(offered, custom=True)
            name = entry.value
        cls = find_class(name, "task")
    except InputError as error:
        raise DataError(str(error)) from error
    lacks = no_task(cls)
    if lacks is not None:
        raise DataError(f"{name} is no task: {lacks}")
    return family_of_class(cls)


@cache
def family_of_class(cls: type) -> Family:
    """The family of a class that is known to be a custom task."""
    kind = WholeFamily if is_whole(cls) else OneTrialFamily
    return kind(name=class_path(cls), config=cls, custom=True)


class _CustomFamily(Family):
    """What both kinds of custom tasks share; errors that their code raises name its line."""

    def use(self, description: ModelDescription) -> Use | None:
        """The task's own class `use`, if it has one; an error in it names its line."""
        use = getattr(self.config, "use", None)
        if not (isinstance(use, type) and issubclass(use, Use)):
            return None
        with calling(f"{self.name}.use(description)", DataError):
            return cast("Use", CustomObject(use(description), f"{self.name}.use"))

    def problems(self, config: Any) -> list[tuple[str, str]]:
        """What the task's own `problems` says of its fields' values, where it has one."""
        if not hasattr(config, "problems"):
            return []
        call = f"{self.name}.problems()"
        try:
            with calling(call):
                problems = [(key, message) for key, message in config.problems()]
        except InputError as error:
            return [("type", f"{error}.")]
        names = [field.name for field in fields(config)]
        for key, message in problems:
            field = key.partition(".")[0] if isinstance(key, str) else None
            if field not in names or not isinstance(message, str):
                pairs = f"gave {(key, message)!r}; it must give pairs of a field and what is wrong"
                return [("type", f"{call} {pairs} with it. Fields: {', '.join(names)}.")]
        return problems


class OneTrialFamily(_CustomFamily):
    """The family of a task for one trial, in numpy; see `tasks.custom.protocol.OneTrialTask`."""

    def load(self, config: Any) -> TaskData:
        """The data that the task draws, checked."""
        from rnnsearch.tasks.custom.one_trial import OneTrialData

        with calling(self.name, DataError):
            return OneTrialData(config)

    def build(self, config: Any, data: Any, device: torch.device, dtype: torch.dtype) -> Task:
        """The task in a loop over the trials of a stack."""
        from rnnsearch.tasks.custom.adapter import LoopedTask

        return LoopedTask(config, data, device, dtype)


class WholeFamily(_CustomFamily):
    """The family of a task in torch for all trials at once; see `protocol.WholeTask`."""

    def load(self, config: Any) -> TaskData:
        """What the task's own `load` gives, checked."""
        with calling(f"{self.name}.load()", DataError):
            data: TaskData = config.load()
        with calling(f"what {self.name}.load() gave", DataError):
            refuse(self.name, whole_problems(data))
        return data

    def build(self, config: Any, data: Any, device: torch.device, dtype: torch.dtype) -> Task:
        """What the task's own `build` gives."""
        with calling(f"{self.name}.build(data, {device}, {dtype})", DataError):
            built: Task = config.build(data, device, dtype)
        refuse(self.name, head_problems(getattr(built, "head", None)))
        return built
