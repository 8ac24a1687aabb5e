"""The space file that `init` writes for a folder of texts, whose classes its names say."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rnnsearch.commands import command, shown
from rnnsearch.errors import DataError
from rnnsearch.space.draft_sequences import in_classes
from rnnsearch.space.sequence_file import BOTH_WAYS, CHARACTERS, SequenceFile, quoted
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.files.texts import TABLE_ENDINGS
from rnnsearch.tasks.given import PARTS, WORDS
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.labels.source import (
    folders_of_texts,
    read_labelled,
    texts_in,
    unread_in,
)

LONG = 1000
"""Of texts with more characters than this a limit is proposed."""

_NO_CLASSES = ("readme", "license", "licence", "changes", "changelog", "notes", "index", "about")
"""How files are called that explain a folder."""


def draft_folder(path: Path, study: str, task: str | None) -> tuple[str, list[str]]:
    """Write a space file that learns the class of texts, and the lines for the screen.

    Args:
        task: The type of the task that the user names; None leaves it open.

    Raises:
        DataError: The folder does not say which text is of which class.
    """
    if task not in (None, "labels"):
        raise DataError(f"{path} is a folder, which `labels` alone reads; leave --task out.")
    parts = _parts(path)
    train = parts.get("train", path)
    files, folders = texts_in(train), folders_of_texts(train)
    if not files and not folders:
        raise DataError(_nothing(path))
    source = read_labelled(LabelsConfig(path=str(train)), train)
    classes = dict(Counter(source.answers).most_common())
    if files and 2 * len(files) > len(source.answers):
        raise DataError(
            f"{path} holds {len(files):,} texts, most of them of one line, and nothing says which "
            "is of which class: put them into a folder for each class. To learn all as one text: "
            f"{_joined(path, train)}"
        )
    lengths = [len(text) for text in source.sequences]
    how = "each file NAME.txt is a class, and each of its lines a sequence"
    if not files:
        how = "each folder is a class, and each of its files a sequence"
    taken = f"Taken for one label a sequence: {how}."
    strange = [one.stem if files else one.name for one in files or folders]
    strange = [name for name in strange if name.lower().startswith(_NO_CLASSES)]
    unsure = [
        f"{name} is taken for a class; take it out of the folder if it is none" for name in strange
    ]
    unsure += [
        f"also in the folder, and not read: {name}"
        for name in (*unread_in(train), *_beside(path, parts))
    ]
    remarks = [taken, *map(_sentence, unsure), f"It may also be one text: {_joined(path, train)}"]
    columns = [
        f"  {part}_path: {quoted(str(own.resolve()))}"
        for part, own in parts.items()
        if part != "train"
    ]
    if max(lengths) > LONG:
        columns.append(
            f"  # max_length: {LONG}            # longer texts keep their last characters"
        )
    if not columns or parts.keys() <= {"train"}:
        columns.append("  split: {train: 0.7, val: 0.15, test: 0.15}    # drawn from each class")
    file = SequenceFile(
        type="labels",
        size=f"{len(lengths):,} texts",
        remarks=remarks,
        path=train,
        columns=columns,
        model=[*CHARACTERS, BOTH_WAYS],
        metric="val_accuracy",
        train=int((0.9 if parts else 0.7) * len(lengths)),
    )
    screen = [
        "taken for one label a sequence (type: labels):",
        f"  {how}",
        f"  texts: {len(lengths):,} of {min(lengths):,} to {max(lengths):,} characters",
        f"  label{in_classes(classes)}",
        *(f"  {part}: {shown(own)}" for part, own in parts.items()),
        *(f"  {note}" for note in source.notes if note not in unsure),
    ]
    screen += ["unsure:", *(f"  {line}" for line in unsure)] if unsure else []
    screen += ["it may also be:", f"  one text: {_joined(path, train)}"]
    return file.yaml(path, study), screen


def _sentence(words: str) -> str:
    return f"Unsure: {words}."


def _parts(path: Path) -> dict[Part, Path]:
    """The folders of the parts, if a folder has one for the training part and another one."""
    named: dict[Part, Path] = {}
    for one in sorted(path.iterdir()):
        part = WORDS.get(one.name.lower())
        if part is not None and one.is_dir() and (texts_in(one) or folders_of_texts(one)):
            named.setdefault(part, one)
    given = "train" in named and len(named) > 1
    return {part: named[part] for part in PARTS if part in named} if given else {}


def _joined(path: Path, folder: Path) -> str:
    """The commands that make one text of all files of a folder and begin a study of it."""
    text = f"{path.resolve().name}.txt"
    pattern = "*.txt" if texts_in(folder) else "*/*.txt"
    where = shlex.quote(shown(folder)) if shown(folder) != "." else "."
    return f"cat {where}/{pattern} > {shlex.quote(text)} && {command('init', Path(text))}"


def _beside(path: Path, parts: Mapping[Part, Path]) -> list[str]:
    """What lies beside the folders of the parts, and is not read."""
    own = set(parts.values())
    return [
        one.name + "/" * one.is_dir()
        for one in sorted(path.iterdir())
        if parts and one not in own and not one.name.startswith(".")
    ]


def _nothing(path: Path) -> str:
    """Why a folder is no data, with what it holds and what would be read."""
    inside = [one for one in sorted(path.iterdir()) if not one.name.startswith(".")]
    tables = [one for one in inside if one.suffix.lower() in (*TABLE_ENDINGS, ".npz", ".mat")]
    if tables:
        several = " and ".join(f"{one.name!r}" for one in tables[:3])
        return f"{path} is a folder and holds {several}. Name one: {command('init', tables[0])}"
    endings = Counter(one.suffix or "/" * one.is_dir() or one.name for one in inside)
    listed = ", ".join(f"{count:,} of {name!r}" for name, count in endings.most_common(5))
    return (
        f"{path} is a folder and holds no text: {listed or 'it is empty'}. Read are a file "
        "NAME.txt for each class, with a text a line, or a folder for each class, with a file "
        "NAME.txt for each text. A table or arrays are named by themselves."
    )
