"""`first_trials:` — the configurations that a study evaluates before it samples."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from typing import Any

from rnnsearch.errors import Mistake
from rnnsearch.space.conditions import contains, in_order, is_active
from rnnsearch.space.distributions import Parameter
from rnnsearch.space.document import Entry, Items, Mapping, Node
from rnnsearch.space.fields import sampled_section
from rnnsearch.space.nearest import nearest
from rnnsearch.space.sections import Reading
from rnnsearch.space.trial import label
from rnnsearch.space.values import INVALID, note, read_value
from rnnsearch.space.words import condition_text, draws, plain_text


def read_first_trials(
    entry: Entry | None,
    reading: Reading,
    parameters: MappingABC[str, Parameter],
    fixed: MappingABC[str, Any],
    mistakes: list[Mistake],
) -> tuple[dict[str, Any], ...]:
    """Complete params of each listed configuration.

    A sampled field that is active and not named takes its documented default, which its
    distribution must then contain. An override that fixes a field wins over what is listed.
    """
    if entry is None:
        return ()
    node = entry.node
    if not isinstance(node, Items):
        if getattr(node, "raw", None) not in ("", "null"):
            note(
                mistakes,
                node.place,
                "first_trials",
                "must be a list of mappings, such as [{model.cell: lstm}].",
            )
        return ()
    found = []
    for number, item in enumerate(node.items):
        params = _one(f"first_trials[{number}]", item, reading, parameters, fixed, mistakes)
        if params is not None and params not in found:
            found.append(params)
    return tuple(found)


def _one(
    where: str,
    node: Node,
    reading: Reading,
    parameters: MappingABC[str, Parameter],
    fixed: MappingABC[str, Any],
    mistakes: list[Mistake],
) -> dict[str, Any] | None:
    if not isinstance(node, Mapping):
        note(
            mistakes,
            node.place,
            where,
            "must be a mapping of dotted keys to values, such as {model.cell: lstm}.",
        )
        return None
    before = len(mistakes)
    named: dict[str, Any] = {}
    for key, entry in node.entries.items():
        value = _value(where, key, entry, reading, parameters, fixed, mistakes)
        if value is not INVALID:
            named[key] = value
    if len(mistakes) > before or any(key in reading.wrong for key in reading.distributions):
        return None
    known = dict(fixed)
    for key in in_order(parameters):
        parameter = parameters[key]
        if not is_active(parameter, known):
            overridden = any(_overridden(parent, reading) for parent in parameter.when)
            if key in named and not overridden:
                conditions = " and ".join(condition_text(*one) for one in parameter.when.items())
                note(
                    mistakes,
                    node.entries[key].place,
                    where,
                    f"{key} is not sampled here: that needs {conditions}. Leave it out.",
                )
            continue
        known[key] = named.get(key, reading.fields[key].default)
        if not contains(parameter.distribution, known[key]):
            note(
                mistakes,
                node.place,
                where,
                f"must name {key}: its default {plain_text(known[key])} is outside of "
                f"{draws(parameter.distribution)}.",
            )
    if len(mistakes) > before:
        return None
    return {key: label(known[key]) for key in parameters if key in known}


def _overridden(key: str, reading: Reading) -> bool:
    return key in reading.places and reading.places[key].override


def _value(
    where: str,
    key: str,
    entry: Entry,
    reading: Reading,
    parameters: MappingABC[str, Parameter],
    fixed: MappingABC[str, Any],
    mistakes: list[Mistake],
) -> Any:
    known = reading.fields
    if key not in known or not sampled_section(key):
        if reading.task_type is None and key.startswith("task."):
            return INVALID
        note(
            mistakes,
            entry.place,
            where,
            f"{key!r} is no field that a study samples; keys are dotted, such as model.cell.",
            nearest(key, parameters or known),
        )
        return INVALID
    if key in reading.wrong:
        return INVALID
    inner: list[Mistake] = []
    value = read_value(known[key], entry.node, inner)
    for mistake in inner:
        note(mistakes, entry.node.place, where, f"{key} {mistake.message}", mistake.suggestion)
    if value is INVALID:
        return INVALID
    if key not in parameters:
        # Overridden, or it hangs on what is overridden: the command line wins.
        if (
            fixed.get(key) != value
            and key in reading.places
            and not (_overridden(key, reading) or key in reading.distributions)
        ):
            note(
                mistakes,
                entry.place,
                where,
                f"{key} is fixed at {plain_text(fixed.get(key))} in this file; sample it, or "
                "leave it out here.",
            )
        elif fixed.get(key) != value and key not in reading.places:
            note(
                mistakes,
                entry.place,
                where,
                f"{key} is not sampled in this file; it is always {plain_text(fixed.get(key))}.",
            )
        return INVALID
    distribution = parameters[key].distribution
    if not contains(distribution, value):
        remedy = (
            " Add --set 'first_trials=[]' to start without it." if _overridden(key, reading) else ""
        )
        note(
            mistakes,
            entry.node.place,
            where,
            f"{key} cannot be {plain_text(value)}: it is drawn from {draws(distribution)}."
            + remedy,
        )
        return INVALID
    return value
