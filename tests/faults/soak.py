"""One long study whose packs die all the time: memory and open files have to stay what they are.

    python tests/faults/soak.py FOLDER [--minutes 60] [--seconds 30] [--seed 0]

A study is searched by `rnnsearch run` with its records in MLflow, and a pack of it is killed with
SIGKILL every so many seconds, at random times. Each half minute it is measured what its processes
hold: memory (RSS, what is resident; PSS, where shared pages count by their share), open files and
threads. The first sixth of the time is left out: Python, Ray and MLflow are loaded in it.

The rule: a series grows if the whole 95 % interval of its slope is above 5 % of its mean an hour.
The interval is a bootstrap over blocks of ten measurements, since neighbours are alike. The exit
status is 1 where something of ours grows: the driver, the writer of the records, or a pack. What
Ray's own processes do is printed beside it.

The samples are kept in `FOLDER/soak.jsonl`; `--show` prints the table of them again.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from blows import PACK, WRITER
from contracts.ledger_rows import check_ledger_rows

from rnnsearch.study import Study

NAME = "soak"
SPACE = """
name: {name}
task: {{type: sine, num_points: 60, rollout: {{steps: [1, 5]}}}}
model: {{cell: {{choice: [rnn, lstm]}}, hidden_size: {{int: [4, 24]}}}}
training: {{learning_rate: {{loguniform: [1.0e-4, 1]}}, steps_per_epoch: 2500, max_epochs: 24}}
search:
  metric: val_mse
  num_trials: 100000
  time_budget: {minutes:g}m
  sampler: {{type: random}}
  scheduler: {{type: asha, grace_period: 3, reduction_factor: 2}}
  finalists: {{top: 2, seeds: 1}}
resources: {{packs: 2, slots: 4}}
"""
SAMPLE_SECONDS = 30.0
YOUNG_SECONDS = 20.0
"""A pack that is younger still loads what it needs, and is not measured."""
GROWTH = 0.05
"""Part of the mean, an hour."""
BLOCK = 10
OURS = ("driver", "writer", "pack")


def roles(driver: psutil.Process) -> dict[str, list[psutil.Process]]:
    """The processes of a study by what they do."""
    by_role: dict[str, list[psutil.Process]] = defaultdict(list, {"driver": [driver]})
    words = {"writer": WRITER, "pack": PACK, "Ray's head": ("gcs_server",), "raylet": ("raylet",)}
    for one in driver.children(recursive=True):
        try:
            command = " ".join(one.cmdline())
        except psutil.NoSuchProcess:
            continue
        for role, marks in words.items():
            if any(mark in command.split(" --")[0] for mark in marks):
                by_role[role].append(one)
                break
    return by_role


def measure(driver: psutil.Process, storage: Path) -> dict[str, float]:
    """What the processes of a study hold now; of several packs their mean."""
    sample: dict[str, float] = {}
    for role, processes in roles(driver).items():
        old = [one for one in processes if role != "pack" or _age(one) > YOUNG_SECONDS]
        held = [one for one in map(_held, old) if one]
        for what in held[0] if held else ():
            sample[f"{role}: {what}"] = sum(one[what] for one in held) / len(held)
    study = storage / NAME
    sample["files of the study"] = sum(
        path.is_file() for path in study.rglob("*") if path.parent.name != "logs"
    )
    return sample


def _age(process: psutil.Process) -> float:
    try:
        return time.time() - float(process.create_time())
    except psutil.NoSuchProcess:
        return 0.0


def _held(process: psutil.Process) -> dict[str, float] | None:
    try:
        memory = process.memory_full_info()
        return {
            "RSS, MB": memory.rss / 2**20,
            "PSS, MB": memory.pss / 2**20,
            "open files": process.num_fds(),
            "threads": process.num_threads(),
        }
    except psutil.NoSuchProcess:
        return None


def soak(folder: Path, minutes: float, seconds: float, seed: int) -> str:
    """Let a study run and its packs die; returns what is wrong with it at its end, or nothing."""
    chance = random.Random(seed)
    storage = folder / "studies"
    file = folder / f"{NAME}.yaml"
    file.write_text(SPACE.format(name=NAME, minutes=minutes))
    words = [sys.executable, "-m", "rnnsearch", "run", str(file), "--storage", str(storage)]
    with (
        (folder / "log").open("ab") as log,
        (folder / "soak.jsonl").open("w") as samples,
        subprocess.Popen([*words, "-q"], stdout=log, stderr=log) as started,
    ):
        driver, began = psutil.Process(started.pid), time.monotonic()
        due, next_kill, killed = 0.0, chance.expovariate(1.0 / seconds), 0
        until = began + 60.0 * minutes
        while started.poll() is None and time.monotonic() < until:
            passed = time.monotonic() - began
            if passed >= next_kill:
                next_kill = passed + chance.expovariate(1.0 / seconds)
                if packs := roles(driver)["pack"]:
                    chance.choice(sorted(packs, key=lambda one: one.pid)).send_signal(
                        signal.SIGKILL
                    )
                    killed += 1
            if passed >= due:
                due += SAMPLE_SECONDS
                row = {"minutes": passed / 60.0, "killed": killed, **measure(driver, storage)}
                samples.write(json.dumps(row) + "\n")
                samples.flush()
            time.sleep(0.5)
        if started.wait(900.0):
            return f"the study ended with status {started.returncode}; see {folder / 'log'}"
    result = Study.open(NAME, storage=storage).result()
    print(f"{len(result.trials)} trials: {result.counts()}; {killed} packs killed")
    try:
        with closing(sqlite3.connect(storage / "mlflow.db")) as database:
            check_ledger_rows(lambda sql: database.execute(sql).fetchall(), result)
    except AssertionError as error:
        return f"MLflow's rows: {error}"
    numbers = [one.number for one in result.trials]
    return "" if numbers == list(range(len(numbers))) else "trials are missing or there twice"


def slope(minutes: Sequence[float], values: Sequence[float]) -> tuple[float, float, float]:
    """By how much a series grows in an hour, and the 95 % interval of that."""
    hours, series = np.asarray(minutes) / 60.0, np.asarray(values)
    line = np.polyfit(hours, series, 1)
    fitted = np.polyval(line, hours)
    rest, drawn = series - fitted, np.random.default_rng(0)
    starts = np.arange(max(1, len(rest) - BLOCK + 1))
    slopes = []
    for _ in range(2000):
        picked = drawn.choice(starts, size=-(-len(rest) // BLOCK))
        again = np.concatenate([rest[at : at + BLOCK] for at in picked])[: len(rest)]
        slopes.append(np.polyfit(hours[: len(again)], (fitted[: len(again)] + again), 1)[0])
    low, high = np.percentile(slopes, [2.5, 97.5])
    return float(line[0]), float(low), float(high)


def told(rows: Sequence[dict[str, float]]) -> list[str]:
    """Print what each series was and how it grew; returns those of ours that grow."""
    last = rows[-1]["minutes"]
    print(
        f"\n{len(rows)} measurements in {last:.0f} minutes; {rows[-1]['killed']:.0f} packs killed"
    )
    print("\n| what | after a sixth | middle | end | an hour (95 %) | |")
    print("| --- | --- | --- | --- | --- | --- |")
    growing = []
    later = [row for row in rows if row["minutes"] >= last / 6.0]
    for name in sorted({name for row in later for name in row} - {"minutes", "killed"}):
        have = [row for row in later if name in row]
        if len(have) < 2 * BLOCK:
            continue
        values = [row[name] for row in have]
        third = max(1, len(values) // 6)
        middle = len(values) // 2
        places = [values[:third], values[middle - third // 2 :][:third], values[-third:]]
        grows, low, high = slope([row["minutes"] for row in have], values)
        bad = low > GROWTH * float(np.mean(values))
        verdict = "grows" if bad else "flat"
        if bad and name.split(":")[0] in (*OURS, "files of the study"):
            growing.append(name)
        means = " | ".join(f"{np.mean(place):.1f}" for place in places)
        print(f"| {name} | {means} | {grows:+.2f} ({low:+.2f} to {high:+.2f}) | {verdict} |")
    return growing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=30.0, help="between two kills, on average")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="the table of a run that was made")
    given = parser.parse_args()
    wrong = ""
    if not given.show:
        given.folder.mkdir(parents=True)
        wrong = soak(given.folder, given.minutes, given.seconds, given.seed)
    lines = (given.folder / "soak.jsonl").read_text().splitlines()
    growing = told([json.loads(line) for line in lines])
    for line in filter(None, [wrong, *(f"grows: {name}" for name in growing)]):
        print(line)
    return int(bool(wrong or growing))


if __name__ == "__main__":
    sys.exit(main())
