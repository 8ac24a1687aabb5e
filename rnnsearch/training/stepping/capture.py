"""Recording what a function does to tensors, to do it again without Python in between.

A training step of a small network is hundreds of CUDA kernels, each shorter than the time that
Python and torch take to launch one. A CUDA graph launches them all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

WARM_UP = 3
"""Runs before a capture: libraries load, choose their algorithms and take their workspaces then,
which they may not do while a stream is captured."""


class Recorder(Protocol):
    """Records functions of tensors that stay where they are."""

    def record(self, body: Callable[[], None], fixed: Sequence[Tensor]) -> Callable[[], None]:
        """Record a function.

        It may run any number of times meanwhile, none included; the caller undoes what it changes
        then.

        Args:
            body: In it no number may come back to the host, and no shape and no branch may depend
                on what a tensor holds.
            fixed: Tensors from outside that it reads or writes; they are kept alive, so that
                their addresses stay theirs, as long as the recording.

        Returns:
            What does the same again with what the same tensors hold by then.
        """


class CudaRecorder:
    """Captures CUDA graphs; one for all stacks of a pack.

    All graphs draw on one pool of memory, so that what lives only inside a training step takes the
    space of the largest one and not of all. That is safe since they run one after the other, and
    what comes out of them lies in `fixed` tensors, which are not of the pool.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        # Graphs share a pool only where they are captured on one stream.
        self._pool = torch.cuda.graph_pool_handle()

    def record(self, body: Callable[[], None], fixed: Sequence[Tensor]) -> Callable[[], None]:
        """See `Recorder`.

        Raises:
            torch.OutOfMemoryError: The function does not fit, as itself or as the `__context__` of
                what torch says of a capture that was broken off.
        """
        graph = torch.cuda.CUDAGraph()
        outside = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(outside)
        try:
            # The outer context: torch's `graph` does not leave its stream when a capture fails.
            with torch.cuda.stream(self._stream):
                for _ in range(WARM_UP):
                    body()
                with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):
                    body()
        finally:
            outside.wait_stream(self._stream)
        return partial(_replay, graph, tuple(fixed))


def _replay(graph: torch.cuda.CUDAGraph, fixed: tuple[Tensor, ...]) -> None:
    """Launch a graph; whoever can do so keeps its `fixed` tensors alive."""
    graph.replay()


def recorder_of(device: torch.device) -> Recorder | None:
    """What records training steps on a device; None where each operator is called for itself."""
    return CudaRecorder(device) if device.type == "cuda" else None
