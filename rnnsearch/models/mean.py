"""Several networks as one, whose outputs are the mean of theirs: a deep ensemble.

Lakshminarayanan, Pritzel and Blundell, "Simple and Scalable Predictive Uncertainty Estimation using
Deep Ensembles", 2017 (arXiv 1612.01474): probabilities are averaged, not logits. Networks that
predict on from their own outputs are all fed the mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnsearch.models.custom_network import Network

Mean = Literal["numbers", "classes", "chances"]
"""Of what outputs are the mean: of the numbers that they are, of the probabilities of classes,
whose logits lie side by side, or of those of events, each a logit of its own."""

State = tuple[Tensor, ...]


def mean_of(outputs: Sequence[Tensor], kind: Mean) -> Tensor:
    """The outputs of several networks, all of one shape, as those of one.

    Of classes these are natural-log probabilities, of events the logits of the mean probabilities,
    so that whatever reads the outputs of a network reads them too.
    """
    each = torch.stack(list(outputs))
    if kind == "numbers":
        return each.mean(0)
    if kind == "classes":
        return each.log_softmax(-1).logsumexp(0) - math.log(len(each))
    return functional.logsigmoid(each).logsumexp(0) - functional.logsigmoid(-each).logsumexp(0)


class MeanNetwork(nn.Module):
    """Networks of any cells and sizes that read and answer the same, with the calls of one.

    Its state is the parts of all of theirs, one after the other.

    Args:
        members: At least one, all in one dtype.
        mean: Of what the outputs are the mean.
    """

    def __init__(self, members: Sequence[Network], mean: Mean) -> None:
        super().__init__()
        first = members[0]
        self.members = nn.ModuleList(members)
        self.mean = mean
        self.input_size, self.output_size = first.input_size, first.output_size
        self.symbolic = first.symbolic

    @property
    def networks(self) -> list[Network]:
        """The members, as what they are."""
        return list(self.members)  # type: ignore[arg-type]

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.networks[0].device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of weights and activations."""
        return self.networks[0].dtype

    def tensors(self) -> dict[str, Tensor]:
        """The weights of all members, by their names behind the member's place: `0.head.bias`."""
        return {
            f"{place}.{name}": tensor
            for place, member in enumerate(self.networks)
            for name, tensor in member.tensors().items()
        }

    def start(self, batch: int) -> State:
        """The state before the first time step of `batch` sequences, as `forward` takes it."""
        return tuple(part for member in self.networks for part in member.start(batch))

    def parts(self) -> list[int]:
        """How many parts of the state are each member's."""
        return [len(member.start(1)) for member in self.networks]

    def forward(
        self,
        inputs: Tensor,
        state: State | None = None,
        head: Literal["every", "last"] = "every",
    ) -> tuple[Tensor, State]:
        """Run over a chunk of time; see `RecurrentNetwork.forward`."""
        states = split_state(state, self.parts())
        outputs, after = [], []
        for member, before in zip(self.networks, states, strict=True):
            answered, last = member(inputs, before, head)
            outputs.append(answered)
            after += last
        return mean_of(outputs, self.mean), tuple(after)


def split_state(state: State | None, parts: Sequence[int]) -> list[State | None]:
    """The state of each member out of that of all; None is the start of each."""
    if state is None:
        return [None] * len(parts)
    rest = iter(state)
    return [tuple(next(rest) for _ in range(count)) for count in parts]


def weights_of(tensors: Mapping[str, Tensor], place: int) -> dict[str, Tensor]:
    """The weights of the member at a place, out of `MeanNetwork.tensors`."""
    before = f"{place}."
    return {
        name.removeprefix(before): one for name, one in tensors.items() if name.startswith(before)
    }
