"""The command `repair`: keep the whole records of a damaged ledger."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from rnnsearch.cli.options import Storage, StudyName
from rnnsearch.commands import DEFAULT_STORAGE, command

if TYPE_CHECKING:
    from rnnsearch.search.ledger.repair import Repair


def repair(name: StudyName, storage: Storage = DEFAULT_STORAGE) -> None:
    """Keep the whole records of a damaged ledger, and say what is gone."""
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger import repair as work
    from rnnsearch.study.code import read_spec

    directory = StudyDirectory.find(storage, name)
    spec = read_spec(directory)
    done = work.repair(directory, spec)
    if done is None:
        typer.echo(f"the ledger of {name} is whole; nothing was changed")
        return
    typer.echo("\n".join([*report(done), "next:"]))
    for verb in ("trials", "resume"):
        typer.echo(f"  {command(verb, name, storage=storage)}")


def report(done: Repair) -> list[str]:
    """Lines that say what a repair did. Records are numbered from 1, as in error messages."""
    mended = done.mended
    lines = [f"kept {mended.kept:,} records of the ledger"]
    if mended.gone:
        numbers = ranges([number + 1 for number in mended.gone])
        lines.append(
            f"gone: {_count(mended.gone, 'record')}, {numbers}; what the study noted there "
            "(baselines, finalists, the champion) is gone too"
        )
    if mended.lost:
        lines.append(
            f"lost: {_count(mended.lost, 'trial')}, {ranges(mended.lost)}; `resume` draws other "
            "parameters for them"
        )
    if mended.again:
        lines.append(
            f"with gaps: {_count(mended.again, 'trial')}, {ranges(mended.again)}; `resume` trains "
            "them again from their seeds, with the same parameters"
        )
    return [*lines, f"the damaged file is kept: {done.damaged}"]


def ranges(numbers: Sequence[int]) -> str:
    """Numbers in words, neighbours joined: `3, 7 to 9`."""
    rows = []
    for _, group in groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        rows.append(f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}")
    return ", ".join(rows)


def _count(things: Sequence[int], word: str) -> str:
    """How many things there are, with their name in the plural where it needs one."""
    return f"{len(things):,} {word}{'' if len(things) == 1 else 's'}"
