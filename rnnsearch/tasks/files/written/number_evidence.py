"""What a column's cells, block after block, show about how its numbers are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow
from pyarrow import compute

from rnnsearch.tasks.arrays import Bools
from rnnsearch.tasks.files.written.numbers import (
    BLANKS,
    CELL,
    MULTIPLES,
    NumberForm,
    as_plain,
    is_in,
)
from rnnsearch.tasks.files.written.words import TRUTHS, stripped, without_odd

_GROUPED = {
    sign: rf"^[1-9][0-9]{{0,2}}(?:{other}[0-9]{{3}})+$"
    rf"|^[1-9][0-9]?(?:{other}[0-9]{{2}})+{other}[0-9]{{3}}$"
    for sign, other in ((".", ","), (",", r"\."))
}
"""By the decimal sign, the pattern of whole numbers whose groups the other sign divides, either in
thousands or as in India (12,34,567)."""


@dataclass(slots=True)
class NumberEvidence:
    """Collects, block after block, what a column's cells show about how its numbers are written.

    Attributes:
        rows: How many cells were looked at.
        words: How often each word of `ODD_EMPTY` stood in a cell.
        bad: The row and the text of the first cell that is no number in any form; None where none
            is.
        signs: Which of `.` and `,` a cell proves to be the decimal sign.
        example: The longest cell that proves one.
    """

    rows: int = 0
    words: dict[str, int] = field(default_factory=dict)
    bad: tuple[int, str] | None = None
    signs: set[str] = field(default_factory=set)
    example: str = ""
    _truths: set[str] = field(default_factory=set)
    """The words of `TRUTHS` that stand in cells, in lower case."""
    _units: set[str] = field(default_factory=set)
    """What stands beside the numbers, such as `kWh`; empty text where nothing does."""
    _others: bool = False
    """Whether a cell holds a number other than 0 and 1."""
    _open: dict[str, str] = field(default_factory=dict)
    """By the sign in it, the first cell such as 1,234, whose sign may divide thousands or
    decimals."""
    _zeros: set[str] = field(default_factory=set)
    """The signs in such cells that end in 0."""
    _bare: bool = False
    """Whether a number other than 0 has neither a point nor a comma."""
    _grouped: bool = False
    """Whether a number has a comma, an apostrophe or a blank in it."""
    _leading: bool = False
    """Whether a number begins with a zero before another digit."""

    def add(self, cells: Any) -> None:
        """Look at the next block of the column, an array of Arrow strings."""
        start, self.rows = self.rows, self.rows + len(cells)
        if self.bad is not None:
            return
        every, words = without_odd(stripped(cells))
        for word, count in words.items():
            self.words[word] = self.words.get(word, 0) + count
        # Once points are known to be decimal signs, cells that Arrow reads as numbers show
        # nothing new.
        if self._others and "." in self.signs and as_plain(every) is not None:
            self._units.add("")
            return
        cells = compute.unique(every).drop_null()
        truths = is_in(compute.utf8_lower(cells), [word for pair in TRUTHS for word in pair])
        if truths.any():
            self._truths |= {str(one).lower() for one in cells.filter(truths)}
        parts = compute.extract_regex(cells, CELL)
        valid = np.asarray(parts.is_valid().to_numpy(zero_copy_only=False))
        self._others |= bool((valid & ~is_in(cells, ["0", "1"])).any())
        wrong = ~valid & ~truths
        wrong |= valid & (is_in(parts.field("open"), ["("]) != is_in(parts.field("close"), [")"]))
        if valid.any():
            wrong[valid] |= self._add_bodies(parts.filter(valid), cells.filter(valid))
        if self.bad is None and wrong.any():
            row = compute.index_in(every, value_set=cells.filter(wrong)).is_valid()
            first = int(np.argmax(row.to_numpy(zero_copy_only=False)))
            self.bad = start + first, str(every[first])

    def _add_bodies(self, parts: Any, cells: Any) -> Bools:
        """Look at the digits and signs of cells that match `CELL`.

        Args:
            parts: The groups of the match of each cell.
            cells: The same cells as they are written.

        Returns:
            Where a cell's signs are neither decimal nor between thousands.
        """
        before, after = parts.field("before"), parts.field("after")
        nothing = pyarrow.scalar("", before.type)
        units = compute.unique(compute.binary_join_element_wise(before, after, nothing))
        if len(self._units) < 20:
            self._units |= {str(unit) for unit in units}
        bodies = compute.replace_substring_regex(
            parts.field("body"), rf"['\x{{2019}}]|{BLANKS}", ""
        )
        point, comma = (_matches(bodies, f"[{sign}]") for sign in ".,")
        if (
            not self._grouped
            and (comma | _matches(parts.field("body"), rf"['\x{{2019}}]|{BLANKS}")).any()
        ):
            self._grouped = True
        self._bare |= bool((~point & ~comma & ~_matches(bodies, "^0+$")).any())
        self._leading |= bool(_matches(bodies, "^0[0-9]").any())
        broken = np.zeros(len(bodies), bool)
        for sign, other, has, lacks in ((".", ",", point, comma), (",", ".", comma, point)):
            grouped = _matches(bodies, _GROUPED[other])
            single = _matches(bodies, rf"^[^.,]*[{sign}][^.,]*$")
            # The sign stands once and not as one between thousands, or it stands behind the other.
            behind = _matches(bodies, rf"[{other}].*[{sign}][^.,]*$")
            proof = (single & ~grouped & ~lacks) | behind
            # It stands more than once: between thousands, so that the other is the decimal sign.
            others = has & ~lacks & ~single & grouped
            broken |= has & ~lacks & ~single & ~grouped
            self._prove(sign, proof, cells)
            self._prove(other, others, cells)
            left = single & grouped & ~lacks
            if left.any():
                self._open.setdefault(sign, str(cells[int(np.argmax(left))]))
            if (left & _matches(bodies, "0$")).any():
                self._zeros.add(sign)
        return broken

    def _prove(self, sign: str, proof: Bools, cells: Any) -> None:
        if not proof.any():
            return
        # The longest says most: 1,234.5 rather than 0.5.
        lengths = np.where(proof, [len(str(cell)) for cell in cells], 0)
        if lengths.max() > len(self.example):
            self.example = str(cells[int(np.argmax(lengths))])
        self.signs.add(sign)

    @property
    def empty(self) -> bool:
        """Whether all cells so far are empty."""
        return not (self._units or self._truths or self.bad)

    def proved_sign(self) -> str:
        """The decimal sign that the cells prove; empty where they prove none, or both."""
        if self.signs:
            return next(iter(self.signs)) if len(self.signs) == 1 else ""
        # There are cells with three digits behind the sign, some ending in 0, and cells without a
        # sign. A fixed number of decimals would stand in all of them, and decimals of any number
        # would not end in 0, so the sign stands between thousands.
        if self._bare and len(self._open) == 1 and self._zeros:
            return "." if "," in self._open else ","
        return ""

    def form(self, given: str = "", shown: str = "") -> NumberForm | str:
        """The form of the column, or in words why it has none.

        Args:
            given: The decimal sign that the user named; empty for none.
            shown: The decimal sign that the file's other columns show, empty for none; it decides
                where the cells leave the sign open.
        """
        if self._truths and not self._others:
            pair = next((pair for pair in TRUTHS if self._truths <= set(pair)), None)
            if pair is not None and self.bad is None:
                return NumberForm(truth=pair)
        if self.bad is not None or self._truths:
            cell = self.bad[1] if self.bad is not None else sorted(self._truths)[0]
            if cell.lower().lstrip("+-") in ("inf", "infinity"):
                return "holds an infinite value"
            return f"must hold numbers, not {cell!r}"
        if len(self.signs) > 1:
            return (
                f"holds numbers with decimal points and with decimal commas, such as {self.example}"
            )
        sign = self._decimal(given, shown)
        if not sign:
            opened = self._opened()
            return f"holds {opened!r}, which may be {_both(opened)}; say which with task.decimal"
        if sign not in ".,":
            return sign
        units = self._units - {""}
        if not units:
            return NumberForm(sign, points=sign == "," and "." in self._open)
        if units <= set(MULTIPLES) and len(units) > 1:
            return NumberForm(sign, multiples=True)
        if len(self._units) > 1:
            shown = ", ".join(repr(unit) if unit else "none" for unit in sorted(self._units)[:4])
            return f"holds numbers of several units ({shown})"
        if self._leading and not self.signs:
            return "holds codes that begin with 0"
        return NumberForm(sign, unit=next(iter(units)))

    def _decimal(self, given: str, shown: str) -> str:
        """The decimal sign; empty where it is open, or a message where the cells contradict
        `given`."""
        proved = self.proved_sign()
        if proved and given and proved != given:
            name = "comma" if proved == "," else "point"
            return f"holds {self.example or self._opened()!r}, whose decimal sign is the {name}"
        if proved or given or shown:
            return proved or given or shown
        return "" if "," in self._open else "."

    def notes(self, name: str, form: NumberForm) -> list[str]:
        """Sentences for a person about how the column is read.

        Args:
            name: The column's name.
            form: Its form, as `form` gave it.
        """
        sentences = []
        if form.truth:
            sentences.append(f"{name!r}: {form.truth[0]} is 1, {form.truth[1]} is 0")
        example = self.example or self._opened()
        if example and self._grouped:
            number = form.read_one(example)
            sentences.append(f"{name!r}: {example!r} is read as {number:.12g}")
        if form.unit:
            sentences.append(f"{name!r}: {form.unit!r} beside each number is left out")
        if form.multiples:
            sentences.append(
                f"{name!r}: K, M, B and T after a number are thousand, million and so on"
            )
        if self.words:
            listing = ", ".join(f"{word!r} ({count:,})" for word, count in self.words.items())
            sentences.append(f"{name!r}: cells of {listing} count as empty")
        return sentences

    def _opened(self) -> str:
        """A cell such as 1,234 that leaves its sign open; empty without one."""
        return self._open.get(",") or self._open.get(".", "")


def _both(cell: str) -> str:
    """The two numbers that a cell such as 1,234 may be, for a message."""
    whole = cell.replace(",", "").replace(".", "")
    return f"{whole} (decimal '.') or {cell.replace(',', '.')} (decimal ',')"


def _matches(cells: Any, pattern: str) -> Bools:
    """Which cells match a pattern; null matches none."""
    matching = compute.match_substring_regex(cells, pattern).fill_null(False)
    return np.asarray(matching.to_numpy(zero_copy_only=False))
