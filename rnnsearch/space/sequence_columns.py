"""What is in the sequences of a table: their features, lengths, labels and parts, in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rnnsearch.space.roles import Answers, distinct
from rnnsearch.space.sequence_findings import Cells, SequenceFindings
from rnnsearch.space.sequence_reading import MOST_CLASSES
from rnnsearch.tasks.files.forms import Wanted
from rnnsearch.tasks.files.table import read_table
from rnnsearch.tasks.given import WORDS


def look_into(path: Path, findings: SequenceFindings, answers: Answers) -> None:
    """Add what the sequences hold, what is left out, and what else the table may be.

    Raises:
        DataError: The columns of numbers cannot be read.
    """
    own = [findings.text, findings.id, findings.time, findings.answer, findings.dividing]
    cells = Cells(path, list(dict.fromkeys(name for name in own if name is not None)))
    for name, column in findings.columns.items():
        if name in own:
            continue
        if column.open:
            findings.left[name] = column.open
        elif column.kind == "number" and column.counts:
            findings.left[name] = "counts the rows"
        elif column.kind == "number" and findings.text is None:
            findings.features.append(name)
        elif column.kind == "number":
            findings.left[name] = "holds numbers, beside a text"
        else:
            findings.left[name] = column.why or ("another time" if findings.time else "a time")
    if findings.text is None:
        _leave_features_out(path, findings, cells, answers)
    _measure(findings, cells)
    findings.why = _why(findings, cells)
    findings.others = _others(findings, cells)


def _leave_features_out(
    path: Path, findings: SequenceFindings, cells: Cells, answers: Answers
) -> None:
    """Leave out columns with empty cells, of a single number, or that name the label again."""
    names = findings.features
    values = read_table(path, Wanted(tuple(names), decimal=answers.decimal)).values
    assert findings.id is not None
    same = np.diff(np.sort(cells.codes[findings.id], kind="stable")) == 0
    order = np.argsort(cells.codes[findings.id], kind="stable")
    labels = cells.codes[findings.answer] if findings.type != "value" else None
    for number, name in enumerate(list(names)):
        column = values[:, number]
        empty, different = int(np.isnan(column).sum()), distinct(column)
        if empty:
            findings.left[name] = f"{empty:,} cells are empty: fill them, then add it to features"
        elif len(different) == 1:
            findings.left[name] = f"is {different[0]:g} in every row"
        elif labels is not None and _same(column, labels):
            findings.left[name] = f"says the same as {findings.answer!r}"
        elif findings.time is None and (np.diff(column[order])[same] > 0).all():
            findings.time = name
            findings.notes.append(
                f"{name!r} rises from row to row within each sequence and is taken for the time; "
                "it is an input where it stands in task.features instead"
            )
    findings.features = [name for name in names if name not in (*findings.left, findings.time)]
    if not findings.features:
        findings.problem = "no column of numbers is left that could be the sequence."


def _same(column: np.ndarray, labels: np.ndarray) -> bool:
    """Whether each number goes with one label, and each label with one number."""
    numbers = np.unique(column, return_inverse=True)[1]
    different = len(np.unique(numbers)), len(np.unique(labels))
    pairs = len(np.unique(numbers.astype(np.int64) * (int(labels.max()) + 1) + labels))
    return different == (pairs, pairs)


def _measure(findings: SequenceFindings, cells: Cells) -> None:
    """Count sequences, their time steps, their labels, and those to train on."""
    if findings.text is not None:
        lengths = np.array([len(one) for one in cells.texts[findings.text] if one] or [0])
        firsts = np.arange(cells.rows)
    else:
        assert findings.id is not None
        codes, firsts = np.unique(cells.codes[findings.id], return_index=True)
        lengths = np.bincount(cells.codes[findings.id])[codes]
    findings.count = len(firsts)
    findings.shortest, findings.longest = int(lengths.min()), int(lengths.max())
    if findings.type != "value":
        every = findings.type == "tags"
        findings.classes = cells.counts(findings.answer, None if every else firsts)
    findings.train = int(0.7 * findings.count)
    if findings.dividing is not None:
        parts = cells.counts(findings.dividing, firsts)
        train = sum(count for word, count in parts.items() if WORDS[word.lower()] == "train")
        given = {WORDS[word.lower()] for word in parts}
        findings.train = train if "val" in given else int(0.9 * train)


def _why(findings: SequenceFindings, cells: Cells) -> str:
    """How the answers look, in a sentence."""
    name, different = findings.answer, cells.different(findings.answer)
    texts = findings.columns[name].kind == "text" or cells.worded(name)
    values = "texts" if texts else "numbers"
    if findings.text is not None:
        what = "a label" if findings.type == "labels" else "a number"
        return f"each row is a text, {findings.text!r}, with {what}, {name!r}"
    assert findings.id is not None
    constant = cells.constant(name, findings.id)
    if findings.type == "tags":
        how = "is constant within" if constant else "changes within"
        return f"{name!r} {how} {findings.id!r} and holds {different:,} different {values}"
    if not constant:
        return f"{name!r} changes within {findings.id!r}, and should not"
    return f"{name!r} is constant within each {findings.id!r}: one {_noun(findings)} a sequence"


def _noun(findings: SequenceFindings) -> str:
    return "number" if findings.type == "value" else "label"


def _others(findings: SequenceFindings, cells: Cells) -> list[tuple[str, tuple[str, ...]]]:
    """What else the table may be, each with the options that take it so."""
    others: list[tuple[str, tuple[str, ...]]] = []
    column = findings.columns[findings.answer]
    number = column.kind == "number" and not cells.worded(findings.answer)
    different = cells.different(findings.answer)
    if findings.type == "labels" and number:
        others.append((f"{findings.answer!r} as an amount: one number a sequence", ("value",)))
    whole = cells.whole(findings.answer)
    if findings.type == "value" and whole and different <= 5 * MOST_CLASSES:
        others.append(
            (f"{findings.answer!r} as names: {different:,} classes of sequences", ("labels",))
        )
    if findings.text is None and findings.type == "labels":
        others.append(("a label for each time step, of rows that could differ", ("tags",)))
    if findings.text is None:
        others.append(("series to forecast", ("series",)))
    return [(words, ("--task", *task)) for words, task in others]
