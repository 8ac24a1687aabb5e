"""How long a trained model takes to answer one request."""

from __future__ import annotations

import statistics
import time
import warnings
from typing import Any, NamedTuple

import torch

from rnnsearch.tasks.frames import is_frame
from rnnsearch.training.trained import TrainedModel

REQUESTS = 20
MOST_SECONDS = 0.5
"""After so long no further request is made."""


class Latency(NamedTuple):
    """The time of one request.

    Attributes:
        seconds: The median over requests, of the computation alone: no server, no JSON; None where
            the model took none.
        of: What was asked, and how often, in words.
    """

    seconds: float | None
    of: str


def latency(model: TrainedModel) -> Latency | None:
    """Ask a model for what it answers to its own example, again and again, with one thread.

    Returns:
        None where it has no example. Where somebody's own network or task takes no such input, as
        one may that fixes the length of its sequences, no seconds and its reason.
    """
    example = model.use.example()
    if example is None:
        return None
    threads = torch.get_num_threads()
    times: list[float] = []
    try:
        torch.set_num_threads(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.served(example)  # the first one allocates
            while len(times) < REQUESTS and sum(times) < MOST_SECONDS:
                start = time.perf_counter()
                model.served(example)
                times.append(time.perf_counter() - start)
    except Exception as error:
        if not model.has_custom_code:
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        return Latency(None, f"not measured, since it refuses its own example: {reason}")
    finally:
        torch.set_num_threads(threads)
    often = f"the median of {len(times)}" if len(times) > 1 else "asked once"
    return Latency(statistics.median(times), f"{_size(example)}, {often}")


def _size(example: Any) -> str:
    """How much an example holds, in words."""
    if is_frame(example):
        rows = len(example)
        return f"{rows} row{'s' if rows > 1 else ''}"
    return f"{example.shape[1]} time steps"
