"""Dropout inside people's modules, from our counter-based streams instead of torch's generator.

What is dropped is a function of the trial's seed, its training step, the number of the call within
the step, and the element: a trial drops the same alone, in company, and after a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from rnnsearch.training import draws


class Stream:
    """The draws of one trial in one training step, in the order in which they are asked for.

    Args:
        key: The trial's key for this training step, int32 without axes.
    """

    def __init__(self, key: Tensor) -> None:
        self._key = key
        self._calls = 0

    def dropped(self, x: Tensor, rate: float) -> Tensor:
        """Some numbers as zeros, each with a probability of `rate`, and the others scaled up."""
        self._calls += 1
        if rate == 0:
            return x
        if rate >= 1:
            return x * 0.0
        elements = draws.element_bits(x.numel(), x.device).view(x.shape)
        kept = draws.throw(draws.call_key(self._key, self._calls), elements, 1 - rate)
        return x * (kept.to(x.dtype) * (1 / (1 - rate)))


_open: list[Stream] = []
"""The streams that are being drawn from, the innermost last; none in evaluation."""


@contextmanager
def streaming(key: Tensor | None) -> Iterator[None]:
    """A context in which modules drop by a trial's key; with None they drop nothing."""
    if key is None:
        yield
        return
    _open.append(Stream(key))
    try:
        yield
    finally:
        _open.pop()


def dropped(x: Tensor, rate: float, *, training: bool) -> Tensor:
    """What dropout makes of some numbers, by the stream that is open."""
    return _open[-1].dropped(x, rate) if training and _open else x


class StreamDropout(nn.Dropout):
    """`nn.Dropout` that draws from the stream that is open."""

    def forward(self, input: Tensor) -> Tensor:
        """See `nn.Dropout`; never in place."""
        return dropped(input, self.p, training=self.training)


class DroppingCalls(TorchFunctionMode):
    """A context in which calls of `functional.dropout` draw from the stream that is open."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        del types
        if func is functional.dropout:
            return _functional(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _functional(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`functional.dropout`."""
    del inplace
    return dropped(input, p, training=training)
