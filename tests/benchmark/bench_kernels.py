"""One training step a trial, through a pack, against torch's module alone with fused Adam.

Prints a table: medians of several rounds, and the median of the rounds' ratios; a round takes both
sides one after the other. Nothing is asserted. On a CPU it ties itself to one core, as a pack runs:

    rnnsearch bench kernels [--cells lstm gru] [--shapes 0 1] [--rounds 5] [--json FILE]
    rnnsearch bench kernels --shapes --unequal 0 1      # sequences of unequal length alone
    rnnsearch bench kernels --device cuda

The pack's time is that of whole epochs: batches, steps, clipping, losses and norms, and the
evaluation with its closed-loop rollouts at the end. The module's is that of steps alone, without
clipping, its batches at hand. A second table has sequences of unequal length: a trial alone and a
pack, against torch's packed sequences in batches of random order, and in the pack's own batches of
like length. On a GPU the pack holds 256 trials, and stands against one cuDNN
trial a process, alone on the device and with three others beside it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import string
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
import unequal
from measured import figure, keep
from torch import Tensor, nn

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig
from rnnsearch.tasks.sine.data import SineData
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.text.data import TextData
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack


class Shape(NamedTuple):
    """A row of the table.

    Attributes:
        epoch: Optimizer steps of one epoch, fewer where they are long.
        members: Trials in the pack.
        symbols: Of a text; 0 for a wave.
    """

    units: int
    batch: int
    steps: int
    epoch: int
    members: int = 64
    symbols: int = 0

    def __str__(self) -> str:
        text = f", text of {self.symbols} symbols" if self.symbols else ""
        return f"{self.units}, {self.batch}, {self.steps}{text}"


SHAPES = (
    Shape(16, 1, 49, 100),
    Shape(32, 16, 50, 100),
    Shape(64, 32, 50, 40),
    Shape(128, 32, 64, 20),
    Shape(512, 64, 128, 4, members=2),
    Shape(256, 32, 64, 4, members=8, symbols=65),
)
ON_GPU = Shape(64, 32, 50, 100, members=256)
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
SHARING = 4
SECONDS = 0.4


def learned(shape: Shape) -> tuple[TaskConfig, TaskData]:
    """The task of a row; its held-out parts are short, so that steps are most of an epoch."""
    if not shape.symbols:
        wave = SineConfig(num_points=shape.steps + 1, rollout=RolloutConfig(steps=(1, 10)))
        return wave, SineData(wave)
    alphabet = (string.ascii_letters + string.digits + " .,")[: shape.symbols]
    train = shape.batch * (shape.steps * shape.epoch + 1)
    val = 2 * shape.symbols
    letters = random.Random(0).choices(alphabet, k=train + val - shape.symbols)
    share = train / (train + val)
    text = TextConfig(
        text="".join(letters) + alphabet,
        split=SplitConfig(train=share, val=1 - share, test=0.0),
        sample=0,
    )
    return text, TextData.read(text)


def pack_epochs(cell: str, shape: Shape, device: str) -> Iterator[float]:
    """Milliseconds a member and step, epoch after epoch."""
    task, data = learned(shape)
    objective = data.metrics()[0].name
    pack = Pack({task: data}, device=device, objective=objective)
    for number in range(shape.members):
        model = ModelConfig(cell=cell, hidden_size=shape.units)  # type: ignore[arg-type]
        how = TrainingConfig(
            learning_rate=1e-3,
            clip_norm=1.0,
            batch_size=shape.batch,
            seq_len=shape.steps,
            steps_per_epoch=None if shape.symbols else shape.epoch,
        )
        pack.add(str(number), TrialConfig(task=task, model=model, training=how, seed=number))
    epoch = 0
    while True:
        epoch += 1
        limits = dict.fromkeys(pack.roster, epoch)
        reports = steps = 0
        started = time.perf_counter()
        while reports < shape.members:
            step = pack.train(limits, 1.0)
            reports += len(step.reports)
            steps += sum(report.training_steps for report in step.reports)
            if step.refusals or step.divergences:
                raise RuntimeError(f"a trial left: {step.refusals or step.divergences}")
        yield (time.perf_counter() - started) / steps * 1e3


class Alone(nn.Module):
    """One trial as torch's own modules compute it."""

    def __init__(self, cell: str, shape: Shape) -> None:
        super().__init__()
        width = shape.symbols or 1
        self.layer = CELLS[cell](width, shape.units)
        self.head = nn.Linear(shape.units, width)
        self.symbols = shape.symbols

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        if not self.symbols:
            return nn.functional.mse_loss(self.head(self.layer(inputs)[0]), targets)
        onehot = nn.functional.one_hot(inputs, self.symbols).to(self.head.weight.dtype)
        outputs = self.head(self.layer(onehot)[0])
        return nn.functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())


def batch_of(shape: Shape, device: str) -> tuple[Tensor, Tensor]:
    """Inputs and targets [steps, batch, ...] of every step."""
    size = (shape.steps + 1, shape.batch)
    if shape.symbols:
        whole = torch.randint(shape.symbols, size, device=device)
    else:
        wave = torch.sin(torch.linspace(0, 10, shape.steps + 1, device=device))
        whole = wave[:, None, None].expand(*size, 1).contiguous()
    return whole[:-1].contiguous(), whole[1:].contiguous()


def module_steps(cell: str, shape: Shape, device: str) -> Iterator[float]:
    """Milliseconds a step of the module alone."""
    network = Alone(cell, shape).to(device)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=True)
    inputs, targets = batch_of(shape, device)
    while True:
        started = time.perf_counter()
        taken = 0
        while taken < 2 or time.perf_counter() - started < SECONDS:
            optimizer.zero_grad()
            network.loss(inputs, targets).backward()
            optimizer.step()
            taken += 1
            if device == "cuda" and taken % 50 == 0:
                torch.cuda.synchronize()
        if device == "cuda":
            torch.cuda.synchronize()
        yield (time.perf_counter() - started) / taken * 1e3


def _share(cell: str, shape: Shape, rounds: int, barrier: Any, results: Any) -> None:
    """One of several processes on the device: its medians go to `results`."""
    torch.set_num_threads(1)
    steps = module_steps(cell, shape, "cuda")
    next(steps)
    barrier.wait()
    results.put(median(next(steps) for _ in range(2 * rounds)))


def sharing(cell: str, shape: Shape, rounds: int) -> float:
    """Milliseconds a step of the device, when so many processes train a trial each."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(SHARING), context.Queue()
    arguments = (cell, shape, rounds, barrier, results)
    processes = [context.Process(target=_share, args=arguments) for _ in range(SHARING)]
    for process in processes:
        process.start()
    each = [results.get(timeout=300) for _ in processes]
    for process in processes:
        process.join()
    return 1 / sum(1 / one for one in each)


def compare(cell: str, shape: Shape, device: str, rounds: int) -> dict[str, Any]:
    """A row of the table."""
    ours, theirs = pack_epochs(cell, shape, device), module_steps(cell, shape, device)
    next(ours), next(theirs)  # compiled, loaded, memory touched, graphs captured
    found = [(next(theirs), next(ours)) for _ in range(rounds)]
    alone, packed = (median(column) for column in zip(*found, strict=True))
    ratios = sorted(a / b for a, b in found)
    row: dict[str, Any] = {
        "cell": cell,
        "units, batch, steps": str(shape),
        "trials": shape.members,
        "torch alone, ms": alone,
        "pack, ms a trial": packed,
        "ratio": median(ratios),
        "lowest, highest": f"{ratios[0]:.3g}, {ratios[-1]:.3g}",
    }
    if device == "cuda":
        shared = sharing(cell, shape, rounds)
        row |= {f"{SHARING} processes, ms": shared, "ratio to them": shared / packed}
    return row


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="rnnsearch bench kernels",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument(
        "--shapes",
        nargs="*",
        type=int,
        choices=range(len(SHAPES)),
        default=range(len(SHAPES)),
        help="; ".join(f"{number}: {shape}" for number, shape in enumerate(SHAPES)),
    )
    parser.add_argument(
        "--unequal",
        nargs="*",
        type=int,
        choices=range(len(unequal.ROWS)),
        default=range(len(unequal.ROWS)),
        help="; ".join(f"{number}: {row}" for number, row in enumerate(unequal.ROWS)),
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Add the rows to it.")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        parser.error("torch finds no GPU here")
    torch.set_num_threads(1)
    shapes = [SHAPES[number] for number in arguments.shapes]
    if arguments.device == "cuda":
        shapes = [ON_GPU]
    else:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = []
    for shape in shapes:
        for cell in arguments.cells:
            rows.append(told(compare(cell, shape, arguments.device, arguments.rounds)))
    if rows:
        keep(arguments.json, f"kernels on {arguments.device}", rows)
    if arguments.device == "cpu":
        pairs = [
            (unequal.ROWS[number], cell)
            for number in arguments.unequal
            for cell in arguments.cells
            if cell in unequal.LAYERS
        ]
        apart = [told(unequal.compare(cell, row, arguments.rounds)) for row, cell in pairs]
        if apart:
            keep(arguments.json, "kernels on sequences of unequal length", apart)


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Print a row as soon as it is there."""
    print(", ".join(f"{name}: {figure(value)}" for name, value in row.items()), flush=True)
    return row


if __name__ == "__main__":
    main()
