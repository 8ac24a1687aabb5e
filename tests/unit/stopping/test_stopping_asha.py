"""The rule of successive halving on values that can be checked by hand."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.goal import Goal
from rnnsearch.stopping.asha import Asha, AshaConfig, rung_epochs
from rnnsearch.stopping.brackets import Brackets
from rnnsearch.stopping.rule import Stop, seeded
from rnnsearch.stopping.rungs import quantile_without


def rungs(goal: Goal = Goal.MINIMIZE) -> Asha:
    return Asha(rung_epochs(5, 3, 60), 3, goal)


def arrive(table: Asha, number: int, epoch: int, value: float) -> str:
    table.record(number, epoch, value)
    return "stop" if table.decide(number) else "continue"


def test_the_rungs_of_the_shipped_example() -> None:
    table = rungs()

    assert table.populations() == {5: 0, 15: 0, 45: 0, 60: 0}
    assert [table.next_limit(epoch) for epoch in (0, 4, 5, 14, 15, 45, 60, 99)] == [
        5,
        5,
        15,
        15,
        45,
        60,
        60,
        60,
    ]


def test_a_broken_factor_rounds_up_and_doubles_no_rung() -> None:
    assert list(rung_epochs(5, 2.5, 40)) == [5, 13, 32, 40]
    assert list(rung_epochs(1, 1.2, 5)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("goal", "sign"), [(Goal.MINIMIZE, 1.0), (Goal.MAXIMIZE, -1.0)])
def test_the_first_goes_on_and_a_worse_second_stops(goal: Goal, sign: float) -> None:
    table = rungs(goal)

    assert arrive(table, 0, 5, sign * 0.5) == "continue"
    assert arrive(table, 1, 5, sign * 0.6) == "stop"
    assert arrive(table, 2, 5, sign * 0.4) == "continue"
    assert arrive(table, 3, 5, sign * 0.4) == "continue"


def test_the_cutoff_is_the_quantile_of_the_others() -> None:
    table = rungs()
    for number, value in enumerate([1.0, 2.0, 3.0, 4.0]):
        table.record(number, 5, value)

    # The best third of 1, 2, 3, 4 by linear interpolation ends at 2.
    assert arrive(table, 10, 5, 1.99) == "continue"
    table.rebuild({number: {5: value} for number, value in enumerate([1.0, 2.0, 3.0, 4.0])})
    assert arrive(table, 10, 5, 2.01) == "stop"


def test_trials_that_arrive_together_see_each_other() -> None:
    apart, together = rungs(), rungs()

    assert [arrive(apart, number, 5, value) for number, value in ((0, 0.9), (1, 0.1))] == [
        "continue",
        "continue",
    ]
    together.record(0, 5, 0.9)
    together.record(1, 5, 0.1)
    assert [together.decide(0), together.decide(1)] == [
        "stopped by ASHA at epoch 5: 0.9, needed 0.1 or better among 2",
        None,
    ]


@pytest.mark.parametrize("of", ["best", "last"])
@pytest.mark.parametrize(("goal", "sign"), [(Goal.MINIMIZE, 1.0), (Goal.MAXIMIZE, -1.0)])
def test_a_curve_that_oscillates_is_judged_by_its_best_or_its_last_value(
    of: Literal["best", "last"], goal: Goal, sign: float
) -> None:
    rule = AshaConfig(grace_period=5, of=of).rule(60, goal)
    assert isinstance(rule, Asha)
    arrive(rule, 0, 5, sign * 0.5)
    arrive(rule, 1, 4, sign * 0.4)
    assert arrive(rule, 1, 5, sign * 0.9) == ("continue" if of == "best" else "stop")
    curve = {1: sign * 0.6, 4: sign * 0.3, 5: sign * 0.9}
    rule.rebuild({2: curve})
    assert rule.rewards[5][2] == (-0.3 if of == "best" else -0.9)


def test_a_stop_has_the_numbers_behind_its_words() -> None:
    table = rungs()
    for number, value in enumerate((0.1, 0.9, 0.2, 0.9)):
        table.record(number, 5, value)
    for number in (1, 3):
        stop = table.decide(number)
        assert isinstance(stop, Stop)
        assert "among 4" in stop
        assert stop.numbers == {
            "rung": 5,
            "value": 0.9,
            "threshold": pytest.approx(0.1 + 0.1 * 2 / 3),  # the best third of 0.1, 0.2 and 0.9
            "rank": 3,  # both share the third place
            "trials": 4,
        }


def test_between_rungs_nothing_is_decided() -> None:
    table = rungs()
    arrive(table, 0, 5, 0.1)

    assert not table.record(1, 4, 9.0)
    assert table.decide(1) is None
    assert table.record(1, 5, 9.0)
    assert table.decide(1) is not None
    assert table.decide(1) is None, "a rung judges a trial once"


def test_a_sparse_report_enters_the_highest_rung_alone() -> None:
    table = rungs()

    assert table.record(0, 20, 0.5)
    assert table.populations() == {5: 0, 15: 1, 45: 0, 60: 0}


def test_a_batch_that_passes_two_rungs_is_judged_at_both() -> None:
    table = rungs()
    arrive(table, 0, 5, 0.1)

    for epoch in range(1, 21):
        table.record(1, epoch, 0.5)

    assert table.populations() == {5: 2, 15: 1, 45: 0, 60: 0}
    reason = table.decide(1)
    assert reason is not None, "first at 15, behind at 5"
    assert reason.startswith("stopped by ASHA at epoch 5: 0.5, needed 0.1")


def test_the_last_epoch_counts_and_never_stops() -> None:
    table = rungs()

    assert arrive(table, 0, 60, 0.1) == "continue"
    assert arrive(table, 1, 60, 0.9) == "continue"
    assert not table.record(1, 61, 0.8)
    assert table.populations()[60] == 2


@pytest.mark.parametrize("arguments", [(0, 3, 9), (1, 1, 9), (1, 3, 0)])
def test_numbers_out_of_range_are_refused(arguments: tuple[int, float, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        rung_epochs(*arguments)


@given(
    st.lists(st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 0.1, 1.0]), min_size=2),
    st.sampled_from([1 - 1 / 3, 1 - 1 / 4, 1 - 1 / 2.5, 0.5, 0.0]),
    st.data(),
)
def test_the_cutoff_is_numpys_to_the_bit(
    values: list[float], share: float, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(values) - 1))
    others = [value for number, value in enumerate(values) if number != place]
    expected = float(np.percentile(others, share * 100))
    assert quantile_without(sorted(values), values[place], share * 100 / 100) == expected


def test_before_enough_others_are_on_a_rung_nobody_stops() -> None:
    rule = AshaConfig(grace_period=5, min_trials=3).rule(60, Goal.MINIMIZE)
    assert isinstance(rule, Asha)
    assert [arrive(rule, number, 5, float(number)) for number in range(5)] == [
        *["continue"] * 3,
        *["stop"] * 2,
    ]


def test_brackets_begin_to_decide_one_after_the_other() -> None:
    rule = AshaConfig(grace_period=5, reduction_factor=3, brackets=9).rule(60, Goal.MINIMIZE)
    assert isinstance(rule, Brackets)
    drawn = [rule.bracket(number) for number in range(3000)]
    shares = [drawn.count(bracket) / 3000 for bracket in range(3)]
    assert shares == pytest.approx([0.665, 0.245, 0.090], abs=0.03), "e to the power of decisions"
    late = drawn.index(1)
    for number in range(20):
        for epoch in range(1, 6):
            rule.record(number, epoch, float(number))
    stops = {number: rule.decide(number) for number in range(20)}
    assert stops[late] is None
    assert {drawn[number] for number in range(20) if stops[number]} == {0}
    last = max(number for number in range(20) if stops[number])
    assert str(stops[last]).endswith(f"among {drawn[:20].count(0)} in bracket 1 of 3")
    assert stops[last].numbers["bracket"] == 1  # type: ignore[union-attr]


def test_the_studys_seed_draws_the_brackets() -> None:
    drawn = []
    for seed in (1, 1, 2):
        rule = seeded(AshaConfig(brackets=2).rule(60, Goal.MINIMIZE), seed)
        assert isinstance(rule, Brackets)
        drawn.append([rule.bracket(number) for number in range(40)])
    assert drawn[0] == drawn[1] != drawn[2]
