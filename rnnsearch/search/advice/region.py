"""The part of a space in which the best trials lie, as overrides of the space file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rnnsearch.search.advice.edges import Edge
from rnnsearch.space.conditions import Parameter
from rnnsearch.space.distributions import Float, Int
from rnnsearch.space.fields import fields_of
from rnnsearch.space.spec import StudySpec

MARGIN = 0.1
"""How far a range goes beyond the best trials, as a part of the old one, or of its logarithm."""


def region(
    best: Sequence[Mapping[str, Any]], edges: Sequence[Edge], spec: StudySpec
) -> dict[str, Any]:
    """What each parameter is drawn from in the best region, as a space file writes it.

    A range is that of the best trials with a margin, beyond the old end where they lie at it; of a
    choice the members stay that the best trials have. A parameter that none of them has takes its
    default, and is drawn no more.

    Args:
        best: The parameters of the best trials, as Optuna stores them.
    """
    wider = {(edge.param, edge.end): edge.proposed for edge in edges}
    fields = fields_of(spec.values, spec.parameters)
    entries: dict[str, Any] = {}
    for key, one in spec.parameters.items():
        stored = [params[key] for params in best if key in params]
        values = [one.distribution.restored(value) for value in stored]
        if not values:
            default = fields[key].default
            entries[key] = fields[key].as_written(default)
            continue
        entries[key] = _narrowed(key, one, values, wider)
    return entries


def overrides(entries: Mapping[str, Any]) -> list[str]:
    """The same as `KEY=YAML` entries, as after `--set`."""
    return [f"{key}={json.dumps(entry)}" for key, entry in entries.items()]


def _narrowed(
    key: str,
    one: Parameter,
    values: Sequence[Any],
    wider: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Any:
    """One parameter's entry."""
    distribution = one.distribution
    if not isinstance(distribution, Float | Int):
        members = [member for member in distribution.values() if member in values]
        proposed = [entry["choice"] for (name, _), entry in wider.items() if name == key]
        members += [new for more in proposed for new in more if new not in distribution.values()]
        return {"choice": members, **_when(one)} if len(members) > 1 else members[0]
    low, high = _with_margin(distribution, min(values), max(values))
    word = f"log{distribution.word}" if distribution.log else distribution.word
    if (key, "low") in wider:
        low = wider[key, "low"][word][0]
    if (key, "high") in wider:
        high = wider[key, "high"][word][1]
    step = {} if distribution.step == distribution.no_step else {"step": distribution.step}
    return {word: [low, high], **step, **_when(one)} if low < high else low


def _with_margin(one: Float | Int, low: Any, high: Any) -> tuple[Any, Any]:
    """Both ends of a range around some values, within the old one and on its grid."""
    if one.log:
        factor = (one.high / one.low) ** MARGIN
        low, high = low / factor, high * factor
    else:
        more = MARGIN * (one.high - one.low)
        low, high = low - more, high + more
    low, high = max(one.low, low), min(one.high, high)
    if one.step is not None:
        steps = round((low - one.low) / one.step), round((high - one.low) / one.step)
        low, high = (one.low + at * one.step for at in steps)
        return low, min(high, one.high)
    return float(f"{low:.3g}"), float(f"{high:.3g}")


def _when(one: Parameter) -> dict[str, Any]:
    """The condition of a parameter, as a space file writes it; nothing where it has none."""
    conditions = {parent: condition.written() for parent, condition in one.when.items()}
    return {"when": conditions} if conditions else {}
