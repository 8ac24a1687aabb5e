"""What a flush of the ledger costs: the journal file against PostgreSQL, in turn.

    rnnsearch bench ledger --postgres URL [--trials 1000] [--rounds 3] [--folder DIR] [--json FILE]

Each round writes the same made-up study to both, flushed after every report of a pack: `--aboard`
trials, an epoch each. `flush` is the median of a flush in milliseconds, `slow` its 99th percentile,
`all` the seconds of the whole study with its proposals, `read` those that a first look at it takes.
The rows of a study in the database are removed afterwards. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from measured import keep

from rnnsearch.search.database.address import checked
from rnnsearch.search.database.note import make_note, new_note
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import read_ledger
from rnnsearch.space.load import loads

SPACE = """
task: {type: sine}
model: {hidden_size: {int: [2, 64]}, cell: {choice: [gru, lstm]}}
training: {learning_rate: {loguniform: [1e-4, 1e-1]}, steps_per_epoch: 10, max_epochs: 12}
search: {num_trials: TRIALS, sampler: {type: random}}
"""


def write(directory: StudyDirectory, trials: int, aboard: int) -> dict[str, float]:
    """A study from its first trial to its last; what it took."""
    spec = loads(SPACE.replace("TRIALS", str(trials)), name=directory.name, directory=Path())
    began = time.perf_counter()
    ledger = Ledger.create(directory, spec)
    flushes: list[float] = []

    def flush() -> None:
        before = time.perf_counter()
        ledger.flush()
        flushes.append(time.perf_counter() - before)

    while holding := [trial for _ in range(aboard) if (trial := ledger.ask()) is not None]:
        for epoch in range(1, 13):
            ledger.report([(one.number, epoch, 1.0 / (epoch + one.number)) for one in holding])
            flush()
        for one in holding:
            ledger.finish(one.number, "complete", reason="its end", seconds=1.0)
        flush()
    ledger.close()
    ended = time.perf_counter()
    assert len(read_ledger(directory, spec).trials) == trials
    flushes.sort()
    return {
        "flush": 1e3 * median(flushes),
        "slow": 1e3 * flushes[int(0.99 * len(flushes))],
        "all": ended - began,
        "read": time.perf_counter() - ended,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="rnnsearch bench ledger", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--postgres", required=True, metavar="URL", help="the database")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--aboard", type=int, default=8, help="trials that report together")
    parser.add_argument("--folder", type=Path, help="where the file lies; else the system's")
    parser.add_argument("--json", type=Path, help="add the rows to this file")
    given = parser.parse_args()
    address = checked(given.postgres, "--postgres")
    print(f"{'':10}{'flush ms':>10}{'slow ms':>10}{'all s':>10}{'read s':>10}")
    ratios: list[float] = []
    kept: list[dict[str, object]] = []
    for number in range(given.rounds):
        rows: dict[str, dict[str, float]] = {}
        ways: dict[str, Callable[[StudyDirectory], object]] = {
            "file": lambda directory: None,
            "postgres": lambda directory: make_note(directory.database, new_note(address)),
        }
        for way in sorted(ways, reverse=bool(number % 2)):
            with tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=given.folder) as storage:
                directory = StudyDirectory(Path(storage), "bench")
                directory.create()
                ways[way](directory)
                rows[way] = write(directory, given.trials, given.aboard)
                directory.ledger_place.delete()
            row = rows[way]
            cells = "".join(f"{row[one]:10.2f}" for one in ("flush", "slow", "all", "read"))
            print(f"{way:10}{cells}", flush=True)
            kept.append({"round": number, "way": way, **row})
        ratios.append(rows["postgres"]["flush"] / rows["file"]["flush"])
    keep(given.json, f"ledger of {given.trials} trials", kept)
    print(f"postgres takes {median(ratios):.2f} times the file's flush (median of {len(ratios)})")


if __name__ == "__main__":
    main()
