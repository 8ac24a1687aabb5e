"""The keys of a space file that all made signals have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.custom_metrics import MetricPaths
from rnnsearch.tasks.rollouts import Horizons, horizon_problems
from rnnsearch.tasks.scaling import ScalerKind
from rnnsearch.tasks.splits import TimeSplitConfig, bounds_of, split_problems
from rnnsearch.vocabulary import SAME_SCORES, NeverSampled, Range, outside

MOST_FED = 100_000_000
"""The most points of all rollouts of a part, those fed and those predicted; more would not fit into
a laptop's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """How a trained model is run on its own predictions, after `window` true points."""

    steps: Horizons = (10, 50)
    starts: Annotated[
        int, "Places of a part where a rollout starts, spread evenly.", Range(1, 1_000_000)
    ] = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalConfig:
    """Windows of a signal and what is predicted from them.

    A window lies wholly in its part, its target too, so that no part sees another one. Each class
    below this one is a signal with its own `generate`.
    """

    features: ClassVar[tuple[str, ...]] = ("",)
    """Names of the features of the signal; the only one needs no name."""

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
    metrics: MetricPaths = ()
    data_seed: Annotated[
        int,
        "Of what is random in the signal.",
        Range(0, below=2**63),
        NeverSampled("trials are compared on the same data"),
    ] = 0
    num_points: Annotated[int, "Points of the signal.", Range(3, 1_000_000, unit="points")] = 1000

    @property
    def lyapunov_times(self) -> float | None:
        """How many Lyapunov times lie between two points; None where none is known of the signal.

        In a Lyapunov time a small error of a chaotic system grows by a factor of e.
        """
        return None

    def problems(self) -> list[tuple[str, str]]:
        """Everything wrong with a config whose fields have the right types.

        Returns:
            Pairs of a key below `task` (`rollout.steps`) and what is wrong with its value.
        """
        return outside(self) or shared_problems(self)

    def generate(self) -> tuple[Floats, Floats]:
        """Times [points] and values [points, features]; the same for equal configs."""
        raise NotImplementedError


def shared_problems(config: SignalConfig) -> list[tuple[str, str]]:
    """What is wrong between the fields that all signals have, for `SignalConfig.problems`."""
    problems = split_problems(config.split, ["train", "val", "test"])
    problems += horizon_problems(config.rollout.steps)
    loop = config.window + max(config.rollout.steps)
    if not problems and config.rollout.starts * loop > MOST_FED:
        most = max(1, MOST_FED // loop)
        message = f"at most {most:,} rollouts of so many steps fit, not {config.rollout.starts:,}."
        problems.append(("rollout.starts", message))
    needed = [("window", config.window + config.horizon, "a window and its target")]
    closed = [("rollout.steps", loop, "a window and the longest rollout")]
    for part, (start, end) in bounds_of(config.split, config.num_points).items():
        size, rolled_out = max(end - start, 0), config.horizon == 1 and part != "train"
        for key, points, what in needed + (closed if rolled_out else []):
            if size < points and not problems:
                message = f"{what} take {points} points, the {part} part has {size}; "
                problems.append((key, message + "give more num_points, or less of them."))
    return problems
