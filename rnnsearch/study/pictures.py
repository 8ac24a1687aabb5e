"""The pictures of a study, drawn once its search is over; one that fails costs nothing."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.commands import shown
from rnnsearch.events import RANKED
from rnnsearch.goal import standing

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.study.opened import OpenedStudy
    from rnnsearch.tasks.base import Score, TaskData


@dataclass(frozen=True, slots=True)
class Pictures:
    """Draws the pictures of a study.

    Where one cannot be drawn, a line says so, its traceback lies in the study's logs, and the study
    goes on to its end without it.

    Attributes:
        say: Called with a line that should stay on the screen.
    """

    study: OpenedStudy
    say: Callable[[str], None]

    def draw_champion(self, champion: ChampionChosen | None) -> None:
        """Draw the champion's picture, where there is a champion and no picture of it yet."""
        if champion is None or Path(champion.figure).is_file():
            return
        spec, trials = self.study.spec, self.study.ledger.trials()
        # Where the task itself is sampled, the champion may have learned from other data.
        sampled = any(key.startswith("task.") for key in spec.parameters)
        data = None if sampled else self.study.data
        self._draw("champion", lambda: draw_champion(champion, trials, spec, data))

    def draw_study(self, baselines: Sequence[Score]) -> None:
        """Draw the picture of all trials and the baselines."""
        spec, ledger, folder = self.study.spec, self.study.ledger, self.study.directory.figures
        champion = ledger.notes.champion
        number = None if champion is None else champion.number
        self._draw("study", lambda: draw_trials(ledger.trials(), baselines, spec, folder, number))

    def _draw(self, subject: str, draw: Callable[[], object]) -> None:
        try:
            draw()
        except Exception as error:
            log = self.study.directory.logs / f"picture-{subject}.log"
            log.write_text(traceback.format_exc(), encoding="utf-8")
            problem = str(error).partition("\n")[0] or type(error).__name__
            self.say(f"note: there is no picture of the {subject}: {problem} ({shown(log)})")


def draw_champion(
    event: ChampionChosen,
    trials: Sequence[TrialRecord],
    spec: StudySpec,
    data: TaskData | None = None,
) -> None:
    """Draw the champion's picture at the event's `figure`.

    It is what the champion's task shows of a trained model, or else the curves of its training.

    Args:
        data: What the champion learned from; None reads it again.
    """
    from rnnsearch.figures.curve import draw_curve
    from rnnsearch.training.loading import load_model
    from rnnsearch.training.weights import History

    path = Path(event.figure)
    trained = load_model(Path(event.path), allow_code=True)
    title = f"study {spec.name}: trial {event.number}, seed {event.seed}"
    figure = trained.figure(data)
    if figure is not None:
        figure.draw(path, title)
        return
    history = trained.history
    if history is None:  # a checkpoint of an older version, or of a trial still in training
        trial = next(trial for trial in trials if trial.number == event.number)
        history = History(spec.search.metric, trial.values_by_epoch, trial.losses_by_epoch, {})
    curves = history.curves()
    label = "value" if len(curves) > 1 else history.metric
    draw_curve(curves, path, title=f"{title}: the way of its training", value_label=label)


def draw_trials(
    trials: Sequence[TrialRecord],
    baselines: Sequence[Score],
    spec: StudySpec,
    folder: Path,
    champion: int | None = None,
) -> Path:
    """Draw every trial with the best so far, the learning curves, and the baselines.

    Args:
        folder: Where the picture is to lie, as `study.png`.
        champion: The number of the trial that won, once there is one.

    Returns:
        The picture's path.
    """
    from rnnsearch.figures.study import TrialPoint, draw_study

    search = spec.search
    path = folder / "study.png"
    ranked = [trial for trial in trials if trial.state in RANKED]
    leader = min(ranked, key=lambda t: (t.standing(search.goal), t.number), default=None)
    scores = {one.name: one.metrics.get(search.metric) for one in baselines}
    known = {name: value for name, value in scores.items() if value is not None}
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
