"""The time of a row from one column or several: a date and a time of day, or parts of both."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.files.columns import clocks, family
from rnnsearch.tasks.files.written.shapes import days_since_1970
from rnnsearch.tasks.files.written.times import Place, TimeForm

Role = Literal["time", "clock", "year", "month", "day", "hour", "minute", "second"]
PARTS: dict[Role, str] = {
    "year": r"(.*[_ ])?(year|yr|yyyy)",
    "month": r"(.*[_ ])?(month|mnth|mon|mm)",
    "day": r"(.*[_ ])?(day|dom|dd)",
    "hour": r"(.*[_ ])?(hour|hours|hr|hrs|hh)",
    "minute": r"(.*[_ ])?(minute|minutes|min)",
    "second": r"(.*[_ ])?(second|seconds|sec)",
}
"""Patterns of the names of columns that hold one part of a time as a whole number."""

_MOST = {"month": 12, "day": 31, "hour": 24, "minute": 59, "second": 60}
_SECONDS: dict[Role, int] = {"hour": 3600, "minute": 60, "second": 1}


@dataclass(frozen=True, slots=True)
class JoinedForm:
    """How the time of a row is read from one column or several.

    Attributes:
        roles: What each column holds: the `time` or date, a time of day (`clock`), or a part.
        forms: The form of each column; of parts, that of plain numbers.
    """

    roles: tuple[Role, ...]
    forms: tuple[TimeForm, ...]

    @property
    def zoned(self) -> bool:
        """Whether the cells of a column name their zone."""
        return any(form.zoned for form in self.forms)

    def read(self, columns: Sequence[Any], place: Place) -> NDArray[Any]:
        """The time of each row of Arrow columns: datetime64 in a unit that holds it, or numbers.

        Raises:
            DataError: A cell is empty or not of its column's form; its place is named.
        """
        read: dict[Role, NDArray[Any]] = {}
        for role, form, column in zip(self.roles, self.forms, columns, strict=True):
            if role == "clock" and family(column.type) == "clock":
                values: NDArray[Any] = clocks(column, "the column of times")
            elif role in ("time", "clock"):
                values = form.read(column, place)
            else:
                values = _part(role, form.read(column, place), place)
            if values.dtype.kind in "mM" and np.isnat(values).any():
                row = int(np.argmax(np.isnat(values)))
                raise DataError(f"{place(row)}: there is no time here.")
            read[role] = values
        whole = read.get("time")
        if whole is None:
            whole = _days(read, place)
        if whole.dtype.kind != "M":
            return whole
        if "clock" in read:
            whole = whole + _coarse(read["clock"])
        for part, seconds in _SECONDS.items():
            if part in read:
                whole = whole + (read[part] * seconds).astype("timedelta64[s]")
        return whole

    def to_json(self) -> dict[str, Any]:
        return {"roles": list(self.roles), "forms": [form.to_json() for form in self.forms]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> JoinedForm:
        return cls(tuple(values["roles"]), tuple(map(TimeForm.from_json, values["forms"])))


def joined(names: Sequence[str], forms: Sequence[TimeForm]) -> JoinedForm | str:
    """The form of columns that hold a time together, or in words why they hold none.

    Args:
        names: The names of the columns.
        forms: Their forms; dates and times of day of Arrow types count as `parts` and `clock`.
    """
    if len(names) == 1:
        if forms[0].shape == "clock":
            return (
                f"{names[0]!r} holds times of day, which come again each day; name the column of "
                f"the date too, task.time: [DATE, {names[0]!r}]"
            )
        return JoinedForm(("time",), tuple(forms))
    roles: list[Role] = []
    for name, form in zip(names, forms, strict=True):
        part = part_of(name) if form.shape == "number" else None
        if form.shape == "clock":
            roles.append("clock")
        elif part is not None:
            roles.append(part)
        elif form.shape == "number":
            return (
                f"{name!r} holds numbers, and its name is none of "
                f"{', '.join(PARTS)}; a time of several columns is a date and a time of day, or "
                "such parts"
            )
        else:
            roles.append("time")
    twice = next((role for role in roles if roles.count(role) > 1), None)
    if twice is not None:
        return f"{', '.join(map(repr, names))} hold the {twice} twice"
    if "time" not in roles and "year" not in roles:
        return f"{', '.join(map(repr, names))} hold no date; add its column to task.time"
    if "time" in roles and {"year", "month", "day"} & set(roles):
        return f"{', '.join(map(repr, names))} hold the date twice"
    if "clock" in roles and set(_SECONDS) & set(roles):
        return f"{', '.join(map(repr, names))} hold the time of day twice"
    if "day" in roles and "month" not in roles and "time" not in roles:
        return f"{', '.join(map(repr, names))} hold no month; add its column to task.time"
    return JoinedForm(tuple(roles), tuple(forms))


def part_of(name: str) -> Role | None:
    """The part of a time that a column's name says it holds; None where it says none."""
    low = name.strip().lower()
    return next((part for part, known in PARTS.items() if re.fullmatch(known, low)), None)


def _part(role: Role, numbers: NDArray[Any], place: Place) -> Ints:
    """The numbers of one part of a time, refused where they are no such part."""
    whole = numbers.astype(np.int64)
    least = 1 if role in ("month", "day") else 0
    wrong = (whole != numbers) | (whole < least) | (whole > _MOST.get(role, 9999))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"{place(row)}: {numbers[row]:g} is no {role} of a time.")
    return whole


def _days(read: Mapping[Role, NDArray[Any]], place: Place) -> NDArray[np.datetime64]:
    """The dates of rows by their years, months and days; a part that is missing is the first."""
    year = read["year"]
    ones = np.ones_like(year)
    days, right = days_since_1970(year, read.get("month", ones), read.get("day", ones))
    if not right.all():
        row = int(np.argmin(right))
        raise DataError(f"{place(row)}: there is no such day.")
    return (days * 86400).astype("datetime64[s]")


def _coarse(clock: NDArray[Any]) -> NDArray[Any]:
    """Times of day in seconds where none has a fraction: dates in nanoseconds reach few years."""
    seconds = clock.astype("timedelta64[s]")
    return seconds if (seconds == clock).all() else clock
