"""Checks of a study's stopping rule and sampler against the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rnnsearch.errors import InputError
from rnnsearch.goal import Goal
from rnnsearch.plugins import is_custom
from rnnsearch.sampling.table import samplers
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.field import Field
from rnnsearch.space.listing import configurations_of
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import build
from rnnsearch.stopping.rule import limits_problem
from rnnsearch.stopping.table import stopping_rules

SAMPLER, SCHEDULER = "search.sampler", "search.scheduler"


def spans_of_decisions(fields: Mapping[str, Field]) -> list[str]:
    """The keys of the stopping rule whose values are epochs, as that of a grace period."""
    return [
        key
        for key, one in fields.items()
        if key.startswith(f"{SCHEDULER}.") and one.says.range.unit == "epochs"
    ]


def check_scheduler(study: Candidate) -> None:
    """Note epochs of the stopping rule beyond the last one, and limits that lead nowhere."""
    last_key = "training.max_epochs"
    if not (study.sound(SCHEDULER) and study.sound(last_key)):
        return
    last = study.values[last_key]
    beyond = [key for key in spans_of_decisions(study.file.fields) if study.values[key] > last]
    for key in beyond:
        name = key.rpartition(".")[2]
        study.note(
            [key, last_key],
            f"the {name.replace('_', ' ')} of {study.values[key]} epochs is beyond "
            f"training.max_epochs, {last}; allowed are 1 to {last}.",
            f"{name}: {max(1, last // 4)}",
        )
    config: Any = stopping_rules()[study.values[f"{SCHEDULER}.type"]]
    if not beyond:
        try:
            rule = build(config, SCHEDULER, study.values).rule(last, Goal.MINIMIZE)
            problem = limits_problem(rule, last)
        except InputError as error:  # raised by a custom rule
            problem = str(error)
        if problem is not None:
            study.note([f"{SCHEDULER}.type", SCHEDULER], problem)


def limit_trials(study: Candidate, first_trials: Sequence[Mapping[str, Any]]) -> None:
    """Let a study have no more trials than its sampler has configurations, and say so.

    Args:
        first_trials: As the study has them.
    """
    key = f"{SAMPLER}.type"
    if not (study.sound(SAMPLER) and study.parameters and study.sound("search.num_trials")):
        return
    config: Any = samplers()[study.values[key]]
    if not hasattr(config, "most_trials") or any(map(study.file.is_wrong, study.parameters)):
        return
    asked = study.values["search.num_trials"]
    listing = partial(configurations_of, study)
    try:
        most = build(config, SAMPLER, study.values).most_trials(listing, first_trials, asked)
    except InputError as error:
        study.note([key, SAMPLER], str(error))
        return
    if most is not None and most < asked:
        study.values["search.num_trials"] = most
        study.file.idle.append(
            f"the study has {most:,} trials and not {asked:,}: the sampler "
            f"{study.values[key]} tries each configuration once, and there are no more"
        )


def most_trials(
    spec: StudySpec, first_trials: Sequence[Mapping[str, Any]], asked: int
) -> int | None:
    """How many trials a study has at most, where its sampler tries each configuration once.

    Args:
        first_trials: Params of trials that come before those of the sampler.
        asked: How many trials it shall have.

    Returns:
        None where the sampler proposes any number.
    """
    config: Any = spec.search.sampler
    if not hasattr(config, "most_trials"):
        return None
    most: int | None = config.most_trials(partial(configurations_of, spec), first_trials, asked)
    return most


def check_sampler(study: Candidate, spec: StudySpec) -> None:
    """Make a custom sampler once before the study begins, and note an error that it raises."""
    if is_custom(study.values[f"{SAMPLER}.type"], samplers().group):
        from rnnsearch.space.proposals import make_sampler  # Optuna, which most commands can spare

        try:
            make_sampler(spec, asked=0)
        except InputError as error:
            study.note([f"{SAMPLER}.type", SAMPLER], str(error))
