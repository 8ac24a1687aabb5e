"""The space file that `init` writes for a table of sequences with answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.commands import command
from rnnsearch.space.drafts import filled
from rnnsearch.space.field_types import literals
from rnnsearch.space.fields import all_fields
from rnnsearch.space.roles import Answers
from rnnsearch.space.sequence_columns import look_into
from rnnsearch.space.sequence_findings import WHAT, SequenceFindings

SHOWN_CLASSES = 6

_METRICS = {"labels": "val_accuracy", "tags": "val_accuracy", "value": "val_mae"}


def draft_sequences(
    path: Path, study: str, findings: SequenceFindings, answers: Answers
) -> tuple[str, list[str]]:
    """Write a space file that learns the answers of sequences, and the lines for the screen.

    Raises:
        DataError: The table cannot be read.
    """
    look_into(path, findings, answers)
    again = _again(path, study, findings)
    written = json.dumps(str(path.resolve()), ensure_ascii=False)
    texts = findings.text is not None
    values = {
        "path": written,
        "type": findings.type,
        "size": f"{findings.count:,} {'texts' if texts else 'sequences'}",
        "remarks": lines_of(f"# {_one_line(line)}" for line in _remarks(findings, again)),
        "columns": lines_of(_columns(findings)),
        "model": lines_of(model_lines(findings.longest if texts else 0)),
        "loss": lines_of(["  loss: {choice: [mse, huber]}"] if findings.type == "value" else []),
        "metric": _METRICS[findings.type],
        **sizes(findings.train),
    }
    return filled("sequences", path, study, values, family=findings.type), _screen(findings, again)


def sizes(train: int) -> dict[str, Any]:
    """Sizes of a network and its training that suit so many sequences, by the names in the
    draft."""
    batch = next(size for size in (64, 32, 16, 8, 4, 2, 1) if train >= 8 * size or size == 1)
    return {
        "hidden": "8, 32" if train < 200 else "16, 64" if train < 2000 else "32, 128",
        "batch": batch,
        "epochs": 60 if train < 500 else 30,
    }


def model_lines(symbols: int) -> Iterator[str]:
    """The lines of a model that reads whole sequences, of texts where there are `symbols`."""
    if symbols:
        yield "  input: {choice: [onehot, embedding]}    # of the characters"
        yield "  embedding_size: {logint: [8, 64], when: {model.input: embedding}}"
    yield "  bidirectional: {choice: [false, true]}    # true reads from both ends"


def lines_of(lines: Iterable[str]) -> str:
    """Lines as one text, which is empty where there are none."""
    return "".join(f"{line}\n" for line in lines)


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def _again(path: Path, study: str, findings: SequenceFindings) -> list[str]:
    """What else the table may be, each with the command that takes it so."""
    own = [] if findings.id is None else ["--id", findings.id]
    answered = ["--target", findings.answer]
    again = []
    for words, options in findings.others:
        kept = [] if options[-1] == "series" else [*own, *answered]
        rest = (*options, *kept, "-o", f"{study}-{options[-1]}.yaml")
        again.append(f"{words}: {command('init', path, *rest)}")
    return again


def _remarks(findings: SequenceFindings, again: Sequence[str]) -> list[str]:
    """Lines on the data for the comment at the top of the file."""
    lines = [f"Taken for {WHAT[findings.type]}: {findings.why}."]
    lines += findings.notes
    lines += [f"It may also be {words}" for words in again]
    lines += [f"Left out: {name}: {why}" for name, why in findings.left.items()]
    if findings.problem:
        lines.append(f"This file does not run yet: {findings.problem}")
    return lines


def _screen(findings: SequenceFindings, again: Sequence[str]) -> list[str]:
    """Lines that show a person what was taken, left out, and what else it may be."""
    lines = [f"taken for {WHAT[findings.type]} (type: {findings.type}):", f"  {findings.why}"]
    lengths = f"{findings.longest:,}"
    if findings.shortest < findings.longest:
        lengths = f"{findings.shortest:,} to {lengths}"
    if findings.text is not None:
        lines.append(f"  text: {findings.text}, {findings.count:,} of {lengths} characters")
    else:
        lines += [
            f"  id: {findings.id}, {findings.count:,} sequences of {lengths} time steps",
            f"  time: {findings.time or 'the order of the rows'}",
            f"  features: {', '.join(findings.features) or 'none'}",
        ]
    lines.append(f"  {_key(findings)}: {findings.answer}{_classes(findings)}")
    if findings.dividing is not None:
        lines.append(f"  parts: {findings.dividing} says them")
    lines += [f"  {note}" for note in findings.notes]
    if findings.left:
        lines += ["left out:", *(f"  {name}: {why}" for name, why in findings.left.items())]
    if again:
        lines += ["it may also be:", *(f"  {words}" for words in again)]
    return lines


def _key(findings: SequenceFindings) -> str:
    return "target" if findings.type == "value" else "label"


def _classes(findings: SequenceFindings) -> str:
    """How many sequences, or time steps, each class has, as words behind a column's name."""
    if not findings.classes:
        return ""
    first = list(findings.classes.items())[:SHOWN_CLASSES]
    listed = ", ".join(f"{name or '(empty)'} {count:,}" for name, count in first)
    more = ", ..." if len(findings.classes) > SHOWN_CLASSES else ""
    return f", {len(findings.classes):,} classes: {listed}{more}"


def _columns(findings: SequenceFindings) -> Iterator[str]:
    """The lines of the keys that say which column is what, and how the parts come."""

    def quoted(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    if findings.text is not None:
        yield f"  text: {quoted(findings.text)}    # a sequence a row"
    else:
        yield f"  id: {quoted(findings.id)}    # tells the sequences apart"
        if findings.time is not None:
            yield f"  time: {quoted(findings.time)}    # orders the time steps"
        yield f"  features: {quoted(findings.features)}    # a time step of a sequence"
    yield f"  {_key(findings)}: {quoted(findings.answer)}    # what to learn"
    if findings.text is None:
        scalers = " | ".join(map(str, literals(all_fields(findings.type)["task.scaler"].type)))
        yield f"  scaler: standard              # {scalers}; fitted on the training part"
    if findings.dividing is not None:
        yield f"  split: {{column: {quoted(findings.dividing)}}}    # says train, val or test"
    else:
        drawn = "from each class" if findings.type == "labels" else "at random"
        yield f"  split: {{train: 0.7, val: 0.15, test: 0.15}}    # drawn {drawn}"
