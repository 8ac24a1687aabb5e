"""A task as all other rooms know it: one object, which is defined in the task's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Task, TaskData
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.use import Use

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """A kind of task; `families` lists those that there are.

    Importing the module of a family imports no torch and reads no file. What needs either is given
    by its path, `package.module:Class`, and imported when it is used.

    Attributes:
        name: The `task.type` of a space file.
        config: The frozen dataclass of the task's fields; it has a field `type` whose only value is
            `name`, unless the task is a custom one.
        wrong: Checks a config whose fields have the right types, without reading a file: gives
            pairs of a key below `task` (`rollout.steps`) and what is wrong with its value.
        data: Path of what makes the `TaskData` of a config.
        known: Path of what makes a small stand-in for the data, with the same metrics, losses and
            rules, without reading a file; empty where `data` itself reads none, None where the
            metrics depend on the file.
        task: Path of what makes the `Task` of a config, its data, a device and a dtype.
        used_as: The class that says what a trained model can do.
        defaults: Default values of fields outside of `task`, by dotted key, where the task has
            better ones than the field.
        shuffled: Whether training shows windows in any order although `TaskData.whole_sequence`
            is false, so that no state leads from one to the next.
        counted: The unit of the rows of the parts, such as `symbols`, where they sum up to all that
            was read; else empty.
        own_loop: Whether a person's own loop trains: then free keys stand under `params`, and of
            `model` and `training` only `training.max_epochs` applies.
        custom: Whether a person or an installed package brings the task.
        clashing: Dotted keys of fields, of any section, that `clash` looks at; its message is
            shown at the first.
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
    own_loop: bool = False

    def problems(self, config: Any) -> Sequence[tuple[str, str]]:
        """What is wrong with a config, as `wrong` gives it."""
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
        """Data for checks that read no file: what `known` makes, None where it is None.

        Raises:
            DataError: The config itself is wrong.
        """
        if not self.known:
            return None if self.known is None else self.load(config)
        return cast("TaskData", imported_object(self.known)(config))

    def build(self, config: Any, data: TaskData, device: torch.device, dtype: torch.dtype) -> Task:
        """The task of a config, with its data on a device."""
        return cast("Task", imported_object(self.task)(config, data, device, dtype))

    def use(self, description: ModelDescription) -> Use | None:
        """What a trained model can do; None of a custom task that does not say."""
        return self.used_as(description)

    def facts(self, data: Any) -> Mapping[str, int | str]:
        """Counts and the like, by their names, that show a person how data differs from earlier
        data."""
        return {self.counted: sum(data.rows().values())} if self.counted else {}

    def judged_by(self, values: Mapping[str, Any], metrics: Sequence[str]) -> str:
        """The metric that a study is judged on where its file does not say.

        Args:
            values: Values of the fields that are not sampled, by dotted key.
            metrics: Names of the metrics that every task of the study reports, at least one, the
                most important first.
        """
        del values
        return metrics[0]

    def clash(self, values: Mapping[str, Any]) -> str | None:
        """Why the values of the fields `clashing` do not go together, as the message at the first
        of them; None where they do."""
        del values
        return None


def imported_object(place: str) -> Any:
    """The object at a path such as `package.module:Class.method`."""
    module, _, names = place.partition(":")
    target: Any = import_module(module)
    for name in names.split("."):
        target = getattr(target, name)
    return target
