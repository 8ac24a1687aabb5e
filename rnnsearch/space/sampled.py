"""A mapping such as `{loguniform: [1e-4, 1e-1]}` as a distribution."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from rnnsearch.errors import Mistake
from rnnsearch.space.distributions import Choice, Distribution, Float, Int
from rnnsearch.space.document import Entry, Items, Mapping, Scalar
from rnnsearch.space.fields import (
    Field,
    in_words,
    is_list,
    literals,
    takes,
)
from rnnsearch.space.nearest import nearest
from rnnsearch.space.values import INVALID, note, read_value
from rnnsearch.space.words import plain_text

KINDS = ("choice", "uniform", "loguniform", "int", "logint")
"""The distributions that a field may have."""

STEPPED = ("uniform", "int")
"""Those that take a `step`."""

EXTRAS = ("step", "when")

MOST_CHOICES = 1000
"""Members of a choice: each is written beside every trial, and a search tries far fewer."""


def read_distribution(field: Field, node: Mapping, mistakes: list[Mistake]) -> Distribution | None:
    """The distribution of a field, or None after its mistakes are noted.

    `when` is left to `conditions`, which needs to know every other field.
    """
    key, before = field.key, len(mistakes)
    if reason := field.never_sampled:
        note(
            mistakes,
            node.place,
            key,
            f"is never sampled, since {reason}. Write one value: {in_words(field.type)}.",
        )
        return None
    kinds = [entry for name, entry in node.entries.items() if name in KINDS]
    for name, entry in node.entries.items():
        if name not in KINDS and name not in EXTRAS:
            note(
                mistakes,
                entry.place,
                f"{key}.{name}",
                f"is no part of a distribution; allowed are {', '.join(KINDS)}, and step, when.",
                nearest(name, [*KINDS, *EXTRAS]),
            )
    if not kinds:
        if len(mistakes) == before:
            note(
                mistakes,
                node.place,
                key,
                f"names no distribution; one of {', '.join(KINDS)} is needed.",
            )
        return None
    if len(kinds) > 1:
        names = " and ".join(entry.key for entry in kinds)
        note(mistakes, kinds[1].place, key, f"has {len(kinds)} distributions, {names}; keep one.")
        return None
    distribution = _of_kind(field, kinds[0], node.entries.get("step"), mistakes)
    return distribution if len(mistakes) == before else None


def _of_kind(
    field: Field,
    entry: Entry,
    step: Entry | None,
    mistakes: list[Mistake],
) -> Distribution | None:
    kind = entry.key
    if step is not None and kind not in STEPPED:
        note(
            mistakes,
            step.place,
            f"{field.key}.step",
            f"goes with {' and '.join(STEPPED)}, not with {kind}.",
        )
    if kind == "choice":
        return _choice(field, entry, mistakes)
    fitting = kinds_for(field)
    if kind not in fitting:
        note(
            mistakes,
            entry.place,
            field.key,
            f"takes {in_words(field.type)}, which {kind} does not draw; "
            f"use {' or '.join(fitting)}.",
            {"uniform": "int", "loguniform": "logint", "int": "uniform", "logint": "loguniform"}[
                kind
            ]
            if len(fitting) > 1
            else "",
        )
        return None
    bounds = _bounds(field, entry, mistakes)
    if bounds is None:
        return None
    low, high = bounds
    if kind in ("loguniform", "logint") and low <= 0:
        note(
            mistakes,
            entry.node.place,
            field.key,
            f"{kind} needs a lower end above 0, not {low}: a logarithm has no zero.",
            f"{kind.removeprefix('log')}: [{low}, {high}]",
        )
        return None
    width = _step(field, step, kind, low, high, mistakes) if step is not None else None
    if kind in ("int", "logint"):
        return Int(int(low), int(high), kind == "logint", 1 if width is None else int(width))
    return Float(low, high, kind == "loguniform", None if width is None else float(width))


def kinds_for(field: Field) -> tuple[str, ...]:
    """The distributions that a field's type admits."""
    if takes(field.type, int):
        return ("int", "logint", "choice")
    if takes(field.type, float):
        return ("uniform", "loguniform", "choice")
    return ("choice",)


def _choice(field: Field, entry: Entry, mistakes: list[Mistake]) -> Choice | None:
    node = entry.node
    if not isinstance(node, Items):
        note(
            mistakes,
            node.place,
            field.key,
            f"choice needs a list of members, such as {_example(field)}.",
        )
        return None
    if not node.items:
        note(
            mistakes,
            node.place,
            field.key,
            f"choice is empty; each member must be {in_words(field.type)}.",
        )
        return None
    if len(node.items) > MOST_CHOICES:
        kinds = kinds_for(field)
        remedy = f", or draw from a range: {kinds[0]}: [low, high]" if len(kinds) > 1 else ""
        note(
            mistakes,
            node.place,
            field.key,
            f"choice has {len(node.items):,} members, and at most {MOST_CHOICES:,} can be told "
            f"apart by a search. Leave some out{remedy}.",
        )
        return None
    members: list[Any] = []
    seen: set[Any] = set()
    for number, item in enumerate(node.items, start=1):
        value = read_value(field, item, mistakes, what=f"choice member {number}")
        if value is INVALID:
            continue
        if value in seen:
            note(
                mistakes,
                item.place,
                field.key,
                f"choice member {number} is there twice: {plain_text(value)}. Leave one out.",
            )
            continue
        seen.add(value)
        members.append(value)
    return Choice(tuple(members))


def _example(field: Field) -> str:
    names = literals(field.type)
    if names:
        return f"[{', '.join(str(name) for name in names)}]"
    if is_list(field.type):
        return "[[1, 2], [3]]"
    return "[true, false]" if takes(field.type, bool) else "[1, 2]"


def _bounds(field: Field, entry: Entry, mistakes: list[Mistake]) -> tuple[Any, Any] | None:
    node, kind = entry.node, entry.key
    if not isinstance(node, Items) or len(node.items) != 2:
        note(
            mistakes,
            node.place,
            field.key,
            f"{kind} needs its two ends, {kind}: [low, high], both of which it can draw.",
        )
        return None
    ends = [
        read_value(field, item, mistakes, what=f"{name} end of {kind}")
        for item, name in zip(node.items, ("the lower", "the upper"), strict=True)
    ]
    if any(end is INVALID for end in ends):
        return None
    if any(end is None or isinstance(end, str) for end in ends):
        note(mistakes, node.place, field.key, f"{kind} needs two numbers, [low, high].")
        return None
    low, high = ends
    if low > high:
        note(
            mistakes,
            node.place,
            field.key,
            f"{kind}: [{low}, {high}] is reversed.",
            f"{kind}: [{high}, {low}]",
        )
        return None
    if low == high:
        note(
            mistakes,
            node.place,
            field.key,
            f"{kind}: [{low}, {high}] is empty but for one value; write that value alone.",
            f"{field.name}: {low}",
        )
        return None
    return low, high


def _step(
    field: Field, entry: Entry, kind: str, low: Any, high: Any, mistakes: list[Mistake]
) -> Any:
    key, place = f"{field.key}.step", entry.node.place
    value = entry.node.value if isinstance(entry.node, Scalar) else None
    whole = kind == "int"
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (whole and not isinstance(value, int))
        or not 0 < value < math.inf
    ):
        kind_said = "a whole number above 0" if whole else "a number above 0"
        note(mistakes, place, key, f"must be {kind_said}.")
        return None
    # In decimals, as Optuna reckons: 0.1 divides [0.0, 0.3] although the binary floats do not.
    start, width = Decimal(str(low)), Decimal(str(value))
    steps = (Decimal(str(high)) - start) / width
    if steps != steps.to_integral_value():
        last = start + width * steps.to_integral_value(rounding=ROUND_FLOOR)
        ends = [
            end
            for end in (last, last + width)
            if end > start and field.says.problem(float(end)) is None
        ]
        said = " or ".join(f"[{low}, {end.normalize():f}]" for end in ends)
        note(
            mistakes,
            place,
            key,
            f"does not divide [{low}, {high}]: no whole number of steps of "
            f"{value} leads from {low} to {high}."
            + (f" A range that it divides: {said}." if said else ""),
        )
        return None
    return value
