"""The table of recurrent trainings: make it, and compare searches on it.

    rnnsearch bench table make [--spaces sine ...]
    rnnsearch bench table search [--spaces sine ...] [--only WORDS ...] [--workers 1 2 16]
    rnnsearch bench table report [--spaces sine ...] [--write]
    rnnsearch bench table rules [--spaces sine ...] [--repeats 100]

`make` trains what is missing of the table, in parts: whoever ends it loses one of them at most, and
the next call goes on. `search` replays searches of ours and of others on the table, and goes on in
the same way; `report` answers the aims and prints medians and 95 % intervals of what is there; with
`--write` it makes `table/RESULTS.md` and the guide's pictures anew, and keeps the replays in the
checkout. `rules` tells what every stopping rule costs and saves in studies of random trials.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measured import ROOT, machine, markdown

if TYPE_CHECKING:
    from table.reading import Table

NAMES = ("sine", "noisy_sine", "series", "text", "labels")
TABLE = Path(__file__).parent / "table"
RESULTS = TABLE / "RESULTS.md"
PICTURES = ROOT / "rnnsearch" / "guide" / "pictures"


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
    """Replay what is missing, a contender after the other."""
    from table import compiled
    from table.contenders import contenders
    from table.replays import Asked, run

    compiled.install()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    tables = {space: opened(space) for space in arguments.spaces or everything()}
    here = machine()
    origin = {"commit": code(), "optuna": here["optuna"], "ray": here["ray"]}
    for who, replay in contenders().items():
        if not named(who, arguments.only) or (arguments.but and named(who, arguments.but)):
            continue
        for workers in arguments.workers:
            asked = Asked(who, arguments.kind, workers, arguments.trainings)
            for space, table in tables.items():
                row = origin | {"load": round(os.getloadavg()[0], 1)}
                file = arguments.runs / f"{space}.jsonl"
                count = run(
                    table, replay, asked, range(arguments.repeats), file, row, arguments.again
                )
                say(f"{who}, {workers} at once, {space}: {count} replays")


def code() -> str:
    """The last commit that changed what is replayed of ours."""
    where = ["--", *(f"rnnsearch/{room}" for room in ("sampling", "stopping", "search"))]
    asked = {
        "commit": ["log", "-1", "--format=%h", *where],
        "changes": ["status", "--porcelain", *where],
    }
    answers = {
        name: subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        for name, words in asked.items()
    }
    commit = answers["commit"].stdout.strip() or "no checkout"
    return commit + ("-dirty" if answers["changes"].stdout.strip() else "")


def named(who: str, words: list[str] | None) -> bool:
    """Whether a contender's name has one of the words; all are named where there are none."""
    return not words or any(word in who for word in words)


def report(arguments: argparse.Namespace) -> None:
    """Print what the replays come to, or write it with its pictures to where the guide has it."""
    from table.aims import SHARE
    from table.contenders import contenders
    from table.knowing import knowing
    from table.pictures import draw
    from table.replays import keep, read
    from table.reporting import report as paragraphs
    from table.rules import kept
    from table.seeds import champions

    files = {space: arguments.runs / f"{space}.jsonl" for space in arguments.spaces or everything()}
    tables = {space: opened(space) for space in files}
    rows = {space: read(file) for space, file in files.items()}
    judged = {
        space: known_or_made(
            arguments.runs / f"{space}-rules.json",
            {"commit": code(), "studies": arguments.studies},
            partial(kept, table, arguments.studies),
        )
        for space, table in tables.items()
    }
    seeds = [row for table in tables.values() if table.seeds for row in champions(table)]
    known = [knowing(table, SHARE) for table in tables.values() if table.seeds]
    lines = paragraphs(tables, rows, machine(), judged, seeds, known, list(contenders()))
    if not arguments.write:
        for line in lines:
            say(line)
        return
    text = "# Searches on the table of recurrent trainings\n\n" + "\n".join(lines)
    RESULTS.write_text(text.rstrip() + "\n", encoding="utf-8")
    say(str(RESULTS))
    for file in draw(tables, rows, PICTURES):
        say(str(file))
    for file in files.values():
        keep(file)


def known_or_made(
    file: Path, origin: dict[str, Any], make: Callable[[], Iterable[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Rows that a file has, where they have the same origin; else made, and kept there."""
    known = json.loads(file.read_text()) if file.exists() else {}
    if known.get("origin") != origin:
        known = {"origin": origin, "rows": list(make())}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(known))
    rows: list[dict[str, Any]] = known["rows"]
    return rows


def rules(arguments: argparse.Namespace) -> None:
    """Print what stopping rules cost and save."""
    from table.rules import kept

    for space in arguments.spaces or everything():
        say(markdown(list(kept(opened(space), arguments.repeats))))


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
    replayed.add_argument("--but", nargs="+", help="not those whose names have one of the words")
    replayed.add_argument("--workers", nargs="+", type=int, default=[1, 2, 16])
    replayed.add_argument(
        "--trainings", type=int, default=100, help="device time, in trainings of average length"
    )
    replayed.add_argument(
        "--kind",
        choices=("budget", "study"),
        default="budget",
        help="so much device time, or so many trials as a study has",
    )
    replayed.add_argument(
        "--again", action="store_true", help="replay again what another commit made"
    )
    replayed.set_defaults(run=search)
    reported = commands.add_parser("report", help="print medians and intervals")
    reported.add_argument(
        "--studies", type=int, default=60, help="of random trials, that every stopping rule judges"
    )
    reported.add_argument(
        "--write",
        action="store_true",
        help="write RESULTS.md, the guide's pictures and the replays into the checkout",
    )
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
