"""The adding problem: remember two marked numbers over many time steps and predict their sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.memory.config import MemoryConfig, shared_problems
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class AddingConfig(MemoryConfig):
    """Predict, at the last time step, the sum of the two numbers that were marked.

    Each time step shows a number, uniform in [0, 1), and a marker, which is 1 at one time step of
    the first half and at one of the second, else 0. Source: Hochreiter and Schmidhuber, Long
    short-term memory, Neural Computation 9 (1997), section 5.4, in the form with marks of 0 and 1
    and a plain sum that Le, Jaitly and Hinton (2015) use.
    """

    type: Literal["adding"] = "adding"
    length: Annotated[int, "Steps of a sequence.", Range(2, 1_000_000, unit="steps")] = 100


def problems(config: AddingConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types."""
    return shared_problems(config, config.length)


def generate(
    config: AddingConfig, count: int, generator: np.random.Generator
) -> tuple[NDArray[np.float32], Ints]:
    """Numbers [sequences, length], and the two marked time steps of each sequence, [sequences,
    2]."""
    numbers = generator.random((count, config.length), dtype=np.float32)
    half = config.length // 2
    marks = np.stack(
        [
            generator.integers(0, half, size=count),
            generator.integers(half, config.length, size=count),
        ],
        axis=1,
    )
    return numbers, marks
