"""What stands on a field: found wherever it stands, and held against values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest

from rnnsearch.vocabulary import SAME_SCORES, Key, Members, NeverSampled, Range, keys, outside

UNITS = Range(1, 16_384)


@dataclass(frozen=True)
class Inner:
    """How a model is run.

    Attributes:
        plain: A number,
            of any size.
    """

    steps: Annotated[tuple[int, ...], "Horizons.", Range(1, 50), Members(least=1)] = (1,)
    plain: float = 0.0


@dataclass(frozen=True)
class Outer:
    """A config.

    Attributes:
        units: What the docstring says, and the field says otherwise.
    """

    units: Annotated[int | None, "Units.", UNITS] = 8
    share: Annotated[float, "Of it.", Range(above=0, below=1, unit="parts")] | None = 0.5
    kind: Annotated[Literal["a"], NeverSampled("there is one"), SAME_SCORES] = "a"
    inner: Annotated[Inner, "Nested."] = field(default_factory=Inner)


@dataclass(frozen=True)
class Heir(Outer):
    units: Annotated[int | None, Range(1, 9, unit="cells")] = 9


def test_all_that_is_said_of_a_field() -> None:
    found = keys(Outer)
    assert found["units"] == Key(int | None, 8, "Units.", UNITS)
    assert found["share"] == Key(float | None, 0.5, "Of it.", Range(above=0, below=1, unit="parts"))
    assert found["kind"].never_sampled == "there is one"
    assert found["kind"].marks == {SAME_SCORES}
    assert (found["inner"].type, found["inner"].meaning) == (Inner, "Nested.")


def test_a_docstring_says_what_a_field_leaves_unsaid() -> None:
    assert keys(Inner)["plain"] == Key(float, 0.0, "A number, of any size.")


def test_a_field_that_is_inherited_keeps_what_its_heir_leaves_unsaid() -> None:
    assert keys(Heir)["units"] == Key(int | None, 9, "Units.", Range(1, 9, unit="cells"))


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        (Key(int, range=UNITS), 0, "must be at least 1 and at most 16,384"),
        (Key(int, range=UNITS), (3, 0), "every member must be at least 1 and at most 16,384"),
        (Key(int, range=UNITS), "a text", None),
        (Key(int, range=UNITS), False, None),
        (Key(int, range=Range(above=0, below=1)), 1.0, "must be above 0 and below 1"),
        (Key(int, range=Range(most=1_000_000)), 1_000_001, "must be at most 1,000,000"),
        (Key(float), float("inf"), "must be finite"),
        (Key(tuple, members=Members(1)), (), "must have at least one member"),
        (Key(tuple, members=Members(2)), (1,), "must have at least 2 members"),
        (Key(tuple, members=Members(most=64)), (1,) * 65, "must have at most 64 members"),
    ],
)
def test_values_of_the_right_type(key: Key, value: Any, problem: str | None) -> None:
    assert key.problem(value) == problem


def test_every_field_of_a_config_is_held_against_its_range() -> None:
    assert outside(Outer()) == []
    assert outside(Outer(units=0, share=1.0, inner=Inner(steps=()))) == [
        ("units", "must be at least 1 and at most 16,384, not 0."),
        ("share", "must be above 0 and below 1, not 1.0."),
        ("inner.steps", "must have at least one member, not []."),
    ]
