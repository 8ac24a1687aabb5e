"""The networks of a stack that a person brought, computed for all trials at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnsearch.models.network_config import takes
from rnnsearch.tasks.base import Head
from rnnsearch.training import draws
from rnnsearch.training.fused.calls import FusedNetwork
from rnnsearch.training.networks import Networks


@dataclass(slots=True, eq=False)
class Together:
    """K networks with their tensors, and what calls them.

    Attributes:
        tensors: Weights and what is held beside them, in the dtypes of the module, each [K, ...].
            A call leaves what it changed of them here.
    """

    fused: FusedNetwork
    tensors: dict[str, Tensor]

    @classmethod
    def of(cls, fused: FusedNetwork, networks: Networks) -> Together:
        """The networks of a stack; what they hold is copied, so that a call changes nothing."""
        kept = fused.network.tensors()
        held = {name: one.to(kept[name].dtype, copy=True) for name, one in networks.held.items()}
        return cls(fused, {**networks.weights, **held})

    def __call__(
        self,
        inputs: Tensor,
        rows: Tensor,
        head: Head,
        lengths: Tensor | None,
        *,
        training: bool = False,
        seeds: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Outputs [K, T, B, O] or [K, 1, B, O], and the states after them.

        Args:
            inputs: Numbers [K, T, B, F], or symbols [K, T, B].
            rows: States before, [K, B, width], each of a sequence that began or not.
            lengths: Int64 [K, B]; None where all time steps are valid. The states then mean
                nothing.
            training: As for `FusedNetwork`, and so are the seeds.
        """
        if lengths is not None and not takes(self.fused.network.config.type):
            return self.by_length(inputs, rows, head, lengths, training=training, seeds=seeds)
        x = inputs.transpose(1, 2).contiguous()
        groups = list(
            _groups(self.fused.network.form.started(rows.flatten(0, 1)).view(x.shape[:2]))
        )
        if len(groups) == 1:
            ((_, _, begun),) = groups
            outputs, after, self.tensors = self.fused(
                *(self.tensors, x, rows, head, lengths),
                begun=begun,
                training=training,
                seeds=seeds,
            )
            return outputs, after
        shown = inputs.shape[1] if head == "every" else 1
        outputs = rows.new_zeros(len(x), shown, x.shape[1], self.fused.network.output_size)
        after = torch.zeros_like(rows)
        for trials, sequences, begun in groups:
            both = trials.unsqueeze(1), sequences
            some, last, changed = self.fused(
                {name: one[trials] for name, one in self.tensors.items()},
                *(x[both], rows[both], head, None if lengths is None else lengths[both]),
                begun=begun,
                training=training,
                seeds=None if seeds is None else seeds[trials],
            )
            outputs = outputs.transpose(1, 2).index_put(both, some.transpose(1, 2)).transpose(1, 2)
            after[both] = last.detach()
            for name, one in changed.items():
                if not one.requires_grad:
                    self.tensors[name][trials] = one
        return outputs, after

    def by_length(
        self,
        inputs: Tensor,
        rows: Tensor,
        head: Head,
        lengths: Tensor,
        *,
        training: bool = False,
        seeds: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The same, computed without padding, and with the states after the last valid time steps.

        All sequences of one length are computed together, those of another length after them. Where
        trials have other lengths, one trial comes after the other.
        """
        if len(lengths) > 1 and bool((lengths != lengths[:1]).any()):
            each = []
            for k in range(len(lengths)):
                one = slice(k, k + 1)
                alone = Together(
                    self.fused, {name: all_[one] for name, all_ in self.tensors.items()}
                )
                own_seeds = None if seeds is None else seeds[one]
                each.append(
                    alone.by_length(
                        *(inputs[one], rows[one], head, lengths[one]),
                        training=training,
                        seeds=own_seeds,
                    )
                )
                for name, changed in alone.tensors.items():
                    if not changed.requires_grad:
                        self.tensors[name][one] = changed
            outputs, after = (torch.cat(parts) for parts in zip(*each, strict=True))
            return outputs, after
        after = rows.clone()
        shown = inputs.shape[1] if head == "every" else 1
        output_size = self.fused.network.output_size
        outputs = rows.new_zeros(len(rows), shown, rows.shape[1], output_size)
        for length in sorted(set(lengths[0].tolist()) - {0}):
            which = (lengths[0] == length).nonzero().squeeze(1)
            own_seeds = None if seeds is None else draws.call_key(seeds, -length)
            some, last = self(
                *(inputs[:, :length, which], rows[:, which], head, None),
                training=training,
                seeds=own_seeds,
            )
            outputs[:, : some.shape[1], which] = some
            after[:, which] = last.detach()
        return outputs, after


def _groups(started: Tensor) -> Iterator[tuple[Tensor, Tensor, bool]]:
    """Trials and sequences that are called together, since all of them began, or none.

    A trial has its own numbers whatever group it is in, since its sequences hang on it alone.

    Args:
        started: Bool [K, B].
    """
    every, some = started.all(1), started.any(1)
    whole = torch.arange(started.shape[1], device=started.device)
    for begun, which in ((False, ~some), (True, every)):
        if bool(which.any()):
            yield which.nonzero().squeeze(1), whole, begun
    for trial in (some & ~every).nonzero():
        for begun in (False, True):
            yield trial, (started[trial[0]] == begun).nonzero().squeeze(1), begun
