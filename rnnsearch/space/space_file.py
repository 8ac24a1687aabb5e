"""What stands in a space file, as far as it could be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rnnsearch.errors import Mistake
from rnnsearch.space.distributions import Distribution
from rnnsearch.space.document import Entry
from rnnsearch.space.field import Field
from rnnsearch.space.fields import all_fields
from rnnsearch.space.noting import Place, noted


@dataclass(slots=True)
class SpaceFile:
    """What stands in a space file, as far as it could be read.

    Attributes:
        mistakes: Everything wrong in it so far.
        task_type: The `type` of its task; None where it names no valid one.
        values: The values of fixed fields that the file names.
        distributions: The distributions of sampled fields.
        whens: The `when` entry of each sampled field that has one, not yet read.
        places: Where each field that the file sets stands, valid or not.
        wrong: Fields whose entry is a mistake; ask with `is_wrong`, for a section may stand here.
        order: The keys of all fields that the file names, in its order.
        chosen: The `type` of the config in each field with `OneOf` that the file names.
        free: The free keys that the file names.
        idle: A sentence for each key of a config that the file does not choose.
    """

    mistakes: list[Mistake]
    task_type: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    distributions: dict[str, Distribution] = field(default_factory=dict)
    whens: dict[str, Entry] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)

    @property
    def fields(self) -> Mapping[str, Field]:
        """Every field of the study, by its dotted key."""
        return all_fields(self.task_type, tuple(self.chosen.items()), tuple(self.free))

    @contextmanager
    def reading(self, key: str) -> Iterator[None]:
        """Note what is wrong with an entry of a field, which then is wrong as a whole."""
        before = len(self.mistakes)
        with noted(self.mistakes):
            yield
        if len(self.mistakes) > before:
            self.wrong.add(key)

    def is_wrong(self, key: str) -> bool:
        """Whether a field, or what it is a part of, is a mistake."""
        return any(f"{key}.".startswith(f"{one}.") for one in self.wrong)

    def overridden(self, key: str) -> bool:
        """Whether the command line sets a field, which wins over what the file says elsewhere."""
        return key in self.places and self.places[key].override
