"""`rnnsearch init DATA`: a commented, runnable space file for a text or a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnsearch.commands import command
from rnnsearch.errors import DataError, InputError, SpaceFileError
from rnnsearch.space.doubts import gaps_in_ids, names_like_data
from rnnsearch.space.draft_arrays import ARRAY_ENDINGS, draft_arrays
from rnnsearch.space.draft_folder import draft_folder
from rnnsearch.space.draft_sequences import draft_sequences
from rnnsearch.space.draft_series import TABLE_ENDINGS, draft_table, screen
from rnnsearch.space.drafts import filled
from rnnsearch.space.load import folder_name, loads
from rnnsearch.space.roles import Answers
from rnnsearch.space.sequence_reading import find_sequences, lone_label, wide_rows
from rnnsearch.space.table_reading import refuse_absent
from rnnsearch.tasks.base import Part, Window
from rnnsearch.tasks.files.header import looks_like_table
from rnnsearch.tasks.files.survey import survey
from rnnsearch.tasks.files.texts import read_text
from rnnsearch.tasks.text.config import TextConfig

DRAFTED = ("series", "text", "labels", "tags", "value", "events", "arrays")
"""The types of tasks whose data a file or folder may be."""

SHORT = 200
"""Characters below which a text is learned as a whole, with no part held out."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A space file for a data file.

    Attributes:
        yaml: The text of the space file, with comments.
        remarks: Lines for a person: what was taken, left out and guessed.
        problem: Why the file cannot run as it stands; empty where it can.
    """

    yaml: str
    remarks: tuple[str, ...] = ()
    problem: str = ""


def draft(path: Path, answers: Answers | None = None) -> Draft:
    """Draft a space file for data: a text, a table, arrays, or a folder of texts; sized to it.

    Args:
        path: The data: a table or arrays where its ending says so, a table too where answers are
            given, else a text. The path is written absolute, so that the space file works from
            anywhere.
        answers: What the user says of a table; None for nothing.

    Returns:
        A file that has been loaded once, data and windows checked; of a table that leaves
        something open, a file to edit, with the reason.

    Raises:
        DataError: The file is missing, empty, no text, or no table.
        SpaceFileError: A text is too short for any study.
    """
    path = Path(path)
    study = folder_name(path.absolute().stem) or "data"
    answers = answers or Answers()
    if path.is_dir() or path.suffix.lower() in ARRAY_ENDINGS:
        _refuse_columns(path, answers)
        draft_it = draft_folder if path.is_dir() else draft_arrays
        yaml, remarks = draft_it(path, study, answers.task)
        return Draft(yaml, tuple(remarks), _problem(yaml, study, path))
    if answers.task in ("arrays", "events"):
        raise DataError(
            f"{path}: `{answers.task}` reads files whose names end with "
            f"{', '.join(ARRAY_ENDINGS)}; leave --task out, or say one of "
            f"{', '.join(name for name in DRAFTED if name not in ('arrays', 'events'))}."
        )
    as_table = path.suffix.lower() in TABLE_ENDINGS or answers != Answers()
    if as_table and answers.task != "text":
        return _of_table(path, study, answers)
    text = read_text(path)[1]
    if not text.strip():
        raise DataError(f"{path} is empty; there is nothing to learn in it.")
    # A few letters are too short to hold anything out.
    short = len(text) < SHORT
    values = {
        "path": json.dumps(str(path.resolve())),
        "size": f"{len(text):,}",
        "symbols": f"{len(set(text)):,}",
        **({} if short else _sized(path, text)),
    }
    yaml = filled("text_short" if short else "text", path, study, values)
    loads(yaml, name=study, directory=path.resolve().parent)
    columns = 0 if short else looks_like_table(path)
    if not columns:
        return Draft(yaml)
    again = command("init", path, "--target", "NAME", "-o", f"{study}-table.yaml")
    of = f"{columns} columns" if columns > 1 else "one column"
    remark = f"taken for a text; it looks like a table of {of}. To forecast one: {again}"
    return Draft(yaml, (remark,))


def _refuse_columns(path: Path, answers: Answers) -> None:
    """Refuse what can only be said of a table.

    Raises:
        InputError: Something is said.
    """
    if answers != Answers(task=answers.task):
        raise InputError(
            f"{path} is no table, and has no columns or dates; leave their options out."
        )


def _of_table(path: Path, study: str, answers: Answers) -> Draft:
    """Draft a space file for a table: of sequences with answers, or of series to forecast."""
    columns = survey(path, answers.decimal, answers.date_format)
    refuse_absent(path, columns, answers)
    others: list[str] = []
    sequences = find_sequences(path, columns, answers)
    id = answers.id if sequences is None else sequences.id
    odd = [*filter(None, [names_like_data(columns)]), *gaps_in_ids(path, columns, id)]
    if sequences is not None and sequences.likely:
        sequences.notes += odd
        yaml, remarks = draft_sequences(path, study, sequences, answers)
        return Draft(yaml, tuple(remarks), sequences.problem or _problem(yaml, study, path))
    if sequences is not None:
        others.append(f"{sequences.as_words()}: {command('init', path, *sequences.options())}")
    elif answers == Answers() and (label := lone_label(columns)):
        others.append(
            f"a label for each time step, {label!r} (`type: tags`), if a column told sequences "
            "apart: one recording is too few to hold parts out"
        )
    if wide := wide_rows(columns):
        others.append(wide)
    others += odd
    yaml, findings = draft_table(path, study, answers, others)
    return Draft(yaml, tuple(screen(findings)), findings.problem or _problem(yaml, study, path))


def _problem(yaml: str, study: str, path: Path) -> str:
    """What is wrong with a draft when it is loaded; empty where it loads."""
    try:
        loads(yaml, name=study, directory=path.resolve().parent)
    except SpaceFileError as error:
        return "; ".join(mistake.message for mistake in error.mistakes)
    except DataError as error:
        return str(error)
    return ""


def _sized(path: Path, text: str) -> dict[str, Any]:
    """Sizes of windows and networks that suit the length of a text, by their names in the draft."""
    lengths, batches, steps = _windows(path)
    large = len(text) >= 100_000
    return {
        "embedding": min(64, max(16, len(set(text)))),
        "hidden": "[64, 128, 256]" if large else "[16, 32, 64]",
        "lengths": _one_of(lengths),
        "batches": _one_of(batches),
        "steps": f"{steps:,}",
        "epochs": 10 if large else 40,
    }


def _one_of(members: list[int]) -> str:
    """A choice in YAML; a single member as its value."""
    return str(members[0]) if len(members) == 1 else f"{{choice: {members}}}"


def _windows(path: Path) -> tuple[list[int], list[int], int]:
    """Window lengths and batch sizes that leave an epoch at least 20 training steps.

    Returns:
        One or two lengths, one or two batch sizes, and the training steps at the largest.
    """
    from rnnsearch.tasks.load import load_data

    data = load_data(TextConfig(path=str(path.resolve())))
    part: Part = "train"
    rows = data.rows()[part]
    for length, batch in ((128, 64), (64, 32), (32, 16), (32, 8), (16, 4), (16, 1), (8, 1)):
        steps = rows // (length * batch)
        fits = data.window_problem(Window(batch_size=batch, seq_len=length)) is None
        if fits and steps >= 20:
            lengths = [length // 2, length]
            batches = [batch // 2, batch] if batch > 1 else [1]
            return lengths, batches, steps
    return [8], [1], rows // 8
