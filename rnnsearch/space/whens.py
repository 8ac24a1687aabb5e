"""The `when:` entries of a file, against the fields that they name."""

from __future__ import annotations

from typing import Any

from rnnsearch.errors import Mistake
from rnnsearch.space.conditions import Condition, can_hold, contains, find_cycle, holds
from rnnsearch.space.distributions import Between, Choice, Float
from rnnsearch.space.document import Entry, Items, Mapping, Node, Scalar
from rnnsearch.space.field_types import is_list, takes
from rnnsearch.space.fields import Field, sampled_section
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import all_noted, note, noted, within, wrong
from rnnsearch.space.sections import Reading
from rnnsearch.space.values import read_value
from rnnsearch.space.words import condition_text, draws, plain_text

MOST_END = 1e300
"""Of a range in a condition; what lies beyond is no number, or none that any field takes."""


def read_conditions(reading: Reading, mistakes: list[Mistake]) -> dict[str, dict[str, Condition]]:
    """The conditions of every sampled field: child to parent to condition."""
    found: dict[str, dict[str, Condition]] = {}
    for key, entry in reading.whens.items():
        before = len(mistakes)
        found[key] = _read_when(key, entry.node, reading, mistakes)
        if len(mistakes) > before:
            reading.wrong.add(key)
    while cycle := find_cycle(found):
        message = f"waits for itself: {' -> '.join(cycle)}. Take one of these conditions out."
        note(mistakes, reading.whens[cycle[0]].place, f"{cycle[0]}.when", message)
        reading.wrong.update(cycle)
        # Cut, so that the rest of the file can still be looked through.
        found.update({key: {} for key in cycle})
    return found


def _read_when(
    key: str, node: Node, reading: Reading, mistakes: list[Mistake]
) -> dict[str, Condition]:
    found: dict[str, Condition] = {}
    where = f"{key}.when"
    if not isinstance(node, Mapping) or not node.entries:
        message = "must be a mapping of a field to its values, such as {model.cell: rnn}."
        note(mistakes, node.place, where, message)
        return found
    known = {name: one for name, one in reading.fields.items() if sampled_section(name)}
    for name, inner in node.entries.items():
        if name in known:
            with noted(mistakes):
                found[name] = _condition(where, known[name], inner.node)
                _check_possible(key, known[name], inner.node, found[name], reading)
        elif reading.task_type is not None or not name.startswith("task."):
            # Of a task that is unknown, the wrong type is a mistake already.
            message = f"{name!r} is no field of task, model or training."
            note(mistakes, inner.place, where, message, nearest(name, known))
    return found


def _condition(where: str, parent: Field, node: Node) -> Condition:
    if isinstance(node, Mapping):
        return _between(where, parent, node)
    several = isinstance(node, Items) and (
        not is_list(parent.type) or any(isinstance(item, Items) for item in node.items)
    )
    nodes = node.items if several and isinstance(node, Items) else [node]
    if not nodes:
        raise wrong(node.place, where, f"the list of values of {parent.key} is empty.")
    members: list[Any] = []
    with all_noted() as found:
        for item in nodes:
            with noted(found), within(item.place, where, parent.key):
                members.append(read_value(parent, item))
    return tuple(member for at, member in enumerate(members) if member not in members[:at])


def _between(where: str, parent: Field, node: Mapping) -> Between:
    if not (takes(parent.type, int) or takes(parent.type, float)):
        message = "is no number, so it has no range; write a value or a list of values."
        raise wrong(node.place, where, f"{parent.key} {message}")
    ends: dict[str, float] = {}
    with all_noted() as found:
        for name, entry in node.entries.items():
            with noted(found):
                ends[name] = _end(where, name, entry)
    if not ends:
        raise wrong(node.place, where, "a range needs min, max or both.")
    low, high = ends.get("min"), ends.get("max")
    if low is not None and high is not None and low > high:
        message = f"the range of {parent.key} is reversed: min {low}, max {high}."
        raise wrong(node.place, where, message)
    return Between(low, high)


def _end(where: str, name: str, entry: Entry) -> float:
    if name not in ("min", "max"):
        message = f"a range has min and max, no {name!r}."
        raise wrong(entry.place, where, message, nearest(name, ["min", "max"]))
    value: Any = entry.node.value if isinstance(entry.node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(entry.node.place, where, f"{name} must be a number.")
    if not abs(value) <= MOST_END:
        raise wrong(entry.node.place, where, f"{name} must be from -1e300 to 1e300.")
    return value


def _check_possible(
    child: str, parent: Field, node: Node, condition: Condition, reading: Reading
) -> None:
    """A condition that no trial can ever meet is a mistake, unless an override pinned it so."""
    if parent.key in reading.wrong or child == parent.key:
        return
    place, where, said = node.place, f"{child}.when", condition_text(parent.key, condition)
    pinned = parent.key in reading.places and reading.places[parent.key].override
    distribution = reading.distributions.get(parent.key)
    if distribution is None:
        value = reading.values.get(parent.key, parent.default)
        if not holds(condition, value) and not pinned:
            always = f"{parent.key} is always {plain_text(value)}"
            message = f"{said} never holds: {always}. Sample {parent.key}, or take this field out."
            raise wrong(place, where, message)
        return
    continuous = isinstance(distribution, Float) and distribution.step is None
    if isinstance(condition, tuple) and continuous:
        message = f"{parent.key} is drawn from a continuous range and never hits one value"
        raise wrong(place, where, f"{message}; write a range, {{min: ..., max: ...}}.")
    if pinned:
        return
    drawn = f"it is drawn from {draws(distribution)}."
    if isinstance(condition, Between):
        if not can_hold(condition, distribution):
            raise wrong(place, where, f"{said} never holds: {drawn}")
        return
    names = [str(one) for one in distribution.members] if isinstance(distribution, Choice) else []
    with all_noted() as found:
        for member in condition:
            if not contains(distribution, member):
                message = f"{parent.key} is never {plain_text(member)}: {drawn}"
                note(found, place, where, message, nearest(str(member), names))
