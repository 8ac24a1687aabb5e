"""Kernels driven by hand: forward now, backward when asked, without torch's autograd engine.

For a small layer the engine, and the graph it walks, cost as much as the layer itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from rnnsearch.training.kernels.base import LayerKernel, LayerShape, State
from rnnsearch.training.kernels.batched import BatchedKernel
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

Pull = Callable[[Tensor], tuple[Tensor | None, ...]]
"""The outputs' gradient [K, T, B, H] to those of inputs, w_ih, w_hh, b_ih and b_hh; called once.

That of the inputs is None where it was not wanted."""


class _Tape:
    """What an `autograd.Function` of a kernel asks of its context."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.saved_tensors: tuple[Tensor, ...] = ()
        self.materialize = True

    def save_for_backward(self, *tensors: Tensor) -> None:
        self.saved_tensors = tensors

    def set_materialize_grads(self, value: bool) -> None:
        self.materialize = value


def run(
    kernel: LayerKernel,
    layer: LayerShape,
    inputs: Tensor,
    weights: tuple[Tensor, Tensor, Tensor, Tensor],
    state: State,
    *,
    pull_inputs: bool,
    lengths: Tensor | None = None,
) -> tuple[Tensor, State, Pull]:
    """A kernel's forward pass, and its backward pass to call later; call it under `no_grad`.

    No gradient flows into `state`, nor out of the state after the last step.

    Args:
        inputs: [K, T, B, I], contiguous; shapes must be those of `layer`, which nobody checks.
        weights: w_ih, w_hh, b_ih and b_hh.
        pull_inputs: Whether the gradient of the inputs is wanted.
        lengths: Contiguous; see `LayerKernel`.

    Returns:
        What the kernel returns, and the backward pass.
    """
    function, leading = _function(kernel, layer, lengths)
    if function is None:
        return _through_autograd(kernel, layer, inputs, weights, state, pull_inputs, lengths)
    if isinstance(kernel, CompiledKernel):
        weights = tuple(weight.contiguous() for weight in weights)  # type: ignore[assignment]
    skipped = len(leading)
    wanted = (pull_inputs, True, True, True, True)
    tape = _Tape((False,) * skipped + wanted + (False,) * len(state))
    outputs, *last = function.forward(tape, *leading, inputs, *weights, *state)

    def pull(slopes: Tensor) -> tuple[Tensor | None, ...]:
        later = [torch.zeros_like(part) if tape.materialize else None for part in last]
        found = function.backward(tape, slopes, *later)
        return tuple(found[skipped : skipped + 5])

    return outputs, tuple(last), pull


def _function(
    kernel: LayerKernel, layer: LayerShape, lengths: Tensor | None
) -> tuple[Any, tuple[str | Tensor | None, ...]]:
    """The torch function behind a kernel and its first arguments; None where there is none."""
    if isinstance(kernel, CompiledKernel):
        from rnnsearch.training.kernels.compiled.function import CompiledLayer

        name = f"rnn_{layer.nonlinearity}" if layer.cell == "rnn" else layer.cell
        return CompiledLayer, (name, lengths)
    if isinstance(kernel, BatchedKernel):
        return kernel.function(layer, lengths)
    return None, ()


def _through_autograd(
    kernel: LayerKernel,
    layer: LayerShape,
    inputs: Tensor,
    weights: tuple[Tensor, Tensor, Tensor, Tensor],
    state: State,
    pull_inputs: bool,
    lengths: Tensor | None,
) -> tuple[Tensor, State, Pull]:
    w_ih, w_hh, b_ih, b_hh = leaves = [w.detach().requires_grad_() for w in weights]
    entered = inputs.detach().requires_grad_(pull_inputs)
    with torch.enable_grad():
        outputs, last = kernel(layer, entered, w_ih, w_hh, b_ih, b_hh, state, lengths)

    def pull(slopes: Tensor) -> tuple[Tensor | None, ...]:
        if pull_inputs:
            return torch.autograd.grad(outputs, [entered, *leaves], slopes)
        return (None, *torch.autograd.grad(outputs, leaves, slopes))

    return outputs.detach(), tuple(part.detach() for part in last), pull
