"""The keys that both tests of memory have, and the checks of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from rnnsearch.vocabulary import NeverSampled, Range, outside

MOST_NUMBERS = 200_000_000
"""The most time steps of all sequences; more would not fit into a laptop's memory."""

_SIZES = ("train_sequences", "val_sequences", "test_sequences")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryConfig:
    """How many sequences are made; each part is drawn from a random stream of its own."""

    type: str
    train_sequences: Annotated[
        int, "An epoch shows each once, in a new order.", Range(1, 100_000_000, unit="sequences")
    ] = 10_000
    val_sequences: Annotated[
        int, "The study selects on them.", Range(1, 100_000_000, unit="sequences")
    ] = 1_000
    test_sequences: Annotated[int, "Scored once.", Range(1, 100_000_000, unit="sequences")] = 1_000
    data_seed: Annotated[
        int,
        "Of the sequences.",
        Range(0, below=2**63),
        NeverSampled("trials are compared on the same data"),
    ] = 0


def shared_problems(config: MemoryConfig, steps: int) -> list[tuple[str, str]]:
    """What is wrong with a config of either task, in pairs as `Family.wrong` gives them.

    Args:
        steps: Time steps of one sequence.
    """
    if mistakes := outside(config):
        return mistakes
    sizes: dict[str, int] = {key: getattr(config, key) for key in _SIZES}
    if sum(sizes.values()) * steps > MOST_NUMBERS:
        key = max(sizes, key=lambda one: sizes[one])
        message = f"asks for {sum(sizes.values()):,} sequences in all, of {steps:,} steps each;"
        mistakes.append((key, f"{message} at most {MOST_NUMBERS // steps:,} fit."))
    return mistakes
