"""What a recurrent layer kernel promises.

Axes: K members (trials of a stack), T steps in time, B sequences, I inputs, H units, and G gate
blocks in torch's order (`rnn` one; `gru` r, z, n; `lstm` i, f, g, o).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

State = tuple[Tensor, ...]
"""(h,) or, of an `lstm`, (h, c); each [K, B, H]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """All that a kernel may choose by: the numbers in the tensors come on top.

    Attributes:
        nonlinearity: Of the `rnn` cell; the others ignore it.
        members: K, how many trials are computed at once.
    """

    cell: Literal["rnn", "gru", "lstm"]
    nonlinearity: Literal["tanh", "relu"] = "tanh"
    hidden_size: int
    input_size: int
    batch_size: int
    seq_len: int
    members: int


class LayerKernel(Protocol):
    """One recurrent layer of K independent members, differentiable through torch's autograd.

    A member's numbers depend on its own rows alone: not on K, nor on its place, nor on what the
    other members hold, NaN included. A unit whose weights and biases are zero and whose state
    starts at zero stays exactly zero, and so do its gradients.
    """

    name: str
    ends: bool
    """Whether it knows the state after each sequence's own last step."""

    def supports(self, layer: LayerShape) -> bool:
        """Whether this kernel computes such a layer; device and dtype are `choice`'s to know."""
        ...

    def __call__(
        self,
        layer: LayerShape,
        inputs: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor,
        b_hh: Tensor,
        state: State,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Run one layer over a chunk of time, with the equations of torch's modules.

        Args:
            inputs: [K, T, B, I], contiguous.
            w_ih: [K, G*H, I]; may be a strided view whose last axis is contiguous.
            w_hh: [K, G*H, H]; the same.
            b_ih: [K, G*H].
            b_hh: [K, G*H]; of a `gru`, the new gate's part lies inside the reset product.
            state: Before the first step. Gradients flow into it where it requires them.
            lengths: Valid steps of each sequence, int64 [K, B], 0 to T; None where all are.
                Inputs behind them are zero. It may be left unread where `ends` is False.

        Returns:
            Outputs [K, T, B, H], and the state after the last step, shaped as `state`. Gradients
            flow through both. With lengths outputs behind them are finite and mean nothing, no
            gradient arrives there, and where `ends` is True the state is that after each
            sequence's last valid step (`state` of one that has none), and no gradient flows
            through it.
        """
        ...
