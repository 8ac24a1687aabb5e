"""Every weight of a network: its name, its axes, and how it is first drawn. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

from rnnsearch.models.cells import CELLS, INPUTS
from rnnsearch.models.config import AnyModel, ModelConfig, NetworkConfig, is_custom

Rule = Literal["uniform", "normal", "zero", "one", "orthogonal", "drawn", "custom"]
"""How a weight is first drawn (see `models.initial`): `drawn` means by the file of the cell, and
`custom` by a custom cell or network itself."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a weight: `blocks` blocks (of gates, or of directions) of `size` numbers each.

    Attributes:
        units: Whether a block has a number for each unit of a layer, and so may be padded with
            units that are zero.
    """

    size: int
    blocks: int = 1
    units: bool = False

    @property
    def length(self) -> int:
        """How many numbers lie along the axis."""
        return self.size * self.blocks


@dataclass(frozen=True, slots=True)
class Weight:
    """One named tensor of a network.

    Attributes:
        axes: One or two; a custom cell's weight may have any number.
        rule: How it is first drawn.
        scale: Half the width of the range of `uniform`, or the standard deviation of `normal`.
        preset: The number of a block of rows, and the value that the block is set to after all was
            drawn; None to leave it as drawn.
    """

    name: str
    axes: tuple[Axis, ...]
    rule: Rule
    scale: float = 1.0
    preset: tuple[int, float] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor in one trial's network, without padding."""
        return tuple(axis.length for axis in self.axes)


def state_sizes_of(config: ModelConfig, width: int) -> tuple[int, ...]:
    """Widths of the parts of a layer's state: h and c for an `lstm`, the real and the imaginary
    part for an `lru`."""
    if is_custom(config.cell):
        from rnnsearch.models.custom import state_sizes

        return state_sizes(config.made_cell, 1, width)
    return (width,) * CELLS[config.cell].states


def state_width(config: ModelConfig) -> int:
    """The width of the widest part of any layer's state."""
    return max(max(state_sizes_of(config, width)) for width in config.widths)


def network_weights(
    config: AnyModel, input_size: int, output_size: int, symbolic: bool
) -> tuple[Weight, ...]:
    """Every weight of a network, in the order in which they are drawn and lie in a row of
    parameters.

    Args:
        input_size: Features of a numeric task, or symbols of the vocabulary.
        output_size: Outputs of the head.
        symbolic: Whether inputs are symbols, so that `config.input` applies.
    """
    if isinstance(config, NetworkConfig):
        from rnnsearch.models.custom_module import network_tensors

        return _custom(network_tensors(config, input_size, output_size).weights)
    weights = []
    entering = Axis(input_size)
    if symbolic and config.input == "embedding":
        entering = Axis(config.embedding_size)
        weights.append(Weight("embedding.weight", (Axis(input_size), entering), "normal"))
    both = config.directions
    for layer, width in enumerate(config.widths):
        for direction in range(both):
            weights += _layer(config, layer, direction, entering, width)
        padded = not is_custom(config.cell)
        entering = Axis(width, both, padded)
        if config.layer_norm:
            weights.append(Weight(f"rnn.norm_weight_l{layer}", (entering,), "one"))
            weights.append(Weight(f"rnn.norm_bias_l{layer}", (entering,), "zero"))
    bound = entering.length**-0.5
    weights.append(Weight("head.weight", (Axis(output_size), entering), "uniform", bound))
    weights.append(Weight("head.bias", (Axis(output_size),), "uniform", bound))
    return tuple(weights)


def _layer(
    config: ModelConfig, layer: int, direction: int, entering: Axis, width: int
) -> list[Weight]:
    """The weights of one layer in one direction, with its first state if that is learned."""
    end = f"_l{layer}{'_reverse' if direction else ''}"
    if is_custom(config.cell):
        from rnnsearch.models.custom import parameter_shapes

        prefix = f"rnn.{custom_module_name(layer, direction)}"
        weights = [
            Weight(f"{prefix}.{name}", tuple(map(Axis, shape)), "custom")
            for name, shape in parameter_shapes(config.made_cell, entering.length, width).items()
        ]
    else:
        weights = _named(config, end, entering, width)
    if config.initial_state == "learned":
        weights += [
            Weight(f"rnn.initial{part}{end}", (Axis(size, 1, not is_custom(config.cell)),), "zero")
            for part, size in enumerate(state_sizes_of(config, width))
        ]
    return weights


def custom_module_name(layer: int, direction: int) -> str:
    """The name of the submodule of `rnn` that is a custom cell: `cells.0`, or `backward.0` for the
    direction that reads backwards."""
    return f"{'backward' if direction else 'cells'}.{layer}"


def _named(config: ModelConfig, end: str, entering: Axis, width: int) -> list[Weight]:
    """The weights of one layer of a cell in the table; `end` is the end of their names."""
    cell, preset = CELLS[config.cell], None
    weights: list[Weight] = []
    if cell.forget_gate is not None and config.forget_bias is not None:
        preset = cell.forget_gate, config.forget_bias
    for leaf in cell.weights(bias=config.bias):
        axes = tuple(entering if axis == INPUTS else Axis(width, axis, True) for axis in leaf.axes)
        rule: Rule = leaf.rule
        if leaf.recurrent and config.recurrent_init == "orthogonal":
            rule = "orthogonal"
        scale = (leaf.shares * (entering.length if leaf.fan == INPUTS else width)) ** -0.5
        first = None
        if leaf.name.startswith("bias") and preset is not None:
            # The biases of a gate are added: the first one has it all.
            first, preset = preset, (preset[0], 0.0)
        weights.append(Weight(f"rnn.{leaf.name}{end}", axes, rule, scale, first))
    return weights


def held_weights(config: AnyModel, input_size: int, output_size: int) -> tuple[Weight, ...]:
    """The tensors that a network holds beside its weights, such as the statistics of a batch norm;
    custom networks alone have some."""
    if not isinstance(config, NetworkConfig):
        return ()
    from rnnsearch.models.custom_module import network_tensors

    return _custom(network_tensors(config, input_size, output_size).held)


def _custom(shapes: Mapping[str, tuple[int, ...]]) -> tuple[Weight, ...]:
    """Tensors that a custom network draws itself."""
    return tuple(Weight(name, tuple(map(Axis, one)), "custom") for name, one in shapes.items())


def weight_shapes(
    config: AnyModel, input_size: int, output_size: int, symbolic: bool
) -> dict[str, tuple[int, ...]]:
    """The shape of every weight by its name, in the order in which they are drawn."""
    weights = network_weights(config, input_size, output_size, symbolic)
    return {weight.name: weight.shape for weight in weights}


def parameter_count(config: AnyModel, *, input_size: int, output_size: int, symbolic: bool) -> int:
    """How many numbers a network learns; both of the biases that torch's cells have are counted."""
    shapes = weight_shapes(config, input_size, output_size, symbolic)
    return sum(prod(shape) for shape in shapes.values())
