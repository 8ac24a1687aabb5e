"""The copy problem: read some symbols, wait, and write them in the same order."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.memory.config import MemoryConfig, shared_problems
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyConfig(MemoryConfig):
    """Write `length` symbols again, `delay` time steps after they were read.

    A sequence shows the symbols, `delay - 1` blanks, a mark, and blanks while the model writes;
    until the mark is read the target is the blank. Source: Hochreiter and Schmidhuber (1997);
    in this form Arjovsky, Shah and Bengio, Unitary evolution recurrent neural networks (2016).
    """

    type: Literal["copy"] = "copy"
    length: Annotated[int, "Symbols to remember.", Range(1, 1_000_000, unit="symbols")] = 5
    delay: Annotated[
        int, "Steps from the last symbol to the mark.", Range(1, 1_000_000, unit="steps")
    ] = 20
    symbols: Annotated[int, "Different symbols.", Range(2, 10_000, unit="symbols")] = 8

    @property
    def steps(self) -> int:
        """Time steps of a sequence."""
        return 2 * self.length + self.delay

    @property
    def blank(self) -> int:
        """The number of the blank, next after the symbols to remember; the mark's is the one after
        it."""
        return self.symbols


def problems(config: CopyConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types."""
    mistakes = shared_problems(config, config.steps)
    needed = config.train_sequences + config.val_sequences + config.test_sequences
    if not mistakes and config.symbols**config.length < 2 * needed:
        different = config.symbols**config.length
        message = (
            f"{config.length} of {config.symbols} symbols make {different:,} different sequences; "
            f"parts of {needed:,} that share none need twice as many as that. Remember more "
            "symbols, or make fewer sequences."
        )
        mistakes.append(("length", message))
    return mistakes


def generate(
    config: CopyConfig, count: int, generator: np.random.Generator, shown: Container[bytes] = ()
) -> tuple[Ints, Ints]:
    """Inputs and targets, both int64 [sequences, time steps].

    Args:
        shown: The bytes of input sequences that must not be drawn again, of other parts.
    """
    sequences: list[Ints] = []
    while len(sequences) < count:
        drawn = _inputs(config, generator.integers(0, config.symbols, (count, config.length)))
        sequences += [row for row in drawn if row.tobytes() not in shown]
    inputs = np.stack(sequences[:count])
    targets = np.full_like(inputs, config.blank)
    targets[:, -config.length :] = inputs[:, : config.length]
    return inputs, targets


def _inputs(config: CopyConfig, remembered: Ints) -> Ints:
    """The input sequences that show symbols to remember, int64 [sequences, length]."""
    inputs = np.full((len(remembered), config.steps), config.blank, dtype=np.int64)
    inputs[:, : config.length] = remembered
    inputs[:, config.length + config.delay - 1] = config.blank + 1
    return inputs
