"""A text whose parts are files: where each lies in the text that they are together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.files.encoding import lines_of
from rnnsearch.tasks.given import PARTS, files_note, missing_notes, part_files
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.text.source import Piece

LONG_LINE = 40
"""Characters of a line that stands in two parts by more than chance."""


def given_bounds(config: TextConfig, pieces: Mapping[Part, Piece]) -> dict[Part, tuple[int, int]]:
    """Where each part lies in the joined text, by position of its symbols.

    Without a file of the validation part, that part is the end of the training file.

    Raises:
        DataError: The training file is too short for that.
    """
    bounds: dict[Part, tuple[int, int]] = {}
    begin = 0
    for part, piece in pieces.items():
        bounds[part] = (begin, begin + piece.symbols)
        begin += piece.symbols
    if "val" not in pieces and config.split.val:
        _, end = bounds["train"]
        held = int(end * config.split.val + 1e-6)
        if not held or end - held < 2:
            raise DataError(
                f"{pieces['train'].where} has {end} symbols, too few to take the validation part "
                "from it; give that part a file in task.val_path.",
                "task.split.val",
            )
        bounds["train"], bounds["val"] = (0, end - held), (end - held, end)
    if bounds["train"][1] < 2:
        raise DataError(f"{pieces['train'].where} has one symbol, and a model learns from two.")
    return {part: bounds[part] for part in PARTS if part in bounds}


def given_notes(config: TextConfig, pieces: Mapping[Part, Piece]) -> list[str]:
    """Where the parts come from, which of them are missing, and which lines two of them share."""
    notes = [files_note(part_files(config))]
    notes += missing_notes(list(pieces), config.split, "its end")
    lines = {part: _long_lines(piece) for part, piece in pieces.items()}
    for before, part in combinations(pieces, 2):
        shown = set(lines[before])
        again = sum(line in shown for line in lines[part])
        if again:
            notes.append(
                f"{again:,} of {len(lines[part]):,} lines of {part} of {LONG_LINE} characters "
                f"or more stand in {before} too: its figures flatter"
            )
        elif pieces[part].plain.strip() in pieces[before].plain:
            notes.append(f"the whole text of {part} stands in {before} too: its figures flatter")
    return notes


def _long_lines(piece: Piece) -> list[str]:
    text = piece.plain.decode("utf-8", "replace")
    return [line for line in lines_of(text) if len(line.strip()) >= LONG_LINE]


def stand_in_shares(config: TextConfig) -> SplitConfig:
    """Shares of a text in one piece with the same parts, where files give them."""
    val = 0.1 if config.val_path is not None or config.split.val else 0.0
    test = 0.1 if config.test_path is not None else 0.0
    return SplitConfig(train=1 - val - test, val=val, test=test)
