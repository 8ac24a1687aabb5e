"""What the cells of a column show about how its times are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow
from pyarrow import compute

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.files.columns import cast
from rnnsearch.tasks.files.written.shapes import SHAPES
from rnnsearch.tasks.files.written.times import EXAMPLES, ORDERS, TimeForm, is_number
from rnnsearch.tasks.files.written.words import stripped

_FORMS = (
    *(TimeForm("parts", order) for order in ORDERS),
    *(TimeForm(shape) for shape in SHAPES if shape != "parts"),
)
FEWEST_COMPACT = 13
"""From so many different whole numbers on, such as 20240131 or 202401, it is no accident if all of
them look like dates."""

MARGIN = 4
"""Read in the right order of day and month, the rows of a table rarely turn back in time. An order
is taken if by it they do so this many times less often than by any other."""


@dataclass(slots=True)
class TimeEvidence:
    """Collects, block after block, the forms in which all cells of a column may be written.

    Attributes:
        rows: How many cells were looked at.
        empty: The row of the first empty cell; None where none is.
        gaps: How many cells are empty.
        bad: The row and the text of the cell that ruled out the last form; None while one is
            left that fits all cells.
        how: In words, why the form that `form` gave has its order of day and month; empty where
            the cells allow no other order.
        short_years: Whether years have two digits.
    """

    rows: int = 0
    empty: int | None = None
    gaps: int = 0
    bad: tuple[int, str] | None = None
    how: str = ""
    short_years: bool = False
    _forms: tuple[TimeForm, ...] = _FORMS
    """The forms that all cells so far fit."""
    _numbers: bool = True
    """Whether all cells so far are plain numbers."""
    _zoned: set[bool] = field(default_factory=set)
    """Whether cells name their zone: both values where some do and some do not."""
    _seconds: dict[str, list[Ints]] = field(default_factory=dict)
    """By the order of day and month, the times of each block in seconds, while several orders are
    possible."""
    _distinct: set[str] = field(default_factory=set)
    """Different cells, of which no more than `FEWEST_COMPACT` have to be known."""
    _first: str = ""
    """The first cell that is not empty."""
    _plain: bool = True
    """Whether Arrow itself reads all cells so far as times."""

    def add(self, cells: Any) -> None:
        """Look at the next block of the column, an array of Arrow strings."""
        start, self.rows = self.rows, self.rows + len(cells)
        cells = stripped(cells)
        known = np.asarray(cells.is_valid().to_numpy(zero_copy_only=False))
        self.gaps += int((~known).sum())
        if self.empty is None and not known.all():
            self.empty = start + int(np.argmin(known))
        if not known.any() or self.bad is not None:
            return
        self._first = self._first or str(cells[int(np.argmax(known))])
        # Arrow casts 2024-12-31 23:00:00, and the same without seconds or time, to a moment.
        if self._plain and cast(cells, pyarrow.timestamp("s")) is not None:
            self._numbers = False
            self._forms = (TimeForm("parts", "ymd"),)
            self._zoned.add(False)
            return
        self._plain = False
        worst = -1
        if self._numbers and cast(cells, pyarrow.float64()) is None:
            self._numbers = False
            worst = next(
                at for at, cell in enumerate(cells.to_pylist()) if cell and not is_number(cell)
            )
        if len(self._distinct) < FEWEST_COMPACT:
            self._distinct |= {str(one) for one in compute.unique(cells.slice(0, 1000)).drop_null()}
        alive = []
        first = str(cells[int(np.argmax(known))])
        for form in self._forms:
            if not form.looks_like(first):
                worst = max(worst, int(np.argmax(known)))
                continue
            moments = form.moments(cells)
            wrong = known & ~moments.right
            if wrong.any():
                worst = max(worst, int(np.argmax(wrong)))
                continue
            alive.append(form)
            self._zoned |= {bool(one) for one in np.unique(moments.zoned[known])}
            if form.shape == "parts":
                self._seconds.setdefault(form.order, []).append(moments.seconds[known])
        if not alive and not self._numbers:
            self.bad = start + worst, str(cells[worst])
        self._forms = tuple(alive)
        if len(self._orders()) < 2:
            self._seconds.clear()
        if any(form.shape in ("parts", "named") for form in alive):
            self.short_years |= _two_digits(cells)

    def fits(self, pattern: str) -> bool:
        """Whether the first cell matches a pattern of strptime."""
        first = pyarrow.array([self._first])
        return bool(TimeForm("format", pattern=pattern).moments(first).right.all())

    @property
    def where(self) -> int | None:
        """The row of the first cell that is empty, or else with which no form was left."""
        return self.empty if self.empty is not None else self.bad[0] if self.bad else None

    def _orders(self) -> list[str]:
        """The orders of day, month and year that all cells so far allow."""
        return [form.order for form in self._forms if form.shape == "parts"]

    @property
    def clock(self) -> bool:
        """Whether the cells are times of day."""
        return any(form.shape == "clock" for form in self._forms)

    def notes(self, name: str, form: TimeForm) -> list[str]:
        """Sentences for a person about how the column is read.

        Args:
            name: The column's name.
            form: Its form, as `form` gave it.
        """
        sentences = []
        if (form.shape == "parts" and form.order != "ymd") or self.how:
            read = _spelt(self._first, form.order)
            how = f"; {self.how} (task.date_format says otherwise)" if self.how else ""
            sentences.append(f"{name!r}: {self._first!r} is read as {read}{how}")
        if self.short_years:
            sentences.append(f"{name!r}: years of two digits are those from 1969 to 2068")
        if form.shape.startswith("compact"):
            sentences.append(f"{name!r}: {self._first!r} is read as {form.in_words()}")
        if form.zoned:
            sentences.append(f"{name!r}: times with an offset became UTC")
        return sentences

    def form(self, date_format: str | None = None) -> TimeForm | str:
        """The form of the column, or in words why it has none.

        Args:
            date_format: The order of day, month and year, or the pattern, that the user named.
        """
        if date_format is not None and "%" in date_format:
            return TimeForm("format", pattern=date_format)
        if len(self._zoned) > 1:
            return "has times with a zone and without"
        zoned = True in self._zoned
        compact = [form for form in self._forms if form.shape.startswith("compact")]
        if self._numbers and not (compact and self._dates_as_numbers()):
            return TimeForm("number")
        if not self._forms:
            cell = self.bad[1] if self.bad is not None else self._first
            return f"holds {cell!r}, which is no time such as {EXAMPLES}"
        orders = self._orders()
        if not orders:
            return TimeForm(self._forms[0].shape, zoned=zoned)
        order = orders[0]
        if date_format is not None:
            if date_format not in orders:
                return (
                    f"holds {self._first!r} and is not of the order {date_format}, which "
                    "task.date_format asks for"
                )
            order = date_format
        elif len(orders) > 1:
            chosen = self._shown(orders)
            if chosen is None:
                readings = " or ".join(f"{one} ({_spelt(self._first, one)})" for one in orders)
                return (
                    f"holds dates such as {self._first!r}, which may be {readings}; say which with "
                    "task.date_format"
                )
            order = chosen
        return TimeForm("parts", order, zoned=zoned)

    def _dates_as_numbers(self) -> bool:
        """Whether whole numbers such as 20240131 are days or months."""
        digits = len(self._first)
        years = {cell[:4] for cell in self._distinct}
        near = all("1700" <= year <= "2200" for year in years)
        return near and (digits > 8 or len(self._distinct) >= FEWEST_COMPACT)

    def _shown(self, orders: list[str]) -> str | None:
        """The one of several orders by which rows follow each other in time or are evenly spaced;
        None where that holds for none or several."""
        turns = {order: _turns(np.concatenate(self._seconds[order])) for order in orders}
        ranked = sorted(orders, key=turns.__getitem__)
        if turns[ranked[0]] * MARGIN < turns[ranked[1]]:
            self.how = "so read, the rows follow each other in time"
            return ranked[0]
        even = [order for order in orders if _even(np.unique(np.concatenate(self._seconds[order])))]
        if len(even) == 1:
            self.how = "so read, the dates are evenly spaced"
            return even[0]
        return None


def _two_digits(cells: Any) -> bool:
    """Whether a cell has a year of two digits behind its day and month."""
    pattern = r"^(?:[^0-9]*[0-9]{1,2}[-/. ]+[0-9A-Za-z]{1,9}[-/., ]+[0-9]{2})(?:[^0-9]|$)"
    return bool(compute.any(compute.match_substring_regex(cells, pattern)).as_py())


def _turns(seconds: Ints) -> int:
    """How often a row goes against the direction in time of most rows."""
    steps = np.diff(seconds)
    return int(min((steps > 0).sum(), (steps < 0).sum()))


def _even(seconds: Ints) -> bool:
    """Whether sorted times are a fixed number of seconds or of months apart."""
    if len(seconds) < 4:
        return False
    if len(np.unique(np.diff(seconds))) == 1:
        return True
    times = seconds.astype("datetime64[s]")
    months = times.astype("datetime64[M]")
    of_month = (times - months.astype("datetime64[s]")).astype(np.int64)
    steps = np.diff(months.astype(np.int64))
    return bool((of_month == of_month[0]).all() and (steps == steps[0]).all() and steps[0] > 0)


def _spelt(cell: str, order: str) -> str:
    """The date of a cell by an order of day, month and year, in words such as 5 February 2010."""
    moments = TimeForm("parts", order).moments(pyarrow.array([cell]))
    date = moments.as_dates()[0].item()
    return f"{date.day} {date:%B} {date.year}"
