"""Trials, results and settings made by hand, as small as the screen needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.events import TrialState
from rnnsearch.goal import Goal
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.load import loads
from rnnsearch.space.spec import SearchConfig, StudySpec
from rnnsearch.study import Champion, RunFigures, StudyResult
from rnnsearch.tasks.base import Score

SPACE = """
task: {type: sine}
model: {cell: {choice: [rnn, lstm]}}
training: {max_epochs: 9}
search: {metric: val_mse, num_trials: 10}
"""

TEXT_SPACE = """
task: {type: text, text: hello, cyclic: true, split: {train: 1.0, val: 0.0, test: 0.0}}
training: {max_epochs: 9}
search: {metric: train_nats, scheduler: {type: none}}
"""


def search(goal: Goal = Goal.MINIMIZE, budget: float | None = None) -> SearchConfig:
    return SearchConfig(metric="val_mse", goal=goal, num_trials=10, time_budget=budget)


def spec(text: str = SPACE) -> StudySpec:
    return loads(text, name="wave", directory=Path.cwd())


def record(
    number: int,
    state: TrialState = "complete",
    best: float | None = None,
    curve: Mapping[int, float] | None = None,
) -> TrialRecord:
    curve = curve or {}
    best_epoch = min(curve, key=lambda epoch: curve[epoch]) if curve else None
    return TrialRecord(
        number=number,
        name=f"trial-{number:04d}-rnn",
        state=state,
        params={"model.cell": "rnn"},
        values_by_epoch=curve,
        value=best,
        best_value=best,
        best_epoch=best_epoch,
        epoch=max(curve, default=0),
        reason="stopped by ASHA at epoch 5" if state == "pruned" else "",
        seed=7,
        attempts=1,
        crashes=0,
        snapshot=None,
        seconds=1.5,
        started=0.0,
        ended=1.0,
    )


def champion(number: int, val: float, text: str = "", metric: str = "val_mse") -> Champion:
    return Champion(
        time=0.0,
        number=number,
        seed=7,
        path="checkpoint",
        val_metrics={"train_loss": 0.5, metric: val},
        test_metrics={"test_mse": 0.25},
        text=text,
        figure="figures/champion.png",
    )


def figures(state: str = "complete", reason: str = "", **changes: Any) -> RunFigures:
    return RunFigures(
        state=state,
        reason=reason,
        wall_seconds=75.0,
        training_steps=12_345,
        trials_per_hour=4321.0,
        tracking_uri="sqlite:///mlflow.db",
        champion_uri="models:/wave/1",
        **changes,
    )


def result(
    storage: Path,
    trials: Sequence[TrialRecord],
    *,
    space: str = SPACE,
    won_by: Champion | None = None,
    run: RunFigures | None = None,
    baselines: Sequence[Score] = (),
    notes: Sequence[str] = (),
) -> StudyResult:
    return StudyResult(
        spec=spec(space),
        directory=StudyDirectory(storage, "wave"),
        trials=trials,
        baselines=baselines,
        champion=won_by,
        run=run,
        notes=notes,
    )
