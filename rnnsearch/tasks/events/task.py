"""The events task on a device: batches of whole sequences, and the likelihood of whole parts."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from rnnsearch.tasks.answers import Gathering
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.custom_metrics import columns
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.events.data import EventsData
from rnnsearch.tasks.logistic import sigmoid
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sums import row_sums
from rnnsearch.tasks.whole import WholeSequences, bucketed_passes


class EventsTask:
    """Predict which events happen at each time step from those of the time steps before.

    The events of a time step are independent of each other given the past, as in
    Boulanger-Lewandowski, Bengio and Vincent (2012) for an RNN alone. A batch holds whole
    sequences of like length, drawn anew for each pass; see `bucketed_passes`.
    """

    head: Head = "every"
    natural_epoch = True

    def __init__(
        self, config: EventsConfig, data: EventsData, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.config = config
        self.data = data
        self._before: dict[Part, WholeSequences] = {}
        self._after: dict[Part, WholeSequences] = {}
        for part, some in data.sequences.items():
            whole = [some[at] for at in range(len(some))]
            before, after = [one[:-1] for one in whole], [one[1:] for one in whole]
            self._before[part] = WholeSequences(Ragged.of(before), device, dtype)
            self._after[part] = WholeSequences(Ragged.of(after), device, dtype)

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """Numbers of training sequences, or `NOBODY` in an empty place; [training steps, B]."""
        return bucketed_passes(seed, epoch, window, self._before["train"].on_host)

    def longest(self, index: Ints) -> Ints:
        """See `UnequalTask.longest`."""
        return self._before["train"].longest(index)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Frames and the frames that follow them, both [K, T, B, events], and lengths [K, B]."""
        steps = self.data.seq_len(window)
        inputs, lengths = self._before["train"].padded(index, steps)
        targets, _ = self._after["train"].padded(index, steps)
        return Batch(inputs, targets, lengths)

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Likelihood and accuracy over every predicted frame of a part, each sequence from the zero
        state.

        Accuracy is hits / (hits + false alarms + misses) of the events of all frames (Bay, Ehmann
        and Downie, 2009); a model whose likelihood is not finite has an accuracy of NaN.
        """
        del carried
        if part not in self._before:
            return {}
        nats = torch.zeros(predictor.size, dtype=torch.float64, device=predictor.device)
        hits = either = nats
        paths = self.config.metrics
        gathered = Gathering(self.data.predicted(part), self.data.output_size)
        begins = self._before[part].begins
        for numbers, lengths, outputs in self._before[part].read(predictor):
            steps = outputs.shape[1]
            targets, _ = self._after[part].padded(numbers.unsqueeze(0), steps)
            time = torch.arange(steps, device=lengths.device).view(1, -1, 1, 1)
            valid = time < lengths.view(1, 1, -1, 1)
            wide = targets.expand_as(outputs)
            cost = functional.binary_cross_entropy_with_logits(outputs, wide, reduction="none")
            nats = nats + row_sums(torch.where(valid, cost, 0.0))
            guessed, happened = outputs > 0, targets > 0
            hits = hits + row_sums(guessed & happened & valid)
            either = either + row_sums((guessed | happened) & valid)
            if paths:
                real, places = valid[0, ..., 0], begins[numbers] + time[0, ..., 0]
                gathered.add(places[real], outputs[:, real], targets[0][real].long())
        nll = nats / self._before[part].lengths.sum()
        accuracy = hits / either.clamp(min=1)
        return {
            f"{part}_nll": nll,
            f"{part}_accuracy": torch.where(nll.isfinite(), accuracy, torch.nan),
            **(columns(paths, part, gathered.answers(sigmoid)) if paths else {}),
        }

    def picture(
        self, predictor: Predictor, steps: int | None = None
    ) -> dict[str, NDArray[Any]] | None:
        """The first sequence of the validation part, or with folds of the test part, and the
        probability of each event one time step ahead.

        Returns:
            `events`, 0 and 1, and `chances`, both [predicted time steps, events].
        """
        del steps
        parts: tuple[Part, ...] = ("val", "test")
        part = next((part for part in parts if part in self._before), None)
        if part is None:
            return None
        first = torch.zeros(1, 1, dtype=torch.int64, device=predictor.device)
        longest = int(self._before[part].lengths[0])
        inputs, lengths = self._before[part].padded(first, longest)
        outputs, _ = predictor(inputs, None, lengths)
        return {
            "events": self.data.sequences[part][0][1:],
            "chances": outputs[0, :, 0].double().sigmoid().cpu().numpy(),
        }
