"""Which way a stack takes its training steps, for the stack itself and for `rnnsearch kernels`.

The choice depends on what its trials share, never on which trials they are: whole training steps
take sums in another order, and a trial's numbers must not depend on its company.
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
    """The way in which a stack takes its training steps.

    Args:
        recorder: Of the device; None where it records nothing.
    """
    # What a person brought may look at numbers, which a recorded training step cannot.
    key = shared.key
    brought = is_custom(key.network.cell) or key.loss.custom or key.rule == "custom"
    if recorder is not None and not brought:
        return RecordedSteps(shared, recorder)
    return WholeSteps(shared) if _is_plain(shared) else LayerSteps(shared)


def _is_plain(shared: Shared) -> bool:
    """Whether `CompiledStep` can compute both the network and all that a training step does."""
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
    """Whether `CompiledStep` can compute a network: a chain of compiled layers of one width, with
    biases, that reads numbers and whose head has no dropout."""
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
    """What trains networks of one layer of one shape, in words.

    Attributes:
        steps: For networks that read numbers and whose loss is the mean square.
        layers: For the others, which read symbols or have another loss.
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
    """What a pack on this machine would train networks of one layer with.

    Returns:
        One choice for each combination of cell, hidden size and batch size.
    """
    chosen = []
    for cell, size, batch in product(cells, hidden_sizes, batch_sizes):
        shape = network_shape(ModelConfig(cell=cell, hidden_size=size), 1, 1, symbolic=False)
        # The choice of a kernel depends neither on the number of trials nor on time steps.
        layers = layers_of(shape, 1, 1, batch, device, dtype)
        words = layer_words(shape, layers, device, dtype)
        recorded = device.type == "cuda" and not is_custom(cell)
        words += f", {RECORDED}" if recorded else ""
        whole = f"{words}, {WHOLE}" if _is_whole(shape, layers) else words
        chosen.append(Choice(cell, size, batch, whole, words))
    return chosen
