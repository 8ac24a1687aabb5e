"""Sequences with their answers as they stand in tables, before they are split or encoded."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.files.texts import Texts, read_texts
from rnnsearch.tasks.files.written.reading import read_times
from rnnsearch.tasks.given import (
    column_note,
    files_note,
    joined_digest,
    part_files,
    parts_in,
)
from rnnsearch.tasks.sequences.config import SequencesConfig, TextsConfig, written_keys
from rnnsearch.tasks.sequences.groups import joined
from rnnsearch.tasks.sequences.numbers import numbers_in
from rnnsearch.tasks.sequences.table import put_in_order, rows_by_id
from rnnsearch.tasks.splits import column_of

SHOWN = 5
"""Answers of one sequence that a message shows."""

A = TypeVar("A")
"""The answer of a sequence as it is written: one text, or one for each time step."""


@dataclass(frozen=True, slots=True)
class Source(Generic[A]):
    """Sequences and their answers, in the order of the folder or table.

    Attributes:
        sequences: Texts, or float64 arrays (time steps, features).
        digest: SHA-256 of what was read.
        notes: Sentences about it for the person who starts the study.
        parts: The part of each sequence, where a column or a file of its own says it; else empty.
        place: Gives the place of a sequence's answer for a message.
        weights: What stands in the column of the weights, in each row of each sequence; empty where
            there is none.
        groups: What stands in the column of the groups, of each sequence; empty where there is
            none.
    """

    sequences: list[str] | list[Floats]
    answers: list[A]
    digest: str
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    place: Callable[[int], str] = "sequence {}".format
    weights: Sequence[list[str]] = ()
    groups: Sequence[str] = ()

    @property
    def keys(self) -> list[Hashable]:
        """A value for each sequence, equal where sequences are equal."""
        return [key_of(sequence) for sequence in self.sequences]

    def together(self) -> list[Hashable]:
        """A value for each sequence, equal where sequences must not be parted: those that are
        equal, those of a group, and those of groups that share an equal sequence."""
        return joined(self.keys, self.groups) if self.groups else self.keys


def read(config: SequencesConfig, read_one: Callable[[Path], Source[A]]) -> Source[A]:
    """Read the file of each part that a config names.

    Args:
        read_one: Reads a file or folder.
    """
    files = part_files(config)
    by_part = {part: read_one(path) for part, path in files.items()}
    if len(by_part) == 1:
        return by_part["train"]
    pieces = list(by_part.values())
    notes = dict.fromkeys(note for each in pieces for note in each.notes)
    sequences: list[Any] = [one for each in pieces for one in each.sequences]
    return Source(
        sequences,
        [answer for each in pieces for answer in each.answers],
        joined_digest([each.digest for each in pieces]),
        (files_note(files), *notes),
        tuple(part for part, each in by_part.items() for _ in each.answers),
        lambda at: _place(pieces, at),
        [cells for each in pieces for cells in each.weights],
        [cell for each in pieces for cell in each.groups],
    )


def _place(pieces: Sequence[Source[A]], at: int) -> str:
    """The place of an answer among those of several files."""
    for piece in pieces:
        if at < len(piece.answers):
            return piece.place(at)
        at -= len(piece.answers)
    raise IndexError(at)


def read_text_rows(config: TextsConfig, path: Path, answer: str) -> Source[str]:
    """The texts of a table with one in each row.

    Args:
        answer: The column of the answers.

    Raises:
        DataError: The table cannot be read, lacks a column, or a text is empty.
    """
    assert config.text is not None
    dividing, weighing = column_of(config.split), config.sample_weight
    grouping = config.validation.group
    extra = [column for column in (dividing, weighing, grouping) if column is not None]
    table = read_texts(path, [config.text, answer, *extra])
    texts = [normalized(text, config.normalize) for text in table.columns[config.text]]
    for row, text in enumerate(texts):
        if not text:
            place = table.place(row, config.text)
            raise DataError(f"{place}: nothing is left of it in ASCII; use `normalize: nfc`.")
    notes, parts = divided(table, dividing)
    where = partial(table.place, column=answer)
    weights = [] if weighing is None else [[cell] for cell in table.columns[weighing]]
    notes += _weight_notes(weighing)
    groups = [] if grouping is None else table.columns[grouping]
    answers = table.columns[answer]
    return Source(texts, answers, table.digest, notes, parts, where, weights, groups)


def read_step_rows(
    config: SequencesConfig, path: Path, answer: str, take: Callable[[RowAnswers], A]
) -> Source[A]:
    """The sequences of a table with a time step in each row.

    Args:
        answer: The column of the answers.
        take: Gives the answer of a sequence.

    Raises:
        DataError: The table cannot be read, lacks a column, or a cell is not what it should be.
    """
    assert config.id is not None
    dividing = column_of(config.split)
    weighing, grouping = config.sample_weight, config.validation.group
    columns = config.time, dividing, weighing, grouping
    others = [column for column in columns if column is not None]
    table = read_texts(path, [config.id, answer, *others, *config.features])
    notes, part_of_row = divided(table, dividing)
    cells = table.columns[answer]
    sequences: list[Floats] = []
    answers: list[A] = []
    firsts: list[int] = []
    parts: list[Part] = []
    weights: list[list[str]] = []
    groups: list[str] = []
    columns_of = config.id, config.time, config.features
    for name, own, steps in sequences_of(table, *columns_of, **written_keys(config)):
        first = table.place(min(own), answer)
        answers.append(take(RowAnswers(name, [cells[row] for row in own], first)))
        if part_of_row and len({part_of_row[row] for row in own}) > 1:
            assert dividing is not None
            raise DataError(
                f"{table.place(min(own), dividing)}: the sequence {name!r} stands in several "
                "parts. A sequence is in one, the same in each of its rows."
            )
        parts += part_of_row[own[0] : own[0] + 1]
        if weighing is not None:
            weights.append([table.columns[weighing][row] for row in own])
        if grouping is not None:
            shared = [table.columns[grouping][row] for row in own]
            of_rows = RowAnswers(name, shared, table.place(min(own), grouping))
            groups.append(of_rows.one("group", "task.validation.group", ""))
        sequences.append(steps)
        firsts.append(own[0])
    return Source(
        sequences,
        answers,
        table.digest,
        (*notes, *_weight_notes(weighing)),
        tuple(parts),
        lambda at: table.place(firsts[at], answer),
        weights,
        groups,
    )


def _weight_notes(column: str | None) -> tuple[str, ...]:
    """A sentence on the column of the weights, where there is one."""
    if column is None:
        return ()
    return (
        f"training weighs the loss by the column {column!r}, scaled to a mean of 1; metrics and "
        "baselines weigh all alike",
    )


@dataclass(frozen=True, slots=True)
class RowAnswers:
    """What stands in the column of the answers, in the rows of one sequence.

    Attributes:
        name: The sequence's id.
        cells: In the order of time.
        place: The place of the first of its rows in the table, for a message.
    """

    name: str
    cells: list[str]
    place: str

    def one(self, what: str, key: str, otherwise: str) -> str:
        """The answer that all rows share.

        Args:
            what: The noun of an answer: `label`.
            key: That of the column, for an error.
            otherwise: What to do where answers change from row to row, as a sentence.

        Raises:
            DataError: They differ.
        """
        if len(different := sorted(set(self.cells))) > 1:
            more = f" and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
            raise DataError(
                f"{self.place}: the sequence {self.name!r} has several {what}s: "
                f"{', '.join(different[:SHOWN])}{more}. A sequence has one, the same in each of "
                f"its rows. {otherwise}".rstrip(),
                key,
            )
        return self.cells[0]


def key_of(sequence: Any) -> Hashable:
    """A value that is equal where two sequences are equal."""
    if isinstance(sequence, str):
        return sequence
    return sequence.shape, (sequence + 0.0).tobytes()  # -0.0 is 0.0


def length_notes(config: TextsConfig, sequences: Sequence[Any]) -> list[str]:
    """A sentence on sequences that are cut, where there are some."""
    longer = config.max_length and sum(len(one) > config.max_length for one in sequences)
    if not longer:
        return []
    return [
        f"{longer:,} sequences are longer than max_length, {config.max_length}, and lose their "
        "beginning"
    ]


def normalized(text: str, how: str) -> str:
    """A text without blanks around it, in Unicode's composed form (NFC).

    Args:
        how: `ascii` also drops accents and all other characters that are not ASCII.
    """
    if how == "ascii":
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return unicodedata.normalize("NFC", text).strip()


def divided(table: Texts, column: str | None) -> tuple[tuple[str, ...], tuple[Part, ...]]:
    """A note on the column that gives the parts, and the part of each row; nothing without one."""
    if column is None:
        return (), ()
    cells = table.columns[column]
    parts = parts_in(cells, column, lambda row: table.place(row, column))
    return (column_note(cells, column),), tuple(parts)


def sequences_of(
    table: Texts,
    id: str,
    time: str | None,
    features: Sequence[str],
    decimal: str | None = None,
    date_format: str | None = None,
) -> Iterator[tuple[str, list[int], Floats]]:
    """Each sequence of a table of time steps: its name, its rows in the order of time, its values.

    Args:
        decimal: The decimal sign that the user named.
        date_format: How dates are written, as the user named it.

    Raises:
        DataError: A sequence has a time twice, or a cell is no number or no time.
    """
    cells_of = {name: table.columns[name] for name in features}
    remedy = " Fill the gap, or take the sequence out."
    numbers = numbers_in(cells_of, table.place, remedy, table.path, decimal)
    values = np.stack(numbers, axis=1)
    rows = rows_by_id(table.columns[id])
    if time is not None:
        cells = pyarrow.array(table.columns[time])
        times = read_times(cells, lambda row: table.place(row, time), date_format)
        for name, of_sequence in rows.items():
            if same := put_in_order(of_sequence, times):
                raise DataError(
                    f"{table.place(same[1], time)}: the sequence {name!r} has this time twice; it "
                    f"has it on line {table.lines[same[0]]} too."
                )
    for name, of_sequence in rows.items():
        yield name, of_sequence, values[of_sequence]
