"""Distributions, read from mappings such as `{loguniform: [1e-4, 1e-1]}`."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from rnnsearch.errors import Mistake
from rnnsearch.space.distributions import KINDS, Choice, Distribution, is_number
from rnnsearch.space.document import Entry, MappingNode, Node, SequenceNode, plain
from rnnsearch.space.field import Field
from rnnsearch.space.field_types import in_words, is_list, literals, takes
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import all_noted, note, noted, wrong
from rnnsearch.space.values import read_value
from rnnsearch.space.words import plain_text

EXTRAS = ("step", "when")
"""What may stand beside a distribution's word."""

MOST_CHOICES = 1000
"""Members of a choice at most: all are stored with every trial, and no search tries so many."""


def read_distribution(field: Field, node: MappingNode) -> Distribution:
    """Read the distribution of a field.

    Its `when` is left to `space.whens`, which reads it once all other fields are known.

    Raises:
        WrongError: The field is never sampled, or the mapping is no distribution of it.
    """
    key = field.key
    if reason := field.never_sampled:
        message = f"is never sampled, since {reason}. Write one value: {in_words(field.type)}."
        raise wrong(node.place, key, message)
    with all_noted() as mistakes:
        for name, entry in node.entries.items():
            if name not in KINDS and name not in EXTRAS:
                allowed = f"allowed are {', '.join(KINDS)}, and step, when"
                message = f"is no part of a distribution; {allowed}."
                near = nearest(name, [*KINDS, *EXTRAS])
                note(mistakes, entry.place, f"{key}.{name}", message, near)
        kinds = [entry for name, entry in node.entries.items() if name in KINDS]
        if not kinds and not mistakes:
            message = f"names no distribution; one of {', '.join(KINDS)} is needed."
            raise wrong(node.place, key, message)
        if len(kinds) > 1:
            names = " and ".join(entry.key for entry in kinds)
            message = f"has {len(kinds)} distributions, {names}; keep one."
            note(mistakes, kinds[1].place, key, message)
        elif kinds:
            with noted(mistakes):
                distribution = _of_kind(field, kinds[0], node.entries.get("step"), mistakes)
    return distribution


def _of_kind(
    field: Field, entry: Entry, step: Entry | None, mistakes: list[Mistake]
) -> Distribution:
    kind, place = entry.key, entry.node.place
    how = KINDS[kind]
    if step is not None and not how.stepped:
        stepped = " and ".join(word for word, one in KINDS.items() if one.stepped)
        message = f"goes with {stepped}, not with {kind}."
        note(mistakes, step.place, f"{field.key}.step", message)
    if kind == "choice":
        return _choice(field, entry.node)
    fitting = kinds_for(field)
    if kind not in fitting:
        message = f"takes {in_words(field.type)}, which {kind} does not draw"
        near = fitting[how.log] if len(fitting) > 1 else ""
        raise wrong(entry.place, field.key, f"{message}; use {' or '.join(fitting)}.", near)
    low, high = _bounds(field, kind, entry.node)
    if how.log and low <= 0:
        message = f"{kind} needs a lower end above 0, not {low}: a logarithm has no zero."
        raise wrong(place, field.key, message, f"{kind.removeprefix('log')}: [{low}, {high}]")
    steps = () if step is None else (how.of(_step(field, step, kind, low, high)),)
    distribution: Distribution = how.cls(low, high, how.log, *steps)
    return distribution


def kinds_for(field: Field) -> tuple[str, ...]:
    """The words of the distributions that a field's type admits, `choice` last."""
    number = next((one for one in (int, float) if takes(field.type, one)), None)
    return (*(word for word, one in KINDS.items() if one.of and one.of is number), "choice")


def _choice(field: Field, node: Node) -> Choice:
    """Read the members of a choice."""
    key = field.key
    if not isinstance(node, SequenceNode):
        message = f"choice needs a list of members, such as {_example(field)}."
        raise wrong(node.place, key, message)
    if not node.items:
        message = f"choice is empty; each member must be {in_words(field.type)}."
        raise wrong(node.place, key, message)
    if len(node.items) > MOST_CHOICES:
        kinds = kinds_for(field)
        remedy = f", or draw from a range: {kinds[0]}: [low, high]" if len(kinds) > 1 else ""
        raise wrong(
            node.place,
            key,
            f"choice has {len(node.items):,} members, and at most {MOST_CHOICES:,} can be told "
            f"apart by a search. Leave some out{remedy}.",
        )
    members: dict[Any, None] = {}
    with all_noted() as mistakes:
        for number, item in enumerate(node.items, start=1):
            part = f"choice member {number}"
            with noted(mistakes):
                value = read_value(field, item, what=part)
                if value in members:
                    message = f"{part} is there twice: {plain_text(value)}. Leave one out."
                    raise wrong(item.place, key, message)
                members[value] = None
    return Choice(tuple(members))


def _example(field: Field) -> str:
    """A list of members that the field takes, for an error."""
    names = literals(field.type)
    if names:
        return f"[{', '.join(str(name) for name in names)}]"
    if is_list(field.type):
        return "[[1, 2], [3]]"
    return "[true, false]" if takes(field.type, bool) else "[1, 2]"


def _bounds(field: Field, kind: str, node: Node) -> tuple[Any, Any]:
    """Read the two ends of a range, the lower one first."""
    key, place = field.key, node.place
    if not isinstance(node, SequenceNode) or len(node.items) != 2:
        message = f"{kind} needs its two ends, {kind}: [low, high], both of which it can draw."
        raise wrong(place, key, message)
    ends: list[Any] = []
    with all_noted() as mistakes:
        for item, name in zip(node.items, ("the lower", "the upper"), strict=True):
            with noted(mistakes):
                ends.append(read_value(field, item, what=f"{name} end of {kind}"))
    if any(end is None or isinstance(end, str) for end in ends):
        raise wrong(place, key, f"{kind} needs two numbers, [low, high].")
    low, high = ends
    written = f"{kind}: [{low}, {high}]"
    if low > high:
        raise wrong(place, key, f"{written} is reversed.", f"{kind}: [{high}, {low}]")
    if low == high:
        message = f"{written} is empty but for one value; write that value alone."
        raise wrong(place, key, message, f"{field.name}: {low}")
    return low, high


def _step(field: Field, entry: Entry, kind: str, low: Any, high: Any) -> Any:
    """Read the width between two values of a range, which must divide the range."""
    key, place = f"{field.key}.step", entry.node.place
    value = plain(entry.node)
    whole = kind == "int"
    if not is_number(value) or (whole and not isinstance(value, int)) or not 0 < value < math.inf:
        raise wrong(place, key, f"must be a {'whole ' if whole else ''}number above 0.")
    # In decimal numbers, as Optuna does it: 0.1 divides [0.0, 0.3], though not as binary floats.
    start, width = Decimal(str(low)), Decimal(str(value))
    steps = (Decimal(str(high)) - start) / width
    if steps == steps.to_integral_value():
        return value
    last = start + width * steps.to_integral_value(rounding=ROUND_FLOOR)
    ends = [
        end
        for end in (last, last + width)
        if end > start and field.says.problem(float(end)) is None
    ]
    alternatives = " or ".join(f"[{low}, {end.normalize():f}]" for end in ends)
    raise wrong(
        place,
        key,
        f"does not divide [{low}, {high}]: no whole number of steps of {value} leads from {low} "
        f"to {high}." + (f" A range that it divides: {alternatives}." if alternatives else ""),
    )
