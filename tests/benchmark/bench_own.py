"""Modules that people bring, fused over the trials of a pack against one trial after the other.

Prints a table: medians of several rounds, and the median of the rounds' ratios; a round takes both
sides one after the other. Nothing is asserted. It ties itself to one core, as a pack runs:

    rnnsearch bench own [--rows 0 1] [--trials 32 1] [--rounds 5] [--json FILE]

Milliseconds of processor time a trial and training step, through whole epochs of a pack: batches,
steps, clipping, losses and norms. The evaluation at an epoch's end, without rollouts, is included.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
from measured import figure, keep

from rnnsearch.models.config import AnyModel, ModelConfig
from rnnsearch.models.network_config import network_config
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig
from rnnsearch.tasks.sine.data import SineData
from rnnsearch.training import custom_cells, custom_networks
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.fused.trying import Verdict
from rnnsearch.training.pack import Pack


class Row(NamedTuple):
    """A module in one shape.

    Attributes:
        epoch: Training steps of one epoch.
    """

    what: str
    model: AnyModel
    batch: int
    steps: int
    epoch: int


def rows() -> list[Row]:
    """The rows of the table."""
    cell = ModelConfig(cell="own_modules:LSTM", hidden_size=16)
    network = network_config("own_modules:Peephole")(units=32)
    return [
        Row("LSTM cell, 16, 1, 49", cell, 1, 49, 10),
        Row("peephole LSTM with attention, 32, 16, 50", network, 16, 50, 5),
    ]


@contextmanager
def one_by_one(ours: bool) -> Iterator[None]:
    """A context in which nothing is fused, if asked for."""
    before = custom_networks.network_verdict, custom_cells.cell_verdict
    if ours:
        slow: Verdict[Any] = Verdict(None, "the benchmark asks for it")
        custom_networks.network_verdict = lambda *kind: slow  # type: ignore[assignment]
        custom_cells.cell_verdict = lambda *kind: slow  # type: ignore[assignment]
    try:
        yield
    finally:
        custom_networks.network_verdict, custom_cells.cell_verdict = before


def pack_epochs(row: Row, trials: int, *, fused: bool) -> Iterator[float]:
    """Milliseconds a trial and step, epoch after epoch."""
    task = SineConfig(num_points=row.steps + 1, rollout=RolloutConfig(steps=(1, 10)))
    data = SineData(task)
    with one_by_one(not fused):
        pack = Pack({task: data}, objective=data.metrics()[0].name)
        for number in range(trials):
            how = TrainingConfig(
                learning_rate=1e-3,
                clip_norm=1.0,
                batch_size=row.batch,
                seq_len=row.steps,
                steps_per_epoch=row.epoch,
            )
            config = TrialConfig(task=task, model=row.model, training=how, seed=number)
            pack.add(str(number), config)
    epoch = 0
    while True:
        epoch += 1
        reports = steps = 0
        started = time.process_time()
        with one_by_one(not fused):
            while reports < trials:
                step = pack.train(dict.fromkeys(pack.roster, epoch), 1.0)
                reports += len(step.reports)
                steps += sum(report.training_steps for report in step.reports)
                if step.refusals or step.divergences:
                    raise RuntimeError(f"a trial left: {step.refusals or step.divergences}")
        took = (time.process_time() - started) / steps * 1e3
        if any(("fused" in words) is not fused for words in pack.kernels.values()):
            raise RuntimeError(f"trained otherwise than asked for: {pack.kernels}")
        yield took


def compare(row: Row, trials: int, rounds: int) -> dict[str, Any]:
    """A row of the table."""
    fused = pack_epochs(row, trials, fused=True)
    apart = pack_epochs(row, trials, fused=False)
    next(fused), next(apart)  # tried, compiled, memory touched
    pairs = [(next(apart), next(fused)) for _ in range(rounds)]
    slow, fast = (median(column) for column in zip(*pairs, strict=True))
    ratios = sorted(a / b for a, b in pairs)
    return {
        "module, units, batch, steps": row.what,
        "trials": trials,
        "one by one, ms a trial": slow,
        "fused, ms a trial": fast,
        "ratio": median(ratios),
        "lowest, highest": f"{ratios[0]:.3g}, {ratios[-1]:.3g}",
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="rnnsearch bench own",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    every = rows()
    parser.add_argument(
        "--rows",
        nargs="+",
        type=int,
        choices=range(len(every)),
        default=range(len(every)),
        help="; ".join(f"{number}: {row.what}" for number, row in enumerate(every)),
    )
    parser.add_argument("--trials", nargs="+", type=int, default=[32, 1])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="Add the rows to it.")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    table = []
    for number in arguments.rows:
        for trials in arguments.trials:
            row = compare(every[number], trials, arguments.rounds)
            print(", ".join(f"{name}: {figure(value)}" for name, value in row.items()), flush=True)
            table.append(row)
    keep(arguments.json, "own modules", table)


if __name__ == "__main__":
    main()
