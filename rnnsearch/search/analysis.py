"""What a search did, and which parameters mattered in it, as plain rows. Draws nothing."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import optuna

from rnnsearch.events import RANKED, STATES
from rnnsearch.goal import Goal, standing
from rnnsearch.search.leaderboard import Row
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.proposals import optuna_distributions
from rnnsearch.space.spec import StudySpec

FEWEST = 4
"""Completed trials below which importances are not told."""
TRIALS_A_PARAMETER = 10
"""Below so many completed trials for each parameter, the importances come with a warning."""
TOGETHER = 0.6
"""Rank correlation from which on two parameters went together."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What can be told of a search from its trials, and what cannot.

    Attributes:
        states: A row a state that has trials: `state`, `trials`, `epochs`, `seconds` of training,
            the best and the median of the trials' best values.
        stops: A row a way and epoch at which trials were stopped: `how`, `epoch`, `trials`.
        epochs: Finished epochs of the ended trials; to the last one they would have taken
            `full_epochs`.
        seconds: Of training, as far as it is known.
        started: When the first trial started, Unix time; from there to the last one's end it took
            `wall_seconds`, pauses between runs included.
        repeats: A row a trial with the parameters of an earlier one: `number`, `as`.
        best_so_far: A row each time that a trial ended: `ended` (how many by then), `number`,
            `time` (Unix), and `best`, the best value until then.
        importances: Of the parameters, most important first: `param`, `importance`, `trials`
            (completed ones that had it); they sum to 1.
        warnings: What a person must know to read the importances.
        untold: What cannot be told, and why.
    """

    states: Sequence[Row]
    stops: Sequence[Row]
    epochs: int
    full_epochs: int
    seconds: float
    started: float | None
    wall_seconds: float | None
    repeats: Sequence[Row]
    best_so_far: Sequence[Row]
    importances: Sequence[Row]
    warnings: Sequence[str]
    untold: Sequence[str]


def analyse(trials: Sequence[TrialRecord], spec: StudySpec) -> Analysis:
    """All that the trials of a study tell of its search."""
    goal = spec.search.goal
    ended = [trial for trial in trials if trial.ended is not None]
    started = min((one.started for one in trials if one.started is not None), default=None)
    last = max((one.ended for one in trials if one.ended is not None), default=None)
    complete = [one for one in trials if one.state == "complete" and one.best_value is not None]
    unknown = sum(trial.seconds is None for trial in ended)
    untold = [
        *([] if ended else ["how the search went: no trial has ended"]),
        *([f"the training time of {unknown} ended trials"] if unknown else []),
        *_why_no_importances(complete, spec),
    ]
    told = not any(_why_no_importances(complete, spec))
    return Analysis(
        states=_states(trials, goal),
        stops=_stops(trials),
        epochs=sum(trial.epoch for trial in ended),
        full_epochs=len(ended) * int(spec.values["training.max_epochs"]),
        seconds=sum(trial.seconds or 0.0 for trial in trials),
        started=started,
        wall_seconds=None if last is None or started is None else last - started,
        repeats=_repeats(trials) if spec.parameters else [],
        best_so_far=best_so_far(trials, goal),
        importances=_importances(complete, spec) if told else [],
        warnings=list(_warnings(complete, trials, spec)) if told else [],
        untold=untold,
    )


def best_so_far(trials: Sequence[TrialRecord], goal: Goal) -> list[Row]:
    """The study's progress, in the order in which its trials ended; see `Analysis`."""
    ended = [trial for trial in trials if trial.ended is not None]
    rows: list[Row] = []
    best: float | None = None
    for count, trial in enumerate(sorted(ended, key=lambda trial: trial.ended or 0.0), start=1):
        usable = trial.state in RANKED
        if usable and standing(goal, trial.best_value) < standing(goal, best):
            best = trial.best_value
        rows.append({"ended": count, "number": trial.number, "time": trial.ended, "best": best})
    return rows


def _states(trials: Sequence[TrialRecord], goal: Goal) -> list[Row]:
    rows: list[Row] = []
    for state in STATES:
        members = [trial for trial in trials if trial.state == state]
        if members:
            values = [trial.best_value for trial in members if trial.best_value is not None]
            rows.append(
                {
                    "state": state,
                    "trials": len(members),
                    "epochs": sum(trial.epoch for trial in members),
                    "seconds": sum(trial.seconds or 0.0 for trial in members),
                    "best": goal.best(values) if values else None,
                    "median": statistics.median(values) if values else None,
                }
            )
    return rows


def _stops(trials: Sequence[TrialRecord]) -> list[Row]:
    """What stopped trials, as their reasons begin: `stopped by ASHA`, `the time budget ran out`."""
    found = Counter(
        (trial.reason.partition(" at epoch ")[0], trial.epoch)
        for trial in trials
        if trial.state == "pruned"
    )
    return [
        {"how": how, "epoch": epoch, "trials": count}
        for (how, epoch), count in sorted(found.items())
    ]


def _repeats(trials: Sequence[TrialRecord]) -> list[Row]:
    first: dict[str, int] = {}
    rows: list[Row] = []
    for trial in sorted(trials, key=lambda trial: trial.number):
        if trial.params:
            earlier = first.setdefault(repr(sorted(trial.params.items())), trial.number)
            if earlier != trial.number:
                rows.append({"number": trial.number, "as": earlier})
    return rows


def _why_no_importances(complete: Sequence[TrialRecord], spec: StudySpec) -> list[str]:
    if not spec.parameters:
        return ["which parameters mattered: nothing was sampled"]
    if len(complete) < FEWEST:
        return [
            f"which parameters mattered: {len(complete)} completed trials are too few; it takes "
            f"{FEWEST}"
        ]
    if len({trial.best_value for trial in complete}) == 1:
        return ["which parameters mattered: all completed trials are equally good"]
    return []


def _importances(complete: Sequence[TrialRecord], spec: StudySpec) -> list[Row]:
    """By PED-ANOVA (Watanabe et al., 2023): how far the values of the best tenth of the trials lie
    from those of all; of a parameter under a `when`, among the trials that had it."""
    distributions = optuna_distributions(spec)
    # Else Optuna prints a line on the study that is made here in memory.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction=optuna.study.StudyDirection[spec.search.goal.name])
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=dict(trial.params),
                distributions={key: distributions[key] for key in trial.params},
                value=trial.best_value,
            )
            for trial in complete
        ]
    )
    found = optuna.importance.get_param_importances(study)
    return [
        {
            "param": key,
            "importance": float(share),
            "trials": sum(key in trial.params for trial in complete),
        }
        for key, share in sorted(found.items(), key=lambda item: -item[1])
    ]


def _warnings(
    complete: Sequence[TrialRecord], trials: Sequence[TrialRecord], spec: StudySpec
) -> Iterator[str]:
    yield (
        "a share is of what parts the best tenth of the completed trials from all of them "
        "(PED-ANOVA), as the sampler chose them and the stopping rule let them live; it is none "
        "of the whole space"
    )
    if len(complete) < TRIALS_A_PARAMETER * len(spec.parameters):
        yield (
            f"{len(complete)} completed trials are few for {len(spec.parameters)} parameters: "
            "which of two near shares is the larger is luck"
        )
    if left_out := sum(trial.state == "pruned" for trial in trials):
        yield f"{left_out} trials that were stopped, mostly the worse ones, do not count"
    for one, other, strength in _together(complete):
        yield (
            f"{one} and {other} went together (rank correlation {strength:.2f}): what is said of "
            "one may be owed to the other"
        )


def _together(complete: Sequence[TrialRecord]) -> Iterator[tuple[str, str, float]]:
    """Pairs of parameters that are numbers and rose, or fell, with each other."""
    import pandas as pd

    table = pd.DataFrame([dict(trial.params) for trial in complete]).select_dtypes("number")
    correlations = table.corr(method="spearman", min_periods=TRIALS_A_PARAMETER)
    for one, other in combinations(sorted(table), 2):
        strength = float(correlations.loc[one, other])
        if abs(strength) >= TOGETHER:
            yield one, other, strength
