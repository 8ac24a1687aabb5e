"""The trainings that a model is the mean of, as its checkpoint folder holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, get_args

import torch
from torch import Tensor

from rnnsearch.models.custom_network import Network
from rnnsearch.models.mean import Mean, MeanNetwork, State, split_state, weights_of
from rnnsearch.tasks.base import TaskData
from rnnsearch.training.codec import MEMBERS, config_from_json, config_to_json
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.filled import filled_network
from rnnsearch.training.predictor import padded_state
from rnnsearch.training.weights import CARRIED

MEAN = "mean"
"""The key of `config.json` that says what the mean of the members is taken of."""


@dataclass(frozen=True, eq=False)
class Member:
    """One training of an ensemble.

    Attributes:
        config: Of the training; its seed is the training's.
        number: Of its trial in the study.
        epoch: Of the weights, counting from 1.
        metrics: What training reported at `epoch`.
    """

    config: TrialConfig
    number: int
    epoch: int
    metrics: Mapping[str, float]


def mean_kind(data: TaskData) -> Mean:
    """What the mean of several networks of a task is taken of: the task's own loss, the first one
    that it names, says what it reads in their outputs."""
    kinds: dict[str, Mean] = {"cross_entropy": "classes", "bce": "chances"}
    return kinds.get(data.losses[0], "numbers") if data.losses else "numbers"


def joined(
    pairs: Sequence[tuple[Network, State | None]], mean: Mean
) -> tuple[MeanNetwork, State | None]:
    """Trained networks as one, in the widest of their dtypes, with the state out of training.

    Args:
        pairs: Each network with the state that was kept of its training, if any. Where some kept
            none, theirs is the one that they start from; where some kept more sequences than
            others, the first ones that all have are taken.
    """
    dtype = reduce(torch.promote_types, (one.dtype for one, _ in pairs))
    network = MeanNetwork([one.to(dtype) for one, _ in pairs], mean)
    network.requires_grad_(False).eval()
    batches = [state[0].shape[2] for _, state in pairs if state is not None]
    if not batches:
        return network, None
    carried: list[Tensor] = []
    for one, (_, state) in zip(network.networks, pairs, strict=True):
        started = tuple(part.unsqueeze(0) for part in one.start(min(batches)))
        parts = started if state is None else state
        carried += [part[:, :, : min(batches)].to(dtype) for part in parts]
    return network, tuple(carried)


def padded(network: MeanNetwork, carried: State) -> State:
    """The state of all members, padded to the widths of their stacks' layers."""
    states = split_state(carried, network.parts())
    pairs = zip(network.networks, states, strict=True)
    return tuple(
        part for one, state in pairs if state is not None for part in padded_state(one, state)
    )


def carried_by_name(network: Network | MeanNetwork, carried: State) -> dict[str, Tensor]:
    """The state out of training by the names that it has among the weights of a checkpoint."""
    if not carried or not isinstance(network, MeanNetwork):
        return dict(zip(CARRIED, (part[0].contiguous() for part in carried), strict=False))
    named = {}
    for place, state in enumerate(split_state(carried, network.parts())):
        for name, part in zip(CARRIED, state or (), strict=False):
            named[f"{place}.{name}"] = part[0].contiguous()
    return named


def members_to_json(members: Sequence[Member], network: MeanNetwork) -> dict[str, Any]:
    """What `config.json` has of an ensemble beside what it has of every model."""
    told = [
        {
            "trial": one.number,
            "epoch": one.epoch,
            "metrics": dict(one.metrics),
            "config": config_to_json(one.config),
        }
        for one in members
    ]
    return {MEAN: network.mean, MEMBERS: told}


def members_from_json(stored: Mapping[str, Any]) -> tuple[Member, ...]:
    """Read what `members_to_json` wrote; nothing of the folder of a single training.

    Raises:
        ModelError: A config comes from another version, or was edited.
        ValueError: The mean is of something that is not known.
        KeyError, TypeError: Something is missing, or of another kind.
    """
    members = tuple(
        Member(
            config_from_json(one["config"]), int(one["trial"]), int(one["epoch"]), one["metrics"]
        )
        for one in stored.get(MEMBERS, ())
    )
    if members and stored[MEAN] not in get_args(Mean):
        raise ValueError(f"the mean {stored[MEAN]!r} is none of {', '.join(get_args(Mean))}")
    return members


def filled_mean(
    members: Sequence[Member],
    mean: Mean,
    sizes: tuple[int, int, bool],
    tensors: dict[str, Tensor],
    source: str,
) -> tuple[MeanNetwork, State | None]:
    """The network that holds the weights of all members, and the carried state among them.

    Raises:
        ModelError: They are not those of such networks.
    """
    pairs = [
        filled_network(
            one.config, *sizes, weights_of(tensors, place), f"{source}, member {place + 1},"
        )
        for place, one in enumerate(members)
    ]
    return joined(pairs, mean)
