"""Sequences of unequal length for a network that knows nothing of padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor

State = tuple[Tensor, ...]


def run_by_length(
    network: Callable[..., tuple[Tensor, State]],
    inputs: Tensor,
    before: State,
    lengths: Tensor,
    head: Literal["every", "last"],
    output_size: int,
) -> tuple[Tensor, State]:
    """Outputs and states for sequences of unequal length, computed without their padding.

    All sequences of one length are computed together, those of another length after them.

    Args:
        inputs: Numbers [T, B, F], or symbols [T, B].
        network: Called with inputs, a state and `head`, it gives outputs and the state after them.
        before: The state of each sequence, each part [layers, B, width].
        lengths: Int64 [B].
    """
    steps, batch = inputs.shape[:2]
    after = tuple(part.clone() for part in before)
    shown = steps if head == "every" else 1
    outputs = after[0].new_zeros(shown, batch, output_size)
    for length in sorted(set(lengths.tolist())):
        if length == 0:
            continue
        which = (lengths == length).nonzero().squeeze(1)
        held = tuple(part[:, which] for part in before)
        some, last = network(inputs[:length, which], held, head)
        outputs[: len(some), which] = some
        for part, new in zip(after, last, strict=True):
            part[:, which] = new
    return outputs, after
