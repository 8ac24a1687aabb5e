"""One training step a trial, through a pack of 64, against torch's module alone with fused Adam.

Prints a table: medians of several rounds, and the median of the rounds' ratios; a round takes both
sides one after the other. Nothing is asserted. Run it on one core, as a pack runs:

    taskset -c 1 python tests/benchmark/bench_kernels.py [--cells lstm gru] [--rounds 5]

The pack's time is that of whole epochs: batches, steps, losses and norms, and the evaluation with
its closed-loop rollouts at the end. The module's is that of steps alone, its batches at hand.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import torch
from torch import nn

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig
from rnnsearch.tasks.sine.data import SineData
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack


class Shape(NamedTuple):
    """A row of the table; `epoch` are the optimizer steps of one, fewer where they are long."""

    units: int
    batch: int
    steps: int
    epoch: int


SHAPES = (
    Shape(16, 1, 49, 100),
    Shape(32, 16, 50, 100),
    Shape(64, 32, 50, 40),
    Shape(128, 32, 64, 20),
)
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
MEMBERS = 64


def pack_epochs(cell: str, shape: Shape) -> Iterator[float]:
    """Milliseconds a member and step, epoch after epoch."""
    task = SineConfig(num_points=shape.steps + 1, rollout=RolloutConfig(steps=(1, 10)))
    pack = Pack({task: SineData(task)})
    for number in range(MEMBERS):
        model = ModelConfig(cell=cell, hidden_size=shape.units)  # type: ignore[arg-type]
        how = TrainingConfig(
            learning_rate=1e-3,
            clip_norm=1.0,
            batch_size=shape.batch,
            steps_per_epoch=shape.epoch,
        )
        pack.add(str(number), TrialConfig(task=task, model=model, training=how, seed=number))
    epoch = 0
    while True:
        epoch += 1
        limits = dict.fromkeys(pack.roster, epoch)
        reports = 0
        started = time.perf_counter()
        while reports < MEMBERS:
            step = pack.train(limits, 1.0)
            reports += len(step.reports)
            if step.refusals or step.divergences:
                raise RuntimeError(f"a trial left: {step.refusals or step.divergences}")
        yield (time.perf_counter() - started) / (MEMBERS * shape.epoch) * 1e3


def module_steps(cell: str, shape: Shape, seconds: float = 0.4) -> Iterator[float]:
    """Milliseconds a step of the module alone."""
    module = CELLS[cell](1, shape.units)
    head = nn.Linear(shape.units, 1)
    weights = [*module.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(weights, 1e-3, fused=True)
    wave = torch.sin(torch.linspace(0, 10, shape.steps + 1))[:, None, None]
    wave = wave.expand(-1, shape.batch, -1).contiguous()
    inputs, targets = wave[:-1].contiguous(), wave[1:].contiguous()
    while True:
        started = time.perf_counter()
        taken = 0
        while taken < 3 or time.perf_counter() - started < seconds:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(head(module(inputs)[0]), targets)
            loss.backward()
            optimizer.step()
            taken += 1
        yield (time.perf_counter() - started) / taken * 1e3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--shapes", nargs="+", type=int, default=range(len(SHAPES)))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'cell':5} {'units, batch, steps':20} {'torch ms':>9} {'pack ms':>9} {'ratio':>7}")
    for cell in arguments.cells:
        for shape in (SHAPES[number] for number in arguments.shapes):
            ours, theirs = pack_epochs(cell, shape), module_steps(cell, shape)
            next(ours), next(theirs)  # compiled, loaded, memory touched
            rounds = [(next(theirs), next(ours)) for _ in range(arguments.rounds)]
            alone, packed = (median(column) for column in zip(*rounds, strict=True))
            ratio = median(a / b for a, b in rounds)
            name = f"{shape.units}, {shape.batch}, {shape.steps}"
            print(f"{cell:5} {name:20} {alone:9.3f} {packed:9.5f} {ratio:7.1f}", flush=True)


if __name__ == "__main__":
    main()
