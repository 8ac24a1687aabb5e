"""Values, distributions and conditions as a person writes them."""

from __future__ import annotations

from typing import Any

from rnnsearch.space.distributions import Between, Choice, Distribution, Float, kind_of
from rnnsearch.space.fields import Field
from rnnsearch.vocabulary import DURATION

SHOWN = 50
"""Members of a choice that are spelled out."""


def plain_text(value: Any) -> str:
    """A value as YAML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    return str(list(value)) if isinstance(value, tuple) else str(value)


def draws(distribution: Distribution) -> str:
    """A distribution as the file writes it, without `when`."""
    if isinstance(distribution, Choice):
        members = [plain_text(member) for member in distribution.members[:SHOWN]]
        more = len(distribution.members) - SHOWN
        return f"[{', '.join(members)}{f', ... {more} more' if more > 0 else ''}]"
    text = f"{kind_of(distribution)}: [{distribution.low}, {distribution.high}]"
    plain_step = 1 if not isinstance(distribution, Float) else None
    return text if distribution.step == plain_step else f"{text}, step: {distribution.step}"


def condition_text(key: str, condition: tuple[Any, ...] | Between) -> str:
    """A condition as a person says it: `model.num_layers is at least 2`."""
    if isinstance(condition, Between):
        parts = []
        if condition.min is not None:
            parts.append(f"at least {condition.min:g}")
        if condition.max is not None:
            parts.append(f"at most {condition.max:g}")
        return f"{key} is {' and '.join(parts)}"
    members = " or ".join(plain_text(member) for member in condition)
    return f"{key} is {members}"


def as_written(field: Field, value: Any) -> Any:
    """A field's value as a space file has it: a time with its unit, all else as it is."""
    if not field.marked(DURATION) or value is None:
        return value
    text = f"{value:.15f}".rstrip("0").rstrip(".")
    return f"{text}s"
