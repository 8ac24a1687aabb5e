"""What no rule may depend on: the order of what arrives together, a resume, the metric's sign."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnsearch.goal import Goal
from rnnsearch.stopping.rule import StoppingRule
from rnnsearch.stopping.table import BUILT_IN

EPOCHS = 12
KEYS: dict[str, dict[str, Any]] = {
    "asha": {"grace_period": 1, "reduction_factor": 2.0},
    "asha, brackets": {"grace_period": 1, "reduction_factor": 2.0, "brackets": 3, "min_trials": 2},
    "hyperband": {"grace_period": 1, "reduction_factor": 2.0},
    "median": {"grace_period": 2, "interval": 2, "min_trials": 1},
    "pasha": {"grace_period": 1, "reduction_factor": 2.0},
    "patience": {"patience": 2, "grace_period": 1, "interval": 1},
    "patience, median": {"patience": 2, "of": "median", "window": 3, "interval": 2},
    "extrapolate": {"grace_period": 4, "interval": 2, "top": 1, "min_complete": 1},
    "taper": {"grace_period": 2, "interval": 2, "power": 2.0, "min_trials": 1},
    "pbt": {"perturbation_interval": 3},
    "none": {},
}
CURVES = st.lists(
    st.lists(
        st.integers(-2, 2).map(float)
        | st.floats(-10, 10)
        | st.sampled_from([1e308, -1e308, 1e-308, 0.0, -0.0]),
        min_size=EPOCHS,
        max_size=EPOCHS,
    ),
    min_size=2,
    max_size=9,
)


def new_rule(name: str, goal: Goal = Goal.MINIMIZE) -> StoppingRule:
    config: Any = BUILT_IN[name.partition(",")[0]]
    rule: StoppingRule = config(**KEYS[name]).rule(EPOCHS, goal)
    return rule


def ends(
    name: str,
    curves: Sequence[Sequence[float]],
    *,
    goal: Goal = Goal.MINIMIZE,
    shuffled: int = 0,
    resumed_after: int = -1,
) -> dict[int, tuple[int, str]]:
    """Train all, three at a time, each to its limit; who was stopped, at which epoch and why.

    Args:
        shuffled: In which order what arrives together is recorded and decided.
        resumed_after: After so many slices the rule is made anew from what is known.
    """
    rule, dice = new_rule(name, goal), random.Random(shuffled)
    waiting, places = list(range(len(curves))), {}
    known: dict[int, dict[int, float]] = {}
    stopped: dict[int, tuple[int, str]] = {}
    slices = 0
    while waiting or places:
        if slices == resumed_after:
            rule = new_rule(name, goal)
            rule.rebuild(known)
        slices += 1
        while waiting and len(places) < 3:
            places[waiting.pop(0)] = 0
        arrived = []
        for number, epoch in places.items():
            until = rule.next_limit(epoch)
            arrived.append(
                [(number, one, curves[number][one - 1]) for one in range(epoch + 1, until + 1)]
            )
            places[number] = until
        dice.shuffle(arrived)
        for row in (row for rows in arrived for row in rows):
            rule.record(*row)
            known.setdefault(row[0], {})[row[1]] = row[2]
        decided = list(places)
        dice.shuffle(decided)
        for number in decided:
            reason = rule.decide(number)
            if reason is not None:
                stopped[number] = (places[number], str(reason))
            if reason is not None or places[number] == EPOCHS:
                del places[number]
        places = dict(sorted(places.items()))
    return stopped


def test_every_rule_is_here() -> None:
    assert {name.partition(",")[0] for name in KEYS} == set(BUILT_IN)


@pytest.mark.parametrize("name", KEYS)
@settings(max_examples=12, deadline=None)
@given(curves=CURVES, shuffled=st.integers(1, 9))
def test_the_order_of_what_arrives_together_is_nothing(
    name: str, curves: list[list[float]], shuffled: int
) -> None:
    assert ends(name, curves, shuffled=shuffled) == ends(name, curves)


@pytest.mark.parametrize("name", KEYS)
@settings(max_examples=12, deadline=None)
@given(curves=CURVES, after=st.integers(1, 20))
def test_a_rule_rebuilt_from_the_ledger_decides_as_before(
    name: str, curves: list[list[float]], after: int
) -> None:
    assert ends(name, curves, resumed_after=after) == ends(name, curves)


@pytest.mark.parametrize("name", KEYS)
@settings(max_examples=12, deadline=None)
@given(curves=CURVES)
def test_more_is_better_is_less_is_better_upside_down(name: str, curves: list[list[float]]) -> None:
    upside_down = [[-value for value in curve] for curve in curves]
    there = ends(name, upside_down, goal=Goal.MAXIMIZE)
    assert {one: epoch for one, (epoch, _) in there.items()} == {
        one: epoch for one, (epoch, _) in ends(name, curves).items()
    }


@pytest.mark.parametrize("name", KEYS)
def test_equal_trials_stop_nobody_who_is_compared(name: str) -> None:
    falling = [float(EPOCHS - epoch) for epoch in range(EPOCHS)]
    stops = ends(name, [falling] * 6)
    assert all("place 1 of" in reason for _, reason in stops.values()), "PASHA knows enough of them"
