"""Whether the rows of a table are sequences with answers, and which column then is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.space.roles import Answers, called_time, likely_target, words_of
from rnnsearch.space.sequence_findings import (
    SEQUENCE_TASKS,
    Answer,
    Cells,
    SequenceFindings,
)
from rnnsearch.space.sequence_roles import (
    PANELS,
    SURE_LABELS,
    is_id,
    is_label,
    is_sure_label,
    is_text,
    times_among,
)
from rnnsearch.tasks.files.columns import listed
from rnnsearch.tasks.files.survey import Column
from rnnsearch.tasks.given import WORDS

MOST_CLASSES = 20
"""Whole numbers of so many different values at most are taken for classes."""

MOST_TEXTS = 1000
"""A column of so many different texts at most may hold labels."""

FEWEST_STEPS = 8
"""So many numbered columns may be the time steps of a sequence."""

SURELY = 3
"""A table with an id is taken for sequences where so many more things speak for than against."""


def find_sequences(
    path: Path, columns: Mapping[str, Column], answers: Answers
) -> SequenceFindings | None:
    """The columns of a table whose sequences have answers; None where it is none.

    Raises:
        DataError: The user asks for such a task, and the table lacks what it needs.
    """
    forced = answers.task in SEQUENCE_TASKS or any(
        columns[name].kind == "text" for name in answers.target
    )
    if not forced and (answers.task or answers.known or answers.horizon or len(answers.target) > 1):
        return None
    named = {name for name in columns if is_id(name) or is_label(name)} | set(answers.columns)
    texts = [name for name, one in columns.items() if one.kind == "text"]
    numbers = [name for name, one in columns.items() if one.kind == "number" and not one.open]
    if not forced and not texts and not any(map(is_label, numbers)):
        return None
    coded = [*texts, *(name for name in numbers if name in named)]
    coded += [name for name in times_among(columns.values()) if name not in coded]
    cells = Cells(path, list(dict.fromkeys([*coded, *answers.columns])))
    dividing = next((name for name in texts if _divides(cells, name)), None)
    taken = {dividing} if dividing else set()
    findings = None
    if answers.task != "tags" and answers.id is None and not answers.time:
        findings = _text_rows(columns, answers, cells, taken)
    if findings is None or (not findings.likely and not forced):
        findings = _step_rows(columns, answers, cells, taken, forced) or findings
    if findings is None:
        if forced:
            raise DataError(_lacking(path, columns, answers, cells))
        return None
    findings.dividing = dividing
    if forced:
        findings.likely = True
    if answers.task in SEQUENCE_TASKS:
        findings.type = answers.task
    return findings


def _divides(cells: Cells, name: str) -> bool:
    """Whether a column says the part of each row."""
    parts = {WORDS.get(one.lower()) for one in cells.texts[name]}
    return len(parts) > 1 and None not in parts and "train" in parts


def _text_rows(
    columns: Mapping[str, Column], answers: Answers, cells: Cells, taken: set[str]
) -> SequenceFindings | None:
    """A table with a text in each row, if there is one that seldom repeats, and an answer."""
    texts = [
        name
        for name in cells.codes
        if columns[name].kind == "text"
        and name not in (*taken, *answers.target)
        and cells.different(name) > cells.rows / (3 if is_text(name) else 2)
        and (is_text(name) or not (is_sure_label(name) or called_time(name)))
    ]
    if not texts:
        return None
    text = max(texts, key=lambda name: (is_text(name), sum(map(len, cells.texts[name]))))
    others = [name for name in columns if name not in (*taken, text) and not columns[name].counts]
    answer = _answer_of_texts(columns, answers, cells, others)
    if answer is None:
        return None
    kind: Answer = "labels"
    if columns[answer].kind == "number" and not cells.worded(answer):
        few = cells.whole(answer) and cells.different(answer) <= MOST_CLASSES
        kind = "labels" if few else "value"
    words = float(np.mean([len(one.split()) for one in cells.texts[text][:1000]]))
    dated = any(one.kind in ("time", "clock") for one in columns.values())
    measured = [
        name
        for name in others
        if columns[name].kind == "number" and name != answer and not is_id(name)
    ]
    findings = SequenceFindings(columns, kind, answer, text=text)
    called, spoken, forecast = is_text(text), words >= 3, bool(dated and measured)
    findings.likely = (called and spoken) or not forecast or is_sure_label(answer)
    findings.likely &= called or spoken or not (dated or measured)
    return findings


def wide_rows(columns: Mapping[str, Column]) -> str:
    """What is said of a table whose rows look like whole sequences, since columns are numbered from
    one end of these to the other; empty of another table."""
    numbered: dict[str, list[str]] = {}
    for name, column in columns.items():
        stem = name.rstrip("0123456789")
        if column.kind == "number" and stem != name:
            numbered.setdefault(stem, []).append(name)
    longest = max(numbered.values(), key=len, default=[])
    if len(longest) < FEWEST_STEPS or 2 * len(longest) <= len(columns):
        return ""
    return (
        f"a sequence in each row, from {longest[0]!r} to {longest[-1]!r}, which no task reads: "
        "write a row for each time step, with a column that tells the sequences apart"
    )


def lone_label(columns: Mapping[str, Column]) -> str | None:
    """A column that is called a label, of a table in which nothing tells sequences apart."""
    sure = [name for name, one in columns.items() if is_sure_label(name) and one.kind == "text"]
    return sure[0] if sure else None


def _answer_of_texts(
    columns: Mapping[str, Column], answers: Answers, cells: Cells, others: Sequence[str]
) -> str | None:
    """The column of the answers beside a column of texts; None where none may be it."""
    if answers.target:
        return answers.target[0]

    def may_be(name: str) -> bool:
        if columns[name].kind == "number":
            return name in cells.codes or len(others) == 1
        return columns[name].kind == "text" and cells.different(name) <= min(
            MOST_TEXTS, cells.rows / 2
        )

    choices = [name for name in others if may_be(name)]
    if choices and choices[0] not in cells.codes:
        return None
    return max(choices, key=lambda name: _rank(columns, name), default=None)


def _rank(columns: Mapping[str, Column], name: str) -> tuple[bool, bool, bool]:
    """How likely a column holds answers, by its name and kind."""
    return is_sure_label(name), is_label(name), columns[name].kind == "text"


def _step_rows(
    columns: Mapping[str, Column], answers: Answers, cells: Cells, taken: set[str], forced: bool
) -> SequenceFindings | None:
    """A table with a time step in each row, if a column tells sequences apart and one answers.

    Args:
        forced: Whether the user asks for it, however much speaks against it.
    """
    sure = {name for name in cells.codes if is_sure_label(name)} | set(answers.target)
    ids = [answers.id] if answers.id is not None else _ids(columns, cells, taken | sure)
    for id in ids:
        free = [
            name
            for name in cells.codes
            if name not in (*taken, id, *answers.time) and not columns[name].counts
        ]
        choices = list(answers.target[:1]) or sorted(
            free, key=lambda name: _rank(columns, name), reverse=True
        )
        for answer in choices:
            kind = _kind(columns, cells, id, answer, answer in answers.target)
            if kind is None and answers.task in SEQUENCE_TASKS and answer in answers.target:
                kind = answers.task
            if kind is None:
                continue
            findings = SequenceFindings(columns, kind, answer, id=id)
            findings.time = _time(columns, answers, cells, findings)
            points = _speaks_for(findings, cells)
            findings.likely = points >= SURELY
            if points > 0 or forced:
                return findings
    return None


def _ids(columns: Mapping[str, Column], cells: Cells, taken: set[str]) -> list[str]:
    """Columns that may tell sequences apart, the likeliest first."""
    ids = [
        name
        for name in cells.codes
        if name not in taken
        and columns[name].kind in ("text", "number")
        and (columns[name].kind == "text" or is_id(name))
        and cells.full(name)
        and 2 <= cells.different(name) <= cells.rows / 2
    ]
    return sorted(ids, key=lambda name: (is_id(name), cells.different(name)), reverse=True)


def _kind(
    columns: Mapping[str, Column], cells: Cells, id: str, answer: str, given: bool
) -> Answer | None:
    """What a column answers of the sequences that an id tells apart; None where it may not.

    Args:
        given: Whether the user names the column.
    """
    constant, different = cells.constant(answer, id), cells.different(answer)
    worded = columns[answer].kind == "number" and cells.worded(answer) and is_label(answer)
    if columns[answer].kind == "text" or worded:
        if different > min(MOST_TEXTS, cells.different(id) if constant else cells.rows / 5):
            return None
        return "labels" if constant else "tags"
    if columns[answer].kind != "number" or not (given or is_label(answer)):
        return None
    few = cells.whole(answer) and different <= MOST_CLASSES
    if constant:
        return "labels" if few and 3 * different <= cells.different(id) else "value"
    return "tags" if few and (given or is_label(answer)) else None


def _time(
    columns: Mapping[str, Column], answers: Answers, cells: Cells, findings: SequenceFindings
) -> str | None:
    """The column that orders the time steps of each sequence, if one does."""
    if answers.time:
        return answers.time[0]
    assert findings.id is not None
    for name in times_among(columns.values()):
        if name in (findings.id, findings.answer) or not cells.full(name):
            continue
        if cells.pairs(name, findings.id) == cells.rows:
            return None if columns[name].counts else name
    return None


def _speaks_for(findings: SequenceFindings, cells: Cells) -> int:
    """How much more speaks for sequences with answers than for series to forecast."""
    columns, id, answer, time = findings.columns, findings.id, findings.answer, findings.time
    assert id is not None
    numbers = [
        name
        for name, one in columns.items()
        if one.kind == "number" and name not in (id, answer, time) and not one.counts
    ]
    dated = any(one.kind in ("time", "clock") for one in columns.values())
    sequences = cells.different(id)
    target = likely_target(numbers) if numbers else ("", False)
    forecast = target[1] and not set(words_of(target[0])) & (SURE_LABELS | {"value", "values"})
    points = 3 * is_sure_label(answer) + is_label(answer)
    points += columns[answer].kind == "text"
    points += len(numbers) > 1
    points += not dated
    points += sequences >= MOST_CLASSES
    points -= 2 * bool(set(words_of(id)) & PANELS)
    return int(points - 3 * forecast)


def _lacking(path: Path, columns: Mapping[str, Column], answers: Answers, cells: Cells) -> str:
    """Why a table holds no sequences with answers, though the user asks for them."""
    shown = listed(list(columns), "").removesuffix(".")
    if answers.id is None and not _ids(columns, cells, set(answers.target)):
        return (
            f"{path}: no column tells sequences apart, and none holds a text a row: --id NAME, of "
            f"a column with one name in all rows of a sequence. Its {shown}."
        )
    if not answers.target:
        return f"{path}: no column holds an answer that is sure: --target NAME. Its {shown}."
    name = answers.target[0]
    return (
        f"{path}: {name!r} is no answer: neither the same in all rows of each sequence, nor few "
        "texts or whole numbers. To forecast it: --task series."
    )
