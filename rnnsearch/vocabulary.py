"""What is said of a field of a config dataclass, on the field itself.

    hidden_size: Annotated[int, Key("Units a layer.", Range(1, 16_384))] = 32

The type, the default and the `Key` are all that is known of a key of a space file: what reads the
file, checks it, drafts it, describes it to an editor or prints it for a person is made from them.
A user's own task says the same of its fields, in the same words.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Range:
    """A range of numbers; `above` and `below` are open ends, `least` and `most` closed ones."""

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most and self.above < value < self.below

    def __str__(self) -> str:
        parts = []
        if self.least > -math.inf:
            parts.append(f"at least {self.least:g}")
        if self.above > -math.inf:
            parts.append(f"above {self.above:g}")
        if self.most < math.inf:
            parts.append(f"at most {self.most:,g}" if self.most < 1e6 else f"at most {self.most:,}")
        if self.below < math.inf:
            parts.append(f"below {self.below:g}")
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a space file, beside its type and its default.

    Attributes:
        meaning: For a person, in a sentence or two.
        range: Of a number, or of each member of a list of numbers.
        unit: Of the numbers: `epochs`, `radians`.
        least_members: Of a list.
        most_members: Of a list whose members cost something each; None for any number.
        never_sampled: Why a study never samples the field; empty where it may.
        same_scores: Of a task's field: it changes what a model sees, and nothing of what it is
            scored on, so that trials with different values of it are fairly compared.
        duration: Written as a time with its unit (`90s`, `10m`, `2h`), and seconds once it is read.
        path: Names a file, relative to the folder of the space file; `python:MODULE` is none.
        needs: A field beside this one, and its values with which this one does anything at all.
    """

    meaning: str = ""
    range: Range = Range()
    _: KW_ONLY
    unit: str = ""
    least_members: int = 0
    most_members: int | None = None
    never_sampled: str = ""
    same_scores: bool = False
    duration: bool = False
    path: bool = False
    needs: tuple[str, tuple[Any, ...]] | None = None

    def problem(self, value: Any) -> str | None:
        """What is allowed, where a value of the right type is not; without a full stop."""
        if isinstance(value, tuple):
            if len(value) < self.least_members:
                return f"must have at least {_members(self.least_members)}"
            if self.most_members is not None and len(value) > self.most_members:
                return f"must have at most {_members(self.most_members)}"
            wrong = next(filter(None, map(self.problem, value)), None)
            return wrong and f"every member {wrong}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return "must be finite"
        return None if self.range.holds(value) else f"must be {self.range}"


def _members(count: int) -> str:
    return "one member" if count == 1 else f"{count} members"


def key_of(hint: Any) -> Key:
    """What a type hint, as `get_type_hints(cls, include_extras=True)` gives it, says of its field.

    It may stand around the type or within it: `Annotated[int | None, Key(...)]` is
    `Annotated[int, Key(...)] | None`.
    """
    return next(_keys(hint), Key())


def _keys(hint: Any) -> Iterator[Key]:
    if get_origin(hint) is Annotated:
        yield from (one for one in hint.__metadata__ if isinstance(one, Key))
    for part in get_args(hint):
        yield from _keys(part)


def outside(config: Any) -> list[tuple[str, str]]:
    """The fields of a config, nested ones too, whose values lie outside of their ranges.

    Returns:
        Pairs of a key (`rollout.steps`) and what is wrong with its value.
    """
    found: list[tuple[str, str]] = []
    for name, hint in get_type_hints(type(config), include_extras=True).items():
        value = getattr(config, name)
        if dataclasses.is_dataclass(value):
            found += [(f"{name}.{inner}", message) for inner, message in outside(value)]
        elif problem := key_of(hint).problem(value):
            said = list(value) if isinstance(value, tuple) else value
            found.append((name, f"{problem}, not {said}."))
    return found
