"""What the next steps of neighbouring rows need, computed for many steps at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.training import draws
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.step import StepInputs
from rnnsearch.training.stepping.stretch import Places, Stretch

AHEAD_BYTES = {"cpu": 2 << 20}
"""Inputs, targets and masks that are computed at once for the steps to come: many steps an
operator where they are small, and no more than stays in the cache."""

OTHER_AHEAD_BYTES = 256 << 20
"""The same on an accelerator, where launches are what costs; not measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is known before n steps are taken.

    Attributes:
        ahead: What they read, each tensor [n, K, ...].
        factors: Of the learning rates, float64 [n, K]; None where all are one.
    """

    ahead: StepInputs
    factors: Tensor | None

    def __len__(self) -> int:
        return len(self.ahead.batch.inputs)

    def inputs(self, number: int) -> StepInputs:
        """What one of the steps reads; views."""
        return self.ahead.each(lambda one: one[number])


class Planner:
    """Batches, and what is drawn for them: dropout masks, noise, and whose inputs are fed.

    Args:
        configs: Of the trials in these rows.
        rows: `seed` and `total` of the trials, views.
        most_ahead: Steps that may be planned at once.
    """

    def __init__(
        self,
        shared: Shared,
        configs: Sequence[TrialConfig],
        rows: Mapping[str, Tensor],
        most_ahead: int,
    ) -> None:
        self._task = shared.task
        self._network = network = shared.key.network
        self._window = window = shared.key.window
        self._feeding = shared.key.feeding
        self._rows = rows
        self._dtype = dtype = shared.dtype
        self._carries = any(config.training.carry_state for config in configs)
        device = shared.device
        between = [config.model.dropout for config in configs]
        last = [config.model.head_dropout for config in configs]
        rates = [between] * (network.num_layers - 1) + [last]
        self._drops = [_Drop.of(some, device, dtype) if any(some) else None for some in rates]
        """One a layer; a trial without dropout multiplies by one."""
        noises = [config.training.input_noise for config in configs]
        self._noise: Tensor | None = None
        """Standard deviations [K], where there is any."""
        if any(noises) and not network.symbolic:
            self._noise = torch.tensor(noises, dtype=dtype, device=device)
        self._elements = torch.empty(0, dtype=torch.int32, device=device)
        pairs = zip(self._drops, network.widths, strict=True)
        dropped = sum(network.directions * units for drop, units in pairs if drop is not None)
        width = network.input_size + network.output_size
        width = (2 if network.symbolic else width) + dropped
        numbers = (window.seq_len or 64) * window.batch_size * width * len(configs)
        room = AHEAD_BYTES.get(device.type, OTHER_AHEAD_BYTES)
        self.ahead = max(1, min(most_ahead, room // (8 * numbers)))
        """Steps that are planned at once."""

    def plans(self, ahead: Stretch) -> Iterator[Plan]:
        """Plans for all steps of a stretch, each made when it is asked for."""
        for lo in range(0, len(ahead), self.ahead):
            yield self.plan(ahead.part(slice(lo, lo + self.ahead)))

    def plan(self, ahead: Stretch, longest: int | None = None, who: Places = slice(None)) -> Plan:
        """For the steps of a stretch.

        Args:
            longest: Steps in time to which sequences are padded; None leaves it to the task.
            who: Of which of the trials the stretch is.

        Raises:
            PackError: The task gave what was not asked for, or padded sequences of trials that
                carry their state.
        """
        steps, members, size = ahead.index.shape
        window = self._window if longest is None else replace(self._window, seq_len=longest)
        found = self._task.gather(ahead.index.reshape(steps * members, size), window)
        self._check(found.inputs, steps * members, size)
        if found.lengths is not None and self._carries:
            raise PackError(
                "training.carry_state cannot be true here: the task's sequences are whole and of"
                " unequal length, so no state leads from one to the next"
            )
        batch = found.in_steps(steps)
        shape = batch.inputs.shape[:4]
        if self._noise is not None:
            batch = replace(batch, inputs=self._noisy(batch.inputs, self._noise[who], who))
        masks = [self._mask(layer, drop, shape, who) for layer, drop in enumerate(self._drops)]
        if not any(self._drops):
            masks = []
        own = self._own(shape, ahead.own_share, who)
        return Plan(StepInputs(batch, masks, own), ahead.factors)

    def _check(self, inputs: Tensor, sequences: int, batch: int) -> None:
        """Kernels trust the shapes that they are given."""
        network = self._network
        inner = () if network.symbolic else (network.input_size,)
        wanted = (sequences, inputs.shape[1], batch, *inner)
        kind = torch.int64 if network.symbolic else self._dtype
        if tuple(inputs.shape) != wanted or inputs.dtype != kind:
            raise PackError(
                f"the task gave inputs of shape {tuple(inputs.shape)} in {inputs.dtype} where"
                f" {wanted} in {kind} was asked for"
            )

    def _drawn(self, purpose: int, steps: int, count: int, who: Places) -> tuple[Tensor, Tensor]:
        """Keys [n * K] of a purpose in the next n steps, and hashed numbers of so many elements."""
        seeds = self._rows["seed"][who]
        if len(self._elements) < count:
            self._elements = draws.element_bits(count, seeds.device)
        numbers = self._rows["total"][who] + torch.arange(steps, device=seeds.device).unsqueeze(1)
        keys = draws.layer_keys(seeds, numbers, purpose).view(-1)
        return keys, self._elements[:count]

    def _mask(
        self, layer: int, drop: _Drop | None, shape: tuple[int, ...], who: Places
    ) -> Tensor | None:
        """Factors of a layer's outputs for the next n steps; shape is [n, K, T, B]."""
        if drop is None:
            return None
        wide = (*shape, self._network.directions * self._network.widths[layer])
        keys, elements = self._drawn(layer, shape[0], math.prod(wide[2:]), who)
        limits, scales = drop.limits[who].repeat(shape[0]), drop.scales[who].repeat(shape[0])
        return draws.mask(keys, limits, scales, elements).view(wide)

    def _noisy(self, inputs: Tensor, deviations: Tensor, who: Places) -> Tensor:
        """Inputs [n, K, T, B, F] with noise; those of a trial without noise keep every bit."""
        keys, elements = self._drawn(draws.NOISE, len(inputs), inputs[0, 0].numel(), who)
        drawn = draws.gaussian(keys, elements, self._dtype).view(inputs.shape)
        return inputs + drawn * deviations.view(1, -1, 1, 1, 1)

    def _own(self, shape: tuple[int, ...], share: Tensor | None, who: Places) -> Tensor | None:
        """Which inputs are own predictions, bool [n, K, T, B]."""
        if self._feeding.kind == "teacher":
            return None
        first = self._feeding.first_own(shape[2])
        later = torch.arange(shape[2], device=self._rows["seed"].device).view(1, 1, -1, 1) >= first
        if share is None:
            return later.expand(shape)
        keys, elements = self._drawn(draws.FEEDING, shape[0], math.prod(shape[2:]), who)
        thrown = draws.chosen(keys, share.repeat(shape[0]), elements)
        return thrown.view(shape) & later


@dataclass(frozen=True, slots=True, eq=False)
class _Drop:
    """How often a layer's outputs are dropped, a number a trial; as `draws.mask` takes it."""

    limits: Tensor
    scales: Tensor

    @classmethod
    def of(cls, rates: Sequence[float], device: torch.device, dtype: torch.dtype) -> _Drop:
        drops = torch.tensor(rates, dtype=torch.float64)
        return cls(draws.thresholds(drops).to(device), (1 / (1 - drops)).to(device, dtype))
