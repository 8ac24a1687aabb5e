"""`first_trials:`, the configurations that a study trains before it samples any."""

from __future__ import annotations

from typing import Any

from rnnsearch.space.candidate import Candidate
from rnnsearch.space.conditions import assigned
from rnnsearch.space.distributions import Distribution
from rnnsearch.space.document import Entry, MappingNode, Node, SequenceNode, is_null
from rnnsearch.space.fields import sampled_section
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import all_noted, note, noted, within, wrong
from rnnsearch.space.values import read_value
from rnnsearch.space.words import label, plain_text


def read_first_trials(entry: Entry | None, study: Candidate) -> tuple[dict[str, Any], ...]:
    """Read the params of each listed configuration.

    A sampled field that is active and not named takes its documented default, which its
    distribution must then contain. An override that fixes a field wins over what is listed.
    """
    if entry is None:
        return ()
    node = entry.node
    if not isinstance(node, SequenceNode):
        if not is_null(node):
            message = "must be a list of mappings, such as [{model.cell: lstm}]."
            note(study.file.mistakes, node.place, "first_trials", message)
        return ()
    trials: list[dict[str, Any]] = []
    for number, item in enumerate(node.items):
        with noted(study.file.mistakes):
            params = _one(f"first_trials[{number}]", item, study)
            if params is not None and params not in trials:
                trials.append(params)
    return tuple(trials)


def _one(where: str, node: Node, study: Candidate) -> dict[str, Any] | None:
    """The params of one configuration; None where the file is wrong about a sampled field."""
    if not isinstance(node, MappingNode):
        message = "must be a mapping of dotted keys to values, such as {model.cell: lstm}."
        raise wrong(node.place, where, message)
    file = study.file
    named: dict[str, Any] = {}
    with all_noted() as mistakes:
        for key, entry in node.entries.items():
            with noted(mistakes):
                named |= _value(where, key, entry, study)
    if any(map(file.is_wrong, file.distributions)):
        return None
    with all_noted() as mistakes:

        def value_of(key: str, distribution: Distribution) -> Any:
            value = named.get(key, file.fields[key].default)
            if not distribution.contains(value):
                default = f"its default {plain_text(value)} is outside of {distribution}."
                note(mistakes, node.place, where, f"must name {key}: {default}")
            return value

        known = assigned(study, value_of)
        for key in named:
            parameter = study.parameters[key]
            if key not in known and not any(map(file.overridden, parameter.when)):
                message = f"{key} is not sampled here: that needs {parameter.requirement()}."
                note(mistakes, node.entries[key].place, where, f"{message} Leave it out.")
    return {key: label(known[key]) for key in study.parameters if key in known}


def _value(where: str, key: str, entry: Entry, study: Candidate) -> dict[str, Any]:
    """The value that a configuration gives to a sampled field, under the field's key.

    Nothing where the field is fixed at that value, or is a mistake of the file already.
    """
    file, parameters = study.file, study.parameters
    known = file.fields
    if key not in known or not sampled_section(key):
        if file.task_type is None and key.startswith("task."):
            return {}
        message = f"{key!r} is no field that a study samples; keys are dotted, such as model.cell."
        raise wrong(entry.place, where, message, nearest(key, parameters or known))
    if file.is_wrong(key):
        return {}
    with within(entry.node.place, where, key):
        value = read_value(known[key], entry.node)
    if key not in parameters:
        _check_fixed(where, key, entry, value, study)
        return {}
    distribution = parameters[key].distribution
    if not distribution.contains(value):
        remedy = " Add --set 'first_trials=[]' to start without it." if file.overridden(key) else ""
        message = f"{key} cannot be {plain_text(value)}: it is drawn from {distribution}."
        raise wrong(entry.node.place, where, message + remedy)
    return {key: value}


def _check_fixed(where: str, key: str, entry: Entry, value: Any, study: Candidate) -> None:
    """Refuse another value for a fixed field, unless an override has fixed it or its parent."""
    file, fixed = study.file, study.values.get(key)
    always = plain_text(fixed)
    if fixed == value:
        return
    if key not in file.places:
        message = f"{key} is not sampled in this file; it is always {always}."
        raise wrong(entry.place, where, message)
    if not (file.overridden(key) or key in file.distributions):
        message = f"{key} is fixed at {always} in this file; sample it, or leave it out here."
        raise wrong(entry.place, where, message)
