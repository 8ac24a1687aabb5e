"""The text task on a device: parallel streams to train on, likelihood of whole parts."""

from __future__ import annotations

from math import log

import numpy as np
import torch
from torch import Tensor

from rnnsearch.figures.figure import Figure
from rnnsearch.tasks.answers import Gathering
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.custom_metrics import columns
from rnnsearch.tasks.logistic import softmax
from rnnsearch.tasks.streams import derive
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.text.data import TextData
from rnnsearch.tasks.text.generate import generate
from rnnsearch.tasks.text.likelihood import likelihood, nats_after
from rnnsearch.tasks.text.shaded import drawn_samples, read_text

SAYS_WHOLE_UP_TO = 32
"""A text of up to so many symbols is shown whole, input and prediction, instead of a sample."""
SAMPLE_PROMPT = 16
"""Symbols of the prompt after which a sample is drawn."""
SAMPLE_TEMPERATURE = 0.8


class TextTask:
    """Predict each symbol of a text from the symbols before it.

    The training part is cut into `batch_size` contiguous streams of equal length that are read
    in step, `seq_len` symbols at a time, so that a carried state belongs to the text that comes
    next. The order is the same in every epoch, and without a carried state too. An epoch reads
    every stream once, but for a last piece shorter than `seq_len`; with `steps_per_epoch` it
    takes that many steps and the next epoch goes on there, around the end.
    """

    head: Head = "every"
    natural_epoch = True

    def __init__(
        self, config: TextConfig, data: TextData, device: torch.device, dtype: torch.dtype
    ) -> None:
        del dtype  # symbols are whole numbers
        self.config = config
        self.data = data
        self._symbols = torch.tensor(data.read_through(), device=device)
        """The whole text [symbols]; of a circle, with the first symbol again at the end."""

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """Position of each sequence's first input, int64 [training steps, B]; the same
        for every seed."""
        del seed
        seq_len = self.data.seq_len(window)
        stream = self.data.pairs() // window.batch_size
        in_stream = stream // seq_len
        steps = window.steps_per_epoch or in_stream
        at = (epoch * steps + np.arange(steps, dtype=np.int64)) % in_stream
        return at[:, None] * seq_len + stream * np.arange(window.batch_size, dtype=np.int64)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Symbols as inputs and the symbols after them as targets; both int64 [K, T, B]."""
        steps = torch.arange(self.data.seq_len(window) + 1, device=index.device)
        symbols = self._symbols[index.unsqueeze(1) + steps[:, None]].long()
        return Batch(symbols[:, :-1].contiguous(), symbols[:, 1:].contiguous())

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Likelihood and accuracy over a whole part.

        Without a validation part `val` gives the training part's figures under its own names
        (`train_nats`), and without a test part `test` gives none. The state that training
        carries plays no role: the part is read after the symbols that precede it in the text.
        """
        del carried
        if part == "val":
            part = self.data.reported_part
        if part not in self.data.bounds:
            return {}
        first, last = self.data.scored(part)
        paths = self.config.metrics
        gathered = Gathering(last - first, self.data.output_size) if paths else None
        scores = likelihood(predictor, self._symbols, first, last, gathered)
        metrics = {
            f"{part}_nats": scores.nats,
            f"{part}_bits": scores.nats / log(2),
            f"{part}_accuracy": scores.accuracy,
        }
        if self.config.context:
            at = torch.tensor(self.data.context_positions(part), device=self._symbols.device)
            for length in self.config.context:
                nats = nats_after(predictor, self._symbols, at, length)
                metrics[f"{part}_nats_context_{length}"] = nats
        if gathered is not None:
            metrics |= columns(paths, part, gathered.answers(softmax))
        return metrics

    def figures(self, predictor: Predictor) -> list[Figure]:
        """Samples at several temperatures, and a stretch of the part that is reported."""
        part = {"val": "validation", "train": "training"}[self.data.reported_part]
        return [
            Figure(drawn_samples(predictor, self.data, self._symbols), ": what it writes"),
            Figure(
                read_text(predictor, self.data, self._symbols),
                f": how it reads the {part} part",
                "likelihood",
            ),
        ]

    @property
    def tells(self) -> bool:
        """Whether the text is shown whole; see `tasks.base.Telling`."""
        return len(self.data.tokens) <= SAYS_WHOLE_UP_TO

    def words(self, predictor: Predictor) -> list[str]:
        """The likeliest symbol after each symbol of the text, of each network."""
        read = self._symbols[:-1].long()
        outputs, _ = predictor(read.reshape(1, -1, 1), None)
        decode = self.data.vocabulary.decode
        return [decode(likeliest) for likeliest in outputs[:, :, 0].argmax(dim=-1).tolist()]

    def say(self, predictor: Predictor) -> str:
        """`hello -> elloh` for a few symbols, each the likeliest; else a sample after a prompt.

        The prompt is the start of the validation part, or of the text where there is none.
        """
        decode = self.data.vocabulary.decode
        if self.tells:
            return f"{decode(self._symbols[:-1].tolist())} -> {self.words(predictor)[0]}"
        start, end = self.data.bounds[self.data.reported_part]
        prompt = self._symbols[start : min(start + SAMPLE_PROMPT, end)].long()
        seed = derive(0, "sample")
        added = generate(predictor, prompt, self.config.sample, SAMPLE_TEMPERATURE, seed)
        return decode(prompt.tolist() + added)
