"""Sequences without answers, for a trained model to read out of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.files.encoding import lines_of
from rnnsearch.tasks.files.forms import Sample
from rnnsearch.tasks.files.header import header
from rnnsearch.tasks.files.opened import is_parquet
from rnnsearch.tasks.files.texts import Texts, is_table, read_text, read_texts
from rnnsearch.tasks.sequences.config import WRITTEN
from rnnsearch.tasks.sequences.encoder import encoding
from rnnsearch.tasks.sequences.source import sequences_of


def read_unlabelled(path: Path, manifest: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Sequences for a trained model to read, each with its name.

    They are the texts of a table or the lines of a text file, which are their own names; or, for a
    model of numbers, the sequences of a table with a time step in each row.

    Args:
        manifest: That of the model; a table must have its columns.

    Raises:
        DataError: The file cannot be read, or is not what the model reads.
    """
    encoder = encoding(manifest)
    if encoder["reads"] == "text":
        return [(text, text) for text in _texts(path, manifest["columns"]["text"])]
    return [(name, steps) for name, _, steps in read_steps(path, manifest)[1]]


def read_steps(
    path: Path, manifest: Mapping[str, Any]
) -> tuple[Texts, list[tuple[str, list[int], Floats]]]:
    """The cells of a table with a time step in each row, and its sequences: the name of each, its
    rows in the order of time, and its numbers.

    Raises:
        DataError: The file cannot be read, or is not what the model reads.
    """
    columns, features = manifest["columns"], encoding(manifest)["features"]
    id, time = columns["id"], columns["time"] or None
    table = read_texts(path, [id, *([time] if time else []), *features])
    return table, list(sequences_of(table, id, time, features, **manifest.get(WRITTEN, {})))


def csv_like(manifest: Mapping[str, Any], path: Path) -> dict[str, str]:
    """The arguments of pandas' `to_csv` that write answers as a file to predict is written: with
    its sign between cells, and the decimal sign that its numbers show, or else that of training."""
    if not is_table(path) or is_parquet(path):
        return {}
    decimal = Sample(path).decimal or manifest.get(WRITTEN, {}).get("decimal", ".")
    return {"sep": header(path).delimiter, "decimal": decimal}


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
