import torch
from torch import nn


class Reader(nn.Module):
    """A GRU whose head may see the inputs too.

    Args:
        units: Units of the GRU.
        skip: Whether the head sees the inputs beside the states.
    """

    def __init__(self, input_size, output_size, units: int = 32, skip: bool = False):
        super().__init__()
        self.rnn = nn.GRU(input_size, units, batch_first=True)
        self.skip = skip
        self.head = nn.Linear(units + input_size * skip, output_size)

    def forward(self, x, state):  # x (batch, time, input_size); state None at the start
        states, state = self.rnn(x, state)
        seen = torch.cat([states, x], -1) if self.skip else states
        return self.head(seen), state  # (batch, time, output_size), and the state after it
