"""The words in which a config dataclass describes its fields, on the fields themselves.

    hidden_size: Annotated[int, "Units a layer.", Range(1, 16_384)] = 32

The type, the default and what stands in `Annotated` are all that is known of a key of a space file.
The reader of the file, its checks, the schema for editors and the printed reference are made from
them. A custom task describes its fields in the same words; where a field has no text in
`Annotated`, its meaning is taken from `Attributes:` in the docstring of the class.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Annotated, Any, NewType, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")

PlainValue = bool | int | float | str | None
"""The type of a field of which nobody but the code that is handed it knows what it takes."""

FreeValue = PlainValue | tuple[bool | int | float | str, ...]
"""The same with lists."""

ArgumentValues = tuple[tuple[str, FreeValue], ...]
"""Arguments of a constructor: pairs of a name and a value."""

NamedNumbers = tuple[tuple[str, float], ...]
"""A mapping of names to numbers, which a config holds as pairs."""

CustomClass = NewType("CustomClass", str)
"""The dotted path of a class that a person brought, `package.module:Class`."""

CustomFunction = NewType("CustomFunction", str)
"""The dotted path of a function that a person brought, `package.module:function`."""

CUSTOM = (CustomClass, CustomFunction)
CUSTOM_PATTERN = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
"""How a dotted path is written."""


@dataclass(frozen=True, slots=True)
class Range:
    """A range of numbers, of each member in a list of them.

    Attributes:
        least: A closed end, as `most` is; `above` and `below` are open ones.
        unit: What the numbers count or measure: `epochs`, `radians`; empty where there is none.
    """

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf
    unit: str = ""

    def holds(self, value: float) -> bool:
        """Whether a number lies in the range."""
        return self.least <= value <= self.most and self.above < value < self.below

    def __str__(self) -> str:
        ends = {
            "at least": self.least,
            "above": self.above,
            "at most": self.most,
            "below": self.below,
        }
        known = {words: end for words, end in ends.items() if math.isfinite(end)}
        return " and ".join(f"{words} {end:,.10g}" for words, end in known.items())


@dataclass(frozen=True, slots=True)
class Members:
    """How many members a list may have; `most` is None for any number."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class NeverSampled:
    """A study never samples the field; `why` ends the sentence `never sampled, since ...`."""

    why: str


@dataclass(frozen=True, slots=True)
class Needs:
    """The field does nothing unless another field of the same dataclass has one of the values."""

    field: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field holds one of several config dataclasses, which the key `type` in it names.

    Attributes:
        configs: Gives the dataclasses by the name that `type` takes; each has a field `type` whose
            default is that name.
    """

    configs: Callable[[], Mapping[str, type]]


@dataclass(frozen=True, slots=True)
class Arguments:
    """The field holds arguments of the class that a person brought and another field names.

    A space file has a section of keys in its place, and the config pairs of names and values.

    Attributes:
        field: The other field of the same dataclass.
        config: Gives a dataclass whose fields are the arguments, by the class's dotted path.
        filled: Gives the arguments of the class that other fields of the same dataclass fill, each
            with the name of that field.
    """

    field: str
    config: Callable[[str], type]
    filled: Callable[[str], Mapping[str, str]]


class Mark(Enum):
    """Properties that a field has or has not.

    Attributes:
        SAME_SCORES: Of a task's field: it changes what a model sees, and nothing of what it is
            scored on, so that trials with different values of it are fairly compared.
        DURATION: Written as a time with its unit (`90s`, `10m`, `2h`), and seconds once it is read.
        PATH: Names a file, relative to the folder of the space file; `python:MODULE` is none.
    """

    SAME_SCORES = auto()
    DURATION = auto()
    PATH = auto()


SAME_SCORES, DURATION, PATH = Mark


REQUIRED: Any = object()
"""The default of a field that has none, so that a file must name it or something else fills it."""


@dataclass(frozen=True, slots=True)
class Key:
    """All that a dataclass says of one of its fields.

    Attributes:
        type: The field's type, without what stands around it in `Annotated`.
        default: The field's default, or `REQUIRED`.
        meaning: A sentence or two for a person; empty where the class says nothing.
        range: The numbers that are allowed.
        members: How many members a list may have.
        never_sampled: Why a study never samples the field; empty where it may.
        needs: With which value of another field alone this one has an effect; None for all.
        configs: Gives the configs of a field with `OneOf`; None for any other field.
        arguments: Whose arguments the field holds; None for any other field.
    """

    type: Any
    default: Any = REQUIRED
    meaning: str = ""
    range: Range = Range()
    members: Members = Members()
    never_sampled: str = ""
    needs: Needs | None = None
    configs: Callable[[], Mapping[str, type]] | None = None
    marks: frozenset[Mark] = frozenset()
    arguments: Arguments | None = None

    def problem(self, value: Any) -> str | None:
        """What is allowed where a value of the right type is not, with no full stop; else None."""
        if isinstance(value, tuple):
            if len(value) < self.members.least:
                return f"must have at least {_members(self.members.least)}"
            if self.members.most is not None and len(value) > self.members.most:
                return f"must have at most {_members(self.members.most)}"
            wrong = next(filter(None, map(self.problem, value)), None)
            return wrong and f"every member {wrong.removeprefix('every member ')}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return "must be finite"
        return None if self.range.holds(value) else f"must be {self.range}"


def _members(count: int) -> str:
    return "one member" if count == 1 else f"{count} members"


@cache
def keys(cls: type) -> Mapping[str, Key]:
    """Read what a config dataclass says of each of its fields, in their order.

    What a class does not say of a field that it inherits is taken from its bases.
    """
    homes = [
        get_type_hints(one, include_extras=True)
        for one in cls.__mro__
        if dataclasses.is_dataclass(one)
    ]
    types, documented = get_type_hints(cls), _documented(cls)
    described = {}
    for field in dataclasses.fields(cls):
        annotations = [
            one for home in homes if field.name in home for one in _annotations(home[field.name])
        ]
        never, one_of = _first(annotations, NeverSampled), _first(annotations, OneOf)
        described[field.name] = Key(
            types[field.name],
            _default(field),
            _first(annotations, str) or documented.get(field.name, ""),
            _first(annotations, Range) or Range(),
            _first(annotations, Members) or Members(),
            never.why if never else "",
            _first(annotations, Needs),
            one_of.configs if one_of else None,
            frozenset(one for one in annotations if isinstance(one, Mark)),
            _first(annotations, Arguments),
        )
    return described


def _default(field: dataclasses.Field[Any]) -> Any:
    """The value that a dataclass gives to a field that nobody sets, or `REQUIRED`."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return REQUIRED if field.default is dataclasses.MISSING else field.default


def _first(annotations: list[Any], kind: type[T]) -> T | None:
    return next((one for one in annotations if isinstance(one, kind)), None)


def _annotations(hint: Any) -> Iterator[Any]:
    """What stands in every `Annotated` of a type hint, also within `Annotated[int, ...] | None`."""
    if get_origin(hint) is Annotated:
        yield from hint.__metadata__
        hint = get_args(hint)[0]
    for part in get_args(hint):
        if get_origin(part) is not None:
            yield from _annotations(part)


def _documented(cls: type) -> Mapping[str, str]:
    """The text of each attribute under `Attributes:` in a dataclass's docstring, as one line.

    The docstrings of its bases are read too; where both name an attribute, the class's own counts.
    """
    meanings: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        name = ""
        text = inspect.cleandoc(one.__doc__ or "") if dataclasses.is_dataclass(one) else ""
        for line in text.partition("Attributes:\n")[2].splitlines():
            if match := re.match(r"    (\w+): (.*)", line):
                name = match[1]
                meanings[name] = match[2]
            elif name and line.startswith("        "):
                meanings[name] += " " + line.strip()
            else:
                name = ""
    return meanings


def outside(config: Any) -> list[tuple[str, str]]:
    """Find the fields of a config, nested ones too, whose values lie outside of their ranges.

    Returns:
        Pairs of a key (`rollout.steps`) and what is wrong with its value.
    """
    problems: list[tuple[str, str]] = []
    cls: Any = type(config)
    for name, key in keys(cls).items():
        value = getattr(config, name)
        if dataclasses.is_dataclass(value):
            problems += [(f"{name}.{inner}", message) for inner, message in outside(value)]
        elif problem := key.problem(value):
            shown = list(value) if isinstance(value, tuple) else value
            problems.append((name, f"{problem}, not {shown}."))
    return problems
