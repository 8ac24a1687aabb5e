"""Pictures of a study, drawn from its ledger and its champion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.events import RANKED
from rnnsearch.goal import standing

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import Score, TaskData


def draw_champion(
    event: ChampionChosen,
    trials: Sequence[TrialRecord],
    spec: StudySpec,
    data: TaskData | None = None,
) -> None:
    """What the champion's task shows of it, at the event's `figure`; else its curve.

    Args:
        data: That it learned from; None reads it again.
    """
    from rnnsearch.figures.curve import draw_curve
    from rnnsearch.training.trained import TrainedModel
    from rnnsearch.training.weights import History

    path = Path(event.figure)
    trained = TrainedModel.load(Path(event.path), allow_code=True)
    whose = f"study {spec.name}: trial {event.number}, seed {event.seed}"
    figure = trained.figure(data)
    if figure is not None:
        figure.draw(path, whose)
        return
    history = trained.history
    if history is None:  # of an older version, or of a trial that was still in training
        own = next(trial for trial in trials if trial.number == event.number)
        history = History(spec.search.metric, own.values_by_epoch, own.losses_by_epoch, {})
    curves = history.curves()
    label = "value" if len(curves) > 1 else history.metric
    draw_curve(curves, path, title=f"{whose}: the way of its training", value_label=label)


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
    able = [trial for trial in trials if trial.state in RANKED]
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
