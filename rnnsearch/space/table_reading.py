"""What `init` infers of a table: which column is what, and how long a season is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.series.kinds import column_kinds
from rnnsearch.tasks.series.table import Table, read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TARGET = re.compile(r"(y|ot|value|target|load|demand|sales|price|close|count)s?", re.IGNORECASE)
_KNOWN = re.compile(r".*(holiday|weekday|weekend|day_?of|hour|month|promo|calendar).*", re.I)
_ID = re.compile(r"(.*_)?(id|series|store|shop|item|symbol|station|meter|unique_id)", re.I)
_STEPS = {
    1: "second",
    60: "minute",
    900: "quarter of an hour",
    3600: "hour",
    86400: "day",
    604800: "week",
}
LONGEST_PERIOD = 2000
MOST_ROWS = 100_000
"""The last rows of the training part, in which a season is looked for."""
FEWEST_ROWS = 40


@dataclass(frozen=True)
class Reading:
    """What was inferred of a table.

    Attributes:
        step: The usual time between two rows, in words.
        rows: Of the shortest series.
        period: Rows of a season; 1 for none.
        empty: Whether cells are empty, and whether a series begins with one.
    """

    time: str | None
    id: str | None
    target: str
    past: list[str]
    known: list[str]
    idle: list[str]
    step: str
    rows: int
    all_rows: int
    series: int
    period: int
    correlation: float
    missing: str


def infer(path: Path) -> Reading:
    """Infer what each column is from names, types and cells.

    Raises:
        DataError: The file cannot be read, is too short, or holds nothing to forecast.
    """
    kinds = column_kinds(path)
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    time = next((name for name, kind in kinds.items() if kind == "time"), None)
    if not numbers:
        raise DataError(
            f"{path} has no column of numbers to forecast (columns: {', '.join(kinds)}). To learn "
            f"it as a text, character by character, give it the name of one: cp {path} "
            f"{path.stem}.txt && rnnsearch init {path.stem}.txt"
        )
    if time is None and re.fullmatch(r"time|t|date|year|step|index", numbers[0], re.I):
        time = numbers.pop(0)
    table, id = _in_order(path, numbers, time, [n for n, kind in kinds.items() if kind == "text"])
    numbers = [name for name in numbers if name != id]
    values = table.values
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    varied = [name for name, one, other in zip(numbers, low, high, strict=True) if one < other]
    if not varied:
        raise DataError(f"{path}: no column of numbers ever changes; there is nothing to forecast.")
    counts = np.bincount(table.ids)
    rows = int(counts.min())
    if rows < FEWEST_ROWS:
        whose = f" (the series {table.names[int(counts.argmin())]!r})" if len(counts) > 1 else ""
        raise DataError(
            f"{path} has {rows} rows{whose}, too few to hold parts out: at least {FEWEST_ROWS}."
        )
    target = next((name for name in varied if _TARGET.fullmatch(name)), varied[-1])
    others = [name for name in varied if name != target]
    first = values[table.ids == table.ids[0], numbers.index(target)]
    period, correlation = season(first[: int(0.7 * len(first))], _calendar(table))
    used = values[:, [numbers.index(name) for name in varied]]
    return Reading(
        time=time,
        id=id,
        target=target,
        past=[name for name in others if not _KNOWN.fullmatch(name)],
        known=[name for name in others if _KNOWN.fullmatch(name)],
        idle=[name for name in kinds if name not in (*varied, time, id)],
        step=_step(table),
        rows=rows,
        all_rows=len(values),
        series=len(counts),
        period=period,
        correlation=correlation,
        missing=_missing(used, table),
    )


def season(values: NDArray[np.float64], calendar: Sequence[int] = ()) -> tuple[int, float]:
    """Rows of a season, and the autocorrelation there.

    First the seasons of the calendar, the shortest that stands out among the changes from row to
    row (a slow drift hides a day's wave, and changes are free of it). Else the highest peak of the
    autocorrelation itself, of the series without its straight trend, after the lag at which it has
    fallen; where one peak is almost as high, the shorter season counts.

    Args:
        values: Of one series; NaN where unknown.
        calendar: Seasons that the step between the rows suggests, the shortest first.

    Returns:
        (1, 0.0) where nothing stands out, or fewer than three seasons fit.
    """
    known = np.isfinite(values)
    if known.sum() < 12:
        return 1, 0.0
    at = np.arange(len(values))[-MOST_ROWS:]
    filled = np.interp(at, np.flatnonzero(known), values[known])
    noise = 4 / np.sqrt(len(filled))
    changes = _autocorrelation(np.diff(filled))
    for period in calendar:
        if period + 1 < len(changes) // 3 and changes[period] >= max(0.1, noise):
            around = changes[max(period - 1, 1) : period + 2]
            if changes[period] == around.max():
                return period, float(changes[period])
    whole = _autocorrelation(filled - np.polyval(np.polyfit(at, filled, 1), at))
    inner = whole[1 : min(len(whole) // 3, LONGEST_PERIOD)]
    peaks = np.flatnonzero((inner[1:-1] > inner[:-2]) & (inner[1:-1] >= inner[2:])) + 2
    fallen = np.flatnonzero(inner < 0.2)
    peaks = peaks[peaks > (fallen[0] + 1 if len(fallen) else len(whole))]
    if len(peaks) == 0 or whole[peaks].max() < max(0.3, noise):
        return 1, 0.0
    period = int(peaks[whole[peaks] >= 0.9 * whole[peaks].max()][0])
    return period, float(whole[period])


def _autocorrelation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """By lag; zeros for a constant. Long lags are not shrunk for their fewer pairs."""
    rest = values - values.mean()
    count = len(rest)
    found = np.fft.irfft(np.abs(np.fft.rfft(rest, 2 * count)) ** 2)[:count]
    if found[0] <= 1e-12 * max(float(np.square(values).sum()), 1e-300):
        return np.zeros(count)
    return np.asarray(found / found[0] * count / np.arange(count, 0, -1), np.float64)


def _in_order(
    path: Path, numbers: list[str], time: str | None, texts: list[str]
) -> tuple[Table, str | None]:
    """The table, and the column that tells series apart where times come again."""
    table = read_table(path, numbers, time=time)
    if table.times is None or (np.diff(table.times) > 0).all():
        return table, None
    named = [name for name in (*texts, *numbers) if _ID.fullmatch(name)]
    others = [name for name in texts if name not in named]
    for name in (*named, *others):
        own = [number for number in numbers if number != name]
        if not own:
            continue
        found = read_table(path, own, time=time, id=name)
        order = np.lexsort((np.arange(len(found.ids)), found.ids))
        assert found.times is not None
        step, same = np.diff(found.times[order]), np.diff(found.ids[order]) == 0
        if len(found.names) < len(found.ids) and (step[same] > 0).all():
            return found, name
    return table, None  # whatever is wrong with the order, the check of the draft says


def _usual_step(table: Table) -> float:
    """The usual time between two rows; 0 where there is none."""
    if table.times is None or len(table.times) < 2:
        return 0.0
    steps = np.diff(table.times)
    return float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0


def _calendar(table: Table) -> list[int]:
    """Seasons that rows of such a step may have: minutes of an hour, hours of a day, and so on."""
    usual = _usual_step(table)
    if not table.dated or usual <= 0:
        return []
    spans: list[float] = [60, 3600, 86400, 7 * 86400]
    if usual >= 27 * 86400:
        spans = [365.25 * 86400]
    return [round(span / usual) for span in spans if 3 < span / usual <= LONGEST_PERIOD]


def _step(table: Table) -> str:
    if table.times is None:
        return "a row"
    usual = _usual_step(table)
    if not table.dated:
        return f"{usual:g}"
    if usual in _STEPS:
        return f"one {_STEPS[int(usual)]}"
    days = usual / 86400
    for least, most, word in ((28, 31, "month"), (89, 92, "quarter"), (365, 366, "year")):
        if least <= days <= most:
            return f"one {word}"
    return f"{usual:g} s"


def _missing(values: NDArray[np.float64], table: Table) -> str:
    empty = np.isnan(values)
    if not empty.any():
        return "error"
    first = np.concatenate([[True], np.diff(table.ids) != 0])
    return "mask" if empty[first].any() else "ffill"
