"""Runs replays of contenders and keeps a line of JSON of each, so that a comparison that was ended
goes on.

A longer search of the same contender, workers and seed stands in the place of a shorter one, so
that searches can be replayed short at first and longer where time is left.
"""

from __future__ import annotations

import gzip
import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnsearch.errors import InputError
from table.contenders import LONGEST, Replay
from table.course import Course, Size
from table.reading import HERE, Table

Row = dict[str, Any]
STUDY = 60
"""Trials of a study whose stops are counted: the default of `search.num_trials`."""
KEPT = HERE / "replays"
PACKED = ".jsonl.gz"
"""Where replays lie in a checkout, and how their files end."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be replayed of one contender on one space.

    Attributes:
        kind: `budget`, which has so much device time, or `study`, which has so many trials as a
            study has by default.
        trainings: Device time, in trainings of average length to the last epoch.
    """

    who: str
    kind: str
    workers: int
    trainings: int

    def size(self, table: Table) -> Size:
        """How much the replayed search is given."""
        if self.kind == "study":
            return Size(STUDY, self.workers)
        seconds = self.trainings * table.full_seconds
        return Size(10 * LONGEST, self.workers, seconds)


def run(
    table: Table,
    replay: Replay,
    asked: Asked,
    seeds: Iterable[int],
    file: Path,
    origin: Mapping[str, Any],
    again: bool = False,
) -> int:
    """Replay what is missing of so many repeats; returns how many were.

    Args:
        origin: What every row says of the run that made it, its commit above all.
        again: Whether what another commit made counts as missing.
    """
    done = {
        row["seed"]
        for row in read(file)
        if (row["who"], row["kind"], row["workers"]) == (asked.who, asked.kind, asked.workers)
        and row["trainings"] >= asked.trainings
        and not (again and row["commit"] != origin["commit"])
    }
    missing = [seed for seed in seeds if seed not in done]
    for seed in missing:
        began = time.process_time()
        try:
            row = facts(table, replay(table, asked.size(table), seed))
        except InputError as error:
            row = {"refused": str(error)}
        row = {
            "who": asked.who,
            "kind": asked.kind,
            "workers": asked.workers,
            "seed": seed,
            "trainings": asked.trainings,
            "spent": round(time.process_time() - began, 3),
            **origin,
            **row,
        }
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(row) + "\n")
    return len(missing)


def read(file: Path) -> list[Row]:
    """The replays of a space that the checkout has and that are in a file, of equal ones the
    newest, but for those of the same commit that are longer."""
    rows: dict[tuple[Any, ...], Row] = {}
    kept = KEPT / file.with_suffix(PACKED).name
    lines = gzip.decompress(kept.read_bytes()).decode().splitlines() if kept.exists() else []
    if file.exists():
        lines += file.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if not line.endswith("}"):  # whoever wrote it was ended there
            continue
        row = json.loads(line)
        key = (row["who"], row["kind"], row["workers"], row["seed"])
        known = rows.get(key, row)
        if known["commit"] != row["commit"] or known["trainings"] <= row["trainings"]:
            rows[key] = row
    return list(rows.values())


def keep(file: Path) -> None:
    """Put the replays of a file, a space, among those that the checkout has."""
    lines = [json.dumps(row) for row in read(file)]
    if lines:
        KEPT.mkdir(exist_ok=True)
        packed = gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0)
        (KEPT / file.with_suffix(PACKED).name).write_bytes(packed)


def facts(table: Table, course: Course) -> Row:
    """What is kept of a replay.

    `stopped` and `lost` tell of the best configuration of those that were drawn: whether it was
    stopped, whether the study then ended with a worse value than it would have had, and how many
    rows of the table lie between both, in percent.
    """
    curve = [(at, value) for at, _, value in course.incumbents(table)]
    goal = table.goal
    drawn = {one.row: table.first[one.row].value(goal) for one in course.trials}
    best = goal.best(drawn.values())
    ways = [one for one in course.trials if drawn[one.row] == best]
    seconds, full = course.seconds(table), course.full_seconds(table)
    return {
        "trials": len(course.trials),
        "curve": [(float(f"{at:.6g}"), value) for at, value in curve],
        "stopped": all(one.stopped for one in ways),
        "lost": not curve or goal.better(best, curve[-1][1]),
        "lost_rank": 100 * (rank_at(table, curve, math.inf) - table.rank(best)),
        "seconds": float(f"{seconds:.6g}"),
        "full_seconds": float(f"{full:.6g}"),
    }


def rank_at(table: Table, curve: Sequence[tuple[float, float]], seconds: float) -> float:
    """The share of the table that is better than what a search had by then, 1 before anything."""
    value = None
    for at, better in curve:
        if at > seconds:
            break
        value = better
    return 1.0 if value is None else table.rank(value)


def reached(table: Table, curve: Sequence[tuple[float, float]], share: float) -> float:
    """Device time until a value of so good a share of the table, in trainings; infinite where
    there was none."""
    unit = table.full_seconds
    return next((at / unit for at, value in curve if table.rank(value) < share), math.inf)
