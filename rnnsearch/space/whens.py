"""The `when:` entries of a file, against the fields that they name."""

from __future__ import annotations

from typing import Any

from rnnsearch.errors import Mistake
from rnnsearch.space.conditions import Condition, can_hold, contains, find_cycle, holds
from rnnsearch.space.distributions import Between, Choice, Float
from rnnsearch.space.document import Entry, Items, Mapping, Scalar
from rnnsearch.space.fields import Field, is_list, sampled_section, takes
from rnnsearch.space.nearest import nearest
from rnnsearch.space.sections import Reading
from rnnsearch.space.values import INVALID, note, read_value
from rnnsearch.space.words import condition_text, draws, plain_text

MOST_END = 1e300
"""Of a range in a condition; what lies beyond is no number, or none that any field takes."""


def read_conditions(reading: Reading, mistakes: list[Mistake]) -> dict[str, dict[str, Condition]]:
    """The conditions of every sampled field: child to parent to condition."""
    found: dict[str, dict[str, Condition]] = {}
    for key, entry in reading.whens.items():
        before = len(mistakes)
        found[key] = _read_when(key, entry, reading, mistakes)
        if len(mistakes) > before:
            reading.wrong.add(key)
    while cycle := find_cycle(found):
        note(
            mistakes,
            reading.whens[cycle[0]].place,
            f"{cycle[0]}.when",
            f"waits for itself: {' -> '.join(cycle)}. Take one of these conditions out.",
        )
        reading.wrong.update(cycle)
        # Cut, so that the rest of the file can still be looked through.
        found.update({key: {} for key in cycle})
    return found


def _read_when(
    key: str, entry: Entry, reading: Reading, mistakes: list[Mistake]
) -> dict[str, Condition]:
    found: dict[str, Condition] = {}
    node = entry.node
    if not isinstance(node, Mapping) or not node.entries:
        note(
            mistakes,
            node.place,
            f"{key}.when",
            "must be a mapping of a field to its values, such as {model.cell: rnn}.",
        )
        return found
    known = {name: one for name, one in reading.fields.items() if sampled_section(name)}
    for name, inner in node.entries.items():
        if name not in known:
            if reading.task_type is None and name.startswith("task."):
                continue  # the wrong task type is a mistake already
            note(
                mistakes,
                inner.place,
                f"{key}.when",
                f"{name!r} is no field of task, model or training.",
                nearest(name, known),
            )
            continue
        condition = _condition(key, known[name], inner, reading, mistakes)
        if condition is not None:
            found[name] = condition
            _check_possible(key, known[name], inner, condition, reading, mistakes)
    return found


def _condition(
    child: str, parent: Field, entry: Entry, reading: Reading, mistakes: list[Mistake]
) -> Condition | None:
    node, where = entry.node, f"{child}.when"
    if isinstance(node, Mapping):
        return _between(where, parent, node, mistakes)
    several = isinstance(node, Items) and (
        not is_list(parent.type) or any(isinstance(item, Items) for item in node.items)
    )
    nodes = node.items if several and isinstance(node, Items) else [node]
    if not nodes:
        note(mistakes, node.place, where, f"the list of values of {parent.key} is empty.")
        return None
    members = []
    for item in nodes:
        inner: list[Mistake] = []
        value = read_value(parent, item, inner)
        for mistake in inner:
            note(mistakes, item.place, where, f"{parent.key} {mistake.message}", mistake.suggestion)
        if value is not INVALID and value not in members:
            members.append(value)
    return tuple(members) if len(members) == len(nodes) else None


def _between(where: str, parent: Field, node: Mapping, mistakes: list[Mistake]) -> Between | None:
    if not (takes(parent.type, int) or takes(parent.type, float)):
        note(
            mistakes,
            node.place,
            where,
            f"{parent.key} is no number, so it has no range; write a value or a list of values.",
        )
        return None
    ends: dict[str, float] = {}
    before = len(mistakes)
    for name, entry in node.entries.items():
        if name not in ("min", "max"):
            note(
                mistakes,
                entry.place,
                where,
                f"a range has min and max, no {name!r}.",
                nearest(name, ["min", "max"]),
            )
            continue
        value: Any = entry.node.value if isinstance(entry.node, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            note(mistakes, entry.node.place, where, f"{name} must be a number.")
            continue
        if not abs(value) <= MOST_END:
            note(mistakes, entry.node.place, where, f"{name} must be from -1e300 to 1e300.")
            continue
        ends[name] = value
    if len(mistakes) > before:
        return None
    if not ends:
        note(mistakes, node.place, where, "a range needs min, max or both.")
        return None
    if ends.get("min", 0) > ends.get("max", float("inf")) and len(ends) == 2:
        note(
            mistakes,
            node.place,
            where,
            f"the range of {parent.key} is reversed: min {ends['min']}, max {ends['max']}.",
        )
        return None
    return Between(ends.get("min"), ends.get("max"))


def _check_possible(
    child: str,
    parent: Field,
    entry: Entry,
    condition: Condition,
    reading: Reading,
    mistakes: list[Mistake],
) -> None:
    """A condition that no trial can ever meet is a mistake, unless an override pinned it so."""
    if parent.key in reading.wrong or child == parent.key:
        return
    place, where = entry.node.place, f"{child}.when"
    pinned = parent.key in reading.places and reading.places[parent.key].override
    distribution = reading.distributions.get(parent.key)
    if distribution is None:
        value = reading.values.get(parent.key, parent.default)
        if not holds(condition, value) and not pinned:
            note(
                mistakes,
                place,
                where,
                f"{condition_text(parent.key, condition)} never holds: {parent.key} is always "
                f"{plain_text(value)}. Sample {parent.key}, or take this field out.",
            )
        return
    if (
        isinstance(condition, tuple)
        and isinstance(distribution, Float)
        and distribution.step is None
    ):
        note(
            mistakes,
            place,
            where,
            f"{parent.key} is drawn from a continuous range and never hits one value; "
            "write a range, {min: ..., max: ...}.",
        )
        return
    if pinned:
        return
    if isinstance(condition, Between):
        if not can_hold(condition, distribution):
            note(
                mistakes,
                place,
                where,
                f"{condition_text(parent.key, condition)} never holds: it is drawn from "
                f"{draws(distribution)}.",
            )
        return
    for member in condition:
        if not contains(distribution, member):
            names = (
                [str(one) for one in distribution.members]
                if isinstance(distribution, Choice)
                else []
            )
            note(
                mistakes,
                place,
                where,
                f"{parent.key} is never {plain_text(member)}: it is drawn from "
                f"{draws(distribution)}.",
                nearest(str(member), names),
            )
