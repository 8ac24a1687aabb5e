"""`first_trials:` — the configurations that a study evaluates before it samples."""

from __future__ import annotations

from typing import Any

from rnnsearch.space.checks import Draft
from rnnsearch.space.conditions import contains, in_order, is_active
from rnnsearch.space.document import Entry, Items, Mapping, Node
from rnnsearch.space.fields import sampled_section
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import all_noted, note, noted, within, wrong
from rnnsearch.space.sections import Reading
from rnnsearch.space.trial import label
from rnnsearch.space.values import read_value
from rnnsearch.space.words import condition_text, draws, plain_text


def read_first_trials(entry: Entry | None, draft: Draft) -> tuple[dict[str, Any], ...]:
    """Complete params of each listed configuration.

    A sampled field that is active and not named takes its documented default, which its
    distribution must then contain. An override that fixes a field wins over what is listed.
    """
    if entry is None:
        return ()
    node = entry.node
    if not isinstance(node, Items):
        if getattr(node, "raw", None) not in ("", "null"):
            message = "must be a list of mappings, such as [{model.cell: lstm}]."
            note(draft.mistakes, node.place, "first_trials", message)
        return ()
    found: list[dict[str, Any]] = []
    for number, item in enumerate(node.items):
        with noted(draft.mistakes):
            params = _one(f"first_trials[{number}]", item, draft)
            if params is not None and params not in found:
                found.append(params)
    return tuple(found)


def _one(where: str, node: Node, draft: Draft) -> dict[str, Any] | None:
    """Params of a listed configuration; None where a sampled field of the file is a mistake."""
    if not isinstance(node, Mapping):
        message = "must be a mapping of dotted keys to values, such as {model.cell: lstm}."
        raise wrong(node.place, where, message)
    reading, parameters = draft.reading, draft.parameters
    named: dict[str, Any] = {}
    with all_noted() as found:
        for key, entry in node.entries.items():
            with noted(found):
                named |= _value(where, key, entry, draft)
    if any(key in reading.wrong for key in reading.distributions):
        return None
    known = dict(draft.fixed)
    with all_noted() as found:
        for key in in_order(parameters):
            drawn, when = parameters[key].distribution, parameters[key].when
            if is_active(parameters[key], known):
                known[key] = named.get(key, reading.fields[key].default)
                if not contains(drawn, known[key]):
                    default = f"its default {plain_text(known[key])} is outside of {draws(drawn)}."
                    note(found, node.place, where, f"must name {key}: {default}")
            elif key in named and not any(_overridden(parent, reading) for parent in when):
                conditions = " and ".join(condition_text(*one) for one in when.items())
                message = f"{key} is not sampled here: that needs {conditions}. Leave it out."
                note(found, node.entries[key].place, where, message)
    return {key: label(known[key]) for key in parameters if key in known}


def _overridden(key: str, reading: Reading) -> bool:
    return key in reading.places and reading.places[key].override


def _value(where: str, key: str, entry: Entry, draft: Draft) -> dict[str, Any]:
    """What a listed configuration says of a field; nothing where that is settled elsewhere."""
    reading, parameters = draft.reading, draft.parameters
    known = reading.fields
    if key not in known or not sampled_section(key):
        if reading.task_type is None and key.startswith("task."):
            return {}
        message = f"{key!r} is no field that a study samples; keys are dotted, such as model.cell."
        raise wrong(entry.place, where, message, nearest(key, parameters or known))
    if key in reading.wrong:
        return {}
    with within(entry.node.place, where, key):
        value = read_value(known[key], entry.node)
    if key not in parameters:
        _check_fixed(where, key, entry, value, draft)
        return {}
    distribution = parameters[key].distribution
    if not contains(distribution, value):
        remedy = (
            " Add --set 'first_trials=[]' to start without it." if _overridden(key, reading) else ""
        )
        message = f"{key} cannot be {plain_text(value)}: it is drawn from {draws(distribution)}."
        raise wrong(entry.node.place, where, message + remedy)
    return {key: value}


def _check_fixed(where: str, key: str, entry: Entry, value: Any, draft: Draft) -> None:
    """A field that is fixed at another value; overridden, or under one, the command line wins."""
    reading, fixed = draft.reading, draft.fixed.get(key)
    always = plain_text(fixed)
    if fixed == value:
        return
    if key not in reading.places:
        message = f"{key} is not sampled in this file; it is always {always}."
        raise wrong(entry.place, where, message)
    if not (_overridden(key, reading) or key in reading.distributions):
        message = f"{key} is fixed at {always} in this file; sample it, or leave it out here."
        raise wrong(entry.place, where, message)
