"""How tables and JSON are printed."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from rnnsearch.space.words import short

GAP = "  "
"""What stands between the columns of a table."""
NARROWEST = 24
"""The least room beside the other columns in which the last one is wrapped."""


def print_table(
    rows: Sequence[Mapping[str, Any]], digits: int = 4, *, width: int | None = None
) -> None:
    """Print rows with the same keys as a table below these keys; numbers stand to the right.

    Args:
        width: Columns of the terminal. In one that is too narrow the last column, where it has
            texts, is wrapped, and else each row becomes a block of lines; None is wide enough.
    """
    for line in table_lines(rows, digits, width):
        print(line)


def screen_width() -> int | None:
    """How many columns the terminal has; None where the output is none, and lines stay whole."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_wrapped(lines: Iterable[str], indent: str = "") -> None:
    """Print lines, which a terminal that is too narrow goes on with two columns further in."""
    width = screen_width()
    for line in lines:
        if width is None or len(indent) + len(line) <= width:
            print(indent + line)
        else:
            below = f"{indent}  "
            wrapped = textwrap.wrap(
                line,
                width,
                initial_indent=indent,
                subsequent_indent=below,
                break_long_words=False,
                break_on_hyphens=False,
            )
            print(*wrapped, sep="\n")


def table_lines(
    rows: Sequence[Mapping[str, Any]], digits: int = 4, width: int | None = None
) -> list[str]:
    """The lines that `print_table` prints."""
    columns = list(rows[0])
    right = [all(isinstance(row[column], int | float | None) for row in rows) for column in columns]
    cells = [columns, *([short(row[column], digits) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]

    def joined(line: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, right, strict=False)
        )
        return GAP.join(padded)

    whole = [joined(line).rstrip() for line in cells]
    if width is None or max(map(len, whole)) <= width:
        return whole
    heads = [joined(line[:-1]) for line in cells]
    if right[-1] or len(heads[0]) > width:
        return _blocks(columns, cells[1:], width)
    wide_enough = width - len(heads[0]) - len(GAP) >= NARROWEST
    indent = " " * (len(heads[0]) + len(GAP) if wide_enough else 4)
    lines = []
    for head, line in zip(heads, cells, strict=True):
        text = textwrap.wrap(line[-1], width - len(indent), break_long_words=False) or [""]
        if wide_enough:
            lines.append(f"{head}{GAP}{text.pop(0)}".rstrip())
        else:
            lines.append(head.rstrip())
        lines += [f"{indent}{more}" for more in text if more]
    return lines


def _blocks(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """A block of lines a row, `name: value` each, with empty lines between the blocks."""
    lines: list[str] = []
    for row in rows:
        lines += [""] if lines else []
        for name, cell in zip(columns, row, strict=True):
            text = f"{name}: {cell}" if name else cell
            if cell:
                lines += textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False)
    return lines


def print_json(value: object) -> None:
    """Print one line of JSON, the last line of standard output."""
    print(json_line(value), end="", flush=True)


def json_line(value: object) -> str:
    """A value as one line of JSON.

    JSON knows neither infinity nor NaN: both become null.
    """
    return json.dumps(to_jsonable_python(value, inf_nan_mode="null"), allow_nan=False) + "\n"
