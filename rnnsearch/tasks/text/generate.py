"""A trained network writes text, symbol by symbol."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnsearch.tasks.base import Predictor, State


@torch.no_grad()
def generate(
    predictor: Predictor, prompt: Tensor, length: int, temperature: float, seed: int
) -> list[int]:
    """Continue a prompt, starting from the zero state.

    Args:
        predictor: Of one network.
        prompt: Int64 symbols [symbols], at least one, on the predictor's device.
        length: Symbols to add.
        temperature: Divides the logits; 0 always takes the likeliest symbol.
        seed: Of the draws; equal seeds give equal text on one device.

    Returns:
        The added symbols.
    """
    generator = torch.Generator().manual_seed(seed)
    fed = prompt.reshape(1, -1, 1)
    state: State = None
    added: list[int] = []
    for _ in range(length):
        outputs, state = predictor(fed, state)
        symbol = _draw(outputs[0, -1, 0].double().cpu(), temperature, generator)
        added.append(symbol)
        fed = torch.tensor([[[symbol]]], device=prompt.device)
    return added


def _draw(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """A symbol's number, drawn by its logits [symbols]."""
    if temperature == 0:
        return int(logits.argmax())
    shifted = (logits - logits.max()) / temperature
    return int(torch.multinomial(shifted.softmax(dim=0), 1, generator=generator))
