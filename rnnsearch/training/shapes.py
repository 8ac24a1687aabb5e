"""What the networks of a stack have in common, and how their states are shaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch.nn import functional

from rnnsearch.models.cells import CELLS, has_kernels
from rnnsearch.models.config import AnyModel, NetworkConfig, is_custom
from rnnsearch.models.custom import state_sizes
from rnnsearch.models.custom_network import form_of
from rnnsearch.models.weights import state_sizes_of
from rnnsearch.training.kernels.base import State
from rnnsearch.training.layout import padded_size


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkShape:
    """What the networks of a stack have in common.

    Attributes:
        cell: The name of the cell as `ModelConfig.made_cell` has it; of a custom network that of
            its class.
        widths: Units of each layer, padding included.
        own_widths: Units of each layer without padding, where trials of other widths may not
            share the stack: layer normalisation counts its units, and a cell that a person brought
            may do anything with them. None where they may.
        directions: 2 where layers read a sequence in both directions, else 1.
        head_dropout: Whether any inputs of the head may be dropped.
        learned: Whether a sequence starts from a learned state.
        state_parts: How many tensors a state has, such as 2 (h and c) of an `lstm`.
        state_width: The last axis of these tensors, wide enough for every layer.
        embedding_size: Width of the embedding, or None for one-hot symbols and numbers.
        symbolic: Whether inputs are symbols.
        custom: The config of a custom network; None for layers of cells.
    """

    cell: str
    nonlinearity: Literal["tanh", "relu"]
    widths: tuple[int, ...]
    own_widths: tuple[int, ...] | None
    directions: int
    bias: bool
    layer_norm: bool
    residual: bool
    head_dropout: bool
    learned: bool
    state_parts: int
    state_width: int
    input_size: int
    output_size: int
    symbolic: bool
    embedding_size: int | None
    custom: NetworkConfig | None = None

    @property
    def num_layers(self) -> int:
        """How many layers there are; both directions of one count once."""
        return len(self.widths)

    @property
    def by_hand(self) -> bool:
        """Whether the derivative is written by hand in `gradients`: of chains of torch's cells."""
        chain = has_kernels(self.cell) and self.directions == 1
        return chain and not (self.layer_norm or self.residual or self.learned)


def network_shape(
    model: AnyModel, input_size: int, output_size: int, symbolic: bool
) -> NetworkShape:
    """The shape in which a trial's network is computed, so that similar trials share a stack."""
    if isinstance(model, NetworkConfig):
        return _custom_shape(model, input_size, output_size, symbolic)
    embedded = symbolic and model.input == "embedding"
    custom = is_custom(model.cell)
    bends = not custom and CELLS[model.cell].nonlinearities
    parts = [state_sizes_of(model, width) for width in model.widths]
    widest = max(max(sizes) for sizes in parts)
    return NetworkShape(
        cell=model.made_cell,
        nonlinearity=model.nonlinearity if bends else "tanh",
        widths=model.widths if custom else tuple(map(padded_size, model.widths)),
        own_widths=model.widths if custom or model.layer_norm else None,
        directions=model.directions,
        bias=model.bias,
        layer_norm=model.layer_norm,
        residual=model.residual and len(model.widths) > 1,
        head_dropout=model.head_dropout > 0,
        learned=model.initial_state == "learned",
        state_parts=len(parts[0]),
        state_width=widest if custom else padded_size(widest),
        input_size=input_size,
        output_size=output_size,
        symbolic=symbolic,
        embedding_size=model.embedding_size if embedded else None,
    )


def _custom_shape(
    model: NetworkConfig, input_size: int, output_size: int, symbolic: bool
) -> NetworkShape:
    """The shape of a custom network: to its stack it is one layer with a state of one part."""
    width = form_of(model, input_size, output_size, symbolic).width
    return NetworkShape(
        cell=model.type,
        nonlinearity="tanh",
        widths=(width,),
        own_widths=(width,),
        directions=1,
        bias=False,
        layer_norm=False,
        residual=False,
        head_dropout=False,
        learned=False,
        state_parts=1,
        state_width=width,
        input_size=input_size,
        output_size=output_size,
        symbolic=symbolic,
        embedding_size=None,
        custom=model,
    )


def zero_state(
    shape: NetworkShape, members: int, batch: int, device: torch.device, dtype: torch.dtype
) -> State:
    """A state of zeros, such as (h,) or (h, c), each part [K, layers * directions, B, H]."""
    size = (members, shape.num_layers * shape.directions, batch, shape.state_width)
    return tuple(torch.zeros(size, device=device, dtype=dtype) for _ in range(shape.state_parts))


def layer_state(shape: NetworkShape, state: State) -> list[State]:
    """A state as `zero_state` shapes it, divided among layers and directions; contiguous copies.

    Each part is [K, B, H], as wide as its layer.
    """
    sizes = _state_sizes(shape)
    return [
        tuple(p[:, number, :, :size].contiguous() for p, size in zip(state, parts, strict=True))
        for number, parts in enumerate(sizes)
    ]


def gathered(shape: NetworkShape, layers: Sequence[State]) -> State:
    """The inverse of `layer_state`."""
    width = shape.state_width
    return tuple(
        torch.stack([functional.pad(part, (0, width - part.shape[-1])) for part in parts], 1)
        for parts in zip(*layers, strict=True)
    )


def _state_sizes(shape: NetworkShape) -> list[tuple[int, ...]]:
    """The widths of the state's parts, for each layer and direction."""
    all_sizes: list[tuple[int, ...]] = []
    for width in shape.widths:
        sizes = (width,) * shape.state_parts
        if shape.custom is None and is_custom(shape.cell):
            sizes = state_sizes(shape.cell, 1, width)
        all_sizes += [sizes] * shape.directions
    return all_sizes
