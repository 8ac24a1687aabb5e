"""What all made signals have in common, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from rnnsearch.tasks.scaling import ScalerKind
from rnnsearch.tasks.splits import TimeSplitConfig, bounds_of, split_problems
from rnnsearch.vocabulary import SAME_SCORES, Members, NeverSampled, Range

MOST_FED = 100_000_000
"""Points of all rollouts of a part; more would not fit into a laptop's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """How a trained model is run on its own predictions, after `window` true points."""

    steps: Annotated[
        tuple[int, ...],
        "Horizons whose RMSE is reported, each over steps 1 to the horizon.",
        Range(1, 1_000_000, unit="points"),
        Members(1),
    ] = (10, 50)
    starts: Annotated[
        int, "Places of a part where a rollout starts, spread evenly.", Range(1, 1_000_000)
    ] = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalConfig:
    """Windows of a signal and what is predicted from them.

    A window lies wholly in its part, its target too, so that no part sees another one.
    """

    type: str
    window: Annotated[
        int,
        "Points that a prediction is made from; a training sequence is one window.",
        Range(1, 1_000_000, unit="points"),
    ] = 50
    horizon: Annotated[
        int,
        "How many points after the last one known the predicted one lies.",
        Range(1, 1_000_000, unit="points"),
    ] = 1
    predict: Annotated[
        Literal["last", "every"],
        "Train on the `last` step's prediction of each window, or on `every` step's. Scored is "
        "the last step's alone.",
        SAME_SCORES,
    ] = "last"
    scaler: Annotated[
        ScalerKind,
        "Fitted on the training part alone; metrics are in the units of the signal.",
        SAME_SCORES,
    ] = "standard"
    split: Annotated[TimeSplitConfig, "By position."] = field(default_factory=TimeSplitConfig)
    rollout: Annotated[LoopConfig, "Closed-loop metrics; with a horizon of 1 alone."] = field(
        default_factory=LoopConfig
    )
    data_seed: Annotated[
        int,
        "Of what is random in the signal.",
        Range(0, below=2**63),
        NeverSampled("trials are compared on the same data"),
    ] = 0


def shared_problems(config: SignalConfig, num_points: int) -> list[tuple[str, str]]:
    """What is wrong between fields of `SignalConfig`; see `tasks.sine.config.problems`."""
    found = split_problems(config.split, ["train", "val", "test"])
    steps = config.rollout.steps
    if len(set(steps)) != len(steps):
        found.append(("rollout.steps", "names a horizon twice."))
    if not found and config.rollout.starts * (config.window + max(steps)) > MOST_FED:
        most = max(1, MOST_FED // (config.window + max(steps)))
        message = f"at most {most:,} rollouts of so many steps fit, not {config.rollout.starts:,}."
        found.append(("rollout.starts", message))
    return found or _too_short(config, num_points)


def _too_short(config: SignalConfig, num_points: int) -> list[tuple[str, str]]:
    needed, why = config.window + config.horizon, "a window and its target"
    loop = config.window + max(config.rollout.steps)
    for part, (start, end) in bounds_of(config.split, num_points).items():
        size, short = max(end - start, 0), None
        if size < needed:
            short = "window", needed, why
        elif config.horizon == 1 and part != "train" and size < loop:
            short = "rollout.steps", loop, "a window and the longest rollout"
        if short is not None:
            key, points, what = short
            remedy = "give more num_points, or less of them"
            return [(key, f"{what} take {points} points, the {part} part has {size}; {remedy}.")]
    return []
