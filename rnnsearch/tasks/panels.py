"""What can be drawn of predictions in time: a panel a quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from rnnsearch.tasks.base import Predictor

MOST_PANELS = 12
_ARRAYS = ("time", "truth", "warmup", "prediction_time", "prediction")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Panel:
    """One quantity beside what a model makes of it: a target of a series, a feature of a signal.

    Attributes:
        name: Which of several it is; empty where there is one.
        along: What is counted along, with its unit.
        up: What is measured, with its unit where that is known.
        time: Numbers or datetime64 [points].
        truth: [points], NaN where nothing was measured.
        warmup: Where a true point was fed, boolean [points].
        prediction_time: [steps]; the steps may go beyond the truth.
        prediction: [steps].
        low, high: Ends of an interval around the prediction [steps], NaN where there is none.
        band: What the interval is.
    """

    name: str = ""
    along: str
    up: str
    time: np.ndarray[Any, Any]
    truth: np.ndarray[Any, Any]
    warmup: np.ndarray[Any, Any]
    prediction_time: np.ndarray[Any, Any]
    prediction: np.ndarray[Any, Any]
    low: np.ndarray[Any, Any] | None = None
    high: np.ndarray[Any, Any] | None = None
    band: str = ""

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray[Any, Any]]) -> Panel:
        """What `Showing.picture` gives of a rollout."""
        time, truth, warmup, later, prediction = (arrays[name] for name in _ARRAYS)
        return cls(
            along="time",
            up="value",
            time=time,
            truth=truth,
            warmup=warmup,
            prediction_time=later,
            prediction=prediction,
        )

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """As `Showing.picture` gives a rollout."""
        return {name: getattr(self, name) for name in _ARRAYS}


@dataclass(frozen=True, slots=True)
class Panels:
    """What can be drawn of a model's predictions.

    Attributes:
        shown: At most `MOST_PANELS`.
        more: In words, what else there is; empty where all is shown.
    """

    shown: Sequence[Panel]
    more: str = ""


@runtime_checkable
class Panelled(Protocol):
    """A task that predicts points of several quantities, and draws each of them."""

    def panels(
        self,
        predictor: Predictor,
        steps: int | None = None,
        carried: tuple[Tensor, ...] | None = None,
    ) -> Panels:
        """The rollout of `Showing.picture`, of every quantity; arguments likewise.

        Args:
            carried: As for `Task.evaluate`, so that what is drawn is what is scored.
        """
        ...


def written(moment: np.generic) -> str:
    """A time as a person writes it: a date without a midnight, or a number."""
    if isinstance(moment, np.datetime64):
        hourly = np.datetime_data(moment)[0] == "h"
        text = str(moment.astype("datetime64[m]") if hourly else moment).replace("T", " ")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        if text.count(":") == 2:
            text = text.removesuffix(":00")
        return text.removesuffix(" 00:00")
    return f"{float(moment):g}"
