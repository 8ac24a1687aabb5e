"""What recording costs: the same study with its records in MLflow and without them, in turn.

    rnnsearch bench records [--trials 1000] [--rounds 3] [--record all] [--json FILE]

Each round runs both, the one that comes first changing from round to round. `wall` is the whole
command, `end` the time from the last training to its end: scoring, pictures, and of the one with
records their last ones and the registered model. The ratio of a round compares its two runs, which
a busy machine slows alike. `cpu` is the processor time of the driver and the writer of the records;
packs and Ray's daemons are not in it. Of the end the stages are told too: those that overlap are
each told whole, so they do not add up. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from measured import keep

HERE = Path(__file__).parent
MODES = ("with", "without")


def run(mode: str, trials: int, rule: str) -> tuple[dict[str, float], dict[str, float]]:
    """One study; its seconds, and those of the stages of its end."""
    with tempfile.TemporaryDirectory(prefix="bench-records-") as storage:
        words = [sys.executable, str(HERE / "recorded_study.py"), mode, storage, str(trials), rule]
        began, before = time.time(), _processor_seconds()
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        ended, after = time.time(), _processor_seconds()
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}\n{done.stdout}\n{done.stderr}")
    row = json.loads(done.stdout.splitlines()[-1])
    stages = {**row["stages"], "leave the process": ended - row["done"]}
    figures = {"wall": ended - began, "end": ended - row["last"], "cpu": after - before}
    return figures, stages


def _processor_seconds() -> float:
    """Processor time of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(prog="rnnsearch bench records", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", default="all", help="as `rnnsearch run --record`")
    parser.add_argument("--json", type=Path, help="add the rows to this file")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for number in range(1, given.rounds + 1):
        order = MODES if number % 2 else MODES[::-1]
        runs = {mode: run(mode, given.trials, given.record) for mode in order}
        seconds = {mode: figures for mode, (figures, _) in runs.items()}
        rows.append(
            {
                "round": number,
                **{f"wall {mode}, s": seconds[mode]["wall"] for mode in MODES},
                "wall ratio": seconds["with"]["wall"] / seconds["without"]["wall"],
                **{f"cpu {mode}, s": seconds[mode]["cpu"] for mode in MODES},
                **{f"end {mode}, s": seconds[mode]["end"] for mode in MODES},
            }
        )
        print(rows[-1], flush=True)
        for mode, (_, stages) in runs.items():
            words = ", ".join(f"{label} {took:.1f}" for label, took in stages.items())
            print(f"  the end {mode} records: {words} s", flush=True)
    names = [name for name in rows[0] if name != "round"]
    rows.append({"round": "median", **{name: median(row[name] for row in rows) for name in names}})
    keep(given.json, f"records of {given.trials} trials, {given.record}", rows)


if __name__ == "__main__":
    main()
