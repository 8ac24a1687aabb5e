"""A model of earlier data, scored on the data of a later one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Part, Predictor, State
from rnnsearch.tasks.closed_loop import closed_loop_rollout
from rnnsearch.tasks.comparing import Comparing
from rnnsearch.tasks.interface import (
    Answers,
    Chances,
    Classes,
    Interface,
    Numbers,
    Reads,
    Symbols,
    Values,
)
from rnnsearch.tasks.load import build_task
from rnnsearch.training.trained import TrainedModel

SHOWN = 3
"""The most names that a refusal lists."""


def scored_on(old: TrainedModel, new: TrainedModel, part: Part = "test") -> dict[str, float]:
    """The metrics of an earlier model on a part of the data of a later one.

    They are the later one's, in its scale: what the earlier one reads and answers is brought from
    one scale to the other.

    Raises:
        DataError: The data of the later one cannot be read.
        ModelError: It has changed, or the earlier one cannot read it; the text says why.
    """
    data, network = new.read_again(), old.network
    sizes = network.input_size, network.output_size, network.symbolic
    if sizes != (data.input_size, data.output_size, data.symbolic):
        raise ModelError(
            f"it reads {sizes[0]} and answers {sizes[1]} numbers at a time step, where the new "
            f"data has {data.input_size} and {data.output_size}"
        )
    task = build_task(new.config.task, data, network.device, network.dtype)
    if task.head != old.head:
        raise ModelError("it answers at other time steps than the new task asks for")
    predictor = old.scorer()
    if isinstance(task, Comparing):
        metrics = task.evaluate_other(predictor, part, old.manifest)
    else:
        known, asked = old.use.interface(), new.use.interface()
        translated = _translated(predictor, known, asked)
        metrics = task.evaluate(translated, part, old.padded_carried())
    return {name: float(value) for name, value in metrics.items()}


def _translated(predictor: Predictor, known: Interface, asked: Interface) -> Predictor:
    """A model that reads and answers as another one does.

    Args:
        known: What it has learned to read and answer.
        asked: What it shall.

    Raises:
        ModelError: That cannot be told from the other.
    """
    _same("reads", known.reads, asked.reads)
    _same("answers", known.answers, asked.answers)
    if (known.reads, known.answers) == (asked.reads, asked.answers):
        return predictor
    return _Translated(
        predictor,
        _between(predictor, asked.reads, known.reads),
        _between(predictor, known.answers, asked.answers),
    )


def _same(verb: str, known: Reads | Answers, asked: Reads | Answers) -> None:
    """That both sides are of the same things, maybe in another scale."""
    kinds = Numbers | Values | Symbols | Classes | Chances
    if type(known) is not type(asked) or not isinstance(known, kinds):
        raise ModelError(f"it {verb} something of another kind than the new task has")
    assert isinstance(asked, kinds)
    more = [getattr(one, "unknown", None) for one in (known, asked)]
    if known.names != asked.names or more[0] != more[1]:
        raise ModelError(
            f"it {verb} {_listed(known.names)}, and the new one {_listed(asked.names)}"
        )


def _listed(names: Sequence[Any]) -> str:
    shown = ", ".join(repr(one) for one in names[:SHOWN])
    return f"{shown}{f' and {len(names) - SHOWN} more' if len(names) > SHOWN else ''}"


Affine = tuple[Tensor, Tensor]
"""A factor and what is added behind it, in float64."""


def _between(
    predictor: Predictor, before: Reads | Answers, after: Reads | Answers
) -> Affine | None:
    """What makes numbers scaled in one way numbers scaled in another; None for nothing."""
    scaled = Numbers | Values
    if not isinstance(before, scaled) or not isinstance(after, scaled):
        return None
    rows = (before.center, before.scale, after.center, after.scale)
    center, scale, other, spread = (
        torch.tensor(row, dtype=torch.float64, device=predictor.device) for row in rows
    )
    return scale / spread, (center - other) / spread


def _moved(numbers: Tensor, by: Affine | None) -> Tensor:
    if by is None:
        return numbers
    return (numbers.double() * by[0] + by[1]).to(numbers.dtype)


class _Translated:
    """A predictor whose numbers are brought from one scale to another, before and behind it."""

    def __init__(self, inner: Predictor, into: Affine | None, out: Affine | None) -> None:
        self._inner, self._into, self._out = inner, into, out
        self.size, self.device, self.dtype = inner.size, inner.device, inner.dtype

    def __call__(
        self, inputs: Tensor, state: State, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """See `Predictor`."""
        outputs, after = self._inner(_moved(inputs, self._into), state, lengths)
        return _moved(outputs, self._out), after

    @torch.no_grad()
    def rollout(self, inputs: Tensor, state: State, steps: int) -> Tensor:
        """See `Predictor`."""
        return closed_loop_rollout(self, inputs, state, steps)
