"""What a task is to all other rooms: one object, which stands in the task's own folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rnnsearch.tasks.use import Told, Use

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData

C = TypeVar("C")


class Family(ABC, Generic[C]):
    """A kind of task; `families` lists those that there are.

    Importing the module of one costs no torch and reads no file: what does is imported by the
    method that needs it.

    Attributes:
        name: The `task.type` of a space file.
        config: The frozen dataclass of the task's fields; it has a field `type` whose only value is
            `name`, unless the task is a user's own.
        defaults: Of fields of other sections, by dotted key, where the task has better ones.
        shuffled: Whether training shows windows in any order although `TaskData.whole_sequence`
            is false, so that no state leads from one to the next.
        clashing: Dotted keys of fields, of any section, that `clash` looks at; a clash is told at
            the first.
    """

    name: str
    config: type[C]
    defaults: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    shuffled: ClassVar[bool] = False
    clashing: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def problems(self, config: C) -> Sequence[tuple[str, str]]:
        """What is wrong with a config whose fields have the right types; no file is read.

        Returns:
            Pairs of a key below `task` (`rollout.steps`) and what is wrong with its value.
        """

    @abstractmethod
    def load(self, config: C) -> TaskData:
        """Read and split what is learned from, without torch.

        Raises:
            DataError: The file is missing, empty, unreadable, or too short to split.
        """

    def stand_in(self, config: C) -> TaskData | None:
        """Data with the metrics, losses and rules of the config's own, which touches no file.

        Returns:
            None where the metrics hang on the file.

        Raises:
            DataError: The config itself is wrong.
        """
        return self.load(config)

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

    @abstractmethod
    def build(self, config: C, data: Any, device: torch.device, dtype: torch.dtype) -> ShownTask:
        """Put the data that `load` gave on a device."""

    def use(self, told: Told) -> Use | None:
        """What a trained model can do; None where that hangs on what its manifest is like."""
        return Use(told)

    def facts(self, data: Any) -> Mapping[str, int | str]:
        """Counts and ends by which a person sees how data that was read has changed."""
        del data
        return {}
