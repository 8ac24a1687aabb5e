"""The tests of memory on a device: batches of whole sequences in random order, and scores."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.memory.adding import AddingConfig
from rnnsearch.tasks.memory.copying import CopyConfig
from rnnsearch.tasks.memory.data import CLOSE, AddingData, CopyData
from rnnsearch.tasks.shuffling import shuffled_batches
from rnnsearch.tasks.sums import row_sums

SEQUENCES_AT_ONCE = 256
"""How many sequences one call scores; fixed, so that how a trial's numbers are rounded does not
depend on its neighbours."""


class AddingTask:
    """Predict the sum of the two marked numbers at the last time step."""

    head: Head = "last"
    natural_epoch = True

    def __init__(
        self, config: AddingConfig, data: AddingData, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.config = config
        self.data = data
        self._numbers: dict[Part, Tensor] = {}
        self._marks: dict[Part, Tensor] = {}
        self._sums: dict[Part, Tensor] = {}
        for part, (numbers, marks) in data.arrays.items():
            self._numbers[part] = torch.tensor(numbers, device=device, dtype=dtype)
            self._marks[part] = torch.tensor(marks, device=device)
            self._sums[part] = torch.tensor(data.sums(part), device=device)

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """The numbers of the training sequences in each batch, [training steps, B]."""
        return shuffled_batches(self.config.train_sequences, seed, epoch, window)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Numbers and marks [K, T, B, 2], with the sums [K, 1, B, 1] as targets."""
        del window
        sums = self._sums["train"][index].to(self._numbers["train"].dtype)
        return Batch(self._inputs("train", index), sums[:, None, :, None])

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """The mean squared error of the sum over all sequences of a part, and the share that is
        right."""
        del carried
        sums = self._sums[part]
        squares = torch.zeros(predictor.size, dtype=torch.float64, device=sums.device)
        right = squares.clone()
        for index in torch.split(torch.arange(len(sums), device=sums.device), SEQUENCES_AT_ONCE):
            outputs, _ = predictor(self._inputs(part, index.unsqueeze(0)), None)
            error = outputs[:, -1, :, 0].double() - sums[index]
            squares += row_sums(error.square())
            right += row_sums(error.abs() < CLOSE)
        return {f"{part}_mse": squares / len(sums), f"{part}_accuracy": right / len(sums)}

    def say(self, predictor: Predictor) -> str:
        """The first validation sequence: its two numbers, their sum and the predicted one."""
        outputs, _ = predictor(self._inputs("val", self._marks["val"].new_zeros(1, 1)), None)
        numbers, marks = self.data.arrays["val"]
        first, second = (float(numbers[0, mark]) for mark in marks[0])
        predicted = float(outputs[0, -1, 0, 0])
        return f"{first:.3f} + {second:.3f} = {first + second:.3f}; said {predicted:.3f}"

    def _inputs(self, part: Part, index: Tensor) -> Tensor:
        """Numbers and marks [K, T, B, 2] of the sequences with numbers [K, B]."""
        numbers = self._numbers[part][index]
        marks = torch.zeros_like(numbers).scatter_(-1, self._marks[part][index], 1.0)
        return torch.stack([numbers, marks], dim=-1).transpose(1, 2).contiguous()


class CopyTask:
    """Write the blank until the mark is read, and then the remembered symbols."""

    head: Head = "every"
    natural_epoch = True

    def __init__(
        self, config: CopyConfig, data: CopyData, device: torch.device, dtype: torch.dtype
    ) -> None:
        del dtype  # symbols are whole numbers
        self.config = config
        self.data = data
        self._symbols = {
            part: tuple(torch.tensor(one, device=device) for one in pair)
            for part, pair in data.arrays.items()
        }
        """Of each part, inputs and targets, both [sequences, time steps]."""

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """The numbers of the training sequences in each batch, [training steps, B]."""
        return shuffled_batches(self.config.train_sequences, seed, epoch, window)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Inputs and targets, both [K, T, B]."""
        del window
        inputs, targets = (
            one[index].transpose(1, 2).contiguous() for one in self._symbols["train"]
        )
        return Batch(inputs, targets)

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """The likelihood of all time steps, and the likelihood and accuracy of the remembered
        symbols."""
        del carried
        config, (inputs, targets) = self.config, self._symbols[part]
        whole = torch.zeros(predictor.size, dtype=torch.float64, device=inputs.device)
        recalled, right = whole.clone(), whole.clone()
        for lo in range(0, len(inputs), SEQUENCES_AT_ONCE):
            some = slice(lo, lo + SEQUENCES_AT_ONCE)
            expected = targets[some].T
            outputs, _ = predictor(inputs[some].T.contiguous().unsqueeze(0), None)
            logs = functional.log_softmax(outputs, dim=-1)
            index = expected.expand(predictor.size, -1, -1).unsqueeze(-1)
            nats = -logs.gather(-1, index).squeeze(-1).double()
            whole += row_sums(nats)
            recalled += row_sums(nats[:, -config.length :])
            hits = outputs[:, -config.length :].argmax(dim=-1) == expected[-config.length :]
            right += row_sums(hits)
        symbols = len(inputs) * config.length
        return {
            f"{part}_nats": whole / (len(inputs) * config.steps),
            f"{part}_recall_nats": recalled / symbols,
            f"{part}_recall_accuracy": right / symbols,
        }

    def say(self, predictor: Predictor) -> str:
        """The first validation sequence: the symbols to remember, and those that were written."""
        inputs, targets = self._symbols["val"]
        outputs, _ = predictor(inputs[:1].T.contiguous().unsqueeze(0), None)
        predicted = outputs[0, -self.config.length :, 0].argmax(dim=-1)
        expected = targets[0, -self.config.length :]
        return f"{_row(expected)} -> {_row(predicted)}"


def _row(symbols: Tensor) -> str:
    return " ".join(map(str, symbols.tolist()))
