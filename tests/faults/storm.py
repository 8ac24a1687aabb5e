"""Hundreds of random mishaps over small studies, and what they cost: it should be nothing.

    python tests/faults/storm.py FOLDER [--events 300] [--seed 0] [--minutes M] [--server]
        [--database]

Each study is searched by `rnnsearch run` with real Ray, and gone on with by `rnnsearch resume`
until it is complete, while things happen to it (`blows.py`). After each, the ledger is read and
compared with what it said before: trials that are gone, that are there twice, or whose recorded
epochs or end changed are counted. At its end each trial is trained again, and has to be the same to
the last bit, and MLflow's rows are held against the ledger. What happened is kept in
`FOLDER/storm.jsonl`, a line an event, so that the same command goes on where it stopped. The exit
status is 1 where a count is not 0.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from blows import BLOWS, FROZEN_SECONDS, Running
from contracts.ledger_rows import check_ledger_rows
from contracts.postgres import Postgres, served

from rnnsearch.errors import RnnsearchError
from rnnsearch.events import TrialState
from rnnsearch.study import Study
from rnnsearch.study.reproduction.reproduce import reproduce

NAME, TRIALS = "storm", 24
SPACE = f"""
name: {NAME}
task: {{type: sine, num_points: 40, rollout: {{steps: [1, 5]}}}}
model: {{cell: {{choice: [rnn, lstm]}}, hidden_size: {{int: [4, 24]}}}}
training:
  learning_rate: {{loguniform: [1.0e-4, 30]}}
  steps_per_epoch: 400
  max_epochs: 16
search:
  metric: val_mse
  num_trials: {TRIALS}
  sampler: {{type: random}}
  scheduler: {{type: asha, grace_period: 2, reduction_factor: 2}}
  finalists: {{top: 2, seeds: 2}}
resources: {{packs: 2, slots: 4}}
"""
ENDED: tuple[TrialState, ...] = ("complete", "pruned", "diverged", "failed")
WRONGS = ("lost", "doubled", "changed", "rows wrong", "not reproduced", "no end")
STUDY_SECONDS = 900.0


class Memory:
    """What the ledger of a study has said so far, and how often it said otherwise later."""

    def __init__(self) -> None:
        self.wrongs: Counter[str] = Counter()
        self._curves: dict[int, dict[int, float]] = {}
        self._params: dict[int, str] = {}
        self._ends: dict[int, str] = {}

    def look(self, storage: Path) -> dict[str, int]:
        """Read the ledger; returns what is wrong with it that was not before."""
        before = Counter(self.wrongs)
        try:
            trials = Study.open(NAME, storage=storage).result().trials
        except RnnsearchError:
            if self._params:
                self.wrongs["lost"] += 1
            return dict(self.wrongs - before)
        numbers = [one.number for one in trials]
        self.wrongs["doubled"] += len(numbers) - len(set(numbers))
        self.wrongs["lost"] += len(set(self._params) - set(numbers))
        for one in trials:
            params = json.dumps(dict(one.params), sort_keys=True)
            known = self._curves.get(one.number, {})
            curve = dict(one.values_by_epoch)
            end = one.state if one.state in ENDED else ""
            self.wrongs["changed"] += (
                self._params.setdefault(one.number, params) != params
                or any(curve.get(epoch) != value for epoch, value in known.items())
                or (self._ends.get(one.number, end) or end) != end
            )
            self._curves[one.number], self._ends[one.number] = curve, end
        doubled = Counter(self._params[number] for number in set(numbers))
        self.wrongs["doubled"] += sum(count - 1 for count in doubled.values())
        return dict(self.wrongs - before)


def storm(
    folder: Path, number: int, given: argparse.Namespace, left: int, postgres: Postgres | None
) -> Iterator[dict[str, Any]]:
    """One study from its beginning to its end; what happened to it, a row for each event."""
    chance = random.Random(f"{given.seed}:{number}")
    storage = folder / f"study-{number:03d}"
    storage.mkdir(parents=True, exist_ok=True)
    space = storage / f"{NAME}.yaml"
    space.write_text(SPACE)
    memory, due = Memory(), min(left, chance.randint(3, 7))
    until = time.monotonic() + STUDY_SECONDS
    words = ["run", str(space)]
    if postgres is not None:
        os.environ["RNNSEARCH_LEDGER"] = postgres.fresh(f"storm{number}")
    with server(storage, given.server) as (environment, restart):
        while True:
            log = (storage / "log").open("ab")
            called = [sys.executable, "-m", "rnnsearch", *words, "--storage", str(storage), "-q"]
            with (
                log,
                subprocess.Popen(called, stdout=log, stderr=log, env=environment) as driver,
            ):
                running = Running(driver, restart, postgres and partial(_crashed, postgres))
                # Some of the waits end while Ray and the packs start, most of them later.
                while due and not _over(driver, chance.uniform(3.0, 20.0)):
                    kind = chance.choice(list(BLOWS))
                    if BLOWS[kind](running, chance):
                        due -= 1
                        time.sleep(1.0)
                        yield {"study": number, "kind": kind, **memory.look(storage)}
                try:
                    status = driver.wait(max(1.0, until - time.monotonic()))
                except subprocess.TimeoutExpired:
                    driver.kill()
                    yield {"study": number, "kind": "the end", "no end": 1}
                    return
            if status == 0:
                break
            words = ["resume", NAME]
            if not (storage / NAME / "study.yaml").exists():
                words = ["run", str(space)]
        yield {"study": number, "kind": "the end", **memory.look(storage), **whole(storage)}


def _crashed(postgres: Postgres) -> None:
    """Kill the database with SIGKILL, and start it again after a while."""
    postgres.crash()
    time.sleep(FROZEN_SECONDS)
    postgres.start()


def _over(driver: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for so long; whether the driver ended meanwhile."""
    try:
        driver.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def whole(storage: Path) -> dict[str, int]:
    """What is wrong with a study that has ended."""
    wrongs: Counter[str] = Counter()
    study = Study.open(NAME, storage=storage)
    result = study.result()
    wrongs["lost"] += TRIALS - len(result.trials)
    wrongs["changed"] += sum(one.state not in ENDED for one in result.trials)
    try:
        with closing(sqlite3.connect(storage / "mlflow.db")) as database:
            check_ledger_rows(lambda sql: database.execute(sql).fetchall(), result)
    except AssertionError as error:
        print(f"{storage.name}: MLflow's rows: {error}", flush=True)
        wrongs["rows wrong"] += 1
    for one in result.trials:
        try:
            same = reproduce(study.spec, study.directory, one.number, apart=False).same
        except RnnsearchError as error:
            print(f"{storage.name}: trial {one.number}: {error}", flush=True)
            same = one.state == "failed"
        wrongs["not reproduced"] += not same
    return dict(+wrongs)


@contextmanager
def server(storage: Path, wanted: bool) -> Iterator[tuple[dict[str, str], Any]]:
    """The environment of a study's commands; where it is wanted, with MLflow's own server."""
    environment = dict(os.environ)
    if not wanted:
        yield environment, None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    words += ["--backend-store-uri", f"sqlite:///{storage}/mlflow.db", "--workers", "1"]
    words += ["--artifacts-destination", str(storage / "artifacts")]
    processes: list[subprocess.Popen[bytes]] = []

    def end() -> None:
        everyone = psutil.Process(processes[-1].pid).children(recursive=True)
        for one in [*everyone, psutil.Process(processes[-1].pid)]:
            one.kill()
        processes[-1].wait()

    def start() -> None:
        with (storage / "server.log").open("ab") as log:
            processes.append(subprocess.Popen(words, stdout=log, stderr=log))
        for _ in range(3000):
            try:
                with urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("MLflow's server does not start")

    def restart() -> None:
        end()
        time.sleep(3.0)
        start()

    start()
    try:
        yield {**environment, "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}"}, restart
    finally:
        end()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no study after so many")
    parser.add_argument("--server", action="store_true", help="records go to MLflow's own server")
    parser.add_argument("--database", action="store_true", help="ledgers lie in PostgreSQL")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    kept = given.folder / "storm.jsonl"
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    # A study whose end is not told was cut off with this command, and is left out.
    whole_ones = {row["study"] for row in rows if row["kind"] == "the end"}
    rows = [row for row in rows if row["study"] in whole_ones]
    until = time.monotonic() + 60.0 * given.minutes
    number = max((row["study"] for row in rows), default=-1) + 1
    with served() if given.database else nullcontext() as postgres:
        while (left := given.events - _events(rows)) > 0 and time.monotonic() < until:
            while (given.folder / f"study-{number:03d}").exists():
                number += 1
            for row in storm(given.folder, number, given, left, postgres):
                rows.append(row)
                with kept.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(row, flush=True)
            number += 1
    return _told(rows)


def _events(rows: list[dict[str, Any]]) -> int:
    return sum(row["kind"] != "the end" for row in rows)


def _told(rows: list[dict[str, Any]]) -> int:
    """Print a line for each kind of event; 1 where anything is wrong."""
    studies = len({row["study"] for row in rows})
    print(f"\n{_events(rows)} events over {studies} studies of {TRIALS} trials\n")
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
