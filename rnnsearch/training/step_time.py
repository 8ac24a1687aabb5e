"""How long a network takes for one time step of one sequence, trained or not."""

from __future__ import annotations

import threading
import time
from functools import lru_cache

import torch

from rnnsearch.models.config import AnyModel
from rnnsearch.models.custom_network import drawn_inputs, network_of

BLOCKS = 7
BLOCK_SECONDS = 0.002
MOST_CALLS = 100
"""A block is as many time steps in a row as fit into its seconds by the first one, and one."""

_one_at_a_time = threading.Lock()


@lru_cache(maxsize=4096)
def step_milliseconds(
    model: AnyModel, input_size: int, output_size: int, symbolic: bool, dtype: str
) -> float:
    """Milliseconds of one time step of one sequence, from its inputs to the outputs of the head.

    The network is computed as a model in use is, by torch on one thread of the processor that calls
    this. The figure is the mean of the fastest of seven blocks of time steps, each of about 2 ms,
    which go on from one another's state: other programs make a block slower and none faster, as
    `timeit` of the standard library says. The numbers in the network do not matter to it, so it is
    known before a training, and is one figure for all networks of the same config.

    Args:
        dtype: Of weights and activations, `float32` or `float64`.

    Raises:
        ModelError: It is a person's own network that takes no single time step.
    """
    network = network_of(model, input_size, output_size, symbolic)
    network.to(getattr(torch, dtype)).requires_grad_(False).eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        inputs = drawn_inputs(input_size, symbolic, 1, 1).transpose(0, 1).contiguous()
    if not symbolic:
        inputs = inputs.to(getattr(torch, dtype))
    with _one_at_a_time, torch.no_grad():
        threads = torch.get_num_threads()
        try:
            torch.set_num_threads(1)
            _, state = network(inputs, network.start(1))  # the first one allocates
            start = time.perf_counter()
            _, state = network(inputs, state)
            calls = 1 + int(BLOCK_SECONDS / max(time.perf_counter() - start, 1e-9))
            calls, fastest = min(MOST_CALLS, calls), float("inf")
            for _ in range(BLOCKS):
                start = time.perf_counter()
                for _ in range(calls):
                    _, state = network(inputs, state)
                fastest = min(fastest, (time.perf_counter() - start) / calls)
        finally:
            torch.set_num_threads(threads)
    return fastest * 1e3
