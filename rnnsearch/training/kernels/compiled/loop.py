"""Networks that are fed their layer_weights outputs: the compiled layers again and again, in place.

A rollout has as many calls as steps, each of a few microseconds of arithmetic. Through the layers'
common interface a call took 150 microseconds, checks and allocations, so that the evaluation of
small networks cost more than their training. Here all that is done once before the first step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from rnnsearch.training.kernels.base import LayerShape, State
from rnnsearch.training.kernels.compiled.call import prepared, sizes_of
from rnnsearch.training.kernels.compiled.kernel import OPERANDS, RESULTS, entry_name


def closed_loop(
    layers: Sequence[LayerShape],
    weights: Sequence[tuple[Tensor, ...]],
    states: Sequence[State],
    head: Callable[[Tensor, Tensor], None],
    first: Tensor,
    steps: int,
) -> Tensor:
    """The head's outputs at `steps` time steps, each of which is the input at the next one.

    The numbers are those of `CompiledKernel` called a step at a time, to the bit.

    Args:
        layers: Their shapes for one time step, the lowest first, each what `CompiledKernel`
            supports.
        weights: w_ih, w_hh, b_ih, b_hh of each layer, as `CompiledKernel` takes them.
        states: For each layer the state before the first time step, each part [K, B, H].
        head: Computes the head of its first argument [K, 1, B, H] into its second [K, 1, B, O].
        first: What the first time step reads, [K, 1, B, O]; O is also the number of inputs.

    Returns:
        [K, steps, B, O].
    """
    fed = first.contiguous().clone()
    results = fed.new_empty((len(fed), steps, *fed.shape[2:]))
    calls: list[Callable[[], None]] = []
    current = fed
    for layer, layer_weights, state in zip(layers, weights, states, strict=True):
        K, B, H = layer.members, layer.batch_size, layer.hidden_size
        outputs = fed.new_empty((K, 1, B, H))
        parts = [part.contiguous().clone() for part in state]
        operands = [current, *(weight.contiguous() for weight in layer_weights), *parts]
        # The last state may lie where the first one does: a member reads that before it writes.
        tensors = dict(zip(OPERANDS, operands, strict=False))
        tensors |= zip(RESULTS, (outputs, *parts), strict=False)
        name = entry_name(layer)
        sizes = sizes_of(name, operands, backward=False, kept=False)
        calls.append(prepared(name, sizes, tensors, {}))
        current = outputs
    for step in range(steps):
        for call in calls:
            call()
        head(current, fed)
        results[:, step] = fed[:, 0]
    return results
