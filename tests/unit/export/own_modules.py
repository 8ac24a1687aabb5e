"""Cells and networks such as people bring."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Leaky(nn.Module):
    """A cell that keeps a share of its state."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.read = nn.Linear(input_size, hidden_size)
        self.across = nn.Linear(hidden_size, hidden_size, bias=False)
        self.rate = nn.Parameter(torch.zeros(hidden_size))

    def forward(self, x: Tensor, state: tuple[Tensor]) -> tuple[Tensor, tuple[Tensor]]:
        (hidden,) = state
        rate = torch.sigmoid(self.rate)
        hidden = (1 - rate) * hidden + rate * torch.tanh(self.read(x) + self.across(hidden))
        return hidden, (hidden,)


class Bent(Leaky):
    """A cell with an operation that ONNX has nothing for."""

    def forward(self, x: Tensor, state: tuple[Tensor]) -> tuple[Tensor, tuple[Tensor]]:
        (hidden,) = state
        hidden = torch.tanh(self.read(x) + torch.special.bessel_j0(hidden))
        return hidden, (hidden,)


class Reader(nn.Module):
    """A network that goes on from a state."""

    def __init__(self, input_size: int, output_size: int, units: int = 5) -> None:
        super().__init__()
        self.rnn = nn.GRU(input_size, units, batch_first=True)
        self.head = nn.Linear(units + input_size, output_size)

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        states, state = self.rnn(x, state)
        return self.head(torch.cat([states, x], -1)), state


class Begun(nn.Module):
    """A network whose first state is learned, and which loops over time steps."""

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(input_size, 4)
        self.first = nn.Parameter(torch.ones(4))
        self.head = nn.Linear(4, output_size)

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if state is None:
            first = self.first.expand(x.shape[0], -1)
            state = (first, torch.zeros_like(first))
        outputs = []
        for one in x.unbind(1):
            state = self.cell(one, state)
            outputs.append(state[0])
        return self.head(torch.stack(outputs, 1)), state


class Convolved(nn.Module):
    """A network of whole sequences without a state."""

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(input_size, 6, 3, padding=1)
        self.norm = nn.BatchNorm1d(6)
        self.head = nn.Linear(6, output_size)

    def forward(self, x: Tensor) -> Tensor:
        seen = torch.relu(self.norm(self.convolution(x.transpose(1, 2))))
        return self.head(seen.mean(2))


class Counting(Reader):
    """A network that asks for the length of its batch as a plain number."""

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        outputs, state = super().forward(x, state)
        return outputs + torch.zeros(len(x), 1, 1), state


class Choosing(Reader):
    """A network that computes one thing or another, as its numbers are."""

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        outputs, state = super().forward(x, state)
        if outputs.abs().max() > 0.5:
            outputs = 2 * outputs
        return outputs, state


class Whole(nn.Module):
    """A network with a recurrent layer of torch's, which keeps no state.

    Args:
        kind: That layer: `LSTM`, `GRU` or `RNN`.
    """

    def __init__(
        self, input_size: int, output_size: int, kind: str = "LSTM", both: bool = False
    ) -> None:
        super().__init__()
        options = {"nonlinearity": "relu"} if kind == "RNN" and both else {}
        self.rnn: nn.RNNBase = getattr(nn, kind)(
            input_size, 5, num_layers=2, batch_first=True, bidirectional=both, **options
        )
        self.head = nn.Linear(10 if both else 5, output_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0])
