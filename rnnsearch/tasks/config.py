"""What every task's config is to those who carry it about."""

from __future__ import annotations

from dataclasses import Field
from typing import Any, ClassVar, Protocol


class TaskConfig(Protocol):
    """A frozen dataclass: its fields are what a space file sets under `task`.

    Which task it is of, `families.family_of` says.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
