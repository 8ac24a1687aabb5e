"""Pictures of a study, drawn from its ledger and its champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.space.describe import rungs
from rnnsearch.tasks.panels import Panels, written

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import TaskData
    from rnnsearch.training.trained import TrainedModel


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
    from rnnsearch.records.figures import draw_curve
    from rnnsearch.records.matrices import draw_confusion, draw_events
    from rnnsearch.training.trained import TrainedModel

    path = Path(event.figure)
    trained = TrainedModel.load(Path(event.path), allow_code=True)
    whose = f"study {spec.name}: trial {event.number}, seed {event.seed}"
    panels = trained.panels(data=data)
    if panels is not None:
        draw_rollout(trained, panels, path, f"{whose}, ")
        return
    arrays = trained.picture(data=data)
    if arrays is not None and "confusion" in arrays:
        draw_confusion(arrays, path, title=f"{whose}, on the validation part")
        return
    if arrays is not None and "chances" in arrays:
        draw_events(arrays, path, title=f"{whose}, one step ahead")
        return
    metric = spec.search.metric
    curve = next(trial.values_by_epoch for trial in trials if trial.number == event.number)
    draw_curve({metric: curve}, path, title=whose, value_label=metric)


def draw_rollout(trained: TrainedModel, panels: Panels, path: Path, whose: str) -> None:
    """A model's predictions; the title says how they were made, of which series, from when on.

    Args:
        whose: What the title begins with.
    """
    from rnnsearch.records.rollouts import draw_panels

    first = [panel.prediction_time[0] for panel in panels.shown]
    panel = panels.shown[0]
    title = f"{whose}{trained.picture_caption()}"
    if panel.name and len(panels.shown) == 1:
        title += f" of {panel.name}"
    dated = panel.time.dtype.kind == "M"
    if dated or not panel.along.startswith("time"):
        title += f" from {'' if dated else f'{panel.along} '}{written(min(first))}"
        title += "" if len(set(first)) == 1 else " or later"
    draw_panels(panels, path, title=title)


def draw_trials(
    trials: Sequence[TrialRecord],
    baselines: Sequence[Mapping[str, Any]],
    spec: StudySpec,
    folder: Path,
    champion: int | None = None,
) -> Path:
    """Every trial with the best so far, their learning curves, and the baselines.

    Args:
        champion: The trial that won, once there is one.
    """
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
        champion=champion,
    )
    return path
