"""Pictures of a study, drawn from its ledger and its champion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.figures.panels import Panels, written
from rnnsearch.goal import standing

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import Score, TaskData
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
    from rnnsearch.figures.curve import draw_curve
    from rnnsearch.figures.letters import draw_letters
    from rnnsearch.figures.matrices import draw_confusion, draw_events
    from rnnsearch.training.trained import TrainedModel
    from rnnsearch.training.weights import History

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
    history = trained.history
    if history is None:  # of an older version, or of a trial that was still in training
        own = next(trial for trial in trials if trial.number == event.number)
        history = History(spec.search.metric, own.values_by_epoch, own.losses_by_epoch, {})
    curves = {history.metric: history.values, "train_loss": history.losses}
    curves = {name: curve for name, curve in curves.items() if curve}
    pair = _followed(trained, data) if history.said else None
    if pair is not None:
        title = f"{whose}: what it wrote, by epoch"
        draw_letters(history.said, *pair, curves, path, title=title, kept=trained.epoch)
        return
    label = "value" if len(curves) > 1 else history.metric
    draw_curve(curves, path, title=f"{whose}: the way of its training", value_label=label)


def _followed(trained: TrainedModel, data: TaskData | None) -> tuple[str, str] | None:
    """The letters of a small text and those that follow; None where symbols are no letters."""
    from rnnsearch.tasks.load import load_data
    from rnnsearch.tasks.text.data import TextData

    data = load_data(trained.config.task) if data is None else data
    if not isinstance(data, TextData):
        return None
    read, wanted = data.followed()
    letters = data.vocabulary.unit == "char"  # bytes of a letter are none by themselves
    return (read, wanted) if letters else None


def draw_rollout(trained: TrainedModel, panels: Panels, path: Path, whose: str) -> None:
    """A model's predictions; the title says how they were made, of which series, from when on.

    Args:
        whose: What the title begins with.
    """
    from rnnsearch.figures.panels import draw_panels

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
    baselines: Sequence[Score],
    spec: StudySpec,
    folder: Path,
    champion: int | None = None,
) -> Path:
    """Every trial with the best so far, their learning curves, and the baselines.

    Args:
        champion: The trial that won, once there is one.
    """
    from rnnsearch.figures.study import TrialPoint, draw_study

    search = spec.search
    path = folder / "study.png"
    able = [trial for trial in trials if trial.state in ("complete", "pruned")]
    leader = min(able, key=lambda t: (t.standing(search.goal), t.number), default=None)
    rivals = {one.name: one.metrics.get(search.metric) for one in baselines}
    known = {name: value for name, value in rivals.items() if value is not None}
    draw_study(
        [
            TrialPoint(trial.number, trial.state, trial.best_value, trial.values_by_epoch)
            for trial in trials
        ],
        path,
        title=f"study {spec.name}",
        value_label=search.metric,
        goal=search.goal,
        rungs=spec.stopping_rule().rungs,
        baselines=dict(sorted(known.items(), key=lambda one: standing(search.goal, one[1]))),
        best=leader.number if champion is None and leader is not None else champion,
        won=champion is not None,
    )
    return path
