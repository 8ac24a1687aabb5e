"""The inputs and outputs of a trained model as plain values, of which `records` makes MLflow's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table that a model reads or gives.

    Attributes:
        name: Empty for an only column, which needs no name.
        kind: The type of its cells; `any` for whatever the reader of the training file would take.
        meaning: What the column holds, in a few words.
        required: Whether the column must be there; an id or a time may be the index instead.
    """

    name: str
    kind: Literal["any", "string", "long", "double"] = "any"
    meaning: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """What a registered model reads and answers.

    Attributes:
        inputs: The columns of a table; or, of a model that reads an array, what the array holds and
            its shape, in words.
        outputs: The columns of a table; or the shape of a float32 array, -1 for any size.
        parameters: Names and defaults of parameters; the type of each is that of its default.
        meanings: What parameters do, in a few words, by name.
    """

    inputs: tuple[Column, ...] | str
    outputs: tuple[Column, ...] | tuple[int, ...]
    parameters: tuple[tuple[str, int | float | bool], ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)

    def stranger(self, given: Iterable[str]) -> str:
        """What is to be said of a name that is no parameter; empty where all are."""
        names = [name for name, _ in self.parameters]
        strange = next((name for name in given if name not in names), None)
        if strange is None:
            return ""
        near = get_close_matches(strange, names, n=1)
        known = f"it takes {', '.join(names)}" if names else "it takes none"
        meant = f" Did you mean {near[0]!r}?" if near else ""
        return f"this model has no parameter {strange!r}; {known}.{meant}"
