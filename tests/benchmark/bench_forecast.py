"""Time to a good forecaster of real data: our search against neuralforecast's, Optuna's and Ray's.

    rnnsearch bench forecast --data FOLDER --rival-python PATH [--problems sunspots etth1]
        [--seconds 120] [--rounds 3] [--contenders rnnsearch neuralforecast optuna ray]
        [--runs FOLDER] [--json FILE] [--picture FILE.png]

FOLDER holds monthly-sunspots.csv and ETTh1.csv; without it `series` in the folder that the variable
RNNSEARCH_DATA names. Rivals run in an environment of their own, whose Python is PATH:

    python -m venv rivals && rivals/bin/pip install torch neuralforecast optuna 'ray[tune]' pyyaml

Every contender is started anew, has two cores, and searches for so many seconds from its command
on; the next round takes them in the other order. In the end the champions of all are scored by
their forecasts from the same rows. Runs are kept as they end, and the next call adds to them;
`--rounds 0` only reports.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from forecast.comparing import baselines, contradictions, draw, outcomes, times
from forecast.problems import PROBLEMS
from forecast.race import CONTENDERS, OURS, Run, judge, read, run
from measured import keep

USUAL = (OURS, "neuralforecast", "optuna", "ray")


def main() -> None:
    """Race, judge and report."""
    arguments = _arguments()
    file = arguments.runs / "runs.jsonl"
    arguments.runs.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.rounds):
        for name in arguments.problems:
            _round(arguments, file, name, number)
    if arguments.race_only:
        return
    _judge(arguments, file)
    _report(arguments, read(file))


def _round(arguments: argparse.Namespace, file: Path, name: str, number: int) -> None:
    """Every contender once, in turn."""
    order = arguments.contenders if number % 2 == 0 else arguments.contenders[::-1]
    for who in order:
        count = sum(one.problem == name and one.who == who for one in read(file)) + 1
        one = run(
            name,
            who,
            count,
            data=arguments.data.resolve(),
            seconds=arguments.seconds,
            folder=(arguments.runs / f"{name}-{who}-{count}").resolve(),
            python=str(arguments.rival_python.absolute()),
        )
        with file.open("a") as lines:
            lines.write(one.to_json() + "\n")
        best = "none" if one.best is None else f"{one.best:.5g}"
        print(
            f"{name}, round {count}, {who}: {len(one.trials)} trials ended, best {best}; command "
            f"{one.wall:.1f} s, load before {one.load:.1f}",
            flush=True,
        )


def _judge(arguments: argparse.Namespace, file: Path) -> None:
    """Score the champions that have not been scored, and keep what they have."""
    runs = read(file)
    for one in runs:
        if not one.judged:
            data = PROBLEMS[one.problem].read(arguments.data)
            python = str(arguments.rival_python.absolute())
            judge(one, data, arguments.data.resolve(), python)
    file.write_text("".join(f"{one.to_json()}\n" for one in runs))


def _report(arguments: argparse.Namespace, runs: list[Run]) -> None:
    """Tables, picture, and what does not fit together."""
    known = {name: [one for one in runs if one.problem == name] for name in arguments.problems}
    known = {name: some for name, some in known.items() if some}
    for name, some in known.items():
        problem = PROBLEMS[name]
        tables: dict[str, list[dict[str, Any]]] = {
            "without a search": baselines(problem.read(arguments.data)),
            "seconds to a target, at the end of a trial": times(some, reported=False),
            "seconds to a target, at an epoch's report": times(some, reported=True),
            "in the end": outcomes(some),
        }
        for what, rows in tables.items():
            print(f"\n### {name}, {problem.said}: {what}")
            keep(arguments.json, f"{name}: {what}", rows)
        for line in contradictions(some):
            print(f"does not fit: {line}")
    if arguments.picture and known:
        draw(known, arguments.picture)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="rnnsearch bench forecast",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    folder = os.environ.get("RNNSEARCH_DATA")
    data = Path(folder) / "series" if folder else None
    parser.add_argument("--data", type=Path, default=data, required=data is None, metavar="FOLDER")
    parser.add_argument("--rival-python", type=Path, required=True, metavar="PATH")
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--seconds", type=float, default=120.0, help="Of each search.")
    parser.add_argument("--rounds", type=int, default=3, help="0: only report.")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(USUAL))
    parser.add_argument(
        "--race-only", action="store_true", help="Leave champions and tables to a later call."
    )
    parser.add_argument("--runs", type=Path, default=Path("studies") / "forecast-runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Add the rows to it.")
    parser.add_argument("--picture", type=Path, metavar="FILE.png")
    return parser.parse_args()


if __name__ == "__main__":
    main()
