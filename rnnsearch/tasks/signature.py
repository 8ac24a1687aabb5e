"""What goes into a trained model and comes out of it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table that a model reads or gives.

    Attributes:
        name: Empty for the only one, which needs no name.
        kind: `any` for whatever the reader of the training's file would take.
        meaning: What a model reads there, in a few words.
        required: Whether it must be there; an id or a time may be the table's index instead.
    """

    name: str
    kind: Literal["any", "string", "long", "double"] = "any"
    meaning: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """What goes into a model and comes out.

    Attributes:
        inputs: Columns; or of a model of arrays what they hold and their shape, in words.
        outputs: Columns; or of an array of float32 its shape, -1 where it may be any.
        parameters: What can be said along with the inputs, with the defaults; a name's type is
            that of its default.
    """

    inputs: tuple[Column, ...] | str
    outputs: tuple[Column, ...] | tuple[int, ...]
    parameters: tuple[tuple[str, int | float | bool], ...] = ()
