"""Programs of torch.export: a file each, which torch loads without any code beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

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
    try:
        forward = _program(subject, _Forward(model), None, single=False)
        note = "forward.pt2 takes any number of time steps."
    except ModelError:
        steps = usual_steps(subject)
        try:
            forward = _program(subject, _Forward(model), steps, single=False)
        except ModelError as error:
            if not subject.custom:
                raise
            return [], [f"There is no program of torch.export: {error}"]
        note = (
            f"forward.pt2 takes {steps} time steps and no other number, since torch.export unrolls "
            "recurrent layers; model.py takes any."
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
