"""Programs of torch.export: a file each, which torch loads without any code beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan

from rnnsearch.errors import ModelError
from rnnsearch.export.checking import Finding, check
from rnnsearch.export.drawing import drawn, drawn_series
from rnnsearch.export.subject import Subject
from rnnsearch.export.tracing import Axes, exported, quiet
from rnnsearch.tasks.interface import Table

STREAMED = 200
"""Time steps that a program is streamed for; `model.py`, which it was made of, has more."""

STEPS = 32
"""Time steps of the sequences of a program that reads a fixed number, where a task names none."""


def write_programs(
    subject: Subject, model: Any, folder: Path, tolerance: float
) -> tuple[list[Finding], list[str]]:
    """Write `forward.pt2` and `step.pt2`, and compare them with the model.

    Of a network of a person's own there is no `step.pt2`, since its state has a form of its own.

    Args:
        model: That of the file `model.py`.

    Returns:
        What was found, and notes on what they read.

    Raises:
        ModelError: A program answers otherwise than the model.
    """
    steps: int | None = None
    subject.say("tracing the programs of torch.export")
    try:
        forward = _program(subject, _Forward(model), None, single=False)
        note = "forward.pt2 takes any number of time steps."
    except ModelError as reason:
        steps = usual_steps(subject)
        try:
            forward = _program(subject, _Forward(model), steps, single=False)
        except ModelError as error:
            if not subject.custom:
                raise
            return [], [f"There is no program of torch.export: {error}"]
        note = (
            f"forward.pt2 takes {steps} time steps and no other number, while model.py takes any: "
            f"{reason}"
        )
    programs = {"forward": forward}
    if not subject.no_stream and not subject.custom:
        programs["step"] = _program(subject, _Stepped(model), None, single=True)
    for name, program in programs.items():
        with quiet():
            torch.export.save(program, folder / f"{name}.pt2")
    runner = ProgramRunner(subject, folder, model)
    whole = None if steps is None else (steps,)
    found = check(
        subject, runner, tolerance, whole=whole, stream="step" in programs, streamed=STREAMED
    )
    return [replace(one, what=f"{one.what}.pt2") for one in found], [note]


@contextmanager
def _scanned(model: Any) -> Iterator[None]:
    """A model whose layers go over time steps with an operator instead of a loop, which a trace
    would unroll. Layers that torch has as operators themselves have no loop."""
    names = {} if not hasattr(model, "layers") else type(model.layers[0]).forward.__globals__
    before = names.get("over_time")
    if before is not None:
        names["over_time"] = _over_time
    try:
        yield
    finally:
        if before is not None:
            names["over_time"] = before


def _over_time(
    step: Callable[..., tuple[Tensor, Sequence[Tensor]]], read: Tensor, state: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """What `model.py` has under that name, for torch.export."""

    def one_step(before: list[Tensor], one: Tensor) -> tuple[list[Tensor], Tensor]:
        output, after = step(one, tuple(before))
        # What a scan's body gives may be no view of another result.
        return [part.clone() for part in after], output.clone()

    first = [part.clone(memory_format=torch.contiguous_format) for part in state]
    last, outputs = scan(one_step, first, read)
    return outputs, list(last)


class _Forward(nn.Module):
    """Whole sequences, of which the state behind them is left out."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, *given: Tensor) -> Tensor:
        answered = self.model(*given)
        y: Tensor = answered[0] if isinstance(answered, tuple) else answered
        return y


class _Stepped(nn.Module):
    """One time step."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        y, state = self.model.step(*given)
        return y, state


def _program(subject: Subject, module: nn.Module, steps: int | None, *, single: bool) -> Any:
    """A program of any batch; of so many time steps, or with None of any number."""
    dice, reads = np.random.default_rng(0), subject.interface.reads
    series = drawn_series(reads, dice, 2)
    segment = reads.segment if isinstance(reads, Table) else 1
    x = torch.tensor(drawn(reads, dice, 2, 1 if single else steps or 3 * segment, series))
    examples = [x[:, 0] if single else x]
    free: list[Axes] = [{0: "batch"} if single or steps is not None else {0: "batch", 1: "time"}]
    if single:
        model: Any = module.model
        examples.append(torch.zeros(2, model.STATE * subject.each, dtype=subject.network.dtype))
        free.append({0: "batch"})
    elif subject.lengths:
        examples.append(torch.tensor([x.shape[1], x.shape[1] - 1]))
        free.append({0: "batch"})
    if series is not None:
        examples.append(torch.tensor(series))
        free.append({0: "batch"})
    with _scanned(module.model):
        return exported("the model", module, examples, free)


class ProgramRunner:
    """Computes with the programs; see `checking.Runner`."""

    def __init__(self, subject: Subject, folder: Path, model: Any) -> None:
        names = [name for name in ("forward", "step") if (folder / f"{name}.pt2").is_file()]
        with quiet():
            self._programs = {
                name: torch.export.load(folder / f"{name}.pt2").module() for name in names
            }
        self._subject = subject
        self._width = 0 if subject.custom else model.STATE * subject.each

    @torch.no_grad()
    def forward(
        self, x: NDArray[Any], lengths: NDArray[Any] | None, series: NDArray[Any] | None
    ) -> tuple[NDArray[Any], Any]:
        """See `Runner`."""
        given = [torch.tensor(one) for one in (x, lengths, series) if one is not None]
        return self._programs["forward"](*given).numpy(), None

    @torch.no_grad()
    def step(
        self, x: NDArray[Any], state: Any, series: NDArray[Any] | None
    ) -> tuple[NDArray[Any], Any]:
        """See `Runner`."""
        if state is None:
            state = torch.zeros(len(x), self._width, dtype=self._subject.network.dtype)
        more = [] if series is None else [torch.tensor(series)]
        y, state = self._programs["step"](torch.tensor(x), state, *more)
        return y.numpy(), state


def usual_steps(subject: Subject) -> int:
    """How many time steps a sequence of the task usually has."""
    told = subject.model.use.description
    steps = told.manifest.get("context") or told.task.get("window") or STEPS
    reads = subject.interface.reads
    segment = reads.segment if isinstance(reads, Table) else 1
    return int(steps) + -int(steps) % segment
