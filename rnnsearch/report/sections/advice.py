"""What the trials say of the next search."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.commands import command
from rnnsearch.report.blocks import Block, Code, Listed, Table
from rnnsearch.report.subject import Subject
from rnnsearch.search.advice.words import better_baseline, sentences, tables


def contents(subject: Subject) -> Iterator[Block]:
    advice = subject.advise()
    for table in tables(advice, subject.metric_name):
        yield Table(table.heads, table.rows, caption=_upper(table.title))
    rival = better_baseline(subject.board, subject.trials, subject.goal)
    told = list(sentences(advice, subject.max_epochs, rival))
    if told:
        yield Listed([f"{_upper(one).rstrip('.')}." for one in told])
    if advice.best:
        storage = str(subject.directory.storage)
        words = ("analyse", subject.name, "--space", f"{subject.name}-next.yaml")
        line = command(*words, "--storage", storage)
        yield Code("Write the space of the next search, in a shell", [line])


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
