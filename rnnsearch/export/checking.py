"""A written file against the model that it was made of."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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


AMPLIFIED = 10.0
"""How many times as far as float32 from float64 a file may lie from a model that amplifies
roundings: two ways of rounding grow apart at the same pace, but not from the same moment on."""


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
        roundings: How far the model's own answers in float32 and in float64 lie apart over as many
            time steps; 0 where the difference is within the tolerance, so that nobody asked.
    """

    what: str
    batch: int
    steps: int
    difference: float
    roundings: float = 0.0

    def held(self, tolerance: float) -> bool:
        """Whether the difference is small enough.

        A network may amplify roundings, a chaotic one without end. No other program can follow it
        more closely than float32 follows float64, and where nobody named a tolerance, such a file
        is held to `AMPLIFIED` times that.
        """
        most = AMPLIFIED * self.roundings if tolerance == TOLERANCE else 0.0
        return self.difference <= max(tolerance, most)


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
        ModelError: They differ by more than the tolerance, and than a network that amplifies
            roundings explains; the text says where most, by how much.
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
    findings = [
        one
        if one.difference <= tolerance
        else replace(one, roundings=_roundings(subject, one, whole))
        for one in findings
    ]
    if wrong := [one for one in findings if not one.held(tolerance)]:
        worst = max(wrong, key=lambda one: (not np.isfinite(one.difference), one.difference))
        raise ModelError(_refusal(worst, tolerance))
    return findings


def _whole(subject: Subject, runner: Runner, batch: int, whole: Sequence[int]) -> Finding:
    """Whole sequences at once, of each number of time steps, and one step more where that can be
    computed."""
    most, answers = 0.0, subject.interface.answers
    subject.say(f"comparing whole sequences, {batch} at once")
    for x, lengths, series, more in _wholes(subject, batch, whole):
        theirs, after = _model(subject, subject.head).answer(x, None, lengths, series)
        ours, state = runner.forward(x, lengths, series)
        ours = ours[:, None] if subject.head == "last" else ours
        if lengths is not None and subject.head == "every":
            behind = np.arange(x.shape[1]) >= lengths[:, None]
            theirs[behind] = ours[behind] = 0.0
        most = max(most, largest_difference(ours, theirs, answers, series))
        if state is not None:
            theirs, _ = _model(subject, "every").answer(more, after, None, series)
            ours, _ = runner.step(more[:, 0], state, series)
            most = max(most, largest_difference(ours[:, None], theirs, answers, series))
    return Finding("forward", batch, x.shape[1], most)


def _wholes(
    subject: Subject, batch: int, whole: Sequence[int]
) -> Iterator[tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None, NDArray[Any]]]:
    """Whole sequences of each number of time steps, their lengths, whose they are, and the time
    step that follows them."""
    dice, reads = np.random.default_rng(batch), subject.interface.reads
    for steps in whole:
        series = drawn_series(reads, dice, batch)
        x = drawn(reads, dice, batch, steps, series)
        lengths = None
        if subject.lengths:
            lengths = dice.integers(1, steps + 1, size=batch)
            lengths[-1] = steps
        yield x, lengths, series, drawn(reads, dice, batch, 1, series)


def _streamed(subject: Subject, runner: Runner, batch: int, steps: int) -> Finding:
    """Time steps one by one, each from the state that the last one left."""
    model, most, done = _model(subject, "every"), 0.0, 0
    state: Any = None
    before: State = None
    for x, series in _stream(subject, batch, steps):
        at_once = f"{batch} sequence{'s' * (batch > 1)} at once"
        subject.say(f"comparing time step by time step, {at_once}: {done:,} of {steps:,}")
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


def _refusal(one: Finding, tolerance: float) -> str:
    at_once = f"{one.batch} sequence{'s' * (one.batch > 1)} of {one.steps:,} time steps"
    text = (
        f"what was written is removed: {one.what} of {at_once} differs from the model by "
        f"{one.difference:.2g} of what is usual for its answers, and at most {tolerance:g} is held"
    )
    if one.roundings > TOLERANCE / AMPLIFIED and tolerance == TOLERANCE:
        text += (
            f". The model's own answers in float32 and in float64 lie {one.roundings:.2g} apart, "
            "and ten times that would be held"
        )
    if np.isfinite(one.difference):
        wider = 10.0 ** np.ceil(np.log10(one.difference) + 0.3)
        text += f". To take it as it is: --tolerance {wider:g}"
    return text + "."


def _roundings(subject: Subject, one: Finding, whole: Sequence[int]) -> float:
    """How far the model's answers in float32 and in float64 to the same inputs lie apart."""
    answers, most = subject.interface.answers, 0.0
    head = "every" if one.what == "step" else subject.head
    single, double = _model(subject, head), _model(subject, head, exact=True)
    if one.what == "forward":
        for x, lengths, series, more in _wholes(subject, one.batch, whole):
            ours, after = single.answer(x, None, lengths, series)
            theirs, exactly = double.answer(x, None, lengths, series)
            if lengths is not None and head == "every":
                behind = np.arange(x.shape[1]) >= lengths[:, None]
                theirs[behind] = ours[behind] = 0.0
            most = max(most, largest_difference(ours, theirs, answers, series))
            if not subject.no_stream:
                step, exact_step = _model(subject, "every"), _model(subject, "every", exact=True)
                ours, _ = step.answer(more, after, None, series)
                theirs, _ = exact_step.answer(more, exactly, None, series)
                most = max(most, largest_difference(ours, theirs, answers, series))
        return most
    states: list[State] = [None, None]
    for x, series in _stream(subject, one.batch, one.steps):
        ours, states[0] = single.answer(x, states[0], None, series)
        theirs, states[1] = double.answer(x, states[1], None, series)
        most = max(most, largest_difference(ours, theirs, answers, series))
    return most
