"""Labelled sequences as they stand in a folder or a table, before they are split or encoded."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.files.encoding import lines_of
from rnnsearch.tasks.files.opened import FROM_SPACE
from rnnsearch.tasks.files.texts import Texts, is_table, read_text, read_texts
from rnnsearch.tasks.files.written.reading import read_times
from rnnsearch.tasks.given import (
    column_note,
    files_note,
    joined_digest,
    part_files,
    parts_in,
)
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.labels.table import put_in_order, rows_by_id
from rnnsearch.tasks.splits import column_of


@dataclass(frozen=True, slots=True)
class Labelled:
    """Sequences and their labels, in the order of the folder or table.

    Attributes:
        sequences: Texts, or float64 arrays (time steps, features).
        labels: The class of each sequence.
        digest: SHA-256 of what was read.
        notes: Sentences about it for the person who starts the study.
        parts: The part of each sequence, where a column or a file of its own says it; else empty.
        place: Gives the place of a sequence's label for a message.
    """

    sequences: list[str] | list[Floats]
    labels: list[str]
    digest: str
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    place: Callable[[int], str] = "sequence {}".format


def read(config: LabelsConfig) -> Labelled:
    """Read the labelled sequences of the folders or tables that a config names.

    Raises:
        DataError: A path is missing, empty, not UTF-8, or not what the config says.
    """
    files = part_files(config)
    by_part = {part: _read(config, path) for part, path in files.items()}
    if len(by_part) == 1:
        return by_part["train"]
    sequences: list[Any] = [one for each in by_part.values() for one in each.sequences]
    return Labelled(
        sequences,
        [label for each in by_part.values() for label in each.labels],
        joined_digest([each.digest for each in by_part.values()]),
        (files_note(files), *(note for each in by_part.values() for note in each.notes)),
        tuple(part for part, each in by_part.items() for _ in each.labels),
        lambda at: _place(list(by_part.values()), at),
    )


def _place(pieces: Sequence[Labelled], at: int) -> str:
    """The place of a label among those of several files."""
    for piece in pieces:
        if at < len(piece.labels):
            return piece.place(at)
        at -= len(piece.labels)
    raise IndexError(at)


def _read(config: LabelsConfig, path: Path) -> Labelled:
    """The labelled sequences of one folder or table; see `read`."""
    if path.is_dir():
        return _folder(config, path)
    if not path.exists():
        raise DataError(f"there is no {path}; {FROM_SPACE}.")
    if config.text is not None:
        dividing = column_of(config.split)
        extra = [] if dividing is None else [dividing]
        table = read_texts(path, [config.text, config.label, *extra])
        texts = [normalized(text, config.normalize) for text in table.columns[config.text]]
        for row, text in enumerate(texts):
            if not text:
                place = table.place(row, config.text)
                raise DataError(f"{place}: nothing is left of it in ASCII; use `normalize: nfc`.")
        labels = table.columns[config.label]
        notes, parts = divided(table, dividing)
        where = partial(table.place, column=config.label)
        return Labelled(texts, labels, table.digest, notes, parts, where)
    if config.features:
        return _steps(config, path)
    raise DataError(
        f"{path} is a file: name its columns, `text:` for one text a row, or `id:` and "
        "`features:` for one step of numbers a row."
    )


def read_unlabelled(path: Path, manifest: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Sequences for a trained model to label, each with its name.

    They are the texts of a table or the lines of a text file, which are their own names; or, for a
    model of numbers, the sequences of a table with a time step in each row.

    Args:
        manifest: That of the model; a table must have its columns.

    Raises:
        DataError: The file cannot be read, or is not what the model reads.
    """
    if manifest["reads"] == "text":
        return [(text, text) for text in _texts(path, manifest["columns"]["text"])]
    columns, features = manifest["columns"], manifest["features"]
    id, time = columns["id"], columns["time"] or None
    table = read_texts(path, [id, *([time] if time else []), *features])
    return [(name, steps) for name, _, steps in sequences_of(table, id, time, features)]


def _texts(path: Path, column: str) -> list[str]:
    """The texts of a column of a table, or the lines of a file that is no table."""
    if is_table(path):
        hint = " A file that holds a text a line, and no table, is called .txt."
        return read_texts(path, [column], hint).columns[column]
    lines = [line.strip() for line in lines_of(read_text(path)[1])]
    texts = [line for line in lines if line]
    if not texts:
        raise DataError(f"{path} holds no text, one a line.")
    return texts


def key_of(sequence: Any) -> Hashable:
    """A value that is equal where two sequences are equal."""
    if isinstance(sequence, str):
        return sequence
    return sequence.shape, (sequence + 0.0).tobytes()  # -0.0 is 0.0


def length_notes(config: LabelsConfig, sequences: Sequence[Any]) -> list[str]:
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


def _folder(config: LabelsConfig, folder: Path) -> Labelled:
    """The labelled lines of a folder that has a text file `CLASS.txt` for each class."""
    columns = config.text, config.id, column_of(config.split), *config.features
    if any(column is not None for column in columns):
        raise DataError(f"{folder} is a folder, one text file a class; leave the columns out.")
    files = sorted(
        path for path in folder.iterdir() if path.suffix.lower() == ".txt" and path.is_file()
    )
    if not files:
        raise DataError(f"{folder} holds no file NAME.txt; there must be one for each class.")
    texts: list[str] = []
    labels: list[str] = []
    notes: list[str] = []
    digest = sha256()
    for path in files:
        raw, text = read_text(path)
        given = [line for line in lines_of(text) if line.strip()]
        lines = [line for one in given if (line := normalized(one, config.normalize))]
        if lost := len(given) - len(lines):
            notes.append(f"{lost:,} lines of {path.name} have nothing left in ASCII")
        if not lines:
            raise DataError(f"{path} holds no sequence; every class needs some, one a line.")
        texts += lines
        labels += [path.stem] * len(lines)
        digest.update(f"{path.name}\0{len(raw)}\0".encode("utf-8", "surrogateescape") + raw)
    return Labelled(texts, labels, digest.hexdigest(), tuple(notes))


def _steps(config: LabelsConfig, path: Path) -> Labelled:
    """The labelled sequences of a table with a time step in each row."""
    assert config.id is not None
    dividing = column_of(config.split)
    others = [column for column in (config.time, dividing) if column is not None]
    table = read_texts(path, [config.id, config.label, *others, *config.features])
    notes, part_of_row = divided(table, dividing)
    labels = table.columns[config.label]
    sequences: list[Floats] = []
    firsts = []
    rows: list[int] = []
    parts: list[Part] = []
    for name, own, steps in sequences_of(table, config.id, config.time, config.features):
        own_labels = {labels[row] for row in own}
        if len(own_labels) > 1:
            shown = ", ".join(sorted(own_labels))
            raise DataError(
                f"{table.place(min(own), config.label)}: the sequence {name!r} has several labels: "
                f"{shown}. A sequence has one, the same in each of its rows."
            )
        if part_of_row and len({part_of_row[row] for row in own}) > 1:
            assert dividing is not None
            raise DataError(
                f"{table.place(min(own), dividing)}: the sequence {name!r} stands in several "
                "parts. A sequence is in one, the same in each of its rows."
            )
        parts += part_of_row[own[0] : own[0] + 1]
        sequences.append(steps)
        firsts.append(labels[own[0]])
        rows.append(own[0])
    return Labelled(
        sequences,
        firsts,
        table.digest,
        notes,
        tuple(parts),
        lambda at: table.place(rows[at], config.label),
    )


def divided(table: Texts, column: str | None) -> tuple[tuple[str, ...], tuple[Part, ...]]:
    """A note on the column that gives the parts, and the part of each row; nothing without one."""
    if column is None:
        return (), ()
    cells = table.columns[column]
    parts = parts_in(cells, column, lambda row: table.place(row, column))
    return (column_note(cells, column),), tuple(parts)


def sequences_of(
    table: Texts, id: str, time: str | None, features: Sequence[str]
) -> Iterator[tuple[str, list[int], Floats]]:
    """Each sequence of a table of time steps: its name, its rows in the order of time, its values.

    Raises:
        DataError: A sequence has a time twice, or a cell is no number or no time.
    """
    values = np.stack([_numbers(table, name) for name in features], axis=1)
    rows = rows_by_id(table.columns[id])
    if time is not None:
        cells = pyarrow.array(table.columns[time])
        times = read_times(cells, lambda row: table.place(row, time))
        for name, of_sequence in rows.items():
            if same := put_in_order(of_sequence, times):
                raise DataError(
                    f"{table.place(same[1], time)}: the sequence {name!r} has this time twice; it "
                    f"has it on line {table.lines[same[0]]} too."
                )
    for name, of_sequence in rows.items():
        yield name, of_sequence, values[of_sequence]


def _numbers(table: Texts, name: str) -> Floats:
    """A column as finite numbers.

    Raises:
        DataError: A cell is no finite number; its place is named.
    """
    numbers = np.empty(len(table.lines))
    for row, cell in enumerate(table.columns[name]):
        try:
            numbers[row] = float(cell)
        except ValueError as error:
            raise DataError(f"{table.place(row, name)}: {cell!r} is no number.") from error
        if not isfinite(numbers[row]):
            raise DataError(
                f"{table.place(row, name)}: {cell!r} is not finite. Fill the gap, or take the "
                "sequence out."
            )
    return numbers
