"""What every kernel of a recurrent layer promises.

Axes: K members (trials of a stack), T time steps, B sequences, I inputs, H units, and G gate
blocks in torch's order (`rnn` one; `gru` r, z, n; `lstm` i, f, g, o).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from torch import Tensor

State = tuple[Tensor, ...]
"""The state of a layer: (h,) or, for an `lstm`, (h, c); each [K, B, H]."""

Operands = Sequence[Tensor]
"""What a layer is computed from: inputs [K, T, B, I]; w_ih [K, G*H, I], w_hh [K, G*H, H], b_ih and
b_hh [K, G*H]; and the parts of the state before the first time step."""

Grads = Sequence[Tensor | None]
"""The loss's gradients in some tensors; None for one that is zero, or that nobody wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """The shape of a layer of K members, by which a kernel is chosen.

    Attributes:
        cell: A cell of `models.cells` that has kernels.
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
    """What a forward pass leaves for the backward pass.

    Attributes:
        tensors: Operands, results and intermediate tensors, which torch's autograd may hold.
        lengths: The lengths that the forward pass was given.
        other: Whatever else the kernel wants to keep. A backward pass may take it away; then
            a second one over the same numbers computes it again.
    """

    tensors: tuple[Tensor, ...] = ()
    lengths: Tensor | None = None
    other: Any = None


class LayerKernel(Protocol):
    """The computation of one recurrent layer of K independent members, forward and backward.

    A member's numbers depend on its own rows alone: not on K, nor on its place, nor on what the
    other members hold, NaN included. A unit whose weights and biases are zero and whose state
    starts at zero stays exactly zero, and so do its gradients.

    Attributes:
        name: The kernel's name, as `rnnsearch kernels` and each trial's records show it.
        ends: Whether `forward` returns the state after the last valid time step of each sequence
            where sequences have lengths.
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
        """Whether another process compiles what such a layer needs, or is about to."""
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
        """Run one layer over T time steps, with the equations of torch's modules.

        Call it with torch's autograd switched off: it records nothing of what happens here.

        Args:
            operands: Inputs are contiguous; weights may be strided views whose last axis is
                contiguous. A `gru` adds the new gate's part of b_hh before the reset gate's
                product.
            lengths: The number of valid time steps of each sequence, int64 [K, B], 0 to T; None
                where all are. Inputs behind them are zero. It may be left unread where `ends` is
                False.
            keep: Whether `backward` follows, for which something must be kept.

        Returns:
            Outputs [K, T, B, H]; the state after the last time step; and what `backward` asks for.
            With lengths outputs behind them are finite and mean nothing, and where `ends` is True
            the state is that after each sequence's last valid step (the first one of a sequence
            that has none).
        """

    def backward(
        self, layer: LayerShape, saved: Saved, grad: Tensor, last: Grads, wanted: Sequence[bool]
    ) -> Grads:
        """The loss's gradients in the operands.

        Args:
            saved: What `forward` returned.
            grad: The gradient in the outputs, [K, T, B, H]; zero behind the lengths.
            last: Those in the state after the last time step; None is zero.
            wanted: For each operand, whether its gradient is asked for.

        Returns:
            A gradient for each operand, None where it is not wanted.
        """
