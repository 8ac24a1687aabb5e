"""The value task on a device: batches of whole sequences, and errors of whole parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.custom_metrics import measured
from rnnsearch.tasks.sequences.task import SequencesTask
from rnnsearch.tasks.sums import row_sums
from rnnsearch.tasks.value.config import ValueConfig
from rnnsearch.tasks.value.data import ValueData


class ValueTask(SequencesTask[ValueConfig, ValueData]):
    """Read a whole sequence, then predict its number at its last time step."""

    head: Head = "last"

    def __init__(
        self, config: ValueConfig, data: ValueData, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__(config, data, device, dtype)
        aims = data.answer.apply(data.values["train"][:, None])
        self._aims = torch.tensor(aims, device=device, dtype=dtype)
        self._values = {
            part: torch.tensor(values, device=device) for part, values in data.values.items()
        }

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Whole sequences [K, T, B, ...] with scaled numbers [K, 1, B, 1], lengths and weights."""
        inputs, lengths = self.padded(index, window)
        return Batch(inputs, self._aims[index].unsqueeze(1), lengths, self.weights(index))

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Errors in the data's units over every sequence of a part, each from the zero state."""
        del carried
        if part not in self._values:
            return {}
        truth = self._values[part]
        predicted = self._predicted(predictor, part)
        off = predicted - truth
        shown = predicted.unsqueeze(-1), truth.unsqueeze(-1)
        return {
            **measured(self.config.metrics, part, *shown),
            f"{part}_mae": row_sums(off.abs()) / len(truth),
            f"{part}_rmse": (row_sums(off.square()) / len(truth)).sqrt(),
        }

    def picture(
        self, predictor: Predictor, steps: int | None = None
    ) -> dict[str, NDArray[Any]] | None:
        """The numbers of the part `shown`, and what the model predicts for them.

        Returns:
            `actual` and `predicted`, [sequences]; `quantity`, the name of the number; and what
            `named` gives.
        """
        del steps
        if self.shown is None:
            return None
        return {
            "actual": self.data.values[self.shown],
            **self.named(self.shown),
            "predicted": self._predicted(predictor, self.shown)[0].cpu().numpy(),
            "quantity": np.array(self.config.target),
        }

    def _predicted(self, predictor: Predictor, part: Part) -> Tensor:
        """The number that each network predicts for every sequence of a part, float64 [K, N]."""
        sequences = self.inputs[part]
        size = predictor.size, len(sequences.lengths)
        scaled = torch.empty(size, device=self.device, dtype=torch.float64)
        for numbers, _, outputs in sequences.read(predictor):
            scaled[:, numbers] = outputs[:, 0, :, 0].double()
        (center,), (scale,) = self.data.answer.center, self.data.answer.scale
        return scaled * scale + center
