"""What a trained model of events can do: say how likely each is at the next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.use import CommandTarget, Use

if TYPE_CHECKING:
    from torch import Tensor


class EventsUse(Use):
    """Of events."""

    def answered(self, outputs: Tensor) -> Tensor:
        """The probability of each event."""
        return outputs.sigmoid()

    def rollout(self, predictor: Predictor, history: Any, steps: int) -> Any:
        """See `TrainedModel.rollout`."""
        raise ModelError(self.writes_nothing())

    def writes_nothing(self) -> str:
        """It draws nothing of what it holds likely."""
        return (
            "a model of events says how likely each is at the next step and picks none to go on "
            "from; use predict(inputs)."
        )

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """It goes on with nothing."""
        picks = (
            f"{asked.model} says how likely each event is at the next step and picks none to go on "
            "from; champion.png in the study's figures shows that, and load_model().predict gives "
            "it."
        )
        return {**super().refusals(asked), "rollout": picks, "sample": picks}
