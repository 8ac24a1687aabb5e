"""Likelihood of a stretch of text under trained networks, read as several streams at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.tasks.answers import Gathering
from rnnsearch.tasks.base import Predictor, State
from rnnsearch.tasks.sums import row_sums

MOST_STREAMS = 64
"""Streams that a stretch of text is cut into at most."""
SHORTEST_STREAM = 1024
"""Symbols of a stream at least: a shorter stretch is cut into fewer streams, so that the warm-up
before each stays a small share of the work."""
WARMUP = 128
"""Symbols before a stream that set its state and are not scored."""
CONTEXTS_AT_ONCE, STEPS_AT_ONCE = 128, 64
"""Sequences and time steps of a call that reads short contexts. They are fixed, so that a trial's
rounding does not depend on the trials beside it."""
CHUNK_NUMBERS = {"cpu": 750_000, "cuda": 6_000_000}
"""Activations of one trial that a chunk of time may hold, by device. They are counted of one trial
and not of a pack, whose size must not decide how a trial's numbers are rounded."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Means over the scored symbols for K networks; float64 [K] each."""

    nats: Tensor
    accuracy: Tensor


@torch.no_grad()
def likelihood(
    predictor: Predictor,
    symbols: Tensor,
    first: int,
    last: int,
    gathered: Gathering | None = None,
) -> Likelihood:
    """Score every symbol at positions `first` to `last` (not included), each once.

    The stretch is cut into equal streams that run in parallel, as many as its length allows.
    Each first reads the `WARMUP` symbols before it, or as many as the text has, from the zero
    state; from there on its state is carried.

    Args:
        symbols: The whole text, [symbols], on the predictor's device.
        first: At least 1: the input that goes with position p is the symbol at p - 1.
        gathered: Takes in the logits and the symbols, counted from `first`; None for nothing.
    """
    count = last - first
    streams = max(1, min(MOST_STREAMS, count // SHORTEST_STREAM))
    length = -(-count // streams)
    warmup = WARMUP if streams > 1 else min(WARMUP, first - 1)
    # Time steps count from the first one that is scored. At steps before `begins`, in the warm-up,
    # the first stream has no symbols to read.
    begins = max(-warmup, 1 - first)
    starts = first + length * torch.arange(streams, device=symbols.device)
    nats = hits = torch.zeros(predictor.size, dtype=torch.float64, device=symbols.device)
    state: State = None
    step, longest = -warmup, 1
    while step < length:
        limit = begins if step < begins else 0 if step < 0 else length
        end = min(step + longest, limit)
        if step == begins and state is not None:
            state = tuple(_first_stream_at_zero(part) for part in state)
        positions = starts + torch.arange(step, end, device=symbols.device).unsqueeze(1)
        inputs = symbols[(positions - 1).clamp(0, len(symbols) - 1)].long()
        outputs, state = predictor(inputs.unsqueeze(0), state)
        if step >= 0:
            targets = symbols[positions.clamp(max=len(symbols) - 1)].long()
            there = positions < last
            weights = there.double()
            chunk = _score(outputs, targets, weights)
            nats, hits = nats + chunk.nats, hits + chunk.accuracy
            if gathered is not None:
                gathered.add(positions[there] - first, outputs[:, there], targets[there])
        longest = _chunk_steps(streams, outputs.shape[-1], state[0].shape[-1], outputs.device.type)
        step = end
    return Likelihood(nats / count, hits / count)


@torch.no_grad()
def nats_after(predictor: Predictor, symbols: Tensor, positions: Tensor, context: int) -> Tensor:
    """Mean nats of single symbols, each after no more than the `context` symbols before it.

    Args:
        symbols: The whole text, [symbols], on the predictor's device.
        positions: Of the symbols to score, int64 [positions], each at least `context`.

    Returns:
        Float64 [K].
    """
    nats = torch.zeros(predictor.size, dtype=torch.float64, device=symbols.device)
    for some in torch.split(positions, CONTEXTS_AT_ONCE):
        state: State = None
        for step in range(-context, 0, STEPS_AT_ONCE):
            steps = torch.arange(step, min(step + STEPS_AT_ONCE, 0), device=symbols.device)
            inputs = symbols[some + steps.unsqueeze(1)].long()
            outputs, state = predictor(inputs.unsqueeze(0), state)
        targets = symbols[some].long().unsqueeze(0)
        nats += _score(outputs[:, -1:], targets, torch.ones_like(targets, dtype=torch.float64)).nats
    return nats / len(positions)


def _first_stream_at_zero(state: Tensor) -> Tensor:
    """State [K, num_layers, B, H] with the first sequence at the zero state."""
    state = state.clone()
    state[:, :, 0] = 0
    return state


def _score(outputs: Tensor, targets: Tensor, weights: Tensor) -> Likelihood:
    """Sums of nats and of right guesses over one chunk of time.

    Args:
        outputs: Logits [K, T, B, symbols].
        targets: [T, B]
        weights: 1 for symbols that are scored and 0 for others, [T, B].
    """
    picked = targets.expand(len(outputs), *targets.shape).unsqueeze(-1)
    logs = functional.log_softmax(outputs, dim=-1).gather(-1, picked).squeeze(-1)
    hits = outputs.argmax(dim=-1) == targets
    # A product would make 0 * inf of padding beyond the end of a stream.
    nats = torch.where(weights > 0, -logs.double(), 0.0)
    return Likelihood(row_sums(nats), row_sums(hits * weights))


def _chunk_steps(streams: int, symbols: int, hidden: int, device: str) -> int:
    """Time steps of a chunk, a power of two up to 128.

    Args:
        streams: Streams that are read side by side.
        symbols: Outputs of the network.
        hidden: Units of a layer.
        device: The type of the device, `cpu` or `cuda`.
    """
    numbers = CHUNK_NUMBERS.get(device, CHUNK_NUMBERS["cpu"])
    steps = max(1, min(128, numbers // (streams * (3 * symbols + 8 * hidden))))
    return 1 << (steps.bit_length() - 1)
