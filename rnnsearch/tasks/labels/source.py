"""Labelled sequences as they stand in a folder or a table, before they are split or encoded."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.encoding import lines_of
from rnnsearch.tasks.files.opened import FROM_SPACE
from rnnsearch.tasks.files.texts import read_text
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.sequences.source import Source, normalized, read_step_rows, read_text_rows
from rnnsearch.tasks.splits import column_of


def read_labelled(config: LabelsConfig, path: Path) -> Source[str]:
    """Read the labelled sequences of a folder or table.

    Raises:
        DataError: The path is missing, empty, not UTF-8, or not what the config says.
    """
    if path.is_dir():
        return _folder(config, path)
    if not path.exists():
        raise DataError(f"there is no {path}; {FROM_SPACE}.")
    if config.text is not None:
        return read_text_rows(config, path, config.label)
    if config.features:
        return read_step_rows(config, path, config.label, lambda rows: rows.one("label"))
    raise DataError(
        f"{path} is a file: name its columns, `text:` for one text a row, or `id:` and "
        "`features:` for one step of numbers a row."
    )


def _folder(config: LabelsConfig, folder: Path) -> Source[str]:
    """The labelled lines of a folder that has a text file `CLASS.txt` for each class."""
    dividing, weighing = column_of(config.split), config.sample_weight
    columns = config.text, config.id, dividing, weighing, *config.features
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
    return Source(texts, labels, digest.hexdigest(), tuple(notes))
