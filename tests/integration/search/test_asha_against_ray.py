"""The rule replayed against Ray's own scheduler, one report at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ray.tune.schedulers import AsyncHyperBandScheduler, TrialScheduler

from rnnsearch.goal import Goal
from rnnsearch.stopping.asha import Asha, AshaConfig, rung_epochs
from rnnsearch.stopping.brackets import Brackets

MAX_EPOCHS = 30


@dataclass(frozen=True)
class NamedTrial:
    """All that Ray's rule looks at in a trial."""

    trial_id: str


def decisions_of_ray(
    grace: int,
    factor: float,
    goal: Goal,
    reports: list[tuple[int, int, float]],
    bracket: Callable[[int], int] | None = None,
) -> list[str]:
    """What Ray's scheduler decides; `bracket` draws for it, where there are two."""
    scheduler = AsyncHyperBandScheduler(
        time_attr="epoch",
        metric="value",
        mode="min" if goal == Goal.MINIMIZE else "max",
        max_t=MAX_EPOCHS,
        grace_period=grace,
        reduction_factor=factor,
        brackets=1 if bracket is None else 2,
    )
    controller: Any = None
    added: set[int] = set()
    found = []
    for number, epoch, value in reports:
        trial: Any = NamedTrial(str(number))
        if number not in added:
            scheduler.on_trial_add(controller, trial)
            if bracket is not None:
                scheduler._trial_info[trial.trial_id] = scheduler._brackets[bracket(number)]
            added.add(number)
        action = scheduler.on_trial_result(controller, trial, {"epoch": epoch, "value": value})
        found.append("stop" if action == TrialScheduler.STOP else "continue")
    return found


def decisions_of_ours(
    grace: int, factor: float, goal: Goal, reports: list[tuple[int, int, float]]
) -> list[str]:
    rungs = Asha(rung_epochs(grace, factor, MAX_EPOCHS), factor, goal, of="last")
    found = []
    for number, epoch, value in reports:
        rungs.record(number, epoch, value)
        found.append("stop" if rungs.decide(number) else "continue")
    return found


@st.composite
def replays(draw: st.DrawFn, longest_step: int) -> list[tuple[int, int, float]]:
    """Reports of up to ten trials in any order, each trial's epochs rising to below the last."""
    turns = draw(
        st.lists(
            st.tuples(
                st.integers(0, 9),
                st.integers(1, longest_step),
                # Few values, so that ties happen.
                st.one_of(st.integers(-3, 3).map(float), st.floats(-1e3, 1e3)),
            ),
            min_size=1,
            max_size=120,
        )
    )
    epochs = dict.fromkeys(range(10), 0)
    reports = []
    for number, step, value in turns:
        epochs[number] += step
        if epochs[number] < MAX_EPOCHS:
            reports.append((number, epochs[number], value))
    return reports


@pytest.mark.parametrize("goal", [Goal.MINIMIZE, Goal.MAXIMIZE])
@pytest.mark.parametrize("longest_step", [1, 7], ids=["dense", "sparse"])
@settings(max_examples=150, deadline=None)
@given(data=st.data(), grace=st.integers(1, 6), factor=st.sampled_from([2.0, 2.5, 3.0, 4.0]))
def test_the_same_decisions_as_ray(
    data: st.DataObject, longest_step: int, goal: Goal, grace: int, factor: float
) -> None:
    reports = data.draw(replays(longest_step))

    ours = decisions_of_ours(grace, factor, goal, reports)

    assert ours == decisions_of_ray(grace, factor, goal, reports)


def test_both_stop_somebody() -> None:
    """The property above would hold for a rule that stops nobody, if Ray's did too."""
    reports = [(number, 5, float(number)) for number in range(9)]

    ours = decisions_of_ours(5, 3.0, Goal.MINIMIZE, reports)

    assert ours == decisions_of_ray(5, 3.0, Goal.MINIMIZE, reports)
    assert ours == ["continue"] + ["stop"] * 8


@settings(max_examples=60, deadline=None)
@given(data=st.data(), grace=st.integers(1, 6), seed=st.integers(0, 99))
def test_the_same_decisions_as_rays_brackets(data: st.DataObject, grace: int, seed: int) -> None:
    reports = data.draw(replays(7))
    rule = AshaConfig(grace_period=grace, brackets=2, reduction_factor=3, of="last").rule(
        MAX_EPOCHS, Goal.MAXIMIZE
    )
    assert isinstance(rule, Brackets)
    rule.use_seed(seed)
    ours = []
    for number, epoch, value in reports:
        rule.record(number, epoch, value)
        ours.append("stop" if rule.decide(number) else "continue")
    assert ours == decisions_of_ray(grace, 3.0, Goal.MAXIMIZE, reports, rule.bracket)
