"""Trials an hour of whole studies, against Ray Tune's stock example and plain Optuna.

    rnnsearch bench search [--trials 1000 5000] [--rounds 2] [--sine 3] [--json FILE]

Each round runs our study of the first size, the stock example and plain Optuna, one after the
other; then come once the larger sizes, the packs' utilisation at (128, 32, 64), start and end of
the README's first command, and a start with an empty kernel cache. Nothing is asserted. Rivals
train fewer trials of the same space and are scaled. Few trials meet half-empty rungs and run longer
than many do, so a rival's rate is also given at our epochs a trial, as if a trial cost it nothing
but its epochs: the ratios of the last column err on the rival's side.

Rates are those from the first report to the last trial's end. Ours are of trials whose every epoch
is in MLflow when the run ends; the stock example records them as it goes, plain Optuna not at all.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from measured import keep

HERE = Path(__file__).parent
STOCK, OPTUNA = "Ray Tune's stock example", "plain Optuna, 2 processes"
OURS = "rnnsearch"
WARM_TRIALS = 40
SINE = HERE.parents[1] / "search_spaces" / "sine.yaml"
"""The first command of the README, with as many trials as it has."""
SINE_TRIALS = 60


@dataclass(frozen=True, slots=True)
class Run:
    """One program from its command to its end.

    Attributes:
        window: Seconds from the first report to the last trial's end.
        first_report: Seconds from the command.
        wall: Seconds from the command to its end.
        learned: Share of trials whose training loss fell; None where it was not looked at.
        figures: What the program said of itself.
    """

    who: str
    trials: int
    window: float
    first_report: float
    wall: float
    epochs: int
    stopped: int
    best: float
    learned: float | None
    figures: dict[str, Any]

    @property
    def rate(self) -> float:
        """Trials an hour."""
        return self.trials / self.window * 3600

    @property
    def ending(self) -> float:
        """Seconds from the last trial's end to the end of the command."""
        return self.wall - self.first_report - self.window

    def wall_of(self, trials: int, epochs_a_trial: float) -> float:
        """Seconds that the command would take for so many trials of so many epochs."""
        epochs = trials * epochs_a_trial
        return self.wall - self.window + epochs * self.window / self.epochs


def called(
    command: list[str], environment: dict[str, str] | None = None
) -> tuple[Any, float, float]:
    """The JSON of a program's last line, when it was called, and its seconds."""
    before = time.time()
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    wall = time.time() - before
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1]), before, wall


def rival(who: str, script: str, trials: int) -> Run:
    """Run a rival's script."""
    found, before, wall = called([str(HERE / script), str(trials)])
    return Run(
        who=who,
        trials=found["trials"],
        window=found["last_tell"] - found["first_report"],
        first_report=found["first_report"] - before,
        wall=wall,
        epochs=found["epochs"],
        stopped=found["stopped"],
        best=found["best"],
        learned=found["learned"],
        figures=found,
    )


def ours(space: str | Path, trials: int, environment: dict[str, str] | None = None) -> Run:
    """Run a study of ours in a fresh storage folder, and count its rows in MLflow.

    Args:
        space: Its file, from this folder.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        command = ["-m", "rnnsearch", "run", str(HERE / space), "--storage", folder]
        command += ["--trials", str(trials), "--format", "json", "--quiet"]
        found, before, wall = called(command, environment)
        with sqlite3.connect(f"file:{folder}/mlflow.db?mode=ro", uri=True) as database:
            (epochs, seen) = database.execute(
                "SELECT count(*), count(DISTINCT run_uuid) FROM metrics "
                "WHERE key = 'train_loss' AND run_uuid IN "
                "(SELECT run_uuid FROM tags WHERE key = 'rnnsearch.trial')"
            ).fetchone()
    if seen < trials or found["pending_records"]:
        raise RuntimeError(f"MLflow has {seen} of {trials} trials, {found['pending_records']} wait")
    ended = sum(found["trials"][state] for state in ("complete", "pruned", "diverged", "failed"))
    return Run(
        who=OURS,
        trials=ended,
        window=ended / found["trials_per_hour"] * 3600,
        first_report=found["started"] - before + found["first_report_seconds"],
        wall=wall,
        epochs=epochs,
        stopped=found["trials"]["pruned"],
        best=found["best"]["value"],
        learned=None,
        figures=found,
    )


def show(run: Run) -> Run:
    """A line on the screen as soon as a run is over."""
    print(
        f"{run.who}: {run.trials} trials in {run.window:.1f} s after {run.first_report:.1f} s, "
        f"{run.wall:.1f} s in all, {run.ending:.1f} of them after the last; {run.rate:,.0f} an "
        f"hour, {run.epochs / run.trials:.1f} epochs a trial, {run.stopped} stopped, best "
        f"{run.best:.2g}" + ("" if run.learned is None else f", loss fell in {run.learned:.0%}"),
        flush=True,
    )
    return run


def against(rounds: list[dict[str, Run]], larger: list[Run]) -> list[dict[str, Any]]:
    """The table of trials an hour: medians over the rounds, ratios round by round."""
    epochs_a_trial = median(one[OURS].epochs / one[OURS].trials for one in rounds)
    rows = []
    for who in rounds[0]:
        runs = [one[who] for one in rounds]
        rows.append(_row(who, runs, [one[OURS] for one in rounds], epochs_a_trial))
    rows += [_row(OURS, [run], [run], run.epochs / run.trials) for run in larger]
    return rows


def _row(who: str, runs: list[Run], us: list[Run], epochs_a_trial: float) -> dict[str, Any]:
    def at_our_epochs(run: Run) -> float:
        return run.rate * (run.epochs / run.trials) / epochs_a_trial

    theirs = who != OURS
    trials = us[0].trials
    walls = [run.wall_of(trials, epochs_a_trial) if theirs else run.wall for run in runs]
    return {
        "who": who,
        "trials": runs[0].trials,
        "epochs a trial": median(run.epochs / run.trials for run in runs),
        "trials an hour": round(median(run.rate for run in runs)),
        "ratio": median(a.rate / b.rate for a, b in zip(us, runs, strict=True)) if theirs else None,
        "trials an hour at our epochs": round(median(map(at_our_epochs, runs))),
        "ratio at our epochs": (
            median(a.rate / at_our_epochs(b) for a, b in zip(us, runs, strict=True))
            if theirs
            else None
        ),
        "command to end of our trials, s": median(walls),
        "ratio of commands": (
            median(wall / a.wall for a, wall in zip(us, walls, strict=True)) if theirs else None
        ),
    }


def costs(run: Run) -> dict[str, Any]:
    """What the driver spends a trial of ours."""
    figures = run.figures
    return {
        "trials": run.trials,
        "sampler, ms a trial": figures["sampler_seconds"] / run.trials * 1e3,
        "rest of the driver, ms a trial": figures["driver_seconds"] / run.trials * 1e3,
        "packs busy": figures["pack_utilisation"],
        "first report, s": run.first_report,
    }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog="rnnsearch bench search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--trials", nargs="+", type=int, default=[1000, 5000], metavar="N")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--stock", type=int, default=20, help="Trials of the stock example.")
    parser.add_argument("--optuna", type=int, default=60, help="Trials of plain Optuna.")
    parser.add_argument("--wide", type=int, default=240, help="Trials at (128, 32, 64); 0: none.")
    parser.add_argument("--sine", type=int, default=3, help="Runs of the first command; 0: none.")
    parser.add_argument("--no-cold", action="store_true", help="Without the empty kernel cache.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Add the rows to it.")
    arguments = parser.parse_args()
    # The first study on a machine compiles its kernels; that is measured apart.
    show(ours("search.yaml", WARM_TRIALS))
    rounds = []
    for _ in range(arguments.rounds):
        found = {OURS: show(ours("search.yaml", arguments.trials[0]))}
        if arguments.stock:
            found[STOCK] = show(rival(STOCK, "rival_ray.py", arguments.stock))
        if arguments.optuna:
            found[OPTUNA] = show(rival(OPTUNA, "rival_optuna.py", arguments.optuna))
        rounds.append(found)
    larger = [show(ours("search.yaml", count)) for count in arguments.trials[1:]]
    keep(arguments.json, "trials an hour", against(rounds, larger))
    studies = [*(one[OURS] for one in rounds), *larger]
    keep(arguments.json, "the driver, processor time", [costs(run) for run in studies])
    rest = []
    if arguments.wide:
        wide = show(ours("wide.yaml", arguments.wide))
        rest.append(
            {"what": "packs busy at (128, 32, 64)", "figure": wide.figures["pack_utilisation"]}
        )
    warm = median(run.first_report for run in studies)
    rest.append({"what": "command to first report, warm, s", "figure": warm})
    ending = median(run.ending for run in studies)
    rest.append({"what": "last trial to the end of the command, s", "figure": ending})
    if arguments.sine:
        runs = [show(ours(SINE, SINE_TRIALS)) for _ in range(arguments.sine)]
        first = median(run.first_report for run in runs)
        last = median(run.ending for run in runs)
        rest.append({"what": "sine.yaml: command to first report, warm, s", "figure": first})
        rest.append({"what": "sine.yaml: last trial to the end of the command, s", "figure": last})
    if not arguments.no_cold:
        with tempfile.TemporaryDirectory(prefix="bench-cache-") as cache:
            cold = show(ours("search.yaml", WARM_TRIALS, {"NUMBA_CACHE_DIR": cache}))
        rest.append({"what": "the same with no compiled kernel, s", "figure": cold.first_report})
    keep(arguments.json, "packs and start", rest)


if __name__ == "__main__":
    main()
