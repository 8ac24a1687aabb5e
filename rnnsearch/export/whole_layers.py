"""torch's recurrent layers as one operator each in a trace, over any number of time steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch._C import DispatchKey

KEYS = (DispatchKey.CompositeImplicitAutograd, DispatchKey.Autograd)
"""Where torch keeps the code that takes such an operator apart."""


@contextmanager
def kept_whole() -> Iterator[None]:
    """While torch.export traces, RNN, GRU and LSTM stay the operators that they are.

    torch takes them apart into the operators of each time step, and so fixes how many there are.
    Here a trace asks for the shapes alone; what runs the program calls the operator itself.
    """
    aten = torch.ops.aten
    with ExitStack() as after:
        for operator in (aten.lstm, aten.gru, aten.rnn_tanh, aten.rnn_relu):
            after.enter_context(_shaped(operator.input))
        yield


@contextmanager
def _shaped(operator: Any) -> Iterator[None]:
    before = dict(operator.py_kernels)
    try:
        operator.py_kernels.update(dict.fromkeys(KEYS, _shapes))
        operator._dispatch_cache.clear()
        yield
    finally:
        operator.py_kernels.clear()
        operator.py_kernels.update(before)
        operator._dispatch_cache.clear()


def _shapes(
    x: Tensor,
    state: Tensor | Sequence[Tensor],
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, ...]:
    """Outputs and state with the shapes that they have, and no numbers; arguments as torch's."""
    del params, has_biases, num_layers, dropout, train, batch_first
    parts = [state] if isinstance(state, Tensor) else list(state)
    width = parts[0].shape[2] * (2 if bidirectional else 1)
    outputs = x.new_empty((x.shape[0], x.shape[1], width))
    return (outputs, *(torch.empty_like(one) for one in parts))
