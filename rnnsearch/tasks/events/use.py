"""What a trained model of events can do: say how likely each event is at the next time step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.frames import check_finite
from rnnsearch.tasks.interface import Chances, Interface, numbered, plain_numbers
from rnnsearch.tasks.model_facts import CommandTarget
from rnnsearch.tasks.signature import Signature
from rnnsearch.tasks.use import Use

if TYPE_CHECKING:
    from torch import Tensor


class EventsUse(Use):
    """What a trained model of events can do."""

    def meaning_of(self, outputs: Tensor) -> Tensor:
        """The probability of each event, of logits."""
        return outputs.sigmoid()

    def interface(self) -> Interface:
        """Which events came together at a time step, and how likely each is at the next one."""
        count = self.description.input_size
        reads = plain_numbers(count, "event")
        return Interface(reads=reads, answers=Chances(names=numbered("event", count)))

    def network_inputs(self, predictor: Predictor, inputs: Any) -> Tensor:
        """See `Use.network_inputs`; a step that is missing is refused."""
        check_finite(inputs)
        return super().network_inputs(predictor, inputs)

    def signature(self) -> Signature:
        """Events by time step, and the probability of each at the next one."""
        return replace(super().signature(), parameters=(), meanings={})

    def rollout(self, predictor: Predictor, history: Any, steps: int) -> Any:
        """See `TrainedModel.rollout`."""
        raise ModelError(self.why_no_text())

    def why_no_text(self) -> str:
        """A model of events gives probabilities and draws no event from them."""
        return (
            "a model of events says how likely each is at the next step and picks none to go on "
            "from; use predict(inputs)."
        )

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The model neither rolls out nor writes text."""
        picks = (
            f"{asked.model} says how likely each event is at the next step and picks none to go on "
            "from; champion.png in the study's figures shows that, and load_model().predict gives "
            "it."
        )
        return {**super().refusals(asked), "rollout": picks, "sample": picks}
