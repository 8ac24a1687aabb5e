"""Tells what a search did, and which parameters mattered in it, as plain rows."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

from rnnsearch.events import STATES
from rnnsearch.goal import Goal
from rnnsearch.search.best_over_time import Moment, best_over_time
from rnnsearch.search.goals.progress import FrontThen, front_over_time
from rnnsearch.search.importances import RESAMPLES, best_count, importances
from rnnsearch.search.leaderboard import Row
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.trial_order import trial_order
from rnnsearch.space.goals import other_goals
from rnnsearch.space.proposals import optuna_distributions
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.rule import remarks

FEWEST = 10
"""With fewer trials that count, importances are not computed: the best of them are five."""
TRIALS_A_PARAMETER = 10
"""With fewer trials for each parameter, the importances come with a warning."""
TOGETHER = 0.6
"""Two parameters went together if their rank correlation has at least this size."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a study's trials tell of its search, and what they cannot tell.

    Attributes:
        states: A row for each state that trials are in: `state`, `trials`, `epochs`, `seconds` of
            training, and `best` and `median` of the trials' best values.
        stops: A row for each reason and epoch at which trials were stopped: `how`, `epoch`,
            `trials`.
        epochs: How many epochs the ended trials have finished.
        full_epochs: How many it had been if each ended trial had come to the last epoch.
        seconds: Seconds of training of all trials, where they are known.
        started: When the first trial started, Unix time; None before.
        wall_seconds: Seconds from then to the last trial's end, pauses between runs included.
        repeats: A row for each trial with the parameters of an earlier one: `number`, `as`.
        stopping: What the stopping rule says of how well it did; empty for most rules.
        best_so_far: A row for each ended trial in the order of the ends: a `Moment`.
        front_so_far: With several goals, the front after shares of the study's time.
        importances: A row for each parameter, the most important first: `param`, `importance`, the
            ends `low` and `high` of its interval, and `trials`, how many of the trials that count
            had it. The importances sum to 1.
        warnings: What a person must know to read the importances.
        untold: What cannot be told of the search, and why.
    """

    states: Sequence[Row]
    stops: Sequence[Row]
    epochs: int
    full_epochs: int
    seconds: float
    started: float | None
    wall_seconds: float | None
    repeats: Sequence[Row]
    stopping: Sequence[str]
    best_so_far: Sequence[Moment]
    front_so_far: Sequence[FrontThen]
    importances: Sequence[Row]
    warnings: Sequence[str]
    untold: Sequence[str]


def analyse(trials: Sequence[TrialRecord], spec: StudySpec) -> Analysis:
    """Analyse the search of a study by all its trials."""
    goal = spec.search.goal
    ended = [trial for trial in trials if trial.ended is not None]
    started = min((one.started for one in trials if one.started is not None), default=None)
    last = max((one.ended for one in trials if one.ended is not None), default=None)
    ordered = trial_order(trials, spec.stopping_rule().rungs, goal) if spec.parameters else []
    rows = _importances(ordered, spec)
    unknown = sum(trial.seconds is None for trial in ended)
    why_no_importances = _why_no_importances(ordered, rows, spec)
    untold = [
        *([] if ended else ["how the search went: no trial has ended"]),
        *([f"the training time of {unknown} ended trials"] if unknown else []),
        *why_no_importances,
    ]
    return Analysis(
        states=_states(trials, goal),
        stops=_stops(trials),
        epochs=sum(trial.epoch for trial in ended),
        full_epochs=len(ended) * int(spec.values["training.max_epochs"]),
        seconds=sum(trial.seconds or 0.0 for trial in trials),
        started=started,
        wall_seconds=None if last is None or started is None else last - started,
        repeats=_repeats(trials) if spec.parameters else [],
        stopping=[*rule_remarks(trials, spec), *_several(spec)],
        best_so_far=best_over_time(trials, goal),
        front_so_far=front_over_time(trials, spec),
        importances=rows,
        warnings=list(_warnings(ordered, spec)) if rows else [],
        untold=untold,
    )


def rule_remarks(trials: Sequence[TrialRecord], spec: StudySpec) -> list[str]:
    """What the study's stopping rule says of how well it did, in lines; none for most rules."""
    curves = {one.number: one.values_by_epoch for one in trials if one.values_by_epoch}
    return list(remarks(spec.stopping_rule(), curves))


def _several(spec: StudySpec) -> Iterator[str]:
    """What is said of one goal alone in a study of several."""
    if spec.search.goals:
        others = [one.name for one in other_goals(spec.search.goals)]
        yield (
            f"best values, importances and ranges are by {spec.search.metric} alone; `rnnsearch "
            f"trials` shows the front by it and {', '.join(others)}"
        )


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
    """The rows of `Analysis.stops`; `how` is how a reason begins, such as `stopped by ASHA`."""
    stops = Counter(
        (trial.reason.partition(" at epoch ")[0], trial.epoch)
        for trial in trials
        if trial.state == "pruned"
    )
    return [
        {"how": how, "epoch": epoch, "trials": count}
        for (how, epoch), count in sorted(stops.items())
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


def _why_no_importances(
    ordered: Sequence[tuple[TrialRecord, float]], rows: Sequence[Row], spec: StudySpec
) -> list[str]:
    """Why there are no importances of these trials and places; empty where there are some."""
    if rows:
        return []
    why = "no parameter parts the best trials from the others more than chance does"
    if not spec.parameters:
        why = "nothing was sampled"
    elif len(ordered) < FEWEST:
        why = (
            f"{len(ordered)} ended trials are too few; it takes {FEWEST} that are complete, "
            "stopped or diverged"
        )
    elif len({place for _, place in ordered}) == 1:
        why = "all trials are equally good"
    return [f"which parameters mattered: {why}"]


def _importances(ordered: Sequence[tuple[TrialRecord, float]], spec: StudySpec) -> list[Row]:
    """The importances by the places of trials, as in `Analysis.importances`."""
    places = [place for _, place in ordered]
    if len(ordered) < FEWEST or len(set(places)) == 1:
        return []
    params = [trial.params for trial, _ in ordered]
    return [asdict(row) for row in importances(params, places, optuna_distributions(spec))]


def _warnings(ordered: Sequence[tuple[TrialRecord, float]], spec: StudySpec) -> Iterator[str]:
    """What a person must know to read the importances."""
    total = len(ordered)
    states = Counter(trial.state for trial, _ in ordered)
    yield (
        f"a share is of what parts the best {best_count(total)} of {total} trials from all of them "
        "(PED-ANOVA), less what chance gives, as the sampler chose them; it is none of the whole "
        f"space. Its interval is the middle 90% of {RESAMPLES} resamples of the trials: where that "
        "begins at 0%, the parameter may not have mattered"
    )
    if states["pruned"]:
        yield (
            f"{states['pruned']} of these trials were stopped: each counts by its place at its "
            "rung, among all that came there"
        )
    if states["diverged"]:
        yield f"{states['diverged']} of these trials diverged, and count as the worst"
    if total < TRIALS_A_PARAMETER * len(spec.parameters):
        yield (
            f"{total} trials are few for {len(spec.parameters)} parameters: which of two near "
            "shares is the larger is luck"
        )
    for one, other, strength in _correlated([trial for trial, _ in ordered]):
        yield (
            f"{one} and {other} went together (rank correlation {strength:.2f}): what is said of "
            "one may be owed to the other"
        )


def _correlated(trials: Sequence[TrialRecord]) -> Iterator[tuple[str, str, float]]:
    """Pairs of numeric parameters that went together, with their rank correlation."""
    import pandas as pd

    table = pd.DataFrame([dict(trial.params) for trial in trials]).select_dtypes("number")
    correlations = table.corr(method="spearman", min_periods=TRIALS_A_PARAMETER)
    for one, other in combinations(sorted(table), 2):
        strength = float(correlations.loc[one, other])
        if abs(strength) >= TOGETHER:
            yield one, other, strength
