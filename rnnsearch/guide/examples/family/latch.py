"""A family of tasks in one file: hold the value of the last pulse until the end of a sequence."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

import numpy as np
import torch

from rnnsearch.tasks.base import Batch, Metric, Score
from rnnsearch.tasks.family import Family
from rnnsearch.tasks.shuffling import shuffled_batches
from rnnsearch.tasks.sums import row_sums
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, kw_only=True)
class LatchConfig:
    """Hold the value of the last pulse until the end of a sequence."""

    type: Literal["latch"] = "latch"
    length: Annotated[int, "Time steps of a sequence.", Range(2, 10_000, unit="time steps")] = 20
    sequences: Annotated[int, "Training sequences.", Range(8, 1_000_000, unit="sequences")] = 400


class LatchData:
    """What the driver makes once and every pack gets: numpy arrays, and no torch."""

    input_size = output_size = 1
    symbolic = feedback = False
    whole_sequence = True  # a model may read backwards, and carries no state to the next sequence
    losses, quantiles = ("mse",), ()

    def __init__(self, config):
        self.config = config
        self.inputs, self.targets = {}, {}
        for seed, (part, rows) in enumerate(self.rows().items()):
            generator = np.random.default_rng(seed)
            shape = rows, config.length
            pulses = generator.uniform(-1, 1, shape) * (generator.random(shape) < 0.2)
            pulses[:, 0] = generator.uniform(-1, 1, rows)  # there is always one
            last = config.length - 1 - np.argmax(pulses[:, ::-1] != 0, axis=1)
            self.inputs[part] = pulses
            self.targets[part] = pulses[np.arange(rows), last]

    def rows(self):
        held_out = self.config.sequences // 4
        return {"train": self.config.sequences, "val": held_out, "test": held_out}

    def sha256(self):
        return sha256(b"".join(part.tobytes() for part in self.inputs.values())).hexdigest()

    def notes(self):
        return []

    def metrics(self):
        return [Metric("val_mse", "squared units", "minimize", "of the held value", loss=True)]

    def seq_len(self, window):
        return self.config.length

    def window_problem(self, window):
        if window.batch_size > self.config.sequences:
            return f"there are only {self.config.sequences} training sequences."
        if window.seq_len is not None:
            return "a sequence is read whole; leave training.seq_len out."
        return None

    def baselines(self):
        guesses = {"zero": lambda inputs: 0.0, "last input": lambda inputs: inputs[:, -1]}
        return [
            Score(
                name,
                {
                    f"{part}_mse": float(np.mean((guess(self.inputs[part]) - targets) ** 2))
                    for part, targets in self.targets.items()
                    if part != "train"
                },
            )
            for name, guess in guesses.items()
        ]

    def manifest(self):
        return {"length": self.config.length}


class LatchTask:
    """The data on a device, for all trials of a stack at once."""

    head = "last"  # one answer, at the end of a sequence
    natural_epoch = True  # an epoch shows every training sequence once

    def __init__(self, config, data, device, dtype):
        self.config, self.data, self.dtype = config, data, dtype
        arrays = {"inputs": data.inputs, "targets": data.targets}
        self.tensors = {
            name: {part: torch.tensor(one, device=device) for part, one in parts.items()}
            for name, parts in arrays.items()
        }

    def epoch_index(self, seed, epoch, window):  # which sequences each batch holds, [steps, batch]
        return shuffled_batches(self.config.sequences, seed, epoch, window)

    def gather(self, index, window):  # index [trials, batch] to inputs [trials, time, batch, 1]
        inputs = self.tensors["inputs"]["train"][index].transpose(1, 2).unsqueeze(-1)
        targets = self.tensors["targets"]["train"][index]
        targets = targets[:, None, :, None].to(self.dtype)
        return Batch(inputs.to(self.dtype).contiguous(), targets.contiguous())

    def evaluate(self, predictor, part, carried):  # metrics of each trial, float64 [trials]
        inputs = self.tensors["inputs"][part].T.unsqueeze(-1).unsqueeze(0).to(self.dtype)
        outputs, _ = predictor(inputs.contiguous(), None)
        error = outputs[:, -1, :, 0].double() - self.tensors["targets"][part]
        return {f"{part}_mse": row_sums(error.square()) / error.shape[-1]}


LATCH = Family(
    name="latch",
    config=LatchConfig,
    data=f"{__name__}:LatchData",
    task=f"{__name__}:LatchTask",
    defaults={"training.max_epochs": 10},
)
