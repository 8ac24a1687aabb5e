"""The network of one trial, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from rnnsearch.models.cells import BENDING, CELLS, FORGETTING, RECURRENT, USUAL, NamedCell
from rnnsearch.models.custom import cell_arguments, sizes_of, with_arguments
from rnnsearch.vocabulary import Arguments, ArgumentValues, CustomClass, Members, Needs, Range

MOST_LAYERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The recurrent layers of a network, one above the other, and what surrounds them.

    The network ends in a linear head, whose width is the task's to say.
    """

    cell: Annotated[
        NamedCell | CustomClass,
        "`rnn` (Elman), `gru` or `lstm` with the equations of torch's modules; `grud`, a GRU whose "
        "state decays before each step as the inputs say (after arXiv 1606.01865), for uneven "
        "rows; `mingru`, `minlstm` (arXiv 2410.01201) or `lru` (arXiv 2303.06349), which train in "
        "parallel over time; or your own, `package.module:Class`, computed by torch.",
    ] = USUAL
    cell_args: Annotated[
        ArgumentValues,
        "Arguments of the constructor of your own cell, behind its two sizes.",
        Arguments("cell", cell_arguments, sizes_of),
    ] = ()
    nonlinearity: Annotated[
        Literal["tanh", "relu"], "Of the `rnn` cell; the others ignore it.", Needs("cell", BENDING)
    ] = "tanh"
    hidden_size: Annotated[int, "Units a layer.", Range(1, 16_384, unit="units")] = 32
    num_layers: Annotated[int, "Layers.", Range(1, MOST_LAYERS, unit="layers")] = 1
    hidden_sizes: Annotated[
        tuple[int, ...] | None,
        "Units of each layer, as in [30, 20]; instead of hidden_size and num_layers.",
        Range(1, 16_384, unit="units"),
        Members(1, MOST_LAYERS),
    ] = None
    bidirectional: Annotated[
        bool,
        "A second layer beside each one reads backwards; where the task sees the whole sequence.",
    ] = False
    bias: Annotated[
        bool,
        "Whether the recurrent layers have biases; the head always has.",
        Needs("cell", tuple(CELLS)),
    ] = True
    forget_bias: Annotated[
        float | None,
        "What the forget gate's bias starts at (1 is usual), of `lstm` and `minlstm`; null draws "
        "it like the others.",
        Range(-1e6, 1e6),
        Needs("cell", FORGETTING),
    ] = None
    recurrent_init: Annotated[
        Literal["uniform", "orthogonal"],
        "First recurrent weights of `rnn`, `gru`, `lstm` and `grud`: `uniform` in "
        "±1/sqrt(hidden), or `orthogonal`, each gate on its own.",
        Needs("cell", RECURRENT),
    ] = "uniform"
    layer_norm: Annotated[
        bool,
        "Normalise the outputs of each recurrent layer over its units, with a learned gain and "
        "bias; the recurrence itself is as without.",
    ] = False
    residual: Annotated[
        bool, "Add a layer's input to its output, from the second layer on; of equal widths."
    ] = False
    dropout: Annotated[
        float,
        "Probability of zeroing an output between layers (not after the last).",
        Range(0, below=1),
    ] = 0.0
    head_dropout: Annotated[
        float, "Probability of zeroing an input of the head.", Range(0, below=1)
    ] = 0.0
    initial_state: Annotated[
        Literal["zero", "learned"],
        "What a sequence starts from: `zero`, or `learned` with the weights.",
    ] = "zero"
    input: Annotated[
        Literal["onehot", "embedding"],
        "How symbols enter: `onehot` or `embedding`. Tasks with numbers ignore it.",
    ] = "onehot"
    embedding_size: Annotated[
        int,
        "Width of the embedding; only with `input: embedding`.",
        Range(1, 16_384, unit="units"),
        Needs("input", ("embedding",)),
    ] = 32

    @property
    def made_cell(self) -> str:
        """The cell with the arguments that a custom one is made with, as `models.custom` has it."""
        return with_arguments(self.cell, self.cell_args)

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each layer in one direction, from the lowest layer up."""
        return self.hidden_sizes or (self.hidden_size,) * self.num_layers

    @property
    def directions(self) -> int:
        """How many directions each layer reads the sequence in: 2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1


def is_custom(cell: str) -> bool:
    """Whether a cell is custom, that is, named by the dotted path of its class."""
    return ":" in cell


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """A network that a person brought: its class, and the arguments of its constructor.

    `models.network_config` makes a subclass for each class, with a field for each argument.

    Attributes:
        type: The class's dotted path, `package.module:Class`.
        left_out: The arguments that a space file cannot set, and why.
    """

    type: str
    left_out: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def arguments(self) -> dict[str, Any]:
        """The arguments of the constructor by name, but for those that the task's data fills."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "type"}


AnyModel = ModelConfig | NetworkConfig
"""What a trial's network is made of: the keys of `model`, or a class that a person brought."""
