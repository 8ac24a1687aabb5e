"""What stands on a field: found wherever it stands, and held against values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest

from rnnsearch.vocabulary import Key, Range, key_of, outside

UNITS = Key("Units.", Range(1, 16_384))


@dataclass(frozen=True)
class Inner:
    steps: Annotated[tuple[int, ...], Key("Horizons.", Range(1, 50), least_members=1)] = (1,)
    plain: float = 0.0


@dataclass(frozen=True)
class Outer:
    """A config."""

    units: Annotated[int | None, UNITS] = 8
    share: Annotated[float, Key("Of it.", Range(above=0, below=1))] = 0.5
    inner: Annotated[Inner, Key("Nested.")] = field(default_factory=Inner)


@pytest.mark.parametrize(
    "hint",
    [Annotated[int, UNITS], Annotated[int | None, "else", UNITS], Annotated[int, UNITS] | None],
)
def test_a_key_is_found_around_and_within_a_type(hint: Any) -> None:
    assert key_of(hint) is UNITS


def test_a_type_of_which_nothing_is_said() -> None:
    assert key_of(int | None) == Key()


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        (UNITS, 0, "must be at least 1 and at most 16,384"),
        (UNITS, (3, 0), "every member must be at least 1 and at most 16,384"),
        (UNITS, "a text", None),
        (UNITS, False, None),
        (Key(range=Range(above=0, below=1)), 1.0, "must be above 0 and below 1"),
        (Key(range=Range(most=1_000_000)), 1_000_001, "must be at most 1,000,000"),
        (Key(), float("inf"), "must be finite"),
        (Key(least_members=1), (), "must have at least one member"),
        (Key(least_members=2), (1,), "must have at least 2 members"),
        (Key(most_members=1), (1, 2), "must have at most one member"),
    ],
)
def test_values_of_the_right_type(key: Key, value: Any, problem: str | None) -> None:
    assert key.problem(value) == problem


def test_every_field_of_a_config_is_held_against_its_range() -> None:
    assert outside(Outer()) == []
    found = outside(Outer(units=0, share=1.0, inner=Inner(steps=())))
    assert found == [
        ("units", "must be at least 1 and at most 16,384, not 0."),
        ("share", "must be above 0 and below 1, not 1.0."),
        ("inner.steps", "must have at least one member, not []."),
    ]
