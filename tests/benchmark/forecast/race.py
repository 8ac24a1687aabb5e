"""Runs one contender for so many seconds, in a process of its own, and keeps what came of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from forecast import ours, shared
from forecast.problems import PROBLEMS, Data

HERE = Path(__file__).parents[1]
OURS = "rnnsearch"
SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "neuralforecast": ("forecast.by_neuralforecast", "own"),
    "neuralforecast-cut": ("forecast.by_neuralforecast", "ours"),
    "optuna": ("forecast.by_optuna",),
    "ray": ("forecast.by_ray",),
}
CONTENDERS = (OURS, *SCRIPTS)
PATIENCE: Mapping[str, float] = {OURS: 300.0, "ray": 30.0}
"""Seconds that a contender has after the deadline to end by itself: ours trains and scores its
finalists, Ray closes down. Nobody's later trials count."""
PATIENCE_OF_OTHERS = 2.0


class RaceError(RuntimeError):
    """A contender came to no trial and said why."""


@dataclass(kw_only=True)
class Run:
    """What a contender did in one round.

    Attributes:
        seconds: That its search had from its command on.
        imported: Seconds until its processes had imported what they need; None of ours, which says
            nothing of it.
        reports: Errors on the validation part and the seconds at which they were known.
        trials: The same of trials that had ended, the best of their epochs.
        wall: Seconds from the command to its end.
        champion: Weights of the best trial that had ended in time; of ours, of the champion.
        judged: Errors of the champion by its forecasts.
        seeds: Of ours, the mean test error of the champion's configuration over its seeds.
    """

    problem: str
    who: str
    round: int
    seconds: float
    imported: float | None
    reports: list[tuple[float, float]]
    trials: list[tuple[float, float]]
    wall: float
    champion: str | None
    judged: dict[str, float] = field(default_factory=dict)
    seeds: float | None = None
    load: float = 0.0

    @property
    def best(self) -> float | None:
        """The best error of trials that had ended in time."""
        return min((value for _, value in self.trials), default=None)

    def until(self, target: float, *, reported: bool = False) -> float | None:
        """Seconds until the target was reached by an ended trial, or by a report; None: never."""
        points = self.reports if reported else self.trials
        return next((seconds for seconds, value in points if value <= target), None)

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def run(
    problem: str, who: str, number: int, *, data: Path, seconds: float, folder: Path, python: str
) -> Run:
    """Start a contender, wait for it, and read what it noted."""
    folder.mkdir(parents=True)
    began, load = time.time(), os.getloadavg()[0]
    deadline = began + seconds
    environment = dict(os.environ)
    if who == OURS:
        command = ours.command(problem, str(data), folder, seconds, number)
    else:
        module, *more = SCRIPTS[who]
        words = (problem, str(data), str(folder), str(deadline), str(number), *more)
        command = [python, "-m", module, *words]
        environment["PYTHONPATH"] = str(HERE)
    with (folder / ours.RESULT).open("w") as out, (folder / "errors.log").open("w") as errors:
        process = subprocess.Popen(
            command, stdout=out, stderr=errors, cwd=HERE, env=environment, start_new_session=True
        )
        _wait(process, deadline + PATIENCE.get(who, PATIENCE_OF_OTHERS) - time.time())
    wall = time.time() - began
    champion, seeds = None, None
    if who == OURS:
        printed = ours.result(folder)
        lines = in_time(ours.records(PROBLEMS[problem], folder), deadline)
        if printed is not None:
            champion = printed["checkpoint"]
            test = printed["best"]["test"][f"test_{PROBLEMS[problem].metric.removeprefix('val_')}"]
            seeds = test["mean"]
    else:
        lines = in_time(shared.records(folder), deadline)
        known = [one for one in lines if one["what"] == "trial"]
        if known:
            best = min(known, key=lambda one: one["value"])
            champion = str(folder / f"{best['trial']}.pt")
    if not lines and wall < seconds:
        raise RaceError(f"{who} noted nothing:\n{(folder / 'errors.log').read_text()[-3000:]}")
    imports = [one["time"] - began for one in lines if one["what"] == "imported"]

    def points(what: str) -> list[tuple[float, float]]:
        return [(one["time"] - began, one["value"]) for one in lines if one["what"] == what]

    return Run(
        problem=problem,
        who=who,
        round=number,
        seconds=seconds,
        imported=max(imports, default=None),
        reports=points("report"),
        trials=points("trial"),
        wall=wall,
        champion=champion,
        seeds=seeds,
        load=load,
    )


def in_time(lines: Iterable[dict[str, Any]], deadline: float) -> list[dict[str, Any]]:
    """The records up to the deadline, which ends the trials that have reported and still run."""
    kept = [one for one in lines if one["time"] <= deadline]
    over = {one["trial"] for one in kept if one["what"] == "trial"}
    running: dict[str, float] = {}
    for one in kept:
        name, value = one["trial"], one["value"]
        if one["what"] == "report" and name not in over:
            running[name] = min(value, running.get(name, value))
    return kept + [
        {"what": "trial", "time": deadline, "trial": name, "value": value}
        for name, value in running.items()
    ]


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for a process, and end it and all of its own session after these seconds."""
    for limit, ending in ((seconds, signal.SIGTERM), (10.0, signal.SIGKILL), (None, None)):
        try:
            process.wait(limit)
            break
        except subprocess.TimeoutExpired:
            assert ending is not None
            os.killpg(process.pid, ending)
    else:
        raise AssertionError("a process outlived a wait without a limit")
    # Children may outlive the first of their session.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def judge(one: Run, data: Data, folder: Path, python: str) -> None:
    """Score the champion of a run by its forecasts."""
    if one.champion is None:
        return
    if one.who == OURS:
        one.judged = ours.judged(data, one.champion)
        return
    done = subprocess.run(
        [python, "-m", "forecast.judge", one.problem, str(folder), one.champion],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    if done.returncode:
        raise RaceError(f"the champion of {one.who} could not be scored:\n{done.stderr[-3000:]}")
    one.judged = json.loads(done.stdout.splitlines()[-1])


def read(path: Path) -> list[Run]:
    """Runs that were kept, in their order."""
    if not path.exists():
        return []
    return [_of(json.loads(line)) for line in path.read_text().splitlines()]


def _of(raw: dict[str, Any]) -> Run:
    points: Sequence[str] = ("reports", "trials")
    return Run(**{**raw, **{name: [tuple(one) for one in raw[name]] for name in points}})
