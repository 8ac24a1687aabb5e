"""What a column of a table may be, judged by its name and kind: time, id, target or flag."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.tasks.files.survey import Column
from rnnsearch.tasks.files.written.joined import part_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TARGETS = (
    *("y", "target", "ot", "value", "values", "sales", "demand", "load", "consumption", "close"),
    *("pm2.5", "pm25", "cnt", "count", "passengers", "power", "energy", "usage", "traffic"),
    *("price", "volume", "quantity", "qty", "units", "revenue", "visitors", "orders", "rides"),
)
"""Words in names of columns that people forecast, the surest first."""

_FLAGS = (
    *("holiday", "holidays", "isholiday", "schoolholiday", "stateholiday", "weekend", "workingday"),
    *("promo", "promo2", "promotion", "onpromotion", "calendar", "event", "open", "season"),
)
"""Words in names of columns that are known ahead, where these have few different values."""

_CALENDAR = {
    **dict.fromkeys(("year", "yr"), 2200),
    **dict.fromkeys(("month", "mnth"), 12),
    **dict.fromkeys(("week", "weeknum", "weekofyear"), 53),
    **dict.fromkeys(("day", "dayofmonth"), 31),
    "dayofyear": 366,
    **dict.fromkeys(("weekday", "dayofweek", "dow"), 7),
    **dict.fromkeys(("hour", "hr"), 24),
    "quarter": 4,
    "minute": 59,
}
"""Words in names of columns of the calendar, with the largest number that one can hold."""

_CYCLES = {
    **dict.fromkeys(("month", "mnth"), "month"),
    **dict.fromkeys(("day", "dayofmonth"), "monthday"),
    **dict.fromkeys(("week", "weeknum", "weekofyear", "dayofyear"), "yearday"),
    **dict.fromkeys(("weekday", "dayofweek", "dow"), "weekday"),
    **dict.fromkeys(("hour", "hr"), "hour"),
    "minute": "minute",
}
"""Words in names of columns that are what an input of `task.calendar` is."""

MOST_FLAGS = 10
"""Different values that a flag has at most."""

_IDS = (
    *("id", "series", "store", "shop", "item", "symbol", "station", "meter", "ticker", "sensor"),
    *("device", "product", "sku", "family", "dept", "department", "country", "region", "state"),
    *("city", "location", "site", "zone", "building", "household", "customer", "user", "asset"),
    *("channel", "branch", "plant", "unit", "machine", "group", "code"),
)
"""Words in names of columns that tell series apart."""

_TIMES = re.compile(
    r"time|t|date|datetime|timestamp|ds|year|step|index|month|week|day|period", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the user says of a table; what is left open is inferred.

    Attributes:
        time: Columns that hold the time; empty leaves it open.
        id: The column that tells series apart; None leaves it open.
        target: Columns to forecast; empty leaves it open.
        known: Columns that are known ahead of time, beside those whose names say so.
        horizon: Rows to forecast; None leaves it open.
        decimal: The decimal sign; None leaves it open.
        date_format: As `task.date_format`; None leaves it open.
        task: The type of the task; None leaves it open.
    """

    time: tuple[str, ...] = ()
    id: str | None = None
    target: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    horizon: int | None = None
    decimal: str | None = None
    date_format: str | None = None
    task: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the user names."""
        return (*self.time, *(() if self.id is None else (self.id,)), *self.target, *self.known)


def words_of(name: str) -> list[str]:
    """The words of a column's name in lower case: `Weekly_Sales` and `isHoliday` have two."""
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return [word for word in re.split(r"[^\w.]+|_", parted.lower()) if word]


def time_choices(columns: Mapping[str, Column]) -> list[tuple[str, ...]]:
    """Groups of columns that may hold the time together, the likeliest first."""
    times = [name for name, column in columns.items() if column.kind == "time"]
    clocks = [name for name, column in columns.items() if column.kind == "clock"]
    numbers = [name for name, column in columns.items() if column.kind == "number"]
    parts = {part: name for name in reversed(numbers) if (part := part_of(name)) is not None}
    hours = tuple(parts[part] for part in ("hour", "minute", "second") if part in parts)
    groups: list[tuple[str, ...]] = []
    for time in times:
        groups += [(time, clock) for clock in clocks]
        groups.append((time,))
        groups += [(time, *hours)] if "hour" in parts else []
    if not times and "year" in parts and "month" in parts:
        days = (parts["year"], parts["month"], *((parts["day"],) if "day" in parts else ()))
        if "day" in parts and (hours or clocks):
            groups.append((*days, *(hours or clocks[:1])))
        groups.append(days)
    if not groups:
        groups += [(name,) for name in numbers if _TIMES.fullmatch(name.strip())][:1]
    return groups


def called_time(name: str) -> bool:
    """Whether a word in a column's name is usual for times."""
    return any(_TIMES.fullmatch(word) for word in words_of(name))


def id_choices(columns: Mapping[str, Column], taken: Iterable[str]) -> list[str]:
    """Columns that may tell series apart: first those whose names say so, then texts, then numbers.

    Args:
        columns: All columns of the table.
        taken: Columns that are something else already.
    """
    out = set(taken)
    free = [
        column
        for name, column in columns.items()
        if name not in out
        and column.kind in ("text", "number")
        and not column.counts
        and part_of(name) is None
    ]
    named = [column.name for column in free if set(words_of(column.name)) & set(_IDS)]
    texts = [column.name for column in free if column.kind == "text"]
    return list(dict.fromkeys([*named, *texts, *(column.name for column in free)]))


def distinct(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The different numbers in a column, rising; empty cells are NaN and none of them."""
    return np.unique(values[np.isfinite(values)])


def called_ahead(name: str) -> bool:
    """Whether a column's name is that of a flag or a part of the calendar, known ahead."""
    called = _called(name)
    return bool(called & set(_FLAGS)) or any(word in called for word in _CALENDAR)


def cycles_called(name: str) -> set[str]:
    """The inputs of `task.calendar` that a column is, by its name."""
    return {cycle for word, cycle in _CYCLES.items() if word in _called(name)}


def _called(name: str) -> set[str]:
    """The words of a column's name, each by itself and joined with those after it."""
    words = words_of(name)
    return {"".join(words[lo:hi]) for lo, hi in combinations(range(len(words) + 1), 2)}


def is_known(name: str, values: NDArray[np.float64]) -> bool:
    """Whether a column is known ahead, as a flag or a part of the calendar, by name and values.

    Args:
        name: The column's name.
        values: Its numbers; empty cells are NaN.
    """
    called = _called(name)
    known = distinct(values)
    if not len(known) or (known % 1 != 0).any() or known[0] < 0:
        return False
    if called & set(_FLAGS) and len(known) <= MOST_FLAGS:
        return True
    return any(known[-1] <= most for word, most in _CALENDAR.items() if word in called)


def likely_target(names: Sequence[str]) -> tuple[str, bool]:
    """The column that is probably to be forecast, and whether its name says so.

    Where no name does, it is the last column.
    """
    ranked = []
    for at, name in enumerate(names):
        words = words_of(name)
        called = (*words, name.strip().lower())
        if hits := [_TARGETS.index(word) for word in called if word in _TARGETS]:
            ranked.append((min(hits), len(words), at, name))
    if ranked:
        return min(ranked)[3], True
    return names[-1], False
