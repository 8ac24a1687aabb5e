"""A study on its way from a space file to a spec, which the checks look through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnsearch.space.conditions import Parameter
from rnnsearch.space.corners import possible_values
from rnnsearch.space.noting import Place, note
from rnnsearch.space.space_file import SpaceFile
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.config import TaskConfig


@dataclass(slots=True)
class Candidate:
    """A study whose file has been read, and in which nothing is checked across fields yet.

    Attributes:
        file: What stands in the space file.
        values: Fixed fields by dotted key, defaults filled in; a wrong field has its default.
        parameters: Sampled fields by dotted key.
        root: The top of the file, for mistakes of fields that the file does not name.
        data: What was read for each task of the space.
        stand_ins: The same, or what knows the task's rules where its data is not to be read.
    """

    file: SpaceFile
    values: dict[str, Any]
    parameters: dict[str, Parameter]
    root: Place
    data: dict[TaskConfig, TaskData] = field(default_factory=dict)
    stand_ins: dict[TaskConfig, TaskData] = field(default_factory=dict)

    def note(self, keys: Sequence[str], message: str, suggestion: str = "") -> None:
        """Add a mistake at the first of the keys that the file names."""
        named = next((key for key in keys if key in self.file.places), None)
        place = self.file.places[named] if named is not None else self.root
        note(self.file.mistakes, place, named or keys[0], message, suggestion)

    def sound(self, prefix: str) -> bool:
        """Whether no field under a prefix is a mistake, nor what it is a part of."""
        under = any(key.startswith(f"{prefix}.") for key in self.file.wrong)
        return not (under or self.file.is_wrong(prefix))

    def can_be(self, key: str) -> Sequence[Any]:
        """Every value that a field can have, as `possible_values`; none where it is a mistake."""
        return () if self.file.is_wrong(key) else possible_values(self, key)

    def task_keys(self) -> list[str]:
        """The dotted keys of the task's fields."""
        return [key for key in self.file.fields if key.startswith("task.")]
