"""Labelled sequences as they stand in a folder or a table, before they are split or encoded."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.encoding import lines_of
from rnnsearch.tasks.files.opened import FROM_SPACE
from rnnsearch.tasks.files.texts import read_text
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.sequences.source import Source, normalized, read_step_rows, read_text_rows
from rnnsearch.tasks.splits import column_of

MOST_NAMED = 5
"""How many names of what is not read are told at most."""

CHANGING = "Labels that change from row to row are learned with `type: tags`."


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
        return read_step_rows(
            config, path, config.label, lambda rows: rows.one("label", "task.label", CHANGING)
        )
    raise DataError(
        f"{path} is a file: name its columns, `text:` for one text a row, or `id:` and "
        "`features:` for one step of numbers a row."
    )


def _folder(config: LabelsConfig, folder: Path) -> Source[str]:
    """The labelled texts of a folder: the lines of a file `CLASS.txt` for each class, or the files
    of a folder for each class."""
    dividing, weighing = column_of(config.split), config.sample_weight
    columns = config.text, config.id, dividing, weighing, config.validation.group, *config.features
    if any(column is not None for column in columns):
        raise DataError(f"{folder} is a folder, one text file a class; leave the columns out.")
    unread = [f"also in the folder, and not read: {name}" for name in unread_in(folder)]
    if files := texts_in(folder):
        return _files(config, files, unread)
    if folders := folders_of_texts(folder):
        return _folders(config, folders, unread)
    raise DataError(
        f"{folder} holds no file NAME.txt; there must be one for each class, or a folder of such "
        "files for each class."
    )


def texts_in(folder: Path) -> list[Path]:
    """The text files of a folder, `NAME.txt`, in the order of their names."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".txt" and not path.name.startswith(".") and path.is_file()
    )


def folders_of_texts(folder: Path) -> list[Path]:
    """The folders in a folder that hold text files."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and texts_in(path))


def unread_in(folder: Path) -> list[str]:
    """What a folder of classes also holds and nothing reads, but for hidden files: folders beside
    files of classes, and what is no text.

    Of many the first are named, and the others counted. A folder that holds texts says so.
    """
    read = set(texts_in(folder) or folders_of_texts(folder))
    names = [
        one.name if not one.is_dir() else f"{one.name}/" + _texts_of(one)
        for one in sorted(folder.iterdir())
        if one not in read and not one.name.startswith(".")
    ]
    for one in sorted(read):
        if one.is_dir():
            others = [own for own in one.iterdir() if not own.name.startswith(".")]
            if count := len(others) - len(texts_in(one)):
                names.append(f"{one.name}/ ({count:,} that are no file NAME.txt)")
    if len(names) <= MOST_NAMED:
        return names
    return [*names[:MOST_NAMED], f"and {len(names) - MOST_NAMED:,} more"]


def _texts_of(folder: Path) -> str:
    count = len(texts_in(folder))
    if not count:
        return ""
    texts = "1 text" if count == 1 else f"{count:,} texts"
    return f" ({texts}, since files NAME.txt beside it are the classes)"


def _files(config: LabelsConfig, files: Sequence[Path], unread: Sequence[str]) -> Source[str]:
    """The lines of a file for each class."""
    texts: list[str] = []
    labels: list[str] = []
    notes: list[str] = [*unread]
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


def _folders(config: LabelsConfig, folders: Sequence[Path], unread: Sequence[str]) -> Source[str]:
    """The texts of a folder for each class, one a file; files without a text are left out."""
    texts: list[str] = []
    labels: list[str] = []
    empty = 0
    digest = sha256()
    for path in (file for folder in folders for file in texts_in(folder)):
        raw, text = read_text(path) if path.stat().st_size else (b"", "")
        own, text = path.parent.name, normalized(text, config.normalize)
        empty += not text
        if text:
            texts.append(text)
            labels.append(own)
        name = f"{own}/{path.name}"
        digest.update(f"{name}\0{len(raw)}\0".encode("utf-8", "surrogateescape") + raw)
    notes = [f"{empty:,} files hold no text and are left out"] if empty else []
    return Source(texts, labels, digest.hexdigest(), (*unread, *notes))
