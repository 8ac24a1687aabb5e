"""The `when:` entries of a space file, read and held against the fields that they name."""

from __future__ import annotations

import math
from typing import Any

from rnnsearch.space.conditions import Among, Between, Condition, find_cycle
from rnnsearch.space.distributions import is_number
from rnnsearch.space.document import Entry, MappingNode, Node, SequenceNode, plain
from rnnsearch.space.field import Field
from rnnsearch.space.field_types import is_list, takes
from rnnsearch.space.fields import sampled_section
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import all_noted, note, noted, within, wrong
from rnnsearch.space.space_file import SpaceFile
from rnnsearch.space.values import read_value
from rnnsearch.space.words import plain_text

MOST_END = 1e300
"""The largest end of a range in a condition; no field takes numbers beyond it."""


def read_conditions(file: SpaceFile) -> dict[str, dict[str, Condition]]:
    """Read the conditions of every sampled field.

    Returns:
        The conditions by the key of the sampled field, then by that of the field they look at.
    """
    conditions: dict[str, dict[str, Condition]] = {}
    for key, entry in file.whens.items():
        with file.reading(key):
            conditions[key] = _read_when(key, entry.node, file)
    while cycle := find_cycle(conditions):
        message = f"waits for itself: {' -> '.join(cycle)}. Take one of these conditions out."
        note(file.mistakes, file.whens[cycle[0]].place, f"{cycle[0]}.when", message)
        file.wrong.update(cycle)
        # Without these conditions the rest of the file can still be checked.
        conditions.update({key: {} for key in cycle})
    return conditions


def _read_when(key: str, node: Node, file: SpaceFile) -> dict[str, Condition]:
    conditions: dict[str, Condition] = {}
    where = f"{key}.when"
    if not isinstance(node, MappingNode) or not node.entries:
        message = "must be a mapping of a field to its values, such as {model.cell: rnn}."
        raise wrong(node.place, where, message)
    known = {name: one for name, one in file.fields.items() if sampled_section(name)}
    for name, inner in node.entries.items():
        if name in known:
            with noted(file.mistakes):
                conditions[name] = _condition(where, known[name], inner.node)
                _check_possible(key, known[name], inner.node, conditions[name], file)
        elif file.task_type is not None or not name.startswith("task."):
            # Where the task is unknown nobody knows its fields, and its type is a mistake already.
            message = f"{name!r} is no field of task, model or training."
            note(file.mistakes, inner.place, where, message, nearest(name, known))
    return conditions


def _condition(where: str, parent: Field, node: Node) -> Condition:
    """Read a condition on a parent: a range, a value or a list of values."""
    if isinstance(node, MappingNode):
        return _between(where, parent, node)
    several = isinstance(node, SequenceNode) and (
        not is_list(parent.type) or any(isinstance(item, SequenceNode) for item in node.items)
    )
    nodes = node.items if several and isinstance(node, SequenceNode) else [node]
    if not nodes:
        raise wrong(node.place, where, f"the list of values of {parent.key} is empty.")
    members: list[Any] = []
    with all_noted() as mistakes:
        for item in nodes:
            with noted(mistakes), within(item.place, where, parent.key):
                members.append(read_value(parent, item))
    return Among(dict.fromkeys(members))


def _between(where: str, parent: Field, node: MappingNode) -> Between:
    """Read a range `{min: ..., max: ...}` of a field of numbers."""
    if not (takes(parent.type, int) or takes(parent.type, float)):
        message = "is no number, so it has no range; write a value or a list of values."
        raise wrong(node.place, where, f"{parent.key} {message}")
    ends: dict[str, float] = {}
    with all_noted() as mistakes:
        for name, entry in node.entries.items():
            with noted(mistakes):
                ends[name] = _end(where, name, entry)
    if not ends:
        raise wrong(node.place, where, "a range needs min, max or both.")
    low, high = ends.get("min"), ends.get("max")
    if low is not None and high is not None and low > high:
        message = f"the range of {parent.key} is reversed: min {low}, max {high}."
        raise wrong(node.place, where, message)
    return Between(low, high)


def _end(where: str, name: str, entry: Entry) -> float:
    """Read one end of a range."""
    if name not in ("min", "max"):
        message = f"a range has min and max, no {name!r}."
        raise wrong(entry.place, where, message, nearest(name, ["min", "max"]))
    value: Any = plain(entry.node)
    if not is_number(value):
        raise wrong(entry.node.place, where, f"{name} must be a number.")
    if not abs(value) <= MOST_END:
        raise wrong(entry.node.place, where, f"{name} must be from -1e300 to 1e300.")
    return value


def _check_possible(
    child: str, parent: Field, node: Node, condition: Condition, file: SpaceFile
) -> None:
    """Refuse a condition that no trial can ever meet, unless an override has made it so."""
    if file.is_wrong(parent.key) or child == parent.key:
        return
    place, where, clause = node.place, f"{child}.when", condition.clause(parent.key)
    pinned = file.overridden(parent.key)
    distribution = file.distributions.get(parent.key)
    if distribution is None:
        value = file.values.get(parent.key, parent.default)
        if not condition.holds(value) and not pinned:
            always = f"{parent.key} is always {plain_text(value)}"
            message = (
                f"{clause} never holds: {always}. Sample {parent.key}, or take this field out."
            )
            raise wrong(place, where, message)
        return
    if isinstance(condition, Among) and distribution.count == math.inf:
        message = f"{parent.key} is drawn from a continuous range and never hits one value"
        raise wrong(place, where, f"{message}; write a range, {{min: ..., max: ...}}.")
    left = condition.left_of(distribution)
    if pinned or left == condition:
        return
    drawn = f"it is drawn from {distribution}."
    if not isinstance(condition, Among):
        raise wrong(place, where, f"{clause} never holds: {drawn}")
    names = [one for one in distribution.extremes if isinstance(one, str)]
    with all_noted() as mistakes:
        for member in condition:
            if not distribution.contains(member):
                message = f"{parent.key} is never {plain_text(member)}: {drawn}"
                note(mistakes, place, where, message, nearest(str(member), names))
