"""Pictures of a study, drawn from its ledger and its champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.space.describe import rungs

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import TaskData


def draw_champion(
    event: ChampionChosen,
    trials: Sequence[TrialRecord],
    spec: StudySpec,
    data: TaskData | None = None,
) -> None:
    """What the champion's task shows of it, at the event's `figure`: a rollout, a confusion matrix;
    else its curve.

    Args:
        data: That it learned from; None reads it again.
    """
    from rnnsearch.records.figures import draw_curve, draw_rollout
    from rnnsearch.records.matrices import draw_confusion, draw_events
    from rnnsearch.training.trained import TrainedModel

    path = Path(event.figure)
    trained = TrainedModel.load(Path(event.path), allow_code=True)
    arrays = trained.picture(data=data)
    if arrays is not None and "confusion" in arrays:
        draw_confusion(arrays, path, title=f"trial {event.number}, on the validation part")
        return
    if arrays is not None and "chances" in arrays:
        draw_events(arrays, path, title=f"trial {event.number}, one step ahead")
        return
    if arrays is not None:
        title = f"trial {event.number}, {trained.picture_caption()}"
        draw_rollout(arrays, path, title=title, labels=trained.axis_labels())
        return
    metric = spec.search.metric
    curve = next(trial.values_by_epoch for trial in trials if trial.number == event.number)
    draw_curve({metric: curve}, path, title=f"trial {event.number}", value_label=metric)


def draw_trials(
    trials: Sequence[TrialRecord],
    baselines: Sequence[Mapping[str, Any]],
    spec: StudySpec,
    folder: Path,
) -> Path:
    """Every trial with the best so far, their learning curves, and the baselines."""
    from rnnsearch.records.figures import TrialPoint, draw_study

    metric = spec.search.metric
    path = folder / "study.png"
    draw_study(
        [
            TrialPoint(
                trial.number,
                trial.state,
                trial.best_value,
                trial.values_by_epoch,
                trial.best_loss,
            )
            for trial in trials
        ],
        path,
        title=f"study {spec.name}",
        value_label=metric,
        goal=spec.search.goal,
        rungs=rungs(spec),
        baselines={
            row["name"]: row["metrics"][metric] for row in baselines if metric in row["metrics"]
        },
    )
    return path
