"""One optimizer step of neighbouring rows, layer by layer: from a batch to new parameters.

Tensor operators alone: no number comes back to the host, no shape and no branch hangs on what a
tensor holds. So a GPU can capture it (`recorded`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnnsearch.tasks.base import Batch
from rnnsearch.training.feeding import own_inputs
from rnnsearch.training.gradients import Pass, training_pass
from rnnsearch.training.kernels.base import State
from rnnsearch.training.networks import Masks, Networks
from rnnsearch.training.optimizers import Corrections, Settings, clip_, clip_values_, update_
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.stretch import Places


@dataclass(frozen=True, slots=True)
class StepInputs:
    """What one step reads beside the rows.

    Attributes:
        masks: One a layer, [K, T, B, directions * H] or None; empty where nobody drops any.
        own: Which inputs are own predictions, bool [K, T, B]; None for none.
        rows: Where the valid steps of each trial are, see `packed.valid_rows`; None to read
            padding as well. Their number differs from step to step, so no recorded step has them.
    """

    batch: Batch
    masks: Masks
    own: Tensor | None
    rows: Sequence[Tensor] | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> StepInputs:
        """The same of other tensors; `rows` are left out."""

        def changed(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else change(tensor)

        batch = self.batch
        return StepInputs(
            Batch(change(batch.inputs), change(batch.targets), changed(batch.lengths)),
            [changed(mask) for mask in self.masks],
            changed(self.own),
        )

    def tensors(self) -> list[Tensor]:
        """Those that there are in any step, in a fixed order."""
        batch = self.batch
        some = [batch.inputs, batch.targets, batch.lengths, *self.masks, self.own]
        return [tensor for tensor in some if tensor is not None]


class StepBody:
    """Steps of the same K rows.

    Args:
        rows: Views of K rows of the tensors of `Rows`, which are read and written in place.
    """

    def __init__(self, shared: Shared, rows: Mapping[str, Tensor]) -> None:
        self._rows = rows
        self._key = shared.key
        self._layout = shared.layout
        self._head = shared.task.head
        self._networks = self._networks_in(rows["parameters"])

    def __call__(
        self,
        now: StepInputs,
        how: Settings,
        ahead: Corrections,
        number: int,
        state: Sequence[State],
    ) -> tuple[Pass, Tensor]:
        """Take a step; call it under `no_grad`.

        The update comes last, so that nothing is changed when memory runs out before it.

        Args:
            number: Of the step among those of `ahead`.
            state: That the sequences start from, one a layer and direction.

        Returns:
            The pass, and the norms [K] of its gradients before any clipping.
        """
        found = self._pass(now, self._networks, state)
        self._layout.join(found.gradients, self._rows["gradients"])
        return found, self._update(how, ahead, number)

    def unequal(
        self,
        parts: Sequence[tuple[Places, StepInputs]],
        how: Settings,
        ahead: Corrections,
        number: int,
        state: Sequence[State],
    ) -> tuple[Tensor, Tensor]:
        """As a call, of trials whose batches are padded to different lengths.

        A trial's numbers hang on the length of its own batch, never on that of a longer one beside
        it: sums over other numbers of steps are rounded otherwise, be all that is added zero.

        Args:
            parts: What trials of one length read, and which they are; every trial in one of them.

        Returns:
            Losses and norms, [K].
        """
        gradients = self._rows["gradients"]
        losses = gradients.new_empty(len(gradients))
        for who, now in parts:
            some = self._rows["parameters"][who]
            before = [tuple(part[who] for part in layer) for layer in state]
            found = self._pass(now, self._networks_in(some), before)
            if isinstance(who, slice):
                self._layout.join(found.gradients, gradients[who])
            else:
                apart = torch.empty_like(some)
                self._layout.join(found.gradients, apart)
                gradients[who] = apart
            losses[who] = found.losses
        return losses, self._update(how, ahead, number)

    def _networks_in(self, parameters: Tensor) -> Networks:
        """The networks whose weights lie in some rows of parameters."""
        return Networks(self._key.network, self._layout.views(parameters))

    def _pass(self, now: StepInputs, networks: Networks, state: Sequence[State]) -> Pass:
        batch = now.batch
        if now.own is not None:
            first = self._key.feeding.first_own(batch.inputs.shape[1])
            inputs = own_inputs(networks, batch.inputs, now.own, first, state, now.masks)
            batch = replace(batch, inputs=inputs)
        return training_pass(
            networks, batch, self._key.loss, self._head, state, now.masks, now.rows
        )

    def _update(self, how: Settings, ahead: Corrections, number: int) -> Tensor:
        """Clip and take the gradients in the rows; their norms [K] before."""
        rows = self._rows
        gradients = rows["gradients"]
        norm: Tensor = torch.linalg.vector_norm(gradients, dim=1)
        largest = norm
        if how.clip_value is not None:
            clip_values_(gradients, how.clip_value)
            largest = torch.linalg.vector_norm(gradients, dim=1)
        if how.clip_norm is not None:
            clip_(gradients, largest, how.clip_norm)
        update_(
            how, rows["parameters"], gradients, rows["first"], rows.get("second"), ahead, number
        )
        return norm


def hold_(states: Sequence[Tensor], after: Sequence[State], carried: Tensor) -> None:
    """Keep the states after a step in their rows, zero of those who carry none.

    Args:
        states: Rows [K, layers * directions, B, H], a part of the state each.
        after: One a layer and direction, each part [K, B, H].
        carried: Whether a trial carries its state, bool [K, 1, 1].
    """
    for held, parts in zip(states, zip(*after, strict=True), strict=True):
        for layer, part in enumerate(parts):
            held[:, layer, :, : part.shape[-1]] = torch.where(carried, part, part.new_zeros(()))
