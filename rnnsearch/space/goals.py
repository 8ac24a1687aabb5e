"""Goals beside a study's metric: what they are, what a value of one costs, and their checks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnsearch.goal import Goal
from rnnsearch.plugins import is_custom
from rnnsearch.sampling.table import samplers
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.constraints import BEFORE, GRAMMAR, SECONDS, Constraint, constraint
from rnnsearch.space.fields import applies
from rnnsearch.space.nearest import nearest
from rnnsearch.stopping.table import stopping_rules
from rnnsearch.tasks.base import Metric

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from rnnsearch.space.spec import StudySpec

GOALS, CHOOSE = "search.goals", "search.choose"

AT_END = "goals"
"""Attribute of an ended trial: its values in the goals beside the metric, by their names."""

SIZES = (*BEFORE, SECONDS)
"""What is no metric of a task, and better the lower."""

UNKNOWN = 1e300
"""The cost of a value that is not finite or not known, above all others."""

METRIC, KNEE = "metric", "knee"


@dataclass(frozen=True, slots=True)
class OtherGoal:
    """A goal beside the study's metric: a size, or another metric of the task."""

    name: str
    goal: Goal

    def cost(self, value: float | None) -> float:
        """What a value costs; the lower one is better."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        return self.goal.cost(value)


def other_goals(texts: Iterable[str]) -> tuple[OtherGoal, ...]:
    """The goals that the texts of a checked study say."""
    goals = []
    for text in texts:
        *side, name = text.split()
        goals.append(OtherGoal(name, Goal(side[0]) if side else Goal.MINIMIZE))
    return tuple(goals)


def other_costs(goals: Sequence[OtherGoal], values: Mapping[str, float]) -> tuple[float, ...]:
    """The costs of one trial in the goals beside the metric, by its values by name."""
    return tuple(goal.cost(values.get(goal.name)) for goal in goals)


def ended_costs(spec: StudySpec, trial: FrozenTrial) -> tuple[float, ...] | None:
    """The same of a trial of Optuna's that has ended; None of one that has no such values."""
    values = (trial.user_attrs.get("attributes") or {}).get(AT_END)
    return other_costs(other_goals(spec.search.goals), values) if values else None


def chosen_by(text: str) -> tuple[Constraint, ...]:
    """The bounds that `search.choose` says; none where it says `metric` or `knee`."""
    if text in (METRIC, KNEE):
        return ()
    return tuple(one for part in text.split(",") if (one := constraint(part)) is not None)


def chosen_words(spec: StudySpec) -> str:
    """How the champion is chosen from a front, to be said behind `the winner`; empty with one
    goal."""
    search = spec.search
    if not search.goals:
        return ""
    if search.choose == METRIC:
        return f", the finalist that is best by {search.metric}"
    if search.choose == KNEE:
        return ", the finalist nearest to the best in every goal"
    return f", the finalist that is best by {search.metric} with {search.choose}"


def check_goals(study: Candidate, metrics: Sequence[Metric] | None) -> None:
    """Note goals that no trial has a value of, and what does not go with several goals.

    Each goal that is a metric gets the side on which it is better.

    Args:
        metrics: What the task reports; None where that is not known.
    """
    texts: tuple[str, ...] = study.values.get(GOALS) or ()
    if not study.sound(GOALS):
        return
    if not texts:
        if study.values.get(CHOOSE) != METRIC:
            study.note(
                [CHOOSE],
                "says which trial of a front is the champion, and there is a front where there are "
                "several goals. Name what counts beside the metric, as `goals: [parameters]`, or "
                "leave the line out.",
            )
        return
    known = {metric.name: Goal(metric.goal) for metric in metrics or ()}
    sizes = [
        name for name in SIZES if name not in BEFORE or applies(study.file.task_type, "model.cell")
    ]
    written: list[str] = []
    for text in texts:
        written += _written(study, text, sizes, known if metrics is not None else None)
    names = [one.split()[-1] for one in written]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            study.note([GOALS], f"names {name} twice.")
    study.values[GOALS] = tuple(written)
    _check_choose(study, [str(study.values.get("search.metric")), *names])
    _check_strategies(study)


def _written(
    study: Candidate, text: str, sizes: Sequence[str], known: Mapping[str, Goal] | None
) -> list[str]:
    """A goal as the resolved file has it; none where it is a mistake.

    Args:
        known: The task's metrics; None where they are not known.
    """
    *side, name = text.split() or [""]
    if len(side) > 1 or (side and side[0] not in tuple(Goal)):
        study.note(
            [GOALS],
            f"has {text!r}; a goal is a name, such as parameters, or `{Goal.MINIMIZE} NAME` or "
            f"`{Goal.MAXIMIZE} NAME`.",
        )
        return []
    if name == study.values.get("search.metric"):
        study.note(
            [GOALS],
            f"has {name}, which is the study's metric already; it stands for the goals beside it.",
        )
        return []
    natural = Goal.MINIMIZE if name in sizes else None if known is None else known.get(name)
    if natural is None and (known is not None or name in BEFORE):
        why = "a script's models are its own; " if name in BEFORE else ""
        others = [one for one in known or () if one != study.values.get("search.metric")]
        study.note(
            [GOALS],
            f"{why}there is no {name!r} to compare trials by; there is "
            f"{', '.join([*sizes, *others])}.",
            nearest(name, [*sizes, *others]),
        )
        return []
    if side and natural is not None and side[0] != natural:
        study.note([GOALS], f"{name} is better the {natural.side}, so its goal is {natural}.")
        return []
    if name in sizes:
        return [name]
    return [f"{side[0] if side else natural or Goal.MINIMIZE} {name}"]


def _check_choose(study: Candidate, names: Sequence[str]) -> None:
    """Note a rule for the champion that says nothing, or of what no trial has a value."""
    text = study.values.get(CHOOSE)
    if not study.sound(CHOOSE) or text in (METRIC, KNEE):
        return
    for part in str(text).split(","):
        bound = constraint(part)
        if bound is None:
            study.note(
                [CHOOSE],
                f"must be {METRIC}, {KNEE}, or bounds with commas between them, each {GRAMMAR}; "
                f"not {part.strip()!r}.",
                nearest(part.strip(), [METRIC, KNEE]),
            )
        elif bound.name not in names:
            study.note(
                [CHOOSE],
                f"bounds {bound.name}, which is no goal of this study; there is "
                f"{', '.join(names)}.",
                nearest(bound.name, names),
            )


def _check_strategies(study: Candidate) -> None:
    """Note a stopping rule, a sampler and other keys that know of one goal alone."""
    for section, table, fits in (
        ("search.scheduler", stopping_rules(), _compares),
        ("search.sampler", samplers(), _proposes),
    ):
        key = f"{section}.type"
        if not study.sound(section):
            continue
        name = study.values[key]
        if not fits(table[name]):
            built_in = [one for one in table if not is_custom(one, table.group)]
            able = [one for one in built_in if fits(table[one])]
            study.note(
                [key, section, GOALS],
                f"{name} knows of one goal alone, and search.goals asks for several; there is "
                f"{', '.join(able)}.",
                able[0],
            )
    for key, idle in (
        ("search.warm_start", None),
        ("search.finalists.race", False),
        ("search.finalists.ensemble", 1),
    ):
        if study.sound(key) and study.values.get(key, idle) != idle:
            study.note(
                [key],
                "goes by the metric alone, and search.goals asks for several goals; leave it out.",
            )


def _compares(config: Any) -> bool:
    return hasattr(config, "rule_by_goals")


def _proposes(config: Any) -> bool:
    return bool(getattr(config, "several_goals", False)) or not getattr(config, "learns", True)
