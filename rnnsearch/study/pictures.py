"""The pictures of a study, drawn once its search is over; one that fails costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from rnnsearch.disk import place_and_reason
from rnnsearch.events import RANKED
from rnnsearch.figures.figure import paths_of
from rnnsearch.goal import standing
from rnnsearch.search.ensemble_words import ensemble_name
from rnnsearch.trace_file import keep_trace

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.figures.figure import Figure
    from rnnsearch.figures.front import Front
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.study.opened import OpenedStudy
    from rnnsearch.tasks.base import Score, TaskData
    from rnnsearch.training.script.model import ScriptModel
    from rnnsearch.training.trained import TrainedModel

T = TypeVar("T")


class Attempt(Protocol):
    """Makes something for a picture."""

    def __call__(self, subject: str, make: Callable[[], T]) -> T | None:
        """What `make` returns; None where it failed and somebody was told so.

        Args:
            subject: What the picture shows.
        """
        ...


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

    def draw_champion(self, champion: ChampionChosen | None) -> Sequence[Figure] | None:
        """Draw the champion's pictures, where there is a champion and no picture of it yet.

        Returns:
            What was drawn; None where nothing was.
        """
        if champion is None or Path(champion.figure).is_file():
            return None
        spec, trials = self.study.spec, self.study.ledger.trials()
        # Where the task itself is sampled, the champion may have learned from other data.
        sampled = any(key.startswith("task.") for key in spec.parameters)
        data = None if sampled else self.study.data
        return self._made(
            "champion", lambda: draw_champion(champion, trials, spec, data, made=self._made)
        )

    def draw_study(self, baselines: Sequence[Score]) -> None:
        """Draw the picture of all trials and the baselines."""
        spec, ledger, folder = self.study.spec, self.study.ledger, self.study.directory.figures
        champion = ledger.notes.champion
        number = None if champion is None else champion.number
        self._made("study", lambda: draw_trials(ledger.trials(), baselines, spec, folder, number))

    def _made(self, subject: str, make: Callable[[], T]) -> T | None:
        """What `make` returns; None where it failed, which is said."""
        log = self.study.directory.logs / f"picture-{subject}.log"
        return attempted(make, f"there is no picture of the {subject}", log, self.say)


def attempted(
    make: Callable[[], T], without: str, log: Path, say: Callable[[str], None]
) -> T | None:
    """What `make` returns; None where it failed, which is said in a line.

    Args:
        without: What the line says.
        log: Where the traceback goes.
    """
    try:
        return make()
    except Exception as error:
        problem = str(error).partition("\n")[0] or type(error).__name__
        if isinstance(error, OSError):
            problem = place_and_reason(error)
        say(f"note: {without}: {problem} ({keep_trace(log)})")
        return None


def at_once(subject: str, make: Callable[[], T]) -> T | None:
    """What `make` returns; whoever calls meets what it raises."""
    del subject
    return make()


def draw_champion(
    event: ChampionChosen,
    trials: Sequence[TrialRecord],
    spec: StudySpec,
    data: TaskData | None = None,
    made: Attempt = at_once,
) -> Sequence[Figure]:
    """Draw the champion's pictures, the first one at the event's `figure`, and return them.

    They are what the champion's task shows of a trained model, and the course of its training.

    Args:
        data: What the champion learned from; None reads it again.
        made: Makes each of them, so that one that fails can cost that one alone.
    """
    model = champion_model(event, trials, spec)
    figures = made(Path(event.figure).stem, lambda: model.figures(data))
    if figures is None:  # what the task shows of it failed; its training can be shown
        figures = model.loss_curves(data)
    title = champion_title(event, spec)
    for path, figure in zip(paths_of(Path(event.figure), figures), figures, strict=True):
        made(path.stem, partial(figure.draw, path, title))
    return figures


def champion_title(champion: ChampionChosen, spec: StudySpec) -> str:
    """How the title of each of a champion's pictures begins."""
    if champion.fused:
        return f"study {spec.name}: {ensemble_name(champion.ensemble)}"
    return f"study {spec.name}: trial {champion.number}, seed {champion.seed}"


def champion_model(
    champion: ChampionChosen, trials: Sequence[TrialRecord], spec: StudySpec
) -> TrainedModel | ScriptModel:
    """A study's champion, which knows the course of its training and has pictures of itself.

    Raises:
        ModelError: The checkpoint folder is not there, or is damaged.
    """
    from rnnsearch.training.loading import load_model
    from rnnsearch.training.weights import History

    model = load_model(Path(champion.path), allow_code=True)
    if model.history is not None or champion.fused:
        return model
    # a checkpoint of an older version, or of a trial still in training
    trial = next(trial for trial in trials if trial.number == champion.number)
    history = History(spec.search.metric, trial.values_by_epoch, trial.losses_by_epoch, {})
    return replace(model, history=history)


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
        fronts=_fronts(trials, spec),
    )
    return path


def _fronts(trials: Sequence[TrialRecord], spec: StudySpec) -> list[Front]:
    """The trials by each goal beside the metric; none in a study of one goal."""
    from rnnsearch.figures.front import Front, FrontPoint
    from rnnsearch.search.goals.front import front_of
    from rnnsearch.space.goals import other_goals

    places = front_of(trials, spec)
    return [
        Front(
            goal.name,
            [
                FrontPoint(
                    one.number, one.goals[goal.name], one.best_value, places[one.number] == 1
                )
                for one in trials
                if one.number in places and one.best_value is not None and goal.name in one.goals
            ],
        )
        for goal in other_goals(spec.search.goals)
    ]
