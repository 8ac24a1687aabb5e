"""The wave to learn, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.base import Part
from rnnsearch.vocabulary import Members, Range, outside

MOST_POINTS = 100_000_000
"""Of all waves of a part; more would not fit into a laptop's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutConfig:
    """How a trained model is run on its own predictions."""

    steps: Annotated[
        tuple[int, ...],
        "Horizons whose RMSE is reported, each over steps 1 to the horizon.",
        Range(1, 1_000_000, unit="points"),
        Members(1),
    ] = (1, 10, 49)
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
        tuple[float, ...],
        "Training starts; one is drawn anew for each sequence of each step.",
        Range(-1e6, 1e6, unit="radians"),
        Members(1),
    ] = (0.0, 1.0, 2.0)
    val_starts: Annotated[
        tuple[float, ...],
        "Starts of the validation waves: phases that training never shows.",
        Range(-1e6, 1e6, unit="radians"),
        Members(1),
    ] = (0.25, 0.75)
    test_starts: Annotated[
        tuple[float, ...],
        "Starts of the test waves, unseen like them.",
        Range(-1e6, 1e6, unit="radians"),
        Members(1),
    ] = (0.4, 0.6)
    rollout: Annotated[RolloutConfig, "Closed-loop metrics."] = field(default_factory=RolloutConfig)


def problems(config: SineConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types.

    Returns:
        Pairs of a key below `task` (`rollout.steps`) and what is wrong with its value.
    """
    if found := outside(config):
        return found
    for key in ("starts", "val_starts", "test_starts"):
        starts: tuple[float, ...] = getattr(config, key)
        if len(starts) * config.num_points > MOST_POINTS:
            most = MOST_POINTS // config.num_points
            message = f"names {len(starts):,} waves of {config.num_points:,} points"
            found.append((key, f"{message}; at most {most:,} of them fit."))
    warmup = config.rollout.warmup_steps
    if warmup >= config.num_points:
        found.append(
            ("rollout.warmup_steps", f"must leave a point to predict: below {config.num_points}.")
        )
    steps = config.rollout.steps
    if len(set(steps)) != len(steps):
        found.append(("rollout.steps", "names a horizon twice."))
    longest = config.num_points - warmup
    found.extend(
        (
            "rollout.steps",
            f"goes to {horizon}, but a wave of {config.num_points} points leaves {longest} after "
            f"{warmup} of warm-up.",
        )
        for horizon in steps
        if horizon > longest >= 1
    )
    return found


def rollouts(config: RolloutConfig, part: Part) -> list[tuple[tuple[int, ...], int, str]]:
    """The closed loops that a part is scored by: horizons, points fed before, end of the name.

    The one after a single point costs a rollout more, so it is for the test part alone, whose
    metrics are computed once.
    """
    found = [(config.steps, config.warmup_steps, "")]
    if part == "test" and config.warmup_steps > 1:
        found.append(((max(config.steps),), 1, "_after_1"))
    return found
