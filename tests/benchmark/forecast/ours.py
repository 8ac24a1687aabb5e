"""Our contender: the command as people call it, and what its study's records say afterwards."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forecast.problems import PROBLEMS, Data, Part, Problem

RESULT = "result.json"
WINDOWS_AT_ONCE = 512


def command(problem: str, data: str, folder: Path, seconds: float, seed: int) -> list[str]:
    """A study of the shipped file without its first trials, for so many seconds."""
    asked: Problem = PROBLEMS[problem]
    changes = (f"task.path={Path(data) / asked.file}", "first_trials=[]", f"search.seed={seed}")
    return [
        *(sys.executable, "-m", "rnnsearch", "run", str(asked.space), "--storage", str(folder)),
        *(word for change in changes for word in ("--set", change)),
        *("--time-budget", f"{seconds:g}s", "--format", "json", "--quiet"),
    ]


def records(problem: Problem, folder: Path) -> list[dict[str, Any]]:
    """What the study noted, as `shared.Call.note` has it: ends of trials from its ledger, reports
    of epochs from MLflow."""
    from rnnsearch.study import Study

    result = Study.open(problem.name, storage=folder).result()
    lines = [
        {"what": "trial", "time": one.ended, "trial": str(one.number), "value": one.best_value}
        for one in result.trials
        if one.ended is not None and one.best_value is not None
    ]
    with sqlite3.connect(f"file:{folder}/mlflow.db?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT metrics.timestamp, tags.value, metrics.value FROM metrics JOIN tags "
            "ON tags.run_uuid = metrics.run_uuid AND tags.key = 'rnnsearch.trial' "
            "WHERE metrics.key = ? AND NOT metrics.is_nan",
            (problem.metric,),
        ).fetchall()
    lines += [
        {"what": "report", "time": time / 1000, "trial": trial, "value": value}
        for time, trial, value in rows
    ]
    return sorted(lines, key=lambda line: line["time"])


def result(folder: Path) -> dict[str, Any] | None:
    """What the command printed; None where it came to nothing."""
    lines = (folder / RESULT).read_text().splitlines()
    printed: dict[str, Any] | None = json.loads(lines[-1]) if lines else None
    return printed if printed and printed["best"] else None


def judged(
    data: Data, checkpoint: str, parts: Sequence[Part] = ("val", "test")
) -> dict[str, float]:
    """The errors of a champion's forecasts."""
    from rnnsearch import TrainedModel

    model = TrainedModel.load(checkpoint)
    scores = {}
    for part in parts:
        origins = data.origins(part)
        pieces = np.split(origins, range(WINDOWS_AT_ONCE, len(origins), WINDOWS_AT_ONCE))
        context = int(model.config.task.context)
        forecasts = [model.predict(data.before(at, context)) for at in pieces]
        scores[part] = data.score(part, np.concatenate(forecasts).astype(np.float64))
    return scores
