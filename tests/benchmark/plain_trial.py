"""One trial in plain torch: what the rivals train, as a tutorial would write it.

The same waves, model sizes, optimizer and iterations as `search.yaml`; less is evaluated: the
one-step error alone, without the closed-loop rollouts that rnnsearch adds to every epoch.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

MAX_EPOCHS = 40
GRACE_PERIOD = 5
REDUCTION_FACTOR = 3
ITERATIONS = 100
METRIC = "val_mse"
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
HIDDEN_SIZES = (8, 32)
LEARNING_RATES = (1e-4, 1e-1)
POINTS = 50
DURATION = 10.0


class Network(nn.Module):
    """A recurrent layer under a linear head."""

    def __init__(self, cell: str, hidden_size: int) -> None:
        super().__init__()
        self.recurrent = CELLS[cell](1, hidden_size)
        self.head = nn.Linear(hidden_size, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.recurrent(inputs)[0])
        return outputs


def waves(*starts: float) -> Tensor:
    """[points, starts, 1]."""
    times = torch.linspace(0, DURATION, POINTS)
    return torch.sin(times[:, None] + torch.tensor(starts)).unsqueeze(-1)


def epochs(params: Mapping[str, Any]) -> Iterator[dict[str, float]]:
    """Train, and give the metrics after each epoch."""
    torch.set_num_threads(1)
    network = Network(params["cell"], params["hidden_size"])
    optimizer = torch.optim.Adam(network.parameters(), lr=params["learning_rate"], fused=True)
    train, val = waves(0.0, 1.0, 2.0), waves(0.25, 0.75)
    for _ in range(MAX_EPOCHS):
        total = 0.0
        for _ in range(ITERATIONS):
            start = random.randrange(train.shape[1])
            wave = train[:, start : start + 1]
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(network(wave[:-1]), wave[1:])
            loss.backward()
            optimizer.step()
            total += loss.item()
        with torch.no_grad():
            error = nn.functional.mse_loss(network(val[:-1]), val[1:]).item()
        yield {METRIC: error, "train_loss": total / ITERATIONS}
