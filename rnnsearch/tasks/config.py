"""The type of every task's config, for rooms that hold one without knowing which task it is."""

from __future__ import annotations

from dataclasses import Field
from typing import Any, ClassVar, Protocol


class TaskConfig(Protocol):
    """A frozen dataclass: its fields are what a space file sets under `task`.

    `families.family_of` tells which task a config belongs to.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
