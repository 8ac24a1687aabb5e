"""Whose turn it is, by stacks that train on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from rnnsearch.training.turns import Turns, wanting


@dataclass(eq=False)
class PaperSlot:
    trial_id: str
    epoch: int = 0
    step: int = 0
    total: int = 0

    @property
    def ended(self) -> bool:
        return False


@dataclass(eq=False)
class PaperStack:
    """Takes `alone` seconds a training step, and for each further trial a share more.

    Attributes:
        share: 1 where trials share nothing, 0 where they share all.
    """

    key: str
    slots: list[PaperSlot]
    alone: float = 0.05
    share: float = 1.0
    serial: bool = False
    tried: list[int] = field(default_factory=list)

    def seconds(self, members: int) -> float:
        return self.alone * (1 + self.share * (members - 1))


def stack(key: str, epochs: int, **how: Any) -> PaperStack:
    return PaperStack(key, [PaperSlot(f"{key}{number}") for number in range(epochs)], **how)


def measured(turns: Turns, one: PaperStack, limits: dict[str, int]) -> list[str]:
    """Let a stack find out how many of its trials train at once; what a person reads of it."""
    notes = []
    for _ in range(40):
        team = turns.team(one, limits)  # type: ignore[arg-type]
        note = turns.note(one, len(team), 2, 2 * one.seconds(len(team)))  # type: ignore[arg-type]
        notes += [] if note is None else [note]
    return notes


def limits_of(*stacks: PaperStack, limit: int = 5) -> dict[str, int]:
    return {slot.trial_id: limit for one in stacks for slot in one.slots}


def names(slots: Any) -> list[str]:
    return [slot.trial_id for slot in slots]


def test_those_nearest_to_their_decision_train_first() -> None:
    one = stack("a", 4)
    limits = limits_of(one) | {"a3": 20}
    turns = Turns(measures=True)
    (note,) = measured(turns, one, limits)
    assert note.startswith("trials of one shape train 1 at a time, since 4 at once")
    assert names(turns.team(one, limits)) == ["a0"]
    one.slots[2].epoch = 3
    assert names(turns.team(one, limits)) == ["a2"]
    one.slots[1].epoch, one.slots[1].step = 3, 10
    assert names(turns.team(one, limits)) == ["a1"]
    one.slots[3].epoch = 14  # six epochs from its decision, however far it has come
    assert names(turns.team(one, limits)) == ["a1"]
    for slot in one.slots[:3]:
        slot.epoch = 5
    assert names(turns.team(one, limits)) == ["a3"]
    assert names(wanting(one, limits)) == ["a3"]


def test_trials_that_share_their_costs_train_all_at_once() -> None:
    one = stack("a", 4, share=0.0)
    turns = Turns(measures=True)
    assert measured(turns, one, limits_of(one)) == []
    assert len(turns.team(one, limits_of(one))) == 4
    assert turns.useful([one]) is None


def test_where_steps_are_recorded_nothing_is_tried() -> None:
    one = stack("a", 4)
    turns = Turns(measures=False)
    assert measured(turns, one, limits_of(one)) == []
    assert len(turns.team(one, limits_of(one))) == 4


def test_a_narrow_stack_comes_to_its_decision_before_another_begins() -> None:
    first, second = stack("a", 2), stack("b", 2)
    limits = limits_of(first, second)
    turns = Turns(measures=True)
    for one in (first, second):
        measured(turns, one, limits)
    second.slots[1].epoch = 1
    assert {turns.next([first, second], limits).key for _ in range(4)} == {"b"}
    assert {turns.next([first], limits).key for _ in range(2)} == {"a"}


def test_trials_of_different_shapes_come_to_their_decisions_one_after_the_other() -> None:
    """However short their steps are: those of different shapes share nothing."""
    stacks = [stack(key, 1, alone=0.001) for key in "abc"]
    limits = limits_of(*stacks)
    turns = Turns(measures=True)
    stacks[1].slots[0].step = 7
    assert {turns.next(stacks, limits).key for _ in range(4)} == {"b"}
    stacks[2].slots[0].epoch = 1
    assert {turns.next(stacks, limits).key for _ in range(4)} == {"c"}


def test_wide_stacks_take_turns_with_one_narrow_one() -> None:
    wide, other = stack("w", 2, share=0.0), stack("x", 2, share=0.0)
    narrow, late = stack("a", 2), stack("b", 2)
    stacks = [wide, other, narrow, late]
    limits = limits_of(*stacks)
    turns = Turns(measures=True)
    for one in stacks:
        measured(turns, one, limits)
    late.slots[0].epoch = 2
    keys = [turns.next(stacks, limits).key for _ in range(6)]
    assert sorted(keys) == ["b", "b", "w", "w", "x", "x"]


@pytest.mark.parametrize(("alone", "enough"), [(0.05, 2), (0.001, None)])
def test_how_many_are_of_use(alone: float, enough: int | None) -> None:
    """A stack of one whose steps are long is narrow too, yet how many it can use is not known."""
    one, lonely = stack("a", 4), stack("b", 1, alone=alone)
    limits = limits_of(one, lonely)
    turns = Turns(measures=True)
    assert turns.useful([one]) is None
    measured(turns, one, limits)
    assert turns.useful([one]) == 2
    measured(turns, lonely, limits)
    assert turns.useful([one, lonely]) == enough
    assert turns.useful([lonely]) is None
    assert turns.useful([stack("s", 1, serial=True)]) == 2
