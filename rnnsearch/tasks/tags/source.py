"""Sequences with a label for each time step in tables, before they are split or encoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.files.texts import read_texts
from rnnsearch.tasks.given import files_note, joined_digest, part_files
from rnnsearch.tasks.labels.source import divided, sequences_of
from rnnsearch.tasks.splits import column_of
from rnnsearch.tasks.tags.config import TagsConfig


@dataclass(frozen=True, slots=True)
class Tagged:
    """Sequences and the labels of their time steps, in the order of the table.

    Attributes:
        sequences: Float64 arrays (time steps, features).
        labels: The labels of each sequence, one a time step.
        parts: The part of each sequence, where a column or a file of its own says it; else empty.
        digest: SHA-256 of what was read.
        notes: Sentences about it for the person who starts the study.
    """

    sequences: list[Floats]
    labels: list[tuple[str, ...]]
    parts: tuple[Part, ...]
    digest: str
    notes: tuple[str, ...]


def read(config: TagsConfig) -> Tagged:
    """Read the sequences of the tables that a config names.

    Raises:
        DataError: A table cannot be read, lacks a column, or a cell is not what it should be.
    """
    files = part_files(config)
    by_part = {part: _read(config, path) for part, path in files.items()}
    if len(by_part) == 1:
        return by_part["train"]
    return Tagged(
        [one for each in by_part.values() for one in each.sequences],
        [one for each in by_part.values() for one in each.labels],
        tuple(part for part, each in by_part.items() for _ in each.labels),
        joined_digest([each.digest for each in by_part.values()]),
        (files_note(files),),
    )


def _read(config: TagsConfig, path: Path) -> Tagged:
    """The sequences of one table; see `read`."""
    assert config.id is not None
    dividing = column_of(config.split)
    others = [column for column in (config.time, dividing) if column is not None]
    table = read_texts(path, [config.id, config.label, *others, *config.features])
    notes, part_of_row = divided(table, dividing)
    labels = table.columns[config.label]
    sequences: list[Floats] = []
    tags: list[tuple[str, ...]] = []
    parts: list[Part] = []
    for name, own, steps in sequences_of(table, config.id, config.time, config.features):
        if part_of_row and len({part_of_row[row] for row in own}) > 1:
            assert dividing is not None
            raise DataError(
                f"{table.place(min(own), dividing)}: the sequence {name!r} stands in several "
                "parts. A sequence is in one, the same in each of its rows."
            )
        parts += part_of_row[own[0] : own[0] + 1]
        sequences.append(steps)
        tags.append(tuple(labels[row] for row in own))
    return Tagged(sequences, tags, tuple(parts), table.digest, notes)
