"""The networks of a stack that a person brought: fused where they can be, else trial by trial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import torch
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.models.config import NetworkConfig
from rnnsearch.models.custom_network import CustomNetwork
from rnnsearch.models.lengths import run_by_length
from rnnsearch.tasks.base import Batch, Head
from rnnsearch.training.fused.calls import FusedNetwork, steadily
from rnnsearch.training.fused.networks import Together
from rnnsearch.training.fused.trying import Verdict
from rnnsearch.training.fused.trying_networks import network_verdict
from rnnsearch.training.kernels.base import State
from rnnsearch.training.losses import LossShape, losses_and_gradients
from rnnsearch.training.networks import Networks
from rnnsearch.training.shapes import NetworkShape

MOST_MODULES = 128
"""Modules that are kept at once, one a kind of stack; more stacks are seldom in one pack."""


@torch.no_grad()
def custom_forward(
    networks: Networks,
    inputs: Tensor,
    state: State,
    head: Head,
    lengths: Tensor | None,
    *,
    ends: bool,
) -> tuple[Tensor, State]:
    """See `forward.forward`; in evaluation mode, and not to be differentiated.

    Args:
        lengths: Int64 [K, B].
    """
    if (fused := verdict_of(networks).fused) is not None:
        return _fused_forward(fused, networks, inputs, state, head, lengths, ends=ends)
    outputs, after = [], []
    for member, own in enumerate(inputs):
        network = _filled(networks, member)
        network.eval()
        before = tuple(part[member] for part in state)
        if lengths is None:
            answered, last = network(own, before, head)
        elif ends:
            answered, last = run_by_length(
                network, own, before, lengths[member], head, network.output_size
            )
        else:
            answered, last = network(own, before, head, lengths[member])
        outputs.append(answered)
        after.append(last)
    return torch.stack(outputs), tuple(map(torch.stack, zip(*after, strict=True)))


def custom_pass(
    networks: Networks,
    batch: Batch,
    loss: LossShape,
    head: Head,
    state: Sequence[State],
    seeds: Tensor,
    valid: Tensor | None,
) -> tuple[Tensor, list[Tensor], list[State]]:
    """Run custom networks forward over a batch and back, in training mode.

    What they hold beside their weights is written back to `networks.held`.

    Args:
        state: Of the one layer that they are, its one part [K, B, width].
        seeds: Of torch's generator, by which modules drop, int32 [K].
        valid: Which outputs count, bool [K, T, B] or [K, 1, B]; None for all.

    Returns:
        Losses, gradients and states, as `gradients.Pass` has them.
    """
    ((rows,),) = state
    if (fused := verdict_of(networks).fused) is not None:
        return _fused_pass(fused, networks, batch, loss, head, rows, seeds, valid)
    losses, gradients, after = [], [], []
    for member in range(len(rows)):
        network = _filled(networks, member)
        network.train()
        lengths = None if batch.lengths is None else batch.lengths.expand(len(rows), -1)[member]
        with torch.enable_grad(), seeded(int(seeds[member]), rows.device):
            outputs, (last,) = network(
                batch.inputs[member], (rows[member].unsqueeze(0),), head, lengths
            )
        _require_gradient(networks, outputs)
        which = None if valid is None else valid[member : member + 1]
        targets = batch.targets[member : member + 1]
        weights = None if batch.weights is None else batch.weights[member : member + 1]
        member_losses, arriving = losses_and_gradients(
            loss, outputs.detach().unsqueeze(0).contiguous(), targets, which, weights
        )
        losses.append(member_losses)
        trained = list(network.trained.values())
        some = torch.autograd.grad(
            outputs, trained, arriving[0], allow_unused=True, materialize_grads=True
        )
        gradients.append(some)
        after.append(last.detach()[0])
        tensors = network.tensors()
        for name, held in networks.held.items():
            held[member] = tensors[name]
    stacked = [torch.stack(each) for each in zip(*gradients, strict=True)]
    return torch.cat(losses), stacked, [(torch.stack(after),)]


def verdict_of(networks: Networks) -> Verdict[FusedNetwork]:
    """Whether the networks of a stack are fused."""
    some = networks.some
    return shape_verdict(networks.shape, some.device, some.dtype)


def shape_verdict(
    shape: NetworkShape, device: torch.device, dtype: torch.dtype
) -> Verdict[FusedNetwork]:
    """Whether networks of a shape are fused."""
    assert shape.custom is not None
    return network_verdict(
        shape.custom, shape.input_size, shape.output_size, shape.symbolic, device, dtype
    )


def _fused_forward(
    fused: FusedNetwork,
    networks: Networks,
    inputs: Tensor,
    state: State,
    head: Head,
    lengths: Tensor | None,
    *,
    ends: bool,
) -> tuple[Tensor, State]:
    """See `custom_forward`."""
    together, rows = Together.of(fused, networks), state[0][:, 0]
    if lengths is not None and ends:
        outputs, after = together.by_length(inputs, rows, head, lengths)
    else:
        outputs, after = together(inputs, rows, head, lengths)
    return outputs, (after.unsqueeze(1),)


def _fused_pass(
    fused: FusedNetwork,
    networks: Networks,
    batch: Batch,
    loss: LossShape,
    head: Head,
    rows: Tensor,
    seeds: Tensor,
    valid: Tensor | None,
) -> tuple[Tensor, list[Tensor], list[State]]:
    """See `custom_pass`."""
    together = Together.of(fused, networks)
    weights = {name: one.detach().requires_grad_() for name, one in networks.weights.items()}
    together.tensors.update(weights)
    lengths = None if batch.lengths is None else batch.lengths.expand(len(rows), -1)
    with torch.enable_grad():
        outputs, after = together(batch.inputs, rows, head, lengths, training=True, seeds=seeds)
    _require_gradient(networks, outputs)
    losses, arriving = losses_and_gradients(
        loss, outputs.detach().contiguous(), batch.targets, valid, batch.weights
    )
    with steadily():
        gradients = torch.autograd.grad(
            outputs, list(weights.values()), arriving, allow_unused=True, materialize_grads=True
        )
    for name, held in networks.held.items():
        held.copy_(together.tensors[name])
    return losses, list(gradients), [(after.detach(),)]


def _require_gradient(networks: Networks, outputs: Tensor) -> None:
    """Refuse outputs that cannot be trained.

    Raises:
        PackError: No gradient leads back from them.
    """
    if not outputs.requires_grad:
        raise PackError(
            f"{networks.shape.cell} gives outputs that no gradient leads back from: they are "
            "detached, or computed under no_grad"
        )


@contextmanager
def seeded(seed: int | None, device: torch.device) -> Iterator[None]:
    """torch's generators as of a seed, and afterwards as before; with None just as they are."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[] if device.type == "cpu" else [device]):
        torch.manual_seed(seed)
        yield


def _filled(networks: Networks, member: int) -> CustomNetwork:
    """The module with the weights of one trial, and what that trial holds beside them."""
    own, shape, some = networks.shape.custom, networks.shape, networks.some
    assert own is not None
    sizes = shape.input_size, shape.output_size, shape.symbolic
    network = _module(own, *sizes, some.device, some.dtype)
    both = {**networks.weights, **networks.held}
    network.put({name: tensor[member] for name, tensor in both.items()})
    return network


@lru_cache(maxsize=MOST_MODULES)
def _module(
    config: NetworkConfig,
    input_size: int,
    output_size: int,
    symbolic: bool,
    device: torch.device,
    dtype: torch.dtype,
) -> CustomNetwork:
    """The module whose tensors each trial's are copied into, in turn."""
    return CustomNetwork(config, input_size, output_size, symbolic).to(device, dtype)
