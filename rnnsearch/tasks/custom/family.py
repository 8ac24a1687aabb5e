"""A user's task as a family, with the same rights as those that rnnsearch has."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from rnnsearch.custom_code import calling, find_class, find_object
from rnnsearch.errors import DataError, InputError
from rnnsearch.plugins import CustomObject, installed
from rnnsearch.tasks.base import Task, TaskData
from rnnsearch.tasks.custom.declared import head_wrong, refuse, whole_wrong
from rnnsearch.tasks.custom.find import GROUP, class_path, is_whole, no_task
from rnnsearch.tasks.family import Family
from rnnsearch.tasks.use import ModelDescription, Use

if TYPE_CHECKING:
    import torch


@cache
def custom_family(name: str) -> Family:
    """The family behind `package.module:Class`, or that an installed package offers under a name.

    Raises:
        DataError: There is no such module or class, or it is no task; the text says what it lacks.
    """
    try:
        entry = installed(GROUP).get(name)
        if entry is not None:
            found = find_object(entry.value, "task")
            if isinstance(found, Family):
                return replace(found, custom=True)
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
    """The family of a class that is known to be a user's task."""
    kind = WholeFamily if is_whole(cls) else OneTrialFamily
    return kind(name=class_path(cls), config=cls, custom=True)


class _CustomFamily(Family):
    """What both kinds of users' tasks share; what their code raises is said with its line."""

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
                found = [(key, message) for key, message in config.problems()]
        except InputError as error:
            return [("type", f"{error}.")]
        names = [field.name for field in fields(config)]
        for key, message in found:
            field = key.partition(".")[0] if isinstance(key, str) else None
            if field not in names or not isinstance(message, str):
                said = f"gave {(key, message)!r}; it must give pairs of a field and what is wrong"
                return [("type", f"{call} {said} with it. Fields: {', '.join(names)}.")]
        return found


class OneTrialFamily(_CustomFamily):
    """Of a task told for one trial, in numpy; see `tasks.custom.protocol.OneTrialTask`."""

    def load(self, config: Any) -> TaskData:
        """What the task says of itself."""
        from rnnsearch.tasks.custom.one_trial import OneTrialData

        with calling(self.name, DataError):
            return OneTrialData(config)

    def build(self, config: Any, data: Any, device: torch.device, dtype: torch.dtype) -> Task:
        """A loop over the trials."""
        from rnnsearch.tasks.custom.adapter import LoopedTask

        return LoopedTask(config, data, device, dtype)


class WholeFamily(_CustomFamily):
    """Of a task in torch for all trials at once; see `tasks.custom.protocol.WholeTask`."""

    def load(self, config: Any) -> TaskData:
        """What the task's own `load` gives, checked."""
        with calling(f"{self.name}.load()", DataError):
            data: TaskData = config.load()
        with calling(f"what {self.name}.load() gave", DataError):
            refuse(self.name, whole_wrong(data))
        return data

    def build(self, config: Any, data: Any, device: torch.device, dtype: torch.dtype) -> Task:
        """What the task's own `build` gives."""
        with calling(f"{self.name}.build(data, {device}, {dtype})", DataError):
            built: Task = config.build(data, device, dtype)
        refuse(self.name, head_wrong(getattr(built, "head", None)))
        return built
