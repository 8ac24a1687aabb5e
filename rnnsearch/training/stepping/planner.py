"""What the next training steps of a crew read, computed for many of them at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.models.config import ModelConfig, is_custom
from rnnsearch.training import draws
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.step import StepInputs
from rnnsearch.training.stepping.stretch import Places, Stretch

AHEAD_BYTES = {"cpu": 2 << 20}
"""How many bytes of inputs, targets and masks are computed ahead at once. Small training steps
share an operator this way, and what is computed stays in the cache."""

OTHER_AHEAD_BYTES = 256 << 20
"""The same on an accelerator, where the launches of operators cost most; not measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is known of n training steps before they are taken.

    Attributes:
        ahead: What they read, each tensor [n, K, ...].
        factors: What the learning rates are multiplied with, float64 [n, K]; None where all
            factors are one.
    """

    ahead: StepInputs
    factors: Tensor | None

    def __len__(self) -> int:
        return len(self.ahead.batch.inputs)

    def inputs(self, number: int) -> StepInputs:
        """What one of the training steps reads, as views."""
        return self.ahead.each(lambda one: one[number])


class Planner:
    """Gathers the batches of a crew, and draws what is random in its training steps.

    That is: dropout masks, noise on the inputs, and which inputs own predictions replace.

    Args:
        configs: Of the crew's trials.
        rows: Views of the crew's rows; `seed` and `total` are read.
        most_ahead: How many training steps may be planned at once.
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
        models = [config.model for config in configs if isinstance(config.model, ModelConfig)]
        between = [model.dropout for model in models]  # custom networks drop by themselves
        last = [model.head_dropout for model in models]
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
        """How many training steps are planned at once."""

    def plans(self, ahead: Stretch) -> Iterator[Plan]:
        """Plans for all training steps of a stretch, each made when it is asked for."""
        for lo in range(0, len(ahead), self.ahead):
            yield self.plan(ahead.part(slice(lo, lo + self.ahead)))

    def plan(self, ahead: Stretch, longest: int | None = None, who: Places = slice(None)) -> Plan:
        """The plan for the training steps of a stretch.

        Args:
            longest: Time steps to which sequences are padded; None leaves it to the task.
            who: Which of the crew's trials the stretch is of.

        Raises:
            PackError: The task gave a batch of another shape than it was asked for, or padded
                the sequences of trials that carry their state.
        """
        steps, members, size = ahead.index.shape
        window = self._window if longest is None else replace(self._window, seq_len=longest)
        gathered = self._task.gather(ahead.index.reshape(steps * members, size), window)
        self._check(gathered.inputs, steps * members, size)
        if gathered.lengths is not None and self._carries:
            raise PackError(
                "training.carry_state cannot be true here: the task's sequences are whole and of"
                " unequal length, so no state leads from one to the next"
            )
        batch = gathered.in_steps(steps)
        shape = batch.inputs.shape[:4]
        if self._noise is not None:
            batch = replace(batch, inputs=self._noisy(batch.inputs, self._noise[who], who))
        masks = [self._mask(layer, drop, shape, who) for layer, drop in enumerate(self._drops)]
        if not any(self._drops):
            masks = []
        self_fed = self._self_fed(shape, ahead.self_fed_share, who)
        seeds = None
        if is_custom(self._network.cell):
            seeds = self._drawn(draws.MODULE, steps, 0, who)[0].view(steps, members)
        return Plan(StepInputs(batch, masks, self_fed, seeds=seeds), ahead.factors)

    def _check(self, inputs: Tensor, sequences: int, batch: int) -> None:
        """Refuse inputs of another shape or dtype than asked for, since kernels check nothing."""
        network = self._network
        inner = () if network.symbolic else (network.input_size,)
        expected = (sequences, inputs.shape[1], batch, *inner)
        kind = torch.int64 if network.symbolic else self._dtype
        if tuple(inputs.shape) != expected or inputs.dtype != kind:
            raise PackError(
                f"the task gave inputs of shape {tuple(inputs.shape)} in {inputs.dtype} where"
                f" {expected} in {kind} was asked for"
            )

    def _drawn(self, purpose: int, steps: int, count: int, who: Places) -> tuple[Tensor, Tensor]:
        """What `draws` needs to draw `count` numbers a trial in each of the next n training steps.

        Args:
            purpose: What they are for: the number of a layer for its dropout, or one of `draws`.

        Returns:
            Keys [n * K], and the hashed numbers [count] of the elements.
        """
        seeds = self._rows["seed"][who]
        if len(self._elements) < count:
            self._elements = draws.element_bits(count, seeds.device)
        numbers = self._rows["total"][who] + torch.arange(steps, device=seeds.device).unsqueeze(1)
        keys = draws.layer_keys(seeds, numbers, purpose).view(-1)
        return keys, self._elements[:count]

    def _mask(
        self, layer: int, drop: _Drop | None, shape: tuple[int, ...], who: Places
    ) -> Tensor | None:
        """A layer's dropout masks of the next n training steps; shape is [n, K, T, B]."""
        if drop is None:
            return None
        wide = (*shape, self._network.directions * self._network.widths[layer])
        keys, elements = self._drawn(layer, shape[0], math.prod(wide[2:]), who)
        limits, scales = drop.limits[who].repeat(shape[0]), drop.scales[who].repeat(shape[0])
        return draws.mask(keys, limits, scales, elements).view(wide)

    def _noisy(self, inputs: Tensor, deviations: Tensor, who: Places) -> Tensor:
        """Inputs [n, K, T, B, F] with noise; those of a trial without noise keep every bit.

        Args:
            deviations: The standard deviation of each trial's noise, [K].
        """
        keys, elements = self._drawn(draws.NOISE, len(inputs), inputs[0, 0].numel(), who)
        drawn = draws.gaussian(keys, elements, self._dtype).view(inputs.shape)
        return inputs + drawn * deviations.view(1, -1, 1, 1, 1)

    def _self_fed(self, shape: tuple[int, ...], share: Tensor | None, who: Places) -> Tensor | None:
        """Which inputs own predictions replace, bool [n, K, T, B]; None for none.

        Args:
            shape: [n, K, T, B].
            share: How many of the inputs, float64 [K]; None for all that may be replaced.
        """
        if self._feeding.kind == "teacher":
            return None
        first = self._feeding.first_self_fed(shape[2])
        later = torch.arange(shape[2], device=self._rows["seed"].device).view(1, 1, -1, 1) >= first
        if share is None:
            return later.expand(shape)
        keys, elements = self._drawn(draws.FEEDING, shape[0], math.prod(shape[2:]), who)
        thrown = draws.chosen(keys, share.repeat(shape[0]), elements)
        return thrown.view(shape) & later


@dataclass(frozen=True, slots=True, eq=False)
class _Drop:
    """How often a layer's outputs are dropped, a number a trial, in the form of `draws.mask`."""

    limits: Tensor
    scales: Tensor

    @classmethod
    def of(cls, rates: Sequence[float], device: torch.device, dtype: torch.dtype) -> _Drop:
        drops = torch.tensor(rates, dtype=torch.float64)
        return cls(draws.thresholds(drops).to(device), (1 / (1 - drops)).to(device, dtype))
