"""One training step of neighbouring rows, layer by layer: forward, backward, clip and update.

It consists of tensor operators alone: no number comes back to the host, and no shape and no branch
depends on what a tensor holds. So a GPU can capture it; see `recorded`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnnsearch.tasks.base import Batch
from rnnsearch.training.custom_optimizers import TrialOptimizer
from rnnsearch.training.feeding import self_fed_inputs
from rnnsearch.training.gradients import Pass, training_pass
from rnnsearch.training.kernels.base import State
from rnnsearch.training.networks import Masks, Networks
from rnnsearch.training.optimizers import Corrections, Settings, clip_, update_
from rnnsearch.training.rows import HELD
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.stretch import Places


@dataclass(frozen=True, slots=True)
class StepInputs:
    """What one training step of K trials reads beside their rows.

    Attributes:
        masks: Of dropout.
        self_fed: Which inputs the networks' own predictions replace, bool [K, T, B]; None for none.
        rows: Where the valid time steps of each trial are, see `packed.valid_rows`; None to read
            padding as well. How many there are differs from batch to batch, so a recorded training
            step has none.
        seeds: By which custom networks and cells drop, int32 [K]; None for all others.
    """

    batch: Batch
    masks: Masks
    self_fed: Tensor | None
    rows: Sequence[Tensor] | None = None
    seeds: Tensor | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> StepInputs:
        """The same with every tensor changed; `rows` are left out."""

        def changed(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else change(tensor)

        return StepInputs(
            self.batch.each(change),
            [changed(mask) for mask in self.masks],
            changed(self.self_fed),
            seeds=changed(self.seeds),
        )

    def tensors(self) -> list[Tensor]:
        """The tensors that are there, in a fixed order, but for `rows`."""
        batch = self.batch
        some = [batch.inputs, batch.targets, batch.lengths, batch.weights]
        some += [*self.masks, self.self_fed, self.seeds]
        return [tensor for tensor in some if tensor is not None]


class StepBody:
    """Takes training steps of the same K trials.

    Args:
        rows: Views of the trials' K rows in each tensor of `Rows`, read and written in place.
        optimizers: Of each trial, where a person brought it; none for all others.
    """

    def __init__(
        self,
        shared: Shared,
        rows: Mapping[str, Tensor],
        optimizers: Sequence[TrialOptimizer] = (),
    ) -> None:
        self._rows = rows
        self._optimizers = optimizers
        self._key = shared.key
        self._layout = shared.layout
        self._head = shared.task.head
        self._networks = self._networks_in(rows["parameters"], rows.get(HELD))

    def __call__(
        self,
        now: StepInputs,
        how: Settings,
        ahead: Corrections,
        number: int,
        state: Sequence[State],
    ) -> tuple[Pass, Tensor]:
        """Take a training step; call it under `no_grad`.

        The update of the parameters comes last, so that nothing is changed when memory runs out
        before it.

        Args:
            number: Which of the training steps of `ahead` this is, counting from 0.
            state: What the sequences start from, one a layer and direction.

        Returns:
            Losses and states of the pass, and the norms [K] of its gradients before clipping.
        """
        computed = self._pass(now, self._networks, state)
        self._layout.join(computed.gradients, self._rows["gradients"])
        return computed, self._update(how, ahead, number)

    def unequal(
        self,
        parts: Sequence[tuple[Places, StepInputs]],
        how: Settings,
        ahead: Corrections,
        number: int,
        state: Sequence[State],
    ) -> tuple[Tensor, Tensor]:
        """Take a training step of trials whose batches are padded to different lengths.

        A trial's numbers depend on the length of its own batch alone, never on that of a longer
        one beside it: a sum over more time steps is rounded otherwise, even if zeros are added.

        Args:
            parts: Which trials share a length, and what they read; every trial is in one part.

        Returns:
            Losses, and norms of the gradients before clipping, [K] each.
        """
        gradients = self._rows["gradients"]
        losses = gradients.new_empty(len(gradients))
        for who, now in parts:
            some = self._rows["parameters"][who]
            before = [tuple(part[who] for part in layer) for layer in state]
            held = self._rows[HELD][who] if HELD in self._rows else None
            computed = self._pass(now, self._networks_in(some, held), before)
            if isinstance(who, slice):
                self._layout.join(computed.gradients, gradients[who])
            else:
                if held is not None:
                    self._rows[HELD][who] = held  # a list of places copies
                apart = torch.empty_like(some)
                self._layout.join(computed.gradients, apart)
                gradients[who] = apart
            losses[who] = computed.losses
        return losses, self._update(how, ahead, number)

    def _networks_in(self, parameters: Tensor, held: Tensor | None) -> Networks:
        """The networks whose weights lie in some rows of parameters, and what they hold beside."""
        beside = self._layout.held
        views = {} if beside is None or held is None else beside.views(held)
        return Networks(self._key.network, self._layout.views(parameters), views)

    def _pass(self, now: StepInputs, networks: Networks, state: Sequence[State]) -> Pass:
        """Losses and gradients of one batch, after own predictions have replaced some inputs."""
        batch = now.batch
        if now.self_fed is not None:
            first = self._key.feeding.first_self_fed(batch.inputs.shape[1])
            inputs = self_fed_inputs(networks, batch.inputs, now.self_fed, first, state, now.masks)
            batch = replace(batch, inputs=inputs)
        return training_pass(
            *(networks, batch, self._key.loss, self._head, state, now.masks, now.rows, now.seeds)
        )

    def _update(self, how: Settings, ahead: Corrections, number: int) -> Tensor:
        """Clip the gradients and update the parameters; the norms [K] before clipping."""
        rows = self._rows
        gradients, parameters = rows["gradients"], rows["parameters"]
        norms = clip_(gradients, how)
        if self._optimizers:
            rates = ahead.rates[number].view(-1).tolist()
            for own, *row in zip(self._optimizers, parameters, gradients, rates, strict=True):
                own.update_(*row)
            return norms
        update_(how, parameters, gradients, rows["first"], rows.get("second"), ahead, number)
        return norms


def hold_(states: Sequence[Tensor], after: Sequence[State], carried: Tensor) -> None:
    """Write the states after a training step into their rows; zeros for trials that carry none.

    Args:
        states: The rows of each part of the state, [K, layers * directions, B, H].
        after: The states, one a layer and direction, each part [K, B, H].
        carried: Whether a trial carries its state, bool [K, 1, 1].
    """
    for held, parts in zip(states, zip(*after, strict=True), strict=True):
        for layer, part in enumerate(parts):
            held[:, layer, :, : part.shape[-1]] = torch.where(carried, part, part.new_zeros(()))
