"""What `init` inferred of a table of sequences with answers, before it is written into a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from rnnsearch.tasks.files.forms import Wanted
from rnnsearch.tasks.files.survey import Column
from rnnsearch.tasks.files.table import read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

Answer = Literal["labels", "value", "tags"]

WHAT: Mapping[Answer, str] = {
    "labels": "one label a sequence",
    "value": "one number a sequence",
    "tags": "one label a time step",
}

SEQUENCE_TASKS: tuple[Answer, ...] = ("labels", "value", "tags")


@dataclass(slots=True)
class SequenceFindings:
    """What was inferred of a table whose sequences have answers, added step by step.

    Attributes:
        columns: Every column of the file by name.
        type: The task: one label, one number, or a label a time step.
        answer: The column of the answers.
        text: The column of the texts, of a table with one a row; else None.
        id: Otherwise the column that tells sequences apart.
        time: The column that orders the time steps; None for the order of the rows.
        features: The columns of numbers that are the sequence.
        dividing: The column that says the part of each row; None without one.
        likely: Whether nothing else is as likely.
        why: How the answers look, in a sentence.
        others: What else the table may be: words, and the options of `init` that take it so.
        notes: What was read in a certain way, in sentences for a person.
        left: Columns that are left out, and why.
        classes: How many sequences, or time steps, have each label, the commonest first; empty of
            numbers.
        count: How many sequences there are.
        train: About how many of them are trained on.
        longest: Time steps, or characters, of the longest one; `shortest` of the shortest.
        problem: Why nothing can be learned as it stands; empty where it can.
    """

    columns: Mapping[str, Column]
    type: Answer
    answer: str
    text: str | None = None
    id: str | None = None
    time: str | None = None
    features: list[str] = field(default_factory=list)
    dividing: str | None = None
    likely: bool = True
    why: str = ""
    others: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    count: int = 0
    train: int = 0
    shortest: int = 0
    longest: int = 0
    problem: str = ""

    def options(self) -> tuple[str, ...]:
        """The options of `init` that take the table for these sequences."""
        own = () if self.id is None else ("--id", self.id)
        return ("--task", self.type, *own, "--target", self.answer)

    def as_words(self) -> str:
        """What the table then is."""
        what = f"texts of {self.text!r}" if self.id is None else f"sequences of {self.id!r}"
        return f"{what} with {WHAT[self.type]}, {self.answer!r}"


class Cells:
    """Columns of a table as texts, each row with the number of its own.

    Attributes:
        codes: Of each column, the number of each row's text, int64 [rows].
        texts: Of each column, its different texts; that of an empty cell is empty.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        table = read_table(path, Wanted(coded=tuple(names)))
        self.rows = len(table.values)
        self.codes: dict[str, NDArray[np.int64]] = {
            name: table.values[:, number].astype(np.int64) for number, name in enumerate(names)
        }
        self.texts = dict(zip(names, table.texts, strict=True))

    def different(self, name: str) -> int:
        """How many different texts a column has, the empty one left out."""
        return sum(bool(one) for one in self.texts[name])

    def full(self, name: str) -> bool:
        """Whether no cell of a column is empty."""
        return all(self.texts[name])

    def constant(self, name: str, id: str) -> bool:
        """Whether the rows of each id all have one text; empty cells are left out."""
        filled = np.array([bool(one) for one in self.texts[name]])[self.codes[name]]
        ids, wide = self.codes[id][filled], len(self.texts[id])
        pairs = np.unique(self.codes[name][filled] * wide + ids)
        return len(pairs) == len(np.unique(ids))

    def pairs(self, name: str, other: str) -> int:
        """How many different pairs of texts stand in the rows of two columns."""
        wide = len(self.texts[other])
        return len(np.unique(self.codes[name] * wide + self.codes[other]))

    def worded(self, name: str) -> bool:
        """Whether no cell has a digit, as those of yes and no."""
        return not any(one.isdigit() for text in self.texts[name] for one in text)

    def whole(self, name: str) -> bool:
        """Whether all cells are whole numbers."""
        return all(one.lstrip("+-").isdecimal() for one in self.texts[name])

    def counts(self, name: str, rows: NDArray[np.intp] | None = None) -> dict[str, int]:
        """How many rows have each text, the commonest first.

        Args:
            rows: The rows that are looked at; None for all.
        """
        codes = self.codes[name] if rows is None else self.codes[name][rows]
        sizes = np.bincount(codes, minlength=len(self.texts[name]))
        order = np.argsort(-sizes, kind="stable")
        return {self.texts[name][at]: int(sizes[at]) for at in order.tolist() if sizes[at]}
