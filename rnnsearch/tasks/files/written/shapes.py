"""Patterns of the shapes in which times are written, and the parts of a match as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow
from pyarrow import compute

from rnnsearch.tasks.arrays import Bools, Ints

CLOCK = (
    r"(?P<H>[0-9]{1,2})(?:[:.h](?P<M>[0-9]{2})(?:[:.](?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?)?"
    r"h?[\s-]*(?P<p>[AaPp]\.?[Mm]\.?)?"
)
_LONE_CLOCK = (
    r"(?P<H>[0-9]{1,2})(?:[:.h](?P<M>[0-9]{2})(?:[:.](?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?"
    r"h?\s*(?P<p>[AaPp]\.?[Mm]\.?)?|\s*(?P<p2>[AaPp]\.?[Mm]\.?))"
)
_ZONE = r"(?P<z>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)"
_TAIL = rf"(?:(?:[T,]|\s)\s*(?:at\s+)?{CLOCK}\s*{_ZONE}?)?"
WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+)?"
_NAME = r"(?P<n>[A-Za-z]{3,9})"
SHAPES = {
    "parts": rf"^{WEEKDAY}(?P<a>[0-9]{{1,4}})(?P<s>[-/.])(?P<b>[0-9]{{1,2}})(?P<t>[-/.])"
    rf"(?P<c>[0-9]{{1,4}}){_TAIL}$",
    "month": r"^(?P<y>[0-9]{4})[-/.M](?P<m>[0-9]{1,2})$",
    "month last": r"^(?P<m>[0-9]{1,2})[-/.](?P<y>[0-9]{4})$",
    "named": rf"^{WEEKDAY}(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?[-\s./]*(?:of\s+)?{_NAME}"
    rf"[-\s.,/]*(?P<y>[0-9]{{4}}|[0-9]{{2}}){_TAIL}$",
    "named first": rf"^{WEEKDAY}{_NAME}\.?[-\s]+(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?[-,\s]+"
    rf"(?P<y>[0-9]{{4}}){_TAIL}$",
    "named month": rf"^{_NAME}[-\s.,/]*(?P<y>[0-9]{{4}})$",
    "year named": rf"^(?P<y>[0-9]{{4}})[-\s./]*{_NAME}(?:[-\s./]*(?P<d>[0-9]{{1,2}}))?{_TAIL}$",
    "quarter": r"^(?P<y>[0-9]{4})[-\s/.]?Q(?P<q>[1-4])$",
    "quarter first": r"^Q(?P<q>[1-4])[-\s/.]?(?P<y>[0-9]{4})$",
    "week": r"^(?P<y>[0-9]{4})-?W(?P<w>[0-9]{2})(?:-?(?P<e>[1-7]))?$",
    "compact": r"^(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"
    rf"(?:[T_:\s-]?(?P<H>[0-9]{{2}}):?(?P<M>[0-9]{{2}})?:?(?P<S>[0-9]{{2}})?"
    rf"(?:[.,](?P<f>[0-9]{{1,9}}))?{_ZONE}?)?$",
    "compact month": r"^(?P<y>[0-9]{4})(?P<m>[0-9]{2})$",
    "clock": rf"^{_LONE_CLOCK}$",
}
"""By its name, the pattern of each shape, for a whole cell. Its groups are year `y`, month `m` or
its name `n`, day `d`, quarter `q`, week `w`, day of the week `e`, hour `H`, minute `M`, second `S`,
its fraction `f`, AM or PM `p`, and zone `z`; `a`, `b` and `c` are day, month and year in an order
that the column's cells must show."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTHS = {word: number for number, name in enumerate(_MONTHS, 1) for word in (name[:3], name)}
MONTHS["sept"] = 9


def part(parts: Any, name: str, absent: int = 0) -> Ints:
    """A group of matches as whole numbers, `absent` where it did not match."""
    if parts.type.get_field_index(name) < 0:
        return np.full(len(parts), absent, np.int64)
    cells = parts.field(name)
    cells = compute.if_else(compute.equal(cells, ""), pyarrow.scalar(None, cells.type), cells)
    numbers = cells.cast(pyarrow.int64()).fill_null(absent)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.int64)


def month_names(parts: Any) -> Ints:
    """The numbers of months by their names, 0 where a word is no such name."""
    low = compute.utf8_lower(parts.field("n"))
    places = compute.index_in(low, value_set=pyarrow.array(list(MONTHS), low.type)).fill_null(-1)
    numbers = np.array([*MONTHS.values(), 0], np.int64)
    return np.asarray(numbers[np.asarray(places.to_numpy(zero_copy_only=False))])


def seconds_of_day(parts: Any) -> tuple[Ints, Ints, Bools]:
    """Seconds since midnight, the nanoseconds beyond them, and which matches are a time of day.

    24:00 is the midnight that ends the day. Of twelve-hour clocks, 12 AM is midnight, 12 PM noon.
    """
    hour, minute, second = part(parts, "H"), part(parts, "M"), part(parts, "S")
    nanos = np.zeros(len(hour), np.int64)
    if parts.type.get_field_index("f") >= 0:
        digits = compute.utf8_rpad(parts.field("f"), 9, "0")
        nanos = np.asarray(digits.cast("int64").to_numpy(zero_copy_only=False), np.int64)
    half = np.zeros(len(hour), np.int64)
    for name in ("p", "p2"):
        if parts.type.get_field_index(name) >= 0:
            letters = compute.utf8_lower(compute.utf8_slice_codeunits(parts.field(name), 0, 1))
            letters = letters.to_numpy(zero_copy_only=False)
            half += np.where(letters == "a", 1, np.where(letters == "p", 2, 0))
    right = (hour <= 24) & (minute < 60) & (second <= 60)
    right &= (hour < 24) | ((minute == 0) & (second == 0) & (nanos == 0))
    right &= (half == 0) | ((hour >= 1) & (hour <= 12))
    hour = np.where(half > 0, hour % 12 + np.where(half == 2, 12, 0), hour)
    return hour * 3600 + minute * 60 + second, nanos, right


def offsets(parts: Any) -> tuple[Ints, Bools]:
    """Seconds east of UTC, and which matches name a zone."""
    if parts.type.get_field_index("z") < 0:
        return np.zeros(len(parts), np.int64), np.zeros(len(parts), bool)
    zone = parts.field("z")
    numbers = compute.replace_substring_regex(zone, "[^0-9]", "")
    numbers = compute.utf8_rpad(numbers, 4, "0")
    digits = np.asarray(numbers.cast("int64").to_numpy(zero_copy_only=False), np.int64)
    east = (digits // 100) * 3600 + (digits % 100) * 60
    back = np.asarray(compute.starts_with(zone, "-").to_numpy(zero_copy_only=False))
    return np.where(back, -east, east), np.asarray(zone.to_numpy(zero_copy_only=False) != "", bool)


def days_since_1970(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """Days since 1970, and which years, months and days make a day of the calendar."""
    right = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1)
    months = np.where(right, (year - 1970) * 12 + month - 1, 0)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    right &= day <= after - first
    return first + day - 1, right
