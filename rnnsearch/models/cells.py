"""The table of recurrent cells: an entry says what a cell is, and names the file that computes it.

A new cell is an entry here and a file. A cell with neither `kernels` nor a `scan` is trained trial
by trial and time step by time step, which is slow. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

INPUTS = 0
"""In `Leaf.axes`: an axis as long as the vector that enters the layer at a time step."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A weight of one layer. A weight whose name begins with `bias` is left out without biases.

    Attributes:
        letter: The weight's letter in the equations.
        axes: The weight's axes, each as a number of blocks of `hidden_size`, or `INPUTS`.
        meaning: What the weight does, for `rnnsearch explain`.
        rule: How it is first drawn: `uniform` in plus or minus its scale, `normal` with the scale
            as the standard deviation, or `drawn` by the cell's file.
        fan: The scale is 1 / sqrt(fan * shares); 1 stands for `hidden_size`, and `INPUTS` for
            the width of the inputs.
        shares: See `fan`.
        recurrent: Whether the key `model.recurrent_init` says how it is drawn.
    """

    name: str
    letter: str
    axes: tuple[int, ...]
    meaning: str = ""
    rule: Literal["uniform", "normal", "drawn"] = "uniform"
    fan: int = 1
    shares: int = 1
    recurrent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a cell is.

    A unit whose weights are zero and whose state starts at zero must stay at zero, since layers of
    different widths are padded with such units to one width.

    Attributes:
        equations: The cell's equations as `rnnsearch explain` prints them, in the letters of its
            weights.
        leaves: The weights of a layer, in the order in which they are drawn and in which they lie
            in a trial's row of parameters.
        gates: How many blocks of `hidden_size` rows the input weights have, in the order of the
            equations.
        states: How many parts the state has, each `hidden_size` wide.
        file: The module that computes the cell. It has the cell in a few lines of numpy, under the
            cell's name. Of a cell that torch has it also has one time step of numpy forward and
            back (`step`, `step_back`; see `models.reference`). Of another one it has `enter` and
            `step` for torch (see `models.network`), and `draw` for leaves that are `drawn`.
        torch: The name of its module in `torch.nn`; empty where torch does not have the cell.
        nonlinearities: The values of `model.nonlinearity` that it knows, the usual one first; empty
            where the cell fixes its nonlinearities.
        fused: Whether torch computes a whole layer in one operator on a CPU (oneDNN).
        forget_gate: The block of rows whose bias `model.forget_bias` sets; None without such a
            gate.
        kernels: The layer kernels of `training.kernels.choice` that compute the cell, each with
            the module that holds what it needs to know of the cell. They are for cells with the
            four weights of torch's cells; `batched` must be among them, since it computes the
            shapes, devices and dtypes that no other kernel does.
        scan: For a cell without kernels, the function `module:function` that computes a layer of
            all members at once; of a cell whose gates read the input alone, all time steps too.
    """

    equations: tuple[str, ...]
    leaves: tuple[Leaf, ...]
    gates: int
    states: int = 1
    file: str
    torch: str = ""
    nonlinearities: tuple[str, ...] = ()
    fused: bool = False
    forget_gate: int | None = None
    kernels: Mapping[str, str] = field(default_factory=dict)
    scan: str = ""

    def weights(self, *, bias: bool) -> tuple[Leaf, ...]:
        """The weights of a layer with or without biases."""
        return tuple(leaf for leaf in self.leaves if bias or not leaf.name.startswith("bias"))

    @property
    def code(self) -> Any:
        """The cell's file, imported, which imports torch."""
        return import_module(self.file)


def has_kernels(cell: str) -> bool:
    """Whether layer kernels compute a cell; a custom cell, and one with a scan, has none."""
    return cell in CELLS and bool(CELLS[cell].kernels)


def function_name(cell: str, nonlinearity: str) -> str:
    """The name of a cell with its nonlinearity: that of its function in torch (`rnn_tanh`, `gru`),
    and of the `CompiledCell` in its compiled file."""
    return f"{cell}_{nonlinearity}" if CELLS[cell].nonlinearities else cell


def _read(gates: int) -> tuple[Leaf, ...]:
    meaning = "input weights, a block a gate"
    return (
        Leaf("weight_ih", "U", (gates, INPUTS), meaning),
        Leaf("bias_ih", "b", (gates,), "their bias"),
    )


def _recurrent(gates: int) -> tuple[Leaf, ...]:
    into, bias = _read(gates)
    across = Leaf("weight_hh", "W", (gates, 1), recurrent=True)
    return into, across, bias, replace(bias, name="bias_hh", letter="d")


_KERNELS = "rnnsearch.training.kernels"


def _kernels(cell: str) -> dict[str, str]:
    return {
        "compiled": f"{_KERNELS}.compiled.cell_{cell}",
        "batched": f"{_KERNELS}.batched.{cell}",
        "modules": "torch",
    }


CELLS: dict[str, Cell] = {
    "rnn": Cell(
        equations=("h_t = tanh(U x_t + b + W h_(t-1) + d)",),
        leaves=_recurrent(1),
        gates=1,
        file="rnnsearch.models.rnn",
        torch="RNN",
        nonlinearities=("tanh", "relu"),
        kernels=_kernels("rnn"),
    ),
    "gru": Cell(
        equations=(
            "r_t = sigmoid(U_r x_t + b_r + W_r h_(t-1) + d_r)",
            "z_t = sigmoid(U_z x_t + b_z + W_z h_(t-1) + d_z)",
            "n_t = tanh(U_n x_t + b_n + r_t * (W_n h_(t-1) + d_n))",
            "h_t = (1 - z_t) * n_t + z_t * h_(t-1)",
        ),
        leaves=_recurrent(3),
        gates=3,
        file="rnnsearch.models.gru",
        torch="GRU",
        kernels=_kernels("gru"),
    ),
    "lstm": Cell(
        equations=(
            "i_t = sigmoid(U_i x_t + b_i + W_i h_(t-1) + d_i)",
            "f_t = sigmoid(U_f x_t + b_f + W_f h_(t-1) + d_f)",
            "g_t = tanh(U_g x_t + b_g + W_g h_(t-1) + d_g)",
            "o_t = sigmoid(U_o x_t + b_o + W_o h_(t-1) + d_o)",
            "c_t = f_t * c_(t-1) + i_t * g_t",
            "h_t = o_t * tanh(c_t)",
        ),
        leaves=_recurrent(4),
        gates=4,
        states=2,
        file="rnnsearch.models.lstm",
        torch="LSTM",
        fused=True,
        forget_gate=1,
        kernels=_kernels("lstm"),
    ),
    "grud": Cell(
        equations=(
            "k_t = exp(-max(0, G x_t + g)) * h_(t-1)",
            "r_t = sigmoid(U_r x_t + b_r + W_r k_t + d_r)",
            "z_t = sigmoid(U_z x_t + b_z + W_z k_t + d_z)",
            "n_t = tanh(U_n x_t + b_n + r_t * (W_n k_t + d_n))",
            "h_t = (1 - z_t) * n_t + z_t * k_t",
        ),
        leaves=(
            *_recurrent(3),
            Leaf("weight_decay", "G", (1, INPUTS), "how the inputs make the state decay"),
            Leaf("bias_decay", "g", (1,), "its bias"),
        ),
        gates=4,
        file="rnnsearch.models.grud",
        scan=f"{_KERNELS}.grud:grud",
    ),
    "mingru": Cell(
        equations=(
            "z_t = sigmoid(U_z x_t + b_z)",
            "n_t = U_n x_t + b_n",
            "h_t = (1 - z_t) * h_(t-1) + z_t * n_t",
        ),
        leaves=_read(2),
        gates=2,
        file="rnnsearch.models.mingru",
        scan=f"{_KERNELS}.minimal:mingru",
    ),
    "minlstm": Cell(
        equations=(
            "f_t = sigmoid(U_f x_t + b_f)",
            "i_t = sigmoid(U_i x_t + b_i)",
            "n_t = U_n x_t + b_n",
            "h_t = (f_t * h_(t-1) + i_t * n_t) / (f_t + i_t)",
        ),
        leaves=_read(3),
        gates=3,
        file="rnnsearch.models.minlstm",
        forget_gate=0,
        scan=f"{_KERNELS}.minimal:minlstm",
    ),
    "lru": Cell(
        equations=(
            "s_t = exp(-exp(nu) + i exp(theta)) * s_(t-1) + exp(gamma) * (B x_t)",
            "y_t = gelu(Re(C s_t) + D x_t)",
            "h_t = y_t * sigmoid(G y_t + g)",
        ),
        leaves=(
            Leaf("nu", "nu", (1,), "how fast a unit forgets", "drawn"),
            Leaf("theta", "theta", (1,), "how fast it turns", "drawn"),
            Leaf("gamma", "gamma", (1,), "how much enters", "drawn"),
            Leaf(
                "weight_b",
                "B",
                (2, INPUTS),
                "input weights, real rows, then imaginary ones",
                "normal",
                fan=INPUTS,
                shares=2,
            ),
            Leaf("weight_c", "C", (1, 2), "from states to outputs, likewise by columns", "normal"),
            Leaf("weight_d", "D", (1, INPUTS), "from inputs to outputs", fan=INPUTS),
            Leaf("weight_gate", "G", (1, 1), "the gate of the output"),
            Leaf("bias_gate", "g", (1,), "its bias"),
        ),
        gates=2,
        states=2,
        file="rnnsearch.models.lru",
        scan=f"{_KERNELS}.lru:lru",
    ),
}

USUAL = "lstm"
"""The cell of a model whose config names none."""

CLASSIC = tuple(name for name, cell in CELLS.items() if cell.torch)
"""The cells that torch has."""

RECURRENT = tuple(
    name for name, cell in CELLS.items() if any(leaf.recurrent for leaf in cell.leaves)
)
"""The cells with a recurrent matrix; in the others each unit reads only its part of the previous
state."""

BENDING = tuple(name for name, cell in CELLS.items() if cell.nonlinearities)
"""Cells for which `model.nonlinearity` is a choice."""

FORGETTING = tuple(name for name, cell in CELLS.items() if cell.forget_gate is not None)
"""Cells with a forget gate whose first bias `model.forget_bias` may set."""

CUSTOM_GATES = 4
"""A custom cell is taken to need as much memory as a cell with the four gates of an LSTM."""


def gates_of(cell: str) -> int:
    """How many blocks of rows a cell's input weights have, by which the memory of a trial is
    estimated."""
    return CELLS[cell].gates if cell in CELLS else CUSTOM_GATES


if TYPE_CHECKING:
    NamedCell = str
else:
    NamedCell = Literal[tuple(CELLS)]
