"""Which way a stack takes its steps, for the stack itself and for `rnnsearch kernels`.

A matter of what the trials share and never of the company, since whole steps add in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch

from rnnsearch.models.config import ModelConfig, is_custom
from rnnsearch.training.kernels.choice import whole_steps
from rnnsearch.training.networks import Layers, layers_of
from rnnsearch.training.shapes import NetworkShape, network_shape
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.base import Stepper
from rnnsearch.training.stepping.capture import Recorder
from rnnsearch.training.stepping.layers import LayerSteps, layer_words
from rnnsearch.training.stepping.recorded import RECORDED, RecordedSteps
from rnnsearch.training.stepping.whole import WHOLE, WholeSteps


def stepper_of(shared: Shared, recorder: Recorder | None) -> Stepper:
    """What takes the steps of a stack.

    Args:
        recorder: Of the device; None where it records nothing.
    """
    # A user's own cell may look at numbers, which a recorded step cannot.
    if recorder is not None and not is_custom(shared.key.network.cell):
        return RecordedSteps(shared, recorder)
    return WholeSteps(shared) if _is_plain(shared) else LayerSteps(shared)


def _is_plain(shared: Shared) -> bool:
    """Whether `CompiledStep` knows both the network and all that a step does with it."""
    key = shared.key
    return (
        _is_whole(key.network, shared.layers)
        and key.loss.name == "mse"
        and key.feeding.kind == "teacher"
        and key.rule in ("adam", "sgd")
        and not key.clips_values
        and shared.task.head == "every"
    )


def _is_whole(network: NetworkShape, layers: Layers) -> bool:
    """Whether `CompiledStep` knows a network: a chain of compiled layers of one width, with
    biases, from numbers to a head that drops nothing."""
    return (
        network.by_hand
        and not network.symbolic
        and network.bias
        and not network.head_dropout
        and len(set(network.widths)) == 1
        and whole_steps(kernel for kernel, _ in layers)
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What trains one shape.

    Attributes:
        steps: What trains networks of numbers whose loss is the mean square.
        layers: What computes the layers of the others: symbols, and other losses.
    """

    cell: str
    hidden_size: int
    batch_size: int
    steps: str
    layers: str


def choices(
    cells: Sequence[str],
    hidden_sizes: Sequence[int],
    batch_sizes: Sequence[int],
    device: torch.device,
    dtype: torch.dtype,
) -> list[Choice]:
    """What a pack on this machine takes for networks of one layer."""
    found = []
    for cell, size, batch in product(cells, hidden_sizes, batch_sizes):
        shape = network_shape(ModelConfig(cell=cell, hidden_size=size), 1, 1, symbolic=False)
        # Neither members nor the length of a sequence has a say.
        layers = layers_of(shape, 1, 1, batch, device, dtype)
        words = layer_words(shape, layers)
        recorded = device.type == "cuda" and not is_custom(cell)
        words += f", {RECORDED}" if recorded else ""
        whole = f"{words}, {WHOLE}" if _is_whole(shape, layers) else words
        found.append(Choice(cell, size, batch, whole, words))
    return found
