"""The table of recurrent trainings: make it, and compare searches on it.

    rnnsearch bench table make [--spaces sine ...]
    rnnsearch bench table search [--spaces sine ...] [--repeats 20] [--only WORDS ...]
    rnnsearch bench table report [--spaces sine ...] [--picture FILE.png]
    rnnsearch bench table rules [--spaces sine ...] [--repeats 100]

`make` trains what is missing of the table, in parts: whoever ends it loses one of them at most, and
the next call goes on. `search` replays searches of ours and of others on the table, and goes on in
the same way; `report` prints medians and 95 % intervals of what is there. `rules` tells what every
stopping rule costs and saves in studies of random trials.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measured import machine, markdown, said

if TYPE_CHECKING:
    from table.reading import Table

NAMES = ("sine", "noisy_sine", "series", "text", "labels")
TABLE = Path(__file__).parent / "table"


def make(arguments: argparse.Namespace) -> None:
    """Train what is missing, and write the files of the spaces that are whole."""
    import torch
    from table import made_data, making

    torch.set_num_threads(1)
    arguments.parts.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-table-") as name:
        made_data.write_data(Path(name))
        for space in arguments.spaces or NAMES:
            making.make([space], Path(name), arguments.parts, say)
            making.joined(space, arguments.parts, TABLE, machine())


def opened(space: str) -> Table:
    """The table of a space, or of a task of LCBench."""
    from table.lcbench import PREFIX, Surrogate
    from table.reading import Table

    return Surrogate(space) if space.startswith(PREFIX) else Table.read(space)


def everything() -> list[str]:
    """All spaces that there is something of."""
    from table.lcbench import spaces

    surrogates = spaces()
    if not surrogates:
        print("without LCBench: RNNSEARCH_DATA names no folder that has lcbench/model.onnx\n")
    return [name for name in NAMES if (TABLE / f"{name}.parquet").exists()] + surrogates


def search(arguments: argparse.Namespace) -> None:
    """Replay what is missing."""
    from table.comparing import order, run
    from table.contenders import contenders

    everybody = contenders()
    words = arguments.only
    who = {
        name: everybody[name]
        for name in order(list(everybody))
        if not words or any(word in name for word in words)
    }
    arguments.runs.mkdir(parents=True, exist_ok=True)
    for space in arguments.spaces or everything():
        run(opened(space), who, arguments.repeats, arguments.runs / f"{space}.jsonl", say)


def report(arguments: argparse.Namespace) -> None:
    """Print what the replays come to."""
    from table.comparing import differences, read, regrets, stops
    from table.pictures import draw
    from table.seeds import champions

    files = {space: arguments.runs / f"{space}.jsonl" for space in arguments.spaces or everything()}
    tables = {space: opened(space) for space, file in files.items() if file.exists()}
    rows = {space: read(files[space]) for space in tables}
    print(f"{said(machine())}\n")
    for space, table in tables.items():
        print(f"### {space}\n\n{said(table.made)}\n")
        shown(regrets({space: table}, rows))
        shown(stops(rows[space]))
    print("### All spaces\n")
    shown(regrets(tables, rows))
    shown(differences(tables, rows))
    shown(stops([row for some in rows.values() for row in some]))
    shown(row for table in tables.values() if table.seeds for row in champions(table))
    if arguments.picture:
        draw(tables, rows, arguments.picture)


def rules(arguments: argparse.Namespace) -> None:
    """Print what stopping rules cost and save."""
    from table.rules import kept

    for space in arguments.spaces or everything():
        shown(kept(opened(space), arguments.repeats))


def shown(rows: Iterable[dict[str, Any]]) -> None:
    """Print a table; nothing where nobody was replayed yet."""
    if known := list(rows):
        print(f"{markdown(known)}\n")


def say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="rnnsearch bench table", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    made = commands.add_parser("make", help="train what is missing of the table")
    made.add_argument("--parts", type=Path, default=Path("studies") / "table-parts")
    made.set_defaults(run=make)
    replayed = commands.add_parser("search", help="replay searches on the table")
    replayed.add_argument("--repeats", type=int, default=20)
    replayed.add_argument("--only", nargs="+", help="contenders whose names have one of the words")
    replayed.set_defaults(run=search)
    reported = commands.add_parser("report", help="print medians and intervals")
    reported.add_argument("--picture", type=Path, help="draw the curves into this file")
    reported.set_defaults(run=report)
    varied = commands.add_parser("rules", help="tell what stopping rules cost and save")
    varied.add_argument("--repeats", type=int, default=100)
    varied.set_defaults(run=rules)
    for one in (made, replayed, reported, varied):
        one.add_argument("--spaces", nargs="+", metavar="SPACE", help=", ".join(NAMES))
    for one in (replayed, reported):
        one.add_argument("--runs", type=Path, default=Path("studies") / "table-runs")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
