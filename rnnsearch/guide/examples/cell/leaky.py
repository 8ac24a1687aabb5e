import torch
from torch import nn


class Leaky(nn.Module):
    """h_t = (1 - a) h_(t-1) + a tanh(W x_t + U h_(t-1) + b), with a rate a of each unit's own.

    Args:
        rate: What every rate is at first.
    """

    def __init__(self, input_size, hidden_size, rate: float = 0.5):
        super().__init__()
        self.read = nn.Linear(input_size, hidden_size)
        self.across = nn.Linear(hidden_size, hidden_size, bias=False)
        self.rate = nn.Parameter(torch.logit(torch.full((hidden_size,), rate)))

    def forward(self, x, state):  # x (batch, input_size); state: tensors (batch, hidden_size)
        (hidden,) = state
        rate = torch.sigmoid(self.rate)
        hidden = (1 - rate) * hidden + rate * torch.tanh(self.read(x) + self.across(hidden))
        return hidden, (hidden,)  # the outputs, and the state after this time step
