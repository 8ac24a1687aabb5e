"""Which trials a person wants to see, and in which order: `state=complete and hidden_size>=32`.

A filter is one comparison, or several with `and` between them: a column, one of `=`, `!=`, `<`,
`<=`, `>`, `>=` and `~` (contains), and a value. Behind `=` there may be several values with commas
between them, of which one has to be equal, and behind `!=` none. A trial that has no value in a
column fits `column=null`, and no other comparison but `!=`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rnnsearch.errors import InputError
from rnnsearch.events import STATES
from rnnsearch.search.trial_columns import Column
from rnnsearch.space.words import plain_text

_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPARISON = re.compile(r"\s*([\w.:-]+)\s*(<=|>=|!=|==|=|<|>|~)\s*(.*?)\s*", re.DOTALL)
_AND = re.compile(r"\s+and\s+(?=[\w.:-]+\s*[<>=!~])")
_OR = re.compile(r"\s(or|\|\|?|&&?)\s")
_COMMA = re.compile(r",(?![^\[]*\])")
MISSING = "null"
ALLOWED = (
    "A filter is COLUMN, then =, !=, <, <=, >, >= or ~ (contains), then a value, such as "
    "'hidden_size>=32'; `and` joins several, and commas part what one of may be equal, as in "
    "'state=complete,pruned and cell!=rnn'."
)


@dataclass(frozen=True)
class Comparison:
    """One comparison of a filter.

    Attributes:
        text: As it was typed.
        sign: `=`, `!=`, `<`, `<=`, `>`, `>=` or `~`.
        values: What is compared with: several only of `=` and `!=`.
    """

    text: str
    column: str
    sign: str
    values: tuple[str, ...]


def comparisons(text: str) -> list[Comparison]:
    """The comparisons of a filter.

    Raises:
        InputError: It is no filter; the text says what one is.
    """
    parsed = []
    for part in _AND.split(text):
        match = _COMPARISON.fullmatch(part)
        if match is None or not match[3]:
            raise InputError(f"{part.strip()!r} is no comparison. {ALLOWED}")
        column, sign, value = match[1], match[2].replace("==", "="), match[3]
        if (word := _OR.search(value)) and _unquoted(value) == value:
            raise InputError(f"{word[1]!r} in {part.strip()!r} is not understood. {ALLOWED}")
        several = _COMMA.split(value) if sign in ("=", "!=") else [value]
        parsed.append(Comparison(part.strip(), column, sign, tuple(map(_unquoted, several))))
    return parsed


def fitting(one: Comparison, column: Column) -> list[bool]:
    """Whether each value of a column fits a comparison.

    Raises:
        InputError: The values of the column cannot be compared so.
    """
    if one.sign == "~":
        word = one.values[0].lower()
        return [value is not None and word in _text(value).lower() for value in column.values]
    if one.sign in _ORDERS:
        if column.kind == "text":
            raise InputError(
                f"{one.text!r}: {column.name} has texts, which are neither above nor below one "
                f"another; of these there are =, != and ~. {_there_is(column)}".rstrip()
            )
        holds, bound = _ORDERS[one.sign], _number(one.values[0], one, column)
        return [value is not None and holds(float(value), bound) for value in column.values]
    if column.name == "state":
        _check_states(one)
    if column.kind == "text":
        equal = [_text(value) in one.values for value in column.values]
    else:
        bounds = {None if v == MISSING else _number(v, one, column) for v in one.values}
        equal = [(None if v is None else float(v)) in bounds for v in column.values]
    return equal if one.sign == "=" else [not each for each in equal]


def strange_values(one: Comparison, column: Column) -> str:
    """What a person should know of an equality with a text that no trial has; else empty."""
    present = {_text(value) for value in column.values}
    if one.sign != "=" or column.kind != "text" or not set(one.values) - present:
        return ""
    return f"{one.text!r}: {_there_is(column)}" if _there_is(column) else ""


def ordered(column: Column, places: Sequence[int], *, falling: bool) -> list[int]:
    """These places in the order of a column's values; those without a value come last."""

    def has_value(place: int) -> bool:
        value = column.values[place]
        return value is not None and not (isinstance(value, float) and math.isnan(value))

    def key(place: int) -> Any:
        value = column.values[place]
        return _text(value) if column.kind == "text" else float(value)

    valued = sorted((one for one in places if has_value(one)), key=key, reverse=falling)
    return [*valued, *(one for one in places if not has_value(one))]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else plain_text(value)


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _number(value: str, one: Comparison, column: Column) -> float:
    """A value as a number; of a time, a date or a time of the day as Unix time."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if column.kind == "time" and math.isnan(number):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            example = "2026-01-31 or '2026-01-31 14:30'"
            raise InputError(
                f"{one.text!r}: {value!r} is no time. Write it as {example}."
            ) from None
    if math.isnan(number):
        raise InputError(f"{one.text!r}: {column.name} has numbers, and {value!r} is none.")
    return number


def _check_states(one: Comparison) -> None:
    known = (*STATES, "baseline", "ensemble")
    if unknown := [value for value in one.values if value not in known]:
        raise InputError(f"{one.text!r}: there is no state {unknown[0]!r}, but {', '.join(known)}.")


def _there_is(column: Column) -> str:
    """The values that a column of few different texts has, in a sentence; else empty."""
    present = sorted({_text(value) for value in column.values if value is not None})
    return f"{column.name} has {', '.join(present)}." if 0 < len(present) <= 12 else ""
