"""Parts that are given: by a column of the file, or by a file for each.

A validation part that nobody gives is taken out of the training part, since a search selects on
it: as much of it as the share `split.val` says. A test part that nobody gives does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.splits import SplitConfig, TimeSplitConfig, column_of

WORDS: Mapping[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
"""The words that a column may say, in any case, and the part that each means."""

PARTS: tuple[Part, ...] = ("train", "val", "test")


def part_files(config: Any) -> dict[Part, Path]:
    """The file of each part of a config with the keys `path`, `val_path` and `test_path`.

    One that has neither of the last two is named under `train` alone, whatever is in it.
    """
    named = {"train": config.path, "val": config.val_path, "test": config.test_path}
    return {part: Path(named[part]) for part in PARTS if named[part] is not None}


def is_given(config: Any) -> bool:
    """Whether a column or files give the parts of such a config."""
    further = config.val_path, config.test_path
    return column_of(config.split) is not None or any(path is not None for path in further)


def given_problems(config: Any) -> list[tuple[str, str]]:
    """What is wrong with the keys of parts that are given, in pairs as `Family.wrong` gives them.

    Args:
        config: One for which `is_given` is true.
    """
    split, usual = config.split, type(config.split)()
    further = [key for key in ("val_path", "test_path") if getattr(config, key) is not None]
    mistakes: list[tuple[str, str]] = []
    if config.path is None:
        mistakes += [(key, "needs `path`, the file of the training part.") for key in further[:1]]
    if column_of(split) is not None and further:
        complaint = (
            f"says the parts of one file, and task.{further[0]} names another. Give one of the two."
        )
        mistakes.append(("split.column", complaint))
    idle = ["train", "test", *(["gap"] if isinstance(split, TimeSplitConfig) else [])]
    idle += ["val"] if config.val_path is not None else []
    mistakes += [
        (f"split.{key}", "does nothing where the parts are given; leave it out.")
        for key in idle
        if getattr(split, key) != getattr(usual, key)
    ]
    if split.val >= 1:
        complaint = f"must be a share below 1 of the given training part, not {split.val:g}."
        mistakes.append(("split.val", complaint))
    return mistakes


def parts_in(cells: Sequence[str], column: str, place: Callable[[int], str]) -> list[Part]:
    """The part that each cell of a column names.

    Args:
        place: Gives the place of a cell for a message.

    Raises:
        DataError: A cell says something else.
    """
    parts: list[Part] = []
    known: dict[str, Part | None] = {}
    for row, cell in enumerate(cells):
        if cell not in known:
            known[cell] = WORDS.get(cell.strip().lower())
        part = known[cell]
        if part is None:
            shown = repr(cell) if cell.strip() else "an empty cell"
            raise DataError(
                f"{place(row)}: {shown} is no part. The column {column!r} says one of "
                f"{', '.join(WORDS)} in each row.",
                "task.split.column",
            )
        parts.append(part)
    if "train" not in parts:
        raise DataError(
            f"{place(0)}: no row of the column {column!r} says train, which models are fitted on.",
            "task.split.column",
        )
    return parts


def column_note(cells: Sequence[str], column: str) -> str:
    """A sentence that says which word of a column is read as which part."""
    words = sorted({cell.strip() for cell in cells}, key=lambda word: PARTS.index(_part(word)))
    shown = ", ".join(f"{word!r} is {_part(word)}" for word in words)
    return f"the column {column!r} gives the parts: {shown}"


def files_note(files: Mapping[Part, Path]) -> str:
    """A sentence that says from which file each part comes."""
    return "; ".join(f"{part} is {path}" for part, path in files.items())


def missing_notes(
    present: Sequence[Part], split: SplitConfig, taken: str, folds: int = 0
) -> list[str]:
    """Sentences on parts that nobody gives.

    Args:
        present: The parts that are given.
        taken: Which of the training part becomes the validation part, such as `its last rows`.
        folds: How many folds are validated on; 0 where a validation part is.
    """
    notes = []
    if "val" not in present and split.val and not folds:
        notes.append(
            f"no validation part is given: {split.val:.0%} of the given training part is taken "
            f"for it, {taken} (task.split.val)"
        )
    if "test" not in present:
        judged = "its folds" if folds else "val"
        notes.append(f"no test part is given: the champion is scored on {judged} alone")
    return notes


def joined_digest(digests: Sequence[str]) -> str:
    """One SHA-256 for several files; of a single file its own."""
    return digests[0] if len(digests) == 1 else sha256("\0".join(digests).encode()).hexdigest()


def _part(word: str) -> Part:
    return WORDS[word.lower()]
