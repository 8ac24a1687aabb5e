"""Modules as people write them: a cell, and a whole network."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class LSTM(nn.Module):
    """One time step of an LSTM in plain operators."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.state_sizes = (hidden_size, hidden_size)
        self.into = nn.Linear(input_size, 4 * hidden_size)
        self.across = nn.Linear(hidden_size, 4 * hidden_size)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> Any:
        h, c = state
        i, f, g, o = (self.into(x) + self.across(h)).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, (h, c)


class Peephole(nn.Module):
    """An LSTM whose gates see its cells, with attention over the states so far."""

    def __init__(self, input_size: int, output_size: int, units: int = 32) -> None:
        super().__init__()
        self.units = units
        self.into = nn.Linear(input_size, 4 * units)
        self.across = nn.Linear(units, 4 * units, bias=False)
        self.peep = nn.Parameter(torch.zeros(3, units))
        self.ask = nn.Linear(units, units, bias=False)
        self.head = nn.Linear(2 * units, output_size)

    def forward(self, x: Tensor, state: Any) -> Any:
        h, c = (x.new_zeros(len(x), self.units),) * 2 if state is None else state
        states = []
        for read in self.into(x).unbind(1):
            i, f, g, o = (read + self.across(h)).chunk(4, -1)
            i = torch.sigmoid(i + self.peep[0] * c)
            f = torch.sigmoid(f + self.peep[1] * c)
            c = f * c + i * torch.tanh(g)
            h = torch.sigmoid(o + self.peep[2] * c) * torch.tanh(c)
            states.append(h)
        seen = torch.stack(states, 1)
        score = self.ask(seen) @ seen.transpose(1, 2) / self.units**0.5
        later = torch.ones(score.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
        looked = score.masked_fill(later, float("-inf")).softmax(-1) @ seen
        return self.head(torch.cat([seen, looked], -1)), (h, c)
