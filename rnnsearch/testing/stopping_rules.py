"""What every stopping rule promises, whoever it stops."""

from __future__ import annotations

import math
import random
from typing import ClassVar

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.rule import StoppingConfig, StoppingRule

EPOCHS = 24


def curves(count: int, goal: Goal, seed: int = 0) -> dict[int, dict[int, float]]:
    """Trials that get better by and by, each to a level of its own; trial 0 is always the best."""
    dice = random.Random(seed)
    levels = [0.0, *(dice.uniform(0.5, 3.0) for _ in range(count - 1))]
    return {
        number: {
            epoch: goal.cost(level + dice.uniform(0, 0.3) + 1 / epoch)
            for epoch in range(1, EPOCHS + 1)
        }
        for number, level in enumerate(levels)
    }


def train(
    rule: StoppingRule, known: dict[int, dict[int, float]], aboard: int = 8
) -> dict[int, tuple[int, str]]:
    """Train all trials as packs do, some at a time and each up to its limit.

    Returns:
        Where each trial that was stopped stood, and why it was.
    """
    waiting = list(known)
    ends: dict[int, tuple[int, str]] = {}
    places: dict[int, int] = {}
    while waiting or places:
        while waiting and len(places) < aboard:
            places[waiting.pop(0)] = 0
        for number in places:
            for epoch in range(places[number] + 1, rule.next_limit(places[number]) + 1):
                rule.record(number, epoch, known[number][epoch])
                places[number] = epoch
        for number, epoch in list(places.items()):
            reason = rule.decide(number)
            if reason is not None:
                ends[number] = (epoch, reason)
            if reason is not None or epoch == EPOCHS:
                del places[number]
    return ends


@pytest.mark.parametrize("goal", list(Goal))
class StoppingContract:
    """Inherit, and set `config` and what else the rule is like.

    Attributes:
        stops: Whether it stops some of forty trials of different quality.
        compares: Whether it judges a trial beside the others. One that looks at a trial's own
            curve alone may stop the best of all, and one that trains alone.
        settles: Whether it also ends trials of which it knows enough, the best ones among them.
    """

    config: ClassVar[StoppingConfig]
    stops: ClassVar[bool] = True
    compares: ClassVar[bool] = True
    settles: ClassVar[bool] = False

    def rule(self, goal: Goal, max_epochs: int = EPOCHS) -> StoppingRule:
        return self.config.rule(max_epochs, goal)

    @pytest.mark.parametrize("last", [1, 2, EPOCHS])
    def test_limits_rise_to_the_last_epoch(self, goal: Goal, last: int) -> None:
        rule = self.rule(goal, last)
        limits = [rule.next_limit(0)]
        while limits[-1] < last:
            limits.append(rule.next_limit(limits[-1]))
        assert limits == sorted(set(limits))
        assert limits[-1] == last == rule.next_limit(last) == rule.next_limit(last + 5)
        assert limits[0] >= 1
        assert tuple(limits[:-1]) == rule.rungs
        assert 1 <= rule.grace <= last
        assert {last} <= set(rule.populations()) <= set(limits)
        assert not any(rule.populations().values())

    def test_the_weak_stop_and_the_best_never(self, goal: Goal) -> None:
        rule, known = self.rule(goal), curves(40, goal)
        ends = train(rule, known)
        assert bool(ends) is self.stops
        assert 0 not in ends or not self.compares or self.settles
        assert all(epoch >= rule.grace for epoch, _ in ends.values())
        assert {epoch for epoch, _ in ends.values()} <= set(rule.rungs)
        assert rule.populations()[EPOCHS] == len(known) - len(ends)

    def test_a_reason_tells_the_epoch_and_the_numbers(self, goal: Goal) -> None:
        for epoch, reason in train(self.rule(goal), curves(40, goal)).values():
            assert f" at epoch {epoch}: " in reason
            assert any(character.isdigit() for character in reason.partition(": ")[2])
            assert "\n" not in reason

    def test_who_arrives_together_is_decided_in_any_order(self, goal: Goal) -> None:
        ends = []
        for order in (1, -1):
            rule, known = self.rule(goal), curves(12, goal)
            limit = rule.next_limit(0)
            for number, curve in known.items():
                for epoch in range(1, limit + 1):
                    rule.record(number, epoch, curve[epoch])
            ends.append({number: rule.decide(number) for number in list(known)[::order]})
        assert ends[0] == ends[1]

    def test_a_trial_is_judged_once_for_what_it_reported(self, goal: Goal) -> None:
        rule = self.rule(goal)
        known = curves(12, goal)
        limit = rule.next_limit(0)
        for number, curve in known.items():
            for epoch in range(1, limit + 1):
                rule.record(number, epoch, curve[epoch])
        for number in known:
            rule.decide(number)
        assert [rule.decide(number) for number in known] == [None] * len(known)
        assert rule.decide(999) is None, "nobody knows it"

    def test_the_first_goes_on(self, goal: Goal) -> None:
        if not self.compares or self.settles:
            pytest.skip("it may end a trial that is compared with no other")
        rule = self.rule(goal)
        assert train(rule, {7: curves(1, goal)[0]}) == {}

    def test_it_says_when_what_is_shown_has_changed(self, goal: Goal) -> None:
        rule = self.rule(goal)
        before = rule.populations()
        for number, curve in curves(3, goal).items():
            for epoch, value in curve.items():
                changed = rule.record(number, epoch, value)
                assert changed is (rule.populations() != before)
                before = rule.populations()

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_what_is_not_finite_is_the_callers_to_end(self, goal: Goal, value: float) -> None:
        rule = self.rule(goal)
        with pytest.raises(ValueError, match="not finite"):
            rule.record(0, rule.next_limit(0), value)
        assert not any(rule.populations().values())

    def test_rebuilt_it_decides_as_the_live_one(self, goal: Goal) -> None:
        """Some are at their limits, some on the way to it; then both go on alike."""
        known = curves(30, goal, seed=5)
        live, seen = self.rule(goal), {}
        for number in range(20):
            seen[number] = {epoch: known[number][epoch] for epoch in range(1, 4 + number)}
        for epoch in range(1, EPOCHS + 1):
            for number, curve in seen.items():
                if epoch in curve:
                    live.record(number, epoch, curve[epoch])
        for number in seen:
            live.decide(number)
        rebuilt = self.rule(goal)
        for number in (3, 25):  # to be forgotten
            for epoch in range(1, EPOCHS + 1):
                rebuilt.record(number, epoch, goal.cost(-9.0))
        rebuilt.rebuild(seen)
        assert rebuilt.populations() == live.populations()
        assert [rebuilt.decide(number) for number in seen] == [None] * len(seen)
        rest = {number: known[number] for number in range(20, 30)}
        assert train(rebuilt, rest) == train(live, rest)
        assert rebuilt.populations() == live.populations()
