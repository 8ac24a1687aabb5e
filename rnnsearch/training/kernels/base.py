"""What a recurrent layer kernel promises.

Axes: K members (trials of a stack), T steps in time, B sequences, I inputs, H units, and G gate
blocks in torch's order (`rnn` one; `gru` r, z, n; `lstm` i, f, g, o).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from torch import Tensor

State = tuple[Tensor, ...]
"""(h,) or, of an `lstm`, (h, c); each [K, B, H]."""

Operands = Sequence[Tensor]
"""Inputs [K, T, B, I]; w_ih [K, G*H, I], w_hh [K, G*H, H], b_ih and b_hh [K, G*H]; and the parts of
the state before the first step."""

Slopes = Sequence[Tensor | None]
"""Gradients of some tensors; None where one is zero, or not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """All that a kernel may choose by: the numbers in the tensors come on top.

    Attributes:
        cell: Of `models.cells`, one that torch has.
        nonlinearity: Of the `rnn` cell; the others ignore it.
        members: K, how many trials are computed at once.
    """

    cell: str
    nonlinearity: Literal["tanh", "relu"] = "tanh"
    hidden_size: int
    input_size: int
    batch_size: int
    seq_len: int
    members: int


@dataclass(slots=True)
class Saved:
    """What a pass forward leaves for the pass back.

    Attributes:
        tensors: Operands, results and what lies between, which torch may watch over.
        other: The kernel's own, which a pass back may take away: another one over the same
            numbers computes it again.
    """

    tensors: tuple[Tensor, ...] = ()
    lengths: Tensor | None = None
    other: Any = None


class LayerKernel(Protocol):
    """One recurrent layer of K independent members, forward and back.

    A member's numbers depend on its own rows alone: not on K, nor on its place, nor on what the
    other members hold, NaN included. A unit whose weights and biases are zero and whose state
    starts at zero stays exactly zero, and so do its gradients.

    Attributes:
        ends: Whether it knows the state after each sequence's own last step.
        whole_steps: Whether `CompiledStep` trains networks of such layers, and `closed_loop`
            rolls them out.
        trusting: Whether it reads memory by its address, so that whoever does not know the
            operands to be right must look at them first (`differentiable.layer` does).
    """

    name: str
    ends: bool = False
    whole_steps: bool = False
    trusting: bool = False

    def supports(self, layer: LayerShape) -> bool:
        """Whether this kernel computes such a layer; device and dtype are `choice`'s to know."""

    def awaited(self, layer: LayerShape) -> bool:
        """Whether another process is compiling what such a layer needs, or is about to."""
        del layer
        return False

    def forward(
        self,
        layer: LayerShape,
        operands: Operands,
        lengths: Tensor | None = None,
        *,
        keep: bool = True,
    ) -> tuple[Tensor, State, Saved]:
        """Run one layer over a chunk of time, with the equations of torch's modules.

        Call it without torch's autograd at work, which sees nothing of it.

        Args:
            operands: Inputs contiguous; weights may be strided views whose last axis is
                contiguous; of a `gru` the new gate's part of b_hh is inside the reset product.
            lengths: Valid steps of each sequence, int64 [K, B], 0 to T; None where all are.
                Inputs behind them are zero. It may be left unread where `ends` is False.
            keep: Whether `backward` follows.

        Returns:
            Outputs [K, T, B, H]; the state after the last step, shaped as `state`; and what
            `backward` asks for. With lengths outputs behind them are finite and mean nothing, and
            where `ends` is True the state is that after each sequence's last valid step (the
            first one of a sequence that has none).
        """

    def backward(
        self, layer: LayerShape, saved: Saved, slopes: Tensor, last: Slopes, wanted: Sequence[bool]
    ) -> Slopes:
        """Gradients of the operands.

        Args:
            saved: Of `forward`.
            slopes: The outputs' gradient [K, T, B, H], zero behind the lengths.
            last: Those of the state after the last step; None is zero.
            wanted: Which operands' gradients are asked for; one for each operand.

        Returns:
            One for each operand, None where it is not wanted.
        """
