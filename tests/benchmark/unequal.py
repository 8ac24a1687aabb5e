"""Training steps on sequences of unequal length, in packs and by torch's packed sequences.

Milliseconds are of processor time, so that others on the machine count less, and of a step whose
sequences are of mean length: what was measured, by the valid steps in time that were taken.
"""

from __future__ import annotations

import string
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import TaskData, Window
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.events.data import EventsData
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.labels.data import LabelsData
from rnnsearch.tasks.load import build_task
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack

PIECES, EVENTS, SPREAD, MEAN = 694, 88, 0.75, 254
"""Of the log-normal lengths; the longest of so many is about 1,800."""
NAMES, CLASSES = 4000, 18
PACK = 8
LAYERS = {"gru": nn.GRU, "lstm": nn.LSTM}


class Unequal(NamedTuple):
    """A row of the table.

    Attributes:
        steps: Optimizer steps that are timed at once.
        theirs: Of torch, where a step takes seconds.
    """

    data: str
    units: int
    batch: int
    steps: int
    theirs: int

    def __str__(self) -> str:
        return f"{self.data}, {self.units}, {self.batch}"


ROWS = (
    Unequal("log-normal", 250, 4, 24, 24),
    Unequal("log-normal", 100, 64, 11, 2),
    Unequal("surnames", 250, 4, 100, 100),
    Unequal("surnames", 100, 64, 50, 50),
)


@dataclass(eq=False)
class Sequences:
    """Training sequences as a task and as torch's modules see them.

    Attributes:
        inputs: Of each sequence, (steps, features).
        targets: Of each, (steps, events); or classes, (sequences,).
    """

    task: TaskConfig
    data: TaskData
    inputs: list[Tensor]
    targets: list[Tensor] | Tensor
    lengths: np.ndarray[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.lengths = np.array([len(one) for one in self.inputs])


@cache
def learned(kind: str) -> Sequences:
    """Log-normal lengths with a frame to predict from the frames before, or names to label."""
    draw = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        if kind == "log-normal":
            wide = np.log(MEAN) - SPREAD**2 / 2 + SPREAD * draw.standard_normal(PIECES + 60)
            lengths = np.exp(wide).round().astype(int).clip(2) + 1
            pieces = [(draw.random((n, EVENTS)) < 0.05).astype(np.uint8) for n in lengths]
            path = Path(folder) / "pieces.npz"
            parts = {"train": pieces[:PIECES], "val": pieces[PIECES:]}
            arrays = {name: np.concatenate(some) for name, some in parts.items()}
            sizes = {f"{name}_lengths": [len(one) for one in some] for name, some in parts.items()}
            np.savez(path, **arrays, **sizes)
            task = EventsConfig(path=str(path))
            data = EventsData.read(task)
            whole = [torch.from_numpy(one).float() for one in parts["train"]]
            return Sequences(task, data, [one[:-1] for one in whole], [one[1:] for one in whole])
        letters = np.array(list(string.ascii_letters + " '-"))
        lengths = draw.normal(7.1, 2.1, NAMES).round().astype(int).clip(2, 20)
        rows = [f"{''.join(draw.choice(letters, n))},{draw.integers(CLASSES)}" for n in lengths]
        path = Path(folder) / "names.csv"
        path.write_text("text,label\n" + "\n".join(rows) + "\n")
        named = LabelsConfig(path=str(path), text="text")
        labelled = LabelsData.read(named)
        some, size = labelled.sequences["train"], labelled.input_size
        onehot = [torch.eye(size)[some[at].tolist()] for at in range(len(some))]
        return Sequences(named, labelled, onehot, torch.from_numpy(labelled.labels["train"]))


def packed(cell: str, row: Unequal, members: int) -> Iterator[float]:
    """Milliseconds a member and step in a pack, epoch after epoch, evaluations included."""
    known = learned(row.data)
    metric = known.data.metrics()[0]
    pack = Pack({known.task: known.data}, objective=metric.name, goal=metric.goal)
    task = build_task(known.task, known.data, torch.device("cpu"), torch.float32)
    window = Window(row.batch, None, row.steps)
    for number in range(members):
        model = ModelConfig(cell=cell, hidden_size=row.units)  # type: ignore[arg-type]
        how = TrainingConfig(
            learning_rate=1e-3, clip_norm=1.0, batch_size=row.batch, steps_per_epoch=row.steps
        )
        config = TrialConfig(task=known.task, model=model, training=how, seed=number)
        pack.add(str(number), config)
    epoch = 0
    while True:
        shown = [task.epoch_index(number, epoch, window) for number in range(members)]
        frames = sum(int(known.lengths[one[one >= 0]].sum()) for one in shown)
        epoch += 1
        limits = dict.fromkeys(pack.roster, epoch)
        reports, started = 0, time.process_time()
        while reports < members:
            step = pack.train(limits, 1.0)
            reports += len(step.reports)
            if step.refusals or step.divergences:
                raise RuntimeError(f"a trial left: {step.refusals or step.divergences}")
        elapsed = time.process_time() - started
        yield elapsed / frames * known.lengths.mean() * row.batch * 1e3


class Packed(nn.Module):
    """One trial as torch computes it: one-hot or binary inputs, packed."""

    def __init__(self, cell: str, units: int, inputs: int, outputs: int, last: bool) -> None:
        super().__init__()
        self.layer = LAYERS[cell](inputs, units)
        self.head = nn.Linear(units, outputs)
        self.last = last

    def loss(self, inputs: list[Tensor], targets: list[Tensor] | Tensor) -> Tensor:
        """Of a batch of sequences, the longest first."""
        outputs, after = self.layer(pack_sequence(inputs))
        if self.last:
            hidden = after[0] if isinstance(after, tuple) else after
            return nn.functional.cross_entropy(self.head(hidden[-1]), targets)
        wanted = pack_sequence(list(targets)).data
        return nn.functional.binary_cross_entropy_with_logits(self.head(outputs.data), wanted)


def module_steps(cell: str, row: Unequal, *, bucketed: bool) -> Iterator[float]:
    """Milliseconds a step of torch's module with packed sequences.

    Args:
        bucketed: Batches as the pack draws them, instead of in random order.
    """
    known = learned(row.data)
    last = row.data == "surnames"
    network = Packed(cell, row.units, known.data.input_size, known.data.output_size, last)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=True)
    task = build_task(known.task, known.data, torch.device("cpu"), torch.float32)
    window, epoch, draw = Window(row.batch, None, row.steps), 0, np.random.default_rng(1)
    while True:
        order = draw.permutation(len(known.inputs))[: row.theirs * row.batch]
        index = [order[lo : lo + row.batch] for lo in range(0, len(order), row.batch)]
        if bucketed:
            index = list(task.epoch_index(0, epoch, window)[: row.theirs])
        epoch += 1
        frames, started = 0, time.process_time()
        for batch in index:
            some = sorted(batch[batch >= 0], key=lambda at: -known.lengths[at])
            frames += int(known.lengths[some].sum())
            optimizer.zero_grad()
            wanted: Any = known.targets
            wanted = wanted[some] if last else [wanted[at] for at in some]
            network.loss([known.inputs[at] for at in some], wanted).backward()
            optimizer.step()
        elapsed = time.process_time() - started
        yield elapsed / frames * known.lengths.mean() * row.batch * 1e3


def compare(cell: str, row: Unequal, rounds: int) -> dict[str, Any]:
    """A row of the table; each round takes all four, one after the other."""
    alone, pack = packed(cell, row, 1), packed(cell, row, PACK)
    theirs, sorted_too = (module_steps(cell, row, bucketed=one) for one in (False, True))
    next(alone), next(pack)  # compiled, loaded, memory touched
    found = [(next(theirs), next(sorted_too), next(alone), next(pack)) for _ in range(rounds)]
    plain, like, one, many = (median(column) for column in zip(*found, strict=True))
    ratios = sorted(a / d for a, _, _, d in found)
    return {
        "cell": cell,
        "lengths, units, batch": str(row),
        "torch packed, ms": plain,
        "of like lengths, ms": like,
        "ours alone, ms": one,
        f"pack of {PACK}, ms a trial": many,
        "ratio alone": median(a / c for a, _, c, _ in found),
        "ratio pack": median(ratios),
        "lowest, highest": f"{ratios[0]:.3g}, {ratios[-1]:.3g}",
        "pack to like lengths": median(b / d for _, b, _, d in found),
    }
