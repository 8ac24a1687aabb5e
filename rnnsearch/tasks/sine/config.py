"""The keys of a space file that say which waves are learned, and how they are scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.base import Part
from rnnsearch.tasks.custom_metrics import MetricPaths
from rnnsearch.tasks.rollouts import Horizons, horizon_problems
from rnnsearch.vocabulary import Members, Range, outside

MOST_POINTS = 100_000_000
"""The most points that all waves of a part may have; more would not fit into a laptop's memory."""

Starts = Annotated[tuple[float, ...], Range(-1e6, 1e6, unit="radians"), Members(1)]
"""Where waves begin, in radians."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutConfig:
    """How a trained model is run on its own predictions."""

    steps: Horizons = (1, 10, 49)
    warmup_steps: Annotated[
        int,
        "True points fed before the first prediction. Above 1 the test part is also scored after "
        "a single point, which cannot fix the phase of a wave.",
        Range(1, 1_000_000, unit="points"),
    ] = 1
    state: Annotated[
        Literal["zero", "carried"],
        "Start from the `zero` state or from the one `carried` out of training.",
    ] = "zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class SineConfig:
    """Points of sin over [start, start + duration], each predicted from the ones before."""

    type: Literal["sine"] = "sine"
    num_points: Annotated[
        int, "Points a wave, both ends included.", Range(3, 1_000_000, unit="points")
    ] = 50
    duration: Annotated[
        float, "Length of a wave in radians.", Range(above=0, most=1e6, unit="radians")
    ] = 10.0
    starts: Annotated[
        Starts, "Training starts; one is drawn anew for each sequence of each step."
    ] = (0.0, 1.0, 2.0)
    val_starts: Annotated[
        Starts, "Starts of the validation waves: phases that training never shows."
    ] = (0.25, 0.75)
    test_starts: Annotated[Starts, "Starts of the test waves, unseen like them."] = (0.4, 0.6)
    rollout: Annotated[RolloutConfig, "Closed-loop metrics."] = field(default_factory=RolloutConfig)
    metrics: MetricPaths = ()


def problems(config: SineConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types.

    Returns:
        Pairs of a key below `task` (`rollout.steps`) and what is wrong with its value.
    """
    if mistakes := outside(config):
        return mistakes
    for key in ("starts", "val_starts", "test_starts"):
        starts: tuple[float, ...] = getattr(config, key)
        if len(starts) * config.num_points > MOST_POINTS:
            most = MOST_POINTS // config.num_points
            message = f"names {len(starts):,} waves of {config.num_points:,} points"
            mistakes.append((key, f"{message}; at most {most:,} of them fit."))
    warmup = config.rollout.warmup_steps
    if warmup >= config.num_points:
        mistakes.append(
            ("rollout.warmup_steps", f"must leave a point to predict: below {config.num_points}.")
        )
    mistakes += horizon_problems(config.rollout.steps)
    longest = config.num_points - warmup
    mistakes.extend(
        (
            "rollout.steps",
            f"goes to {horizon}, but a wave of {config.num_points} points leaves {longest} after "
            f"{warmup} of warm-up.",
        )
        for horizon in config.rollout.steps
        if horizon > longest >= 1
    )
    return mistakes


def rollouts(config: RolloutConfig, part: Part) -> list[tuple[tuple[int, ...], int, str]]:
    """The closed loops that a part is scored by.

    After a warm-up of several points the test part has a second one, which starts from a single
    point. It costs a rollout more, so only the test part has it, whose metrics are computed once.

    Returns:
        Of each closed loop the horizons, how many true points are fed, and what its metrics' names
        end in.
    """
    loops = [(config.steps, config.warmup_steps, "")]
    if part == "test" and config.warmup_steps > 1:
        loops.append(((max(config.steps),), 1, "_after_1"))
    return loops
