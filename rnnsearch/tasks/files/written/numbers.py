"""How the numbers of a column of texts are written, and their reading by that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow
from pyarrow import compute

from rnnsearch.tasks.arrays import Bools, Floats
from rnnsearch.tasks.files.columns import as_floats, cast
from rnnsearch.tasks.files.written.words import stripped, without_odd

BLANKS = r"[ \x{00a0}\x{202f}\x{2009}]"
_SIGN = r"[-+\x{2212}]"
_MONEY = r"(?:\p{Sc}|[A-Z]{1,2}\p{Sc}|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|R\x{0024}|Rs\.?|kr\.?)"
_BODY = (
    r"(?:[0-9][0-9.,'\x{2019}]*(?:[ \x{00a0}\x{202f}\x{2009}][0-9]{3}(?:[.,][0-9]+)?)*"
    r"(?:[ \x{00a0}\x{202f}\x{2009}][0-9]{3})*(?:[.,][0-9]*)?|[.,][0-9]+)"
)
CELL = (
    rf"^(?P<open>\()?(?P<sign>{_SIGN})?(?P<before>{_MONEY})?{BLANKS}*(?P<inner>{_SIGN})?"
    rf"(?P<body>{_BODY})(?P<power>[eE][-+]?[0-9]+)?{BLANKS}*"
    rf"(?P<after>\p{{Sc}}|[%\x{{2030}}]|[\p{{L}}\x{{00b0}}\x{{00b5}}][^0-9,;]{{0,14}}[23]?)?"
    rf"(?P<trailing>-)?(?P<close>\))?$"
)
MULTIPLES = {"K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How to read a column's cells as numbers.

    Attributes:
        decimal: The decimal sign, `.` or `,`; the other one, `'` and blanks stand between
            thousands.
        unit: What stands beside every number and is left out, such as `kWh`, `%` or `$`.
        multiples: Whether K, M, B and T after a number multiply it.
        truth: The words for 1 and for 0 of a column without numbers; else empty.
        empty_values: Numbers that mean an empty cell.
        points: Whether points stand between thousands, so that another reader may take 1.234, which
            is 1,234 here, for little more than 1.
    """

    decimal: str = "."
    unit: str = ""
    multiples: bool = False
    truth: tuple[str, ...] = ()
    empty_values: tuple[float, ...] = ()
    points: bool = False

    def read(self, cells: Any) -> Floats:
        """Arrow strings as float64, NaN where a cell is empty or is no number of this form."""
        return self.without_empty(self._read(cells))

    def without_empty(self, values: Floats) -> Floats:
        """The numbers, with NaN for those in `empty_values`."""
        if not self.empty_values:
            return values
        return np.where(np.isin(values, self.empty_values), np.nan, values)

    def in_words(self) -> str:
        """The form in words, for a message."""
        if self.truth:
            return f"{self.truth[0]} and {self.truth[1]}"
        beside = f", {self.unit!r} beside each" if self.unit else ""
        return f"decimal sign {self.decimal!r}{beside}{', K, M and B' if self.multiples else ''}"

    def _read(self, cells: Any) -> Floats:
        cells, _ = without_odd(stripped(cells))
        if self.truth:
            low = compute.utf8_lower(cells)
            yes, no = is_in(low, [self.truth[0], "1"]), is_in(low, [self.truth[1], "0"])
            return np.where(yes, 1.0, np.where(no, 0.0, np.nan))
        if not (self.unit or self.multiples):
            swapped = cells
            if self.decimal == ",":
                swapped = compute.replace_substring(cells, ".", "")
                swapped = compute.replace_substring(swapped, ",", ".")
            plain = as_plain(swapped)
            if plain is not None:
                return plain
        parts = compute.extract_regex(cells, CELL)
        body = compute.replace_substring_regex(
            parts.field("body"),
            rf"['\x{{2019}}]|{BLANKS}|{'[.]' if self.decimal == ',' else ','}",
            "",
        )
        if self.decimal == ",":
            body = compute.replace_substring(body, ",", ".")
        number = compute.binary_join_element_wise(
            body, parts.field("power"), pyarrow.scalar("", body.type)
        )
        number = compute.if_else(parts.is_valid(), number, pyarrow.scalar(None, number.type))
        values = as_floats(number.cast(pyarrow.float64()))
        flip = np.zeros(len(values), bool)
        for name in ("sign", "inner", "trailing"):
            flip ^= is_in(parts.field(name), ["-", "\u2212"])
        flip |= is_in(parts.field("open"), ["("])
        values = np.where(flip, -values, values)
        if self.multiples:
            for letter, factor in MULTIPLES.items():
                values = np.where(is_in(parts.field("after"), [letter]), values * factor, values)
        return values

    def read_one(self, cell: str) -> float:
        """The number in one cell."""
        return float(self.read(pyarrow.array([cell]))[0])

    def to_json(self) -> dict[str, Any]:
        """JSON values that `from_json` reads."""
        listed = {"truth": list(self.truth), "empty_values": list(self.empty_values)}
        return asdict(self) | listed

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> NumberForm:
        """Read what `to_json` gave."""
        tuples = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **tuples})


def as_plain(cells: Any) -> Floats | None:
    """Strings as float64 by Arrow, which reads neither groups nor units; None where one is no
    number."""
    doubles = cast(cells, pyarrow.float64())
    return None if doubles is None else as_floats(doubles)


def is_in(cells: Any, words: list[str]) -> Bools:
    """Which cells are one of some words; null is none."""
    members = compute.is_in(cells, value_set=pyarrow.array(words, cells.type))
    return np.asarray(members.fill_null(False).to_numpy(zero_copy_only=False))
