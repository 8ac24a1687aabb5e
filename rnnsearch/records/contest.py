"""Whether a study's winner is better than the registered champion of an earlier study.

They are compared by the metric of the study on the test part. Where that is the same one (the same
data, divided in the same way, of the same task) the figures are those that were recorded; where it
is another one, the champion is scored on the new one, if it can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rnnsearch.goal import Goal
from rnnsearch.space.fields import every_field
from rnnsearch.tasks.fingerprint import Fingerprint, changes
from rnnsearch.vocabulary import PATH, SAME_SCORES

SHOWN = 3
"""How many differences of two tasks are named."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A registered model, or one that is to be.

    Attributes:
        checkpoint: The content of its checkpoint's `config.json`.
        metrics: Its own metrics, of the validation part and, where there is one, of the test part.
        metric: The metric of its study.
        goal: Which way that is better.
    """

    checkpoint: Mapping[str, Any]
    metrics: Mapping[str, float]
    metric: str
    goal: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who is better.

    Attributes:
        won: Whether the new one is.
        words: Both figures; or why there are none, where the two cannot be compared.
    """

    won: bool
    words: str


Scoring = Callable[[], Mapping[str, float] | str]
"""Gives the champion's metrics on the test part of a new model's data, or why there are none."""


def contest(new: Contender, old: Contender, who: str, scoring: Scoring) -> Outcome:
    """Compare a new model with the champion.

    Args:
        who: What the champion is called, such as `version 3`.
        scoring: Asked where the champion was tested on other data.
    """
    if other := _other_question(new, old):
        return Outcome(False, f"it cannot be compared with {who}: {other}")
    judge, where = _judge(new.metric), " on the same data"
    if difference := _other_data(new, old):
        if judge not in new.metrics:
            lacks = f"there is no {judge} of it"
            return Outcome(False, f"it cannot be compared with {who}: {difference}, and {lacks}")
        metrics = scoring()
        if isinstance(metrics, str):
            return Outcome(
                False,
                f"it cannot be compared with {who}: {difference}, and {who} cannot be scored on "
                f"the new test part, since {metrics}",
            )
        old = replace(old, metrics=metrics)
        where = f", scored on the test part of the new data ({difference})"
    if judge not in new.metrics and judge not in old.metrics:
        judge = new.metric  # there is no test part
    if judge not in new.metrics or judge not in old.metrics:
        lacks = "it" if judge not in new.metrics else who
        return Outcome(False, f"it cannot be compared with {who}: {lacks} has no {judge}")
    ours, theirs = new.metrics[judge], old.metrics[judge]
    won = Goal(new.goal).better(ours, theirs) or (math.isfinite(ours) and math.isnan(theirs))
    how = "better than" if won else "no better than" if ours == theirs else "worse than"
    return Outcome(won, f"{judge} {ours:.6g} is {how} the {theirs:.6g} of {who}{where}")


def _judge(metric: str) -> str:
    """The metric of the test part that is like one of another part."""
    for part in ("val_", "train_"):
        if metric.startswith(part):
            return "test_" + metric.removeprefix(part)
    return metric


def _other_question(new: Contender, old: Contender) -> str:
    """Why two models cannot be compared on any data; empty where they can."""
    kinds = [one.checkpoint["config"]["task"]["type"] for one in (new, old)]
    if kinds[0] != kinds[1]:
        return f"its task is {kinds[0]}, and that one's {kinds[1]}"
    if new.metric != old.metric:
        return f"its study's metric is {new.metric}, and that one's {old.metric}"
    here = _data(new)
    if here is not None and not here.sha256:
        return "its task gives other data at every call"
    return ""


def _other_data(new: Contender, old: Contender) -> str:
    """What is other between the test parts of two models; empty where they are the same one."""
    here, before = _data(new), _data(old)
    if (here is None) != (before is None):
        return "it was not noted what data that one was tested on"
    if here is not None and before is not None and here.sha256 != before.sha256:
        return f"the data has changed ({changes(before, here) or 'it is not known how'})"
    ours, theirs = _task(new), _task(old)
    differences = [
        f"task.{key} is {ours.get(key)}, and was {theirs.get(key)}"
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    ]
    more = len(differences) - SHOWN
    return "; ".join(differences[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _task(one: Contender) -> dict[str, Any]:
    """What a task is scored on, under dotted keys: its config without what changes only the
    inputs, and without the places of files, whose content counts."""
    task = one.checkpoint["config"]["task"]
    fields = every_field(str(task["type"]))
    return {
        key: value
        for key, value in _flat(task)
        if (field := fields.get(f"task.{key}")) is None
        or not (field.marked(PATH) or field.marked(SAME_SCORES))
    }


def _flat(node: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def _data(one: Contender) -> Fingerprint | None:
    """The fingerprint of the data; None where the config alone makes it."""
    noted = one.checkpoint.get("data")
    return Fingerprint.from_json(noted) if noted else None
