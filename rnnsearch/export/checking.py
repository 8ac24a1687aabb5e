"""A written file against the model that it was made of."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.export.differences import largest_difference
from rnnsearch.export.drawing import drawn, drawn_series
from rnnsearch.export.subject import Subject
from rnnsearch.export.tolerance import TOLERANCE
from rnnsearch.tasks.base import Head, State
from rnnsearch.tasks.interface import Table
from rnnsearch.training.plain import NetworkPredictor

BATCHES = (1, 7, 64)
"""Sequences that are computed at once."""

STREAMED = 10_000
"""Time steps that are streamed one by one, of each batch."""

WHOLE = 100
"""About how many time steps a whole sequence has."""

MOST_NUMBERS = 2_000_000
"""Numbers of an answer that are compared at once."""


class Runner(Protocol):
    """What computes with a written file."""

    def forward(
        self, x: NDArray[Any], lengths: NDArray[Any] | None, series: NDArray[Any] | None
    ) -> tuple[NDArray[Any], Any]:
        """The answers to whole sequences, and the state after them; None where there is none."""
        ...

    def step(
        self, x: NDArray[Any], state: Any, series: NDArray[Any] | None
    ) -> tuple[NDArray[Any], Any]:
        """The answer to one time step, and the state after it; a state of None begins."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a comparison found.

    Attributes:
        what: `forward` or `step`.
        batch: Sequences at once.
        steps: Time steps of each.
        difference: The largest one.
    """

    what: str
    batch: int
    steps: int
    difference: float


def check(
    subject: Subject,
    runner: Runner,
    tolerance: float = TOLERANCE,
    *,
    whole: Sequence[int] | None = None,
    stream: bool = True,
    streamed: int | None = None,
    batches: tuple[int, ...] | None = None,
) -> list[Finding]:
    """Compare a file's answers with the model's own.

    Args:
        whole: Time steps of the whole sequences that are compared; None takes some, and none are
            compared of a file that only goes time step by time step.
        stream: Whether the file goes time step by time step, where the network can.
        streamed: Time steps that are streamed; None takes `STREAMED`.

    Raises:
        ModelError: They differ by more than the tolerance; the text says where most, by how much.
    """
    findings: list[Finding] = []
    streamed = STREAMED if streamed is None else streamed
    if whole is None:
        reads = subject.interface.reads
        segment = reads.segment if isinstance(reads, Table) else 1
        whole = (segment, WHOLE + (-WHOLE) % segment)
    for batch in BATCHES if batches is None else batches:
        checks = [_whole(subject, runner, batch, whole)] if whole else []
        if stream and not subject.no_stream:
            checks.append(_streamed(subject, runner, batch, streamed))
        findings += checks
    if wrong := [one for one in findings if not one.difference <= tolerance]:
        worst = max(wrong, key=lambda one: (not np.isfinite(one.difference), one.difference))
        raise ModelError(_refusal(subject, worst, tolerance))
    return findings


def _whole(subject: Subject, runner: Runner, batch: int, whole: Sequence[int]) -> Finding:
    """Whole sequences at once, of each number of time steps, and one step more where that can be
    computed."""
    dice, reads = np.random.default_rng(batch), subject.interface.reads
    most = 0.0
    for steps in whole:
        series = drawn_series(reads, dice, batch)
        x = drawn(reads, dice, batch, steps, series)
        lengths = None
        if subject.lengths:
            lengths = dice.integers(1, steps + 1, size=batch)
            lengths[-1] = steps
        theirs, after = _model(subject, subject.head).answer(x, None, lengths, series)
        ours, state = runner.forward(x, lengths, series)
        ours = ours[:, None] if subject.head == "last" else ours
        if lengths is not None and subject.head == "every":
            behind = np.arange(steps) >= lengths[:, None]
            theirs[behind] = ours[behind] = 0.0
        most = max(most, largest_difference(ours, theirs, subject.interface.answers, series))
        if state is not None:
            more = drawn(reads, dice, batch, 1, series)
            theirs, _ = _model(subject, "every").answer(more, after, None, series)
            ours, _ = runner.step(more[:, 0], state, series)
            answers = subject.interface.answers
            most = max(most, largest_difference(ours[:, None], theirs, answers, series))
    return Finding("forward", batch, steps, most)


def _streamed(subject: Subject, runner: Runner, batch: int, steps: int) -> Finding:
    """Time steps one by one, each from the state that the last one left."""
    model, most, done = _model(subject, "every"), 0.0, 0
    state: Any = None
    before: State = None
    for x, series in _stream(subject, batch, steps):
        theirs, before = model.answer(x, before, None, series)
        if not np.isfinite(theirs).all():
            break  # the model overflows, and nothing is left to compare
        answers = []
        for at in range(x.shape[1]):
            y, state = runner.step(x[:, at], state, series)
            answers.append(y)
        ours = np.stack(answers, axis=1)
        most = max(most, largest_difference(ours, theirs, subject.interface.answers, series))
        done += x.shape[1]
    return Finding("step", batch, done, most)


def _stream(
    subject: Subject, batch: int, steps: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any] | None]]:
    """Inputs of a stream in pieces, (batch, some time steps, ...), and whose they are."""
    dice, reads = np.random.default_rng(batch), subject.interface.reads
    series = drawn_series(reads, dice, batch)
    width = subject.network.output_size * subject.each
    piece = int(np.clip(MOST_NUMBERS // (batch * width), 1, 500))
    for begin in range(0, steps, piece):
        yield drawn(reads, dice, batch, min(piece, steps - begin), series), series


@dataclass(frozen=True)
class _Model:
    """The model itself, which answers at each time step or at the end."""

    subject: Subject
    predictor: NetworkPredictor

    @torch.no_grad()
    def answer(
        self,
        x: NDArray[Any],
        state: State,
        lengths: NDArray[Any] | None,
        series: NDArray[Any] | None,
    ) -> tuple[NDArray[Any], State]:
        return self.subject.model.use.answered(self.predictor, x, state, lengths, series)


def _model(subject: Subject, head: Head, *, exact: bool = False) -> _Model:
    """The model with its answers at every time step or at the last one, maybe in float64."""
    network = copy.deepcopy(subject.network).double() if exact else subject.network
    return _Model(subject, NetworkPredictor(network, head))


def _refusal(subject: Subject, one: Finding, tolerance: float) -> str:
    at_once = f"{one.batch} sequence{'s' * (one.batch > 1)} of {one.steps:,} time steps"
    text = (
        f"what was written is removed: {one.what} of {at_once} differs from the model by "
        f"{one.difference:.2g} of what is usual for its answers, and at most {tolerance:g} is held"
    )
    own = _own_rounding(subject, one.batch, one.steps)
    if own > tolerance:
        text += (
            f". The model's own answers in float32 and in float64 lie {own:.2g} apart, so that its "
            "network makes this of mere roundings, and no other program can follow it more closely"
        )
    if np.isfinite(one.difference):
        wider = 10.0 ** np.ceil(np.log10(one.difference) + 0.3)
        text += f". To take it as it is: --tolerance {wider:g}"
    return text + "."


def _own_rounding(subject: Subject, batch: int, steps: int) -> float:
    """How far the model's answers in float32 and in float64 lie apart."""
    single, double = _model(subject, "every"), _model(subject, "every", exact=True)
    states: list[State] = [None, None]
    most = 0.0
    for x, series in _stream(subject, batch, steps):
        ours, states[0] = single.answer(x, states[0], None, series)
        theirs, states[1] = double.answer(x, states[1], None, series)
        most = max(most, largest_difference(ours, theirs, subject.interface.answers, series))
    return most
