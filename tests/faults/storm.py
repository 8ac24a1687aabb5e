"""Hundreds of random mishaps over small studies, and what they cost: it should be nothing.

    python tests/faults/storm.py FOLDER [--events 300] [--seed 0] [--minutes M] [--server]
        [--database] [--store] [--nodes] [--without nodes clock ...]

Each study is searched by `rnnsearch run` with real Ray, and gone on with by `rnnsearch resume`
until it is complete, while things happen to it (`blows.py`), at times that are drawn over its whole
course. What it stands on is drawn too (`storm_ground.py`): records in a file or behind MLflow's
server, a ledger in a file or in PostgreSQL, a disk of its own that fills up, a clock that is set,
Ray of its own or a cluster whose nodes come and go, a folder or an S3 server. After each event the
ledger is read and compared with what it said before, and with a study that nothing happened to
(`storm_study.py`): trials that are gone, that are there twice, whose recorded epochs or end
changed, or that have values that this training does not have. At the end of a study MLflow's rows
are held against the ledger. What happened is kept in `FOLDER/storm.jsonl`, a line an event, so that
the same command goes on where it stopped. The exit status is 1 where a count is not 0.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from blows import BLOWS, ENDINGS, NEEDS, Running
from contracts.postgres import Postgres, served
from storm_ground import Ground, can_have, ground
from storm_study import NAME, TRIALS, WRONGS, Curves, Memory, calm, space, whole

DRIVER_SECONDS = 1500.0
"""A driver that takes longer is counted as one without an end."""
MOST_DRIVERS = 60
"""A study that is not complete after so many is one without an end, too."""
START_SECONDS = 12.0
END_SECONDS = 6.0


@dataclass(frozen=True)
class Due:
    """An event to come.

    Attributes:
        share: It strikes once this part of the trials has ended: below 0 while the study starts,
            above 1 while finalists are trained and all is written down.
    """

    share: float
    kind: str

    def strikes(self, memory: Memory, began: int, lives: float, late: float) -> bool:
        """Whether it is time.

        Args:
            began: The epochs that all trials had when this driver began.
            lives: For how many seconds this driver lives.
            late: A random number between 0 and 1.
        """
        if self.share < 0.0:
            return lives > late * START_SECONDS
        if self.share <= 1.0:
            return memory.share >= self.share and (memory.epochs > began or memory.share == 1.0)
        return memory.share == 1.0 and lives > late * END_SECONDS


def course(chance: random.Random, stands: set[str], most: int) -> list[Due]:
    """The events of one study, in their order."""
    kinds = [kind for kind in BLOWS if NEEDS.get(kind, "") in {"", *stands}]
    # Those that few studies can have come twice as often where they can.
    weights = [2.0 if kind in NEEDS else 0.35 if kind in ENDINGS else 1.0 for kind in kinds]
    count = min(most, chance.randint(30, 45))
    shares = sorted(chance.uniform(-0.15, 1.15) for _ in range(count))
    return [Due(share, chance.choices(kinds, weights)[0]) for share in shares]


def storm(
    number: int, folder: Path, stands: Ground, due: list[Due], chance: random.Random, curves: Curves
) -> Iterator[dict[str, Any]]:
    """One study from its beginning to its end; what happened to it, a row for each event."""
    file = folder / f"{NAME}.yaml"
    file.write_text(space("auto" if stands.nodes else 2))
    memory = Memory(stands.studies, curves)
    words = ["run", str(file)]
    row = {"study": number, "ground": stands.words()}
    for _ in range(MOST_DRIVERS):
        if stands.nodes and not stands.nodes.alive():
            stands.nodes.again()
        memory.read()
        began, until, late = memory.epochs, time.monotonic() + DRIVER_SECONDS, chance.random()
        called = [sys.executable, "-m", "rnnsearch", *words, *stands.options(words[0]), "-q"]
        with (
            (folder / "log").open("ab") as log,
            subprocess.Popen(
                called, stdout=log, stderr=log, env=stands.environment(), cwd=folder
            ) as driver,
            ExitStack() as end,
        ):
            end.callback(driver.kill)  # where this command is ended, so is what it started
            running = Running(driver, stands)
            since = time.monotonic()
            while (status := _ended(driver, 0.7)) is None:
                if time.monotonic() > until:
                    yield {**row, "kind": "the end", "no end": 1, "driver": driver.pid}
                    return
                if not due:
                    continue
                memory.read()
                if not due[0].strikes(memory, began, time.monotonic() - since, late):
                    continue
                kind = due[0].kind
                if not BLOWS[kind](running, chance):
                    # There is nothing to strike at this moment: another event comes before it.
                    kind = chance.choice(list(BLOWS))
                    if kind == due[0].kind or not BLOWS[kind](running, chance):
                        continue
                due.pop(0)
                late = chance.random()
                share = round(memory.share, 2)
                _ended(driver, 1.0)
                yield {**row, "kind": kind, "share": share, **memory.look()}
        with (folder / "log").open("a") as log:
            log.write(f"--- status {status}\n")
        if status == 0 and "rnnsearch flush" not in _said(folder):
            break
        there = memory.epochs or (stands.studies / NAME / "study.yaml").exists()
        if status == 0 or words[0] == "flush":
            words = ["flush", NAME]  # the remedy that it prints where records wait
        else:
            words = ["resume", NAME] if there else ["run", str(file)]
    else:
        yield {**row, "kind": "the end", "no end": 1}
        return
    yield {**row, "kind": "the end", "unstruck": len(due), **memory.look(), **whole(stands)}


def _said(folder: Path) -> str:
    """What the last command printed."""
    return (
        (folder / "log")
        .read_text(errors="replace")
        .rpartition("--- status")[0]
        .rpartition("--- status")[2]
    )


def _ended(driver: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Wait for so long; the status of the driver if it ended meanwhile."""
    try:
        return driver.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no study after so many")
    parser.add_argument("--server", action="store_true", help="all records go to MLflow's server")
    parser.add_argument("--database", action="store_true", help="all ledgers lie in PostgreSQL")
    parser.add_argument("--store", action="store_true", help="all studies lie in an S3 server")
    parser.add_argument("--nodes", action="store_true", help="all studies run on a Ray cluster")
    parser.add_argument("--without", nargs="*", default=[], help="nodes, server, database, ...")
    parser.add_argument(
        "--beside", nargs="*", default=[], type=Path, help="folders of other seeds, for the table"
    )
    parser.add_argument("--table", action="store_true", help="print the table of what there is")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was mounted is not left
    always = {name for name in ("server", "database", "store", "nodes") if getattr(given, name)}
    possible = (can_have() - set(given.without)) | always
    if not {"server", "database"} <= possible | ({"server", "database"} if given.store else set()):
        possible.discard("store")
    others = [row for folder in given.beside for row in happened(folder)]
    rows = happened(given.folder)
    if given.table:
        return _told([*rows, *others])
    given.folder.mkdir(parents=True, exist_ok=True)
    curves = calm(given.folder / "calm")
    kept = given.folder / "storm.jsonl"
    begun = {row["study"] for row in rows}
    until = time.monotonic() + 60.0 * given.minutes
    with served() if {"database", "store"} & possible else nullcontext() as postgres:
        number = 0
        while (left := given.events - _events(rows)) > 0 and time.monotonic() < until:
            folder = given.folder / f"study-{number:03d}"
            if number not in begun and not folder.exists():
                for row in one_study(
                    number, folder, given.seed, possible, always, left, curves, postgres
                ):
                    rows.append(row)
                    with kept.open("a") as file:
                        file.write(json.dumps(row) + "\n")
                    print(row, flush=True)
            number += 1
    return _told([*rows, *others])


def happened(folder: Path) -> list[dict[str, Any]]:
    """What was kept of the studies of a folder, those among them that were cut off with it."""
    kept = folder / "storm.jsonl"
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    return [{**row, "folder": str(folder)} for row in rows]


def one_study(
    number: int,
    folder: Path,
    seed: int,
    possible: set[str],
    always: set[str],
    most: int,
    curves: Curves,
    postgres: Postgres | None,
) -> Iterator[dict[str, Any]]:
    """Draw a study's ground and its events, and let them happen."""
    chance = random.Random(f"{seed}:{number}")
    wanted = always | {name for name in sorted(possible) if chance.random() < 0.5}
    if "store" in wanted:  # which is refused without them
        wanted |= {"server", "database"}
    wrong = False
    with ground(folder, wanted, postgres) as stands:
        due = course(chance, wanted, most)
        for row in storm(number, folder, stands, due, chance, curves):
            wrong = wrong or any(row.get(name) for name in WRONGS)
            yield row
        if wrong:
            shutil.copytree(stands.storage, folder / "kept", ignore_dangling_symlinks=True)
    if not wrong:
        shutil.rmtree(stands.storage, ignore_errors=True)


def _events(rows: list[dict[str, Any]]) -> int:
    return sum(row["kind"] != "the end" for row in rows)


def _told(rows: list[dict[str, Any]]) -> int:
    """Print a line for each kind of event; 1 where anything is wrong."""
    studies = {(row.get("folder"), row["study"]) for row in rows}
    ended = {(row.get("folder"), row["study"]) for row in rows if row["kind"] == "the end"}
    print(f"\n{_events(rows)} events over {len(studies)} studies of {TRIALS} trials", end="")
    # Each event was looked at after it struck; how these studies ended, nobody has seen.
    cut = f", {len(studies - ended)} of them cut off with this command" if studies - ended else ""
    print(f"{cut}\n")
    print("| event | times | " + " | ".join(WRONGS) + " |")
    print("| --- | --- | " + " | ".join("---" for _ in WRONGS) + " |")
    wrong = 0
    for kind in [*BLOWS, "the end"]:
        mine = [row for row in rows if row["kind"] == kind]
        sums = [sum(row.get(name, 0) for row in mine) for name in WRONGS]
        wrong += sum(sums)
        print(f"| {kind} | {len(mine)} | " + " | ".join(map(str, sums)) + " |")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
