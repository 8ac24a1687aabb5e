"""The space file that `init` writes for a table of sequences with answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rnnsearch.commands import command
from rnnsearch.space.field_types import literals
from rnnsearch.space.fields import all_fields
from rnnsearch.space.roles import Answers
from rnnsearch.space.sequence_columns import look_into
from rnnsearch.space.sequence_file import BOTH_WAYS, CHARACTERS, SequenceFile, quoted
from rnnsearch.space.sequence_findings import WHAT, SequenceFindings

SHOWN = 6
"""So many classes are listed."""

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
    texts = findings.text is not None
    file = SequenceFile(
        type=findings.type,
        size=f"{findings.count:,} {'texts' if texts else 'sequences'}",
        remarks=_remarks(findings, again),
        columns=list(_columns(findings, answers)),
        model=[*(CHARACTERS if texts else ()), BOTH_WAYS],
        loss="  loss: {choice: [mse, huber]}" if findings.type == "value" else "",
        metric=_METRICS[findings.type],
        train=findings.train,
    )
    return file.yaml(path, study), _screen(findings, again)


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
    lines.append(f"  {_key(findings)}: {findings.answer}{in_classes(findings.classes)}")
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


def in_classes(classes: Mapping[str, int]) -> str:
    """How many sequences, or time steps, each class has, as words behind what holds them; empty
    without classes."""
    if not classes:
        return ""
    listed = ", ".join(f"{name or '(empty)'} {n:,}" for name, n in list(classes.items())[:SHOWN])
    more = ", ..." if len(classes) > SHOWN else ""
    return f", {len(classes):,} classes: {listed}{more}"


def _columns(findings: SequenceFindings, answers: Answers) -> Iterator[str]:
    """The lines of the keys that say which column is what, and how the parts come."""
    if findings.text is not None:
        yield f"  text: {quoted(findings.text)}    # a sequence a row"
    else:
        yield f"  id: {quoted(findings.id)}    # tells the sequences apart"
        if findings.time is not None:
            yield f"  time: {quoted(findings.time)}    # orders the time steps"
            if answers.date_format:
                yield f"  date_format: {quoted(answers.date_format)}"
        yield f"  features: {quoted(findings.features)}    # a time step of a sequence"
    if answers.decimal and (findings.text is None or findings.type == "value"):
        yield f"  decimal: {quoted(answers.decimal)}"
    yield f"  {_key(findings)}: {quoted(findings.answer)}    # what to learn"
    if findings.text is None:
        scalers = " | ".join(map(str, literals(all_fields(findings.type)["task.scaler"].type)))
        yield f"  scaler: standard              # {scalers}; fitted on the training part"
    if findings.dividing is not None:
        yield f"  split: {{column: {quoted(findings.dividing)}}}    # says train, val or test"
    else:
        drawn = "from each class" if findings.type == "labels" else "at random"
        yield f"  split: {{train: 0.7, val: 0.15, test: 0.15}}    # drawn {drawn}"
