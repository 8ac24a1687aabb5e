"""What a task is to all other rooms: one object, which stands in the task's own folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Task, TaskData
from rnnsearch.tasks.use import ModelDescription, Use

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """A kind of task; `families` lists those that there are.

    Importing the module of one costs no torch and reads no file: what does stands here by its name,
    `package.module:Class`, and is imported where it is used.

    Attributes:
        name: The `task.type` of a space file.
        config: The frozen dataclass of the task's fields; it has a field `type` whose only value is
            `name`, unless the task is a user's own.
        wrong: Gives pairs of a key below `task` (`rollout.steps`) and what is wrong with its value,
            of a config whose fields have the right types; it reads no file.
        data: Makes the `TaskData` of a config.
        known: Makes data with the metrics, losses and rules of a config's own, which touches no
            file; empty where that is `data` itself, None where the metrics hang on the file.
        task: Makes the `Task` of a config, its data, a device and a dtype.
        used_as: What a trained model can do.
        defaults: Of fields of other sections, by dotted key, where the task has better ones.
        shuffled: Whether training shows windows in any order although `TaskData.whole_sequence`
            is false, so that no state leads from one to the next.
        counted: What the rows of the parts are, where they sum up to all that was read.
        custom: Whether a person or an installed package brings it.
        clashing: Dotted keys of fields, of any section, that `clash` looks at; a clash is told at
            the first.
    """

    name: str
    config: type
    wrong: Callable[[Any], Sequence[tuple[str, str]]] = lambda config: ()
    data: str = ""
    known: str | None = ""
    task: str = ""
    used_as: type[Use] = Use
    defaults: Mapping[str, Any] = field(default_factory=dict)
    shuffled: bool = False
    counted: str = ""
    clashing: tuple[str, ...] = ()
    custom: bool = False

    def problems(self, config: Any) -> Sequence[tuple[str, str]]:
        """What is wrong with a config, as `wrong` says it."""
        return self.wrong(config)

    def load(self, config: Any) -> TaskData:
        """Read and split what is learned from, without torch.

        Raises:
            DataError: The config itself is wrong, or the file is missing, empty, unreadable, or
                too short to split.
        """
        if wrong := self.problems(config):
            raise DataError("; ".join(f"task.{key}: {message}" for key, message in wrong))
        return cast("TaskData", imported_object(self.data)(config))

    def stand_in(self, config: Any) -> TaskData | None:
        """What `known` makes.

        Raises:
            DataError: The config itself is wrong.
        """
        if not self.known:
            return None if self.known is None else self.load(config)
        return cast("TaskData", imported_object(self.known)(config))

    def build(self, config: Any, data: TaskData, device: torch.device, dtype: torch.dtype) -> Task:
        """Put data on a device."""
        return cast("Task", imported_object(self.task)(config, data, device, dtype))

    def use(self, description: ModelDescription) -> Use | None:
        """What a trained model can do; None where that hangs on what its manifest is like."""
        return self.used_as(description)

    def facts(self, data: Any) -> Mapping[str, int | str]:
        """Counts and ends by which a person sees how data that was read has changed."""
        return {self.counted: sum(data.rows().values())} if self.counted else {}

    def judged_by(self, values: Mapping[str, Any], metrics: Sequence[str]) -> str:
        """The metric that a study is judged on where its file does not say.

        Args:
            values: Of the fields that are not sampled, by dotted key.
            metrics: That every task of the study reports, at least one, the most important first.
        """
        del values
        return metrics[0]

    def clash(self, values: Mapping[str, Any]) -> str | None:
        """Why values of `clashing` do not go together, as what is said after the first key."""
        del values
        return None


def imported_object(place: str) -> Any:
    """What stands at `package.module:Class.method`."""
    module, _, names = place.partition(":")
    found: Any = import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    return found
