"""The table of cells: an entry says what a cell is, and the file that it names computes it.

A new cell is its entry here and its file; without a `scan` of its own it is trained step by step,
slowly. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

INPUTS = 0
"""An axis as long as what enters the layer."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A weight of one layer; one whose name begins with `bias` is there where layers have biases.

    Attributes:
        letter: In the equations.
        axes: How many blocks of units lie along each, or `INPUTS`.
        rule: `uniform` within its scale, `normal` with it as the deviation, or `drawn` by the
            cell's file.
        fan: What the scale is the inverse root of: one block of units, or `INPUTS`...
        shares: ... as many times.
        recurrent: Where `recurrent_init` counts.
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

    A unit whose weights are zero and whose state starts at zero must stay at zero: widths are
    padded.

    Attributes:
        equations: As `rnnsearch explain` prints them, with the letters of the weights.
        leaves: Weights of a layer, in the order in which they are drawn and lie in a row.
        gates: Blocks of rows in the input weights, in the order of the equations.
        states: Parts of the state, each as wide as the layer.
        file: Its module. It has the cell in a few lines of numpy, under the cell's name. Of a cell
            that torch has, also one step of numpy forward and back (`step`, `step_back`; see
            `models.reference`); of another one `enter` and `step` for torch (see
            `models.network`), `at_once` where there is a scan, and `draw` for leaves that are
            `drawn`.
        torch: Its module's name in `torch.nn`, or nothing.
        nonlinearities: That it may have, the usual one first; nothing where it has its own.
        fused: Whether torch computes a layer in one operator on a CPU (oneDNN).
        forget_gate: The block of rows whose bias `forget_bias` sets.
        kernels: The layer kernels of `training.kernels.choice` that compute the cell, each with
            the module that holds what it needs to know of the cell. They are for cells with the
            four weights of torch's cells; `batched` must be among them, since it computes the
            shapes, devices and dtypes that no other kernel does.
        scan: Of a cell without these, what computes all steps at once, `module:function`.
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
        """Those that a layer with or without biases has."""
        return tuple(leaf for leaf in self.leaves if bias or not leaf.name.startswith("bias"))

    @property
    def code(self) -> Any:
        """The cell's file, imported."""
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
"""The cell of a model that names none."""

CLASSIC = tuple(name for name, cell in CELLS.items() if cell.torch)
"""Cells of torch, with a recurrent matrix; the others read the state before unit by unit."""

BENDING = tuple(name for name, cell in CELLS.items() if cell.nonlinearities)
"""Cells with a choice of nonlinearity."""

FORGETTING = tuple(name for name, cell in CELLS.items() if cell.forget_gate is not None)
"""Cells with a forget gate whose bias may be set."""

CUSTOM_GATES = 4
"""A user's own cell is taken for one with the gates of an LSTM."""


def gates_of(cell: str) -> int:
    """Blocks of rows, by which memory is estimated."""
    return CELLS[cell].gates if cell in CELLS else CUSTOM_GATES


if TYPE_CHECKING:
    NamedCell = str
else:
    NamedCell = Literal[tuple(CELLS)]
