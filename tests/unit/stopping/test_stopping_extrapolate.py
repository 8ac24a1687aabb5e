"""Predictions of curves whose end is known, and who is stopped by them."""

from __future__ import annotations

import math
import random
import re

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.extrapolate import Extrapolate, ExtrapolateConfig
from rnnsearch.stopping.prediction import Prediction, predicted
from rnnsearch.stopping.rule import Stop

EPOCHS = 40


def made(curve: list[float], last: int = EPOCHS) -> Prediction:
    made = predicted(dict(enumerate(curve, start=1)), last)
    assert made is not None
    return made


@pytest.mark.parametrize(
    "shape", [lambda t: t**-0.5, lambda t: math.exp(-t / 8), lambda t: 1 / (t + 3)]
)
def test_curves_that_level_off_are_continued_to_their_end(shape: object) -> None:
    curve = [0.3 + shape(epoch) for epoch in range(1, EPOCHS + 1)]  # type: ignore[operator]
    prediction = made(curve[:12])
    assert prediction.mean == pytest.approx(curve[-1], abs=0.06)
    assert abs(prediction.mean - curve[-1]) < 4 * prediction.spread
    assert made(curve[:30]).spread < prediction.spread, "it is surer of what is near"


def test_a_level_curve_stays_and_a_rising_one_does_not_get_worse_than_its_best() -> None:
    assert made([0.5] * 9).mean == pytest.approx(0.5)
    rising = made([0.5, 0.6, 0.7, 0.8, 0.9])
    assert rising.so_far == 0.5
    assert rising.mean == pytest.approx(0.5)


def test_of_too_few_or_too_large_values_nothing_is_predicted() -> None:
    assert predicted({1: 1.0, 2: 0.9, 3: 0.8}, EPOCHS) is None
    assert predicted(dict.fromkeys(range(1, 9), 1e200), EPOCHS) is None
    assert made([0.0] * 9).spread > 0


def study(count: int, seed: int, noise: float = 0.02) -> list[list[float]]:
    """Noisy curves of different levels and speeds."""
    dice = random.Random(seed)
    curves = []
    for _ in range(count):
        level, speed = dice.uniform(0.1, 1.0), dice.uniform(0.5, 2.0)
        curves.append(
            [level * (1 + 3 * t**-speed) * math.exp(dice.gauss(0, noise)) for t in range(1, 41)]
        )
    return curves


def rule_after(curves: list[list[float]], goal: Goal = Goal.MINIMIZE) -> Extrapolate:
    rule = ExtrapolateConfig(grace_period=5, interval=5).rule(EPOCHS, goal)
    for number, curve in enumerate(curves):
        for epoch, cost in enumerate(curve, start=1):
            rule.record(number, epoch, goal.cost(cost))
        rule.decide(number)
    return rule


@pytest.mark.parametrize("goal", list(Goal))
def test_the_hopeless_stop_and_the_hopeful_go_on(goal: Goal) -> None:
    rule = rule_after(study(12, seed=1), goal)
    third = sorted(min(curve) for curve in study(12, seed=1))[2]
    hopeless = [3.0 * (1 + epoch**-1.0) for epoch in range(1, 6)]
    hopeful = [third * (0.8 + 3 * epoch**-1.0) for epoch in range(1, 6)]
    reasons = []
    for number, curve in ((100, hopeless), (101, hopeful)):
        for epoch, cost in enumerate(curve, start=1):
            rule.record(number, epoch, goal.cost(cost))
        reasons.append(rule.decide(number))
    stop, none = reasons
    assert none is None, "it is behind the third best, and falls"
    assert min(hopeful) > third
    assert isinstance(stop, Stop)
    assert re.fullmatch(
        r"stopped by extrapolation at epoch 5: expected to end at -?[\d.]+, and with a probability "
        r"of [\de.-]+ at -?[\d.]+ or better, as 3 of 12 complete trials did",
        stop,
    )
    assert goal.cost(stop.numbers["threshold"]) == third
    assert stop.numbers["probability"] < 0.05
    assert goal.cost(stop.numbers["expected"]) > third


def test_before_enough_trials_are_complete_nobody_stops() -> None:
    for count in (4, 5):
        rule = rule_after(study(count, seed=1))
        for epoch in range(1, 6):
            rule.record(100, epoch, 50.0)
        assert (rule.decide(100) is not None) is (count == 5)


@pytest.mark.parametrize("seed", range(3))
def test_the_share_within_the_predicted_interval_is_what_it_should_be(seed: int) -> None:
    (line,) = rule_after(study(40, seed)).remarks()
    share, total = re.search(r"in (\d+)% of (\d+) predictions", line).groups()  # type: ignore[union-attr]
    assert int(total) == 40 * 7, "at 5, 10 and so on until 35"
    assert 65 <= int(share) <= 95
    assert line.startswith("extrapolation: 40 complete trials ended within the predicted 80% ")


def test_the_errors_of_complete_trials_correct_what_is_said_of_others() -> None:
    """A schedule lets all curves fall to a fifth at the end, which none of them shows before."""
    late = [[*curve[:35], *(value / 5 for value in curve[35:])] for curve in study(20, seed=2)]
    rule = rule_after(late)
    third = sorted(min(curve) for curve in late)[2]
    behind = [2 * third * (1 + 3 * epoch**-1.0) for epoch in range(1, 11)]
    for epoch, cost in enumerate(behind, start=1):
        rule.record(100, epoch, cost)
    assert rule.decide(100) is None
    far = [7 * third * (1 + 3 * epoch**-1.0) for epoch in range(1, 11)]
    for epoch, cost in enumerate(far, start=1):
        rule.record(101, epoch, cost)
    stop = rule.decide(101)
    assert isinstance(stop, Stop), "the fall is known, and takes nobody that far"
    unbiased = made([math.log(cost) for cost in far]).mean
    assert stop.numbers["expected"] < 0.9 * math.exp(unbiased)
    assert "no trial is complete" in rule_after([]).remarks()[0]
