"""Which settings of a study may change where trials go on as copies of others."""

from __future__ import annotations

from collections.abc import Sequence

from rnnsearch.errors import InputError
from rnnsearch.goal import Goal
from rnnsearch.models.config import is_custom
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.conditions import Space
from rnnsearch.space.corners import possible_values
from rnnsearch.space.distributions import Distribution, Float, Int, is_number
from rnnsearch.space.fields import NETWORK, applies
from rnnsearch.space.trial import build
from rnnsearch.stopping.rule import Exploiting, Setting, StoppingRule
from rnnsearch.stopping.table import stopping_rules
from rnnsearch.training.changes import CHANGEABLE, CHANGES, ON_THROUGHOUT, TAKEN_BY_CUSTOM

DETERMINISTIC, SCHEDULER = "search.deterministic", "search.scheduler"
STOP_WHEN_DONE = "search.stop_when_done"
OPTIMIZER = "training.optimizer"


def settings_of(space: Space, rule: Exploiting) -> dict[str, Setting]:
    """The settings that a copy changes, by dotted key, each with what it is drawn from."""
    asked = rule.hyperparameters
    may = {key: one for key in space.parameters if (one := _setting(space, key)) is not None}
    return {key: one for key, one in may.items() if asked is None or key in asked}


def check_population(study: Candidate) -> None:
    """Note what keeps trials from going on as copies of others, where the rule asks for that."""
    if not (study.sound(SCHEDULER) and study.sound("training.max_epochs")):
        return
    rule = _rule(study)
    if not isinstance(rule, Exploiting):
        return
    kind, place = study.values[f"{SCHEDULER}.type"], [f"{SCHEDULER}.type", SCHEDULER]
    if not applies(study.file.task_type, CHANGES):
        study.note(
            place,
            f"{kind} changes settings within a training, which a script of your own reads once. "
            "Take another rule, such as asha.",
            "asha",
        )
        return
    if study.values.get(CHANGES) is not None:
        study.note([CHANGES], f"{kind} searches for these itself; leave the key out.", "null")
        return
    if study.values[DETERMINISTIC]:
        study.note(
            [DETERMINISTIC],
            f"what {kind} decides follows from values and the study's seed alone, whatever packs "
            "do; leave the key out.",
            "false",
        )
        return
    if study.values[STOP_WHEN_DONE]:
        study.note(
            [STOP_WHEN_DONE, *place],
            f"counts trials that end without a gain, and by {kind} the worst end first, while the "
            "best train on; set `stop_when_done: false` (it is also set by --stop-when-done).",
            "false",
        )
        return
    may = [key for key in study.parameters if _setting(study, key) is not None]
    allowed = f"sampled here, and able to change, is {', '.join(may) or 'nothing'}"
    for key in rule.hyperparameters or ():
        if key not in may:
            names = ", ".join(f"{section}.{name}" for name, section in CHANGEABLE.items())
            study.note(
                [f"{SCHEDULER}.hyperparameters", SCHEDULER],
                f"{key} {_why_not(study, key)}; {allowed}. What can change within a training, "
                f"where it is sampled from numbers, is {names}.",
            )
            return
    if study.file.mistakes:
        return
    if not may or rule.hyperparameters == ():
        study.note(
            place,
            f"{kind} changes sampled settings within a training, and {allowed}. Sample one, such "
            "as training.learning_rate: {loguniform: [0.0001, 0.1]}.",
        )
    elif study.values["search.num_trials"] < 2:
        study.note(place, f"{kind} needs two trials at least: one has nobody to copy.")
    else:
        changing = ", ".join(settings_of(study, rule))
        study.file.idle.append(
            f"{kind}: all trials wait for each other at {len(rule.rungs)} decisions; a copy has "
            f"the whole configuration of the trial that it copies, and changes {changing}"
        )


def _rule(study: Candidate) -> StoppingRule | None:
    config = stopping_rules()[study.values[f"{SCHEDULER}.type"]]
    last = study.values["training.max_epochs"]
    try:
        rule: StoppingRule = build(config, SCHEDULER, study.values).rule(last, Goal.MINIMIZE)
    except InputError:  # of a custom rule, which `check_scheduler` has noted
        return None
    return rule


def _setting(space: Space, key: str) -> Setting | None:
    """What a sampled field is drawn from, where it may change within a training; else None."""
    section, _, name = key.partition(".")
    if key not in space.parameters or CHANGEABLE.get(name) != section:
        return None
    if section == "model" and space.values.get(NETWORK) is not None:
        return None
    custom = any(is_custom(str(one)) for one in possible_values(space, OPTIMIZER))
    if section == "training" and name not in TAKEN_BY_CUSTOM and custom:
        return None
    distribution = space.parameters[key].distribution
    if not _numbers(distribution, above_zero=name in ON_THROUGHOUT):
        return None
    if isinstance(distribution, Float | Int):
        low, high, step = distribution.low, distribution.high, distribution.step
        return Setting(float(low), float(high), distribution.log, step)
    return Setting(choice=tuple(sorted(map(float, distribution.values()))))


def _numbers(distribution: Distribution, *, above_zero: bool) -> bool:
    """Whether only numbers are drawn, and whether these are above 0 where they have to be."""
    ends: Sequence[object] = distribution.extremes
    return all(is_number(one) and (one > 0 or not above_zero) for one in ends)


def _why_not(space: Space, key: str) -> str:
    """Why a setting that was named does not change within a training."""
    section, _, name = key.partition(".")
    if CHANGEABLE.get(name) != section:
        return "cannot change within a training"
    if key not in space.parameters:
        return "is not sampled"
    if not _numbers(space.parameters[key].distribution, above_zero=name in ON_THROUGHOUT):
        return "is not sampled from numbers alone" + (
            " above 0, since it decides what each training step computes"
            if name in ON_THROUGHOUT
            else ""
        )
    return "goes to the constructor of code of your own"
