"""What data looks like, for the report of a study: values over time, classes, lengths, texts.

A task's data may offer it by a method `portrait`; nothing else in the project asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part

MOST_QUANTITIES = 4
"""Quantities over time that are shown; the first ones."""
EXCERPT = 300
"""Symbols of a text that are shown of each part."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Points of one part.

    Attributes:
        times: Numbers or datetime64 [points].
        values: In the data's units [points], NaN where nothing was measured.
    """

    part: Part
    times: NDArray[Any]
    values: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """Something that is measured over time.

    Attributes:
        up: What is measured, with its unit where that is known.
        along: What is counted along, with its unit.
    """

    up: str
    along: str
    stretches: Sequence[Stretch]


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """What there is to show of some data; what it has not is empty.

    Attributes:
        quantities: At most `MOST_QUANTITIES`.
        classes: How often each class is in each part, by their names.
        numbers: Numbers of each part by what they are, such as the lengths of its sequences.
        excerpts: How the text of each part begins.
        left_out: What is not shown, in a sentence; empty where all is.
    """

    quantities: Sequence[Quantity] = ()
    classes: Mapping[str, Mapping[Part, int]] = field(default_factory=dict)
    numbers: Mapping[str, Mapping[Part, NDArray[Any]]] = field(default_factory=dict)
    excerpts: Mapping[Part, str] = field(default_factory=dict)
    left_out: str = ""


@runtime_checkable
class Portrayed(Protocol):
    """Data that can be shown."""

    def portrait(self) -> Portrait: ...


def counted(classes: Sequence[str], labels: Mapping[Part, Ints]) -> dict[str, dict[Part, int]]:
    """How often each class is in each part.

    Args:
        labels: Places in `classes`, of each part.
    """
    counts = {part: np.bincount(some, minlength=len(classes)) for part, some in labels.items()}
    return {
        name: {part: int(some[place]) for part, some in counts.items()}
        for place, name in enumerate(classes)
    }
