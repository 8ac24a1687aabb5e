"""Times written as those of a column are, so that the column's reader takes them for the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.columns import family, texts
from rnnsearch.tasks.files.written.joined import JoinedForm
from rnnsearch.tasks.files.written.shapes import MONTHS, SHAPES, WEEKDAY
from rnnsearch.tasks.files.written.times import TimeForm
from rnnsearch.tasks.files.written.words import stripped

SAMPLES = 500
"""How many of the last cells show how times are written."""

_ORDINAL = re.compile(r"(?<=[0-9])(st|nd|rd|th)\b")


def written_times(form: JoinedForm, columns: Sequence[Any], times: NDArray[Any]) -> list[list[Any]]:
    """Cells for some times, a list for each column.

    Texts are written as the last cells of the column are, and in ISO 8601 where these leave out
    something of a time. A column of dates gets dates, one of numbers gets numbers.

    Args:
        form: How the columns are read.
        columns: Arrow columns of at least one row that was read by the form.
        times: As `form.read` gives them.
    """
    if times.dtype.kind != "M":
        return [list(times.tolist())]
    days = times.astype("datetime64[D]")
    cells: list[list[Any]] = []
    for role, of_column, column in zip(form.roles, form.forms, columns, strict=True):
        if role == "time":
            whole = times if len(form.roles) == 1 else days.astype("datetime64[s]")
            cells.append(_dates(of_column, column, whole))
        elif role == "clock":
            cells.append(_clocks(of_column, column, times - days, _moments(times)))
        else:
            cells.append([getattr(moment, role) for moment in _moments(times)])
    return cells


def _dates(form: TimeForm, column: Any, times: NDArray[Any]) -> list[Any]:
    """Dates for a column of dates, with or without a time of day."""
    if family(column.type) == "date":
        return list(times)
    alike = _alike(form, column, times, _moments(times))
    if alike is None:
        zone = "+00:00" if form.zoned else ""
        return [text + zone for text in iso_texts(times)]
    # A day such as 20241231 may be a whole number.
    return list(map(int, alike)) if family(column.type) == "whole" else alike


def _clocks(
    form: TimeForm, column: Any, since: NDArray[Any], moments: Sequence[datetime]
) -> list[Any]:
    """Times of day for a column of them; `since` is since midnight."""
    clocks = [moment.time() for moment in moments]
    if family(column.type) == "clock":
        return clocks
    alike = _alike(form, column, since, moments)
    return [clock.isoformat() for clock in clocks] if alike is None else alike


def _alike(
    form: TimeForm, column: Any, wanted: NDArray[Any], moments: Sequence[datetime]
) -> list[str] | None:
    """Cells written as those of a column are, which the form reads as `wanted`; None where these
    leave something of it out."""
    samples = [cell for cell in stripped(texts(column, "times")).to_pylist()[-SAMPLES:] if cell]
    for cells in _tries(form, samples, moments):
        try:
            read = form.read(pyarrow.array(cells), str)
        except DataError:
            continue
        if (read == wanted).all():
            return cells
    return None


def _tries(
    form: TimeForm, samples: Sequence[str], moments: Sequence[datetime]
) -> Iterator[list[str]]:
    """Ways to write times, the likeliest first."""
    if form.shape == "format":
        yield [moment.replace(tzinfo=UTC).strftime(form.pattern) for moment in moments]
        return
    pattern = SHAPES[form.shape]
    matches = [match for sample in samples if (match := re.match(pattern, sample)) is not None]
    varied = _varied(matches)
    # The longest as well, since some programs leave a midnight out.
    for match in (*matches[-1:], *sorted(matches, key=lambda one: -len(one.string))[:1]):
        yield [_written(form, match, varied, moment) for moment in moments]


def _varied(matches: Sequence[re.Match[str]]) -> set[str]:
    """Groups whose texts differ in length: numbers without a zero before them, and names of months
    in full."""
    return {
        name
        for match in matches
        for name, text in match.groupdict().items()
        if text and (len(text) > 3 and text.lower() != "sept" if name == "n" else len(text) == 1)
    }


def _written(
    form: TimeForm, match: re.Match[str], varied: Collection[str], moment: datetime
) -> str:
    """A time in the place of the one that a cell holds; a day of the week before it is left out."""
    groups = {name: text for name, text in match.groupdict().items() if text}
    local = moment + _east(groups.get("z", ""))
    half = "p" in groups or "p2" in groups
    # The letters of `form.order` say which of year, month and day each part is.
    order = dict(zip("abc", form.order, strict=False)) if form.shape == "parts" else {}
    weekday = re.match(WEEKDAY, match.string)
    pieces, at = [], 0 if weekday is None else weekday.end()
    for name in sorted(groups, key=match.start):
        text = groups[name]
        pieces += [match.string[at : match.start(name)]]
        pieces += [_part(order.get(name, name), text, name in varied, local, half, form.shape)]
        at = match.end(name)
    return _ORDINAL.sub("", "".join([*pieces, match.string[at:]]))


def _part(kind: str, text: str, varied: bool, moment: datetime, half: bool, shape: str) -> str:
    """The text of one group of a shape for a moment, in the style of the text that stood there."""
    if kind in ("s", "t", "z"):
        return text
    if kind == "n":
        names = [word for word, month in MONTHS.items() if month == moment.month and word != "sept"]
        name = names[-1] if varied else names[0]
        return name.upper() if text.isupper() else name if text.islower() else name.title()
    if kind in ("p", "p2"):
        letter = "a" if moment.hour < 12 else "p"
        return (letter.upper() if text[0].isupper() else letter) + text[1:]
    if kind == "f":
        return f"{moment.microsecond:06d}000"[: len(text)]
    week = moment.isocalendar()
    number = {
        "y": week.year if shape == "week" else moment.year,
        "m": moment.month,
        "d": moment.day,
        "q": (moment.month + 2) // 3,
        "w": week.week,
        "e": week.weekday,
        "H": (moment.hour + 11) % 12 + 1 if half else moment.hour,
        "M": moment.minute,
        "S": moment.second,
    }[kind]
    if kind == "y":
        return f"{number % 100:02d}" if len(text) == 2 else f"{number:04d}"
    return str(number) if varied else f"{number:0{len(text)}d}"


def _east(zone: str) -> timedelta:
    """How far east of UTC a zone lies, by its text: `+05:30`, `-08`, or a name of UTC."""
    digits = re.sub("[^0-9]", "", zone).ljust(4, "0")
    east = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -east if zone.startswith("-") else east


def _moments(times: NDArray[Any]) -> list[datetime]:
    return list(times.astype("datetime64[us]").tolist())


def iso_texts(times: NDArray[Any]) -> list[str]:
    """Dates in ISO 8601 with a blank before the time of day, as short as they can be together."""
    whole = (
        unit for unit in ("D", "m", "s") if (times == times.astype(f"datetime64[{unit}]")).all()
    )
    unit: Any = next(whole, np.datetime_data(times.dtype)[0])
    return [text.replace("T", " ") for text in np.datetime_as_string(times, unit=unit).tolist()]
