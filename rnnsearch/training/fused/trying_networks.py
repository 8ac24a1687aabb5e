"""Whether a person's network can be computed for several trials at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from rnnsearch.models.config import NetworkConfig
from rnnsearch.models.custom_module import first_tensors, network_tensors
from rnnsearch.models.custom_network import CustomNetwork, answer, drawn_inputs
from rnnsearch.models.network_config import takes
from rnnsearch.training.fused.calls import FusedNetwork, steadily
from rnnsearch.training.fused.streams import DroppingCalls
from rnnsearch.training.fused.trying import (
    BATCH,
    MOST_TRIED,
    STEPS,
    TRIALS,
    Verdict,
    gradients_of,
    still,
    tried,
)


@lru_cache(maxsize=MOST_TRIED)
def network_verdict(
    config: NetworkConfig,
    input_size: int,
    output_size: int,
    symbolic: bool,
    device: torch.device,
    dtype: torch.dtype,
) -> Verdict[FusedNetwork]:
    """Whether networks of one kind are fused, by a try that depends on the kind alone."""
    sizes = (input_size, output_size, symbolic)

    def module() -> CustomNetwork:
        return CustomNetwork(config, *sizes).to(device, dtype)

    def made(intercepted: bool) -> tuple[FusedNetwork, _Try]:
        fused = FusedNetwork(module(), intercepted=intercepted)
        return fused, _Try(fused, module(), config, sizes)

    return tried(made, dtype)


class _Try:
    """See `Tried`.

    Args:
        fused: With a module of its own.
        alone: Another module of the same network, as it is.
    """

    def __init__(
        self,
        fused: FusedNetwork,
        alone: CustomNetwork,
        config: NetworkConfig,
        sizes: tuple[int, int, bool],
    ) -> None:
        self._fused, self._alone = fused, alone
        self._trained = sorted(network_tensors(config, *sizes[:2]).weights)
        drawn = [first_tensors(config, *sizes[:2], seed) for seed in range(TRIALS)]
        kept = alone.tensors()
        self._tensors = [{name: one[name].to(kept[name]) for name in kept} for one in drawn]
        self._held = sorted(set(kept) - set(self._trained))
        x = drawn_inputs(sizes[0], sizes[2], TRIALS * BATCH, STEPS).to(alone.device)
        x = x if sizes[2] else x.to(alone.dtype)
        self._x = x.view(TRIALS, BATCH, *x.shape[1:])
        self._lengths: Tensor | None = None
        if "lengths" in takes(config.type):
            picks = torch.randint(1, STEPS + 1, (TRIALS, BATCH))
            self._lengths = picks.to(alone.device)
        lengths = None if self._lengths is None else self._lengths[0]
        still(alone)
        y, _ = answer(alone.inner, config.type, self._x[0], None, lengths)
        self._head = "every" if y.ndim == 3 else "last"
        self._rows = alone.start(TRIALS * BATCH)[0].view(TRIALS, BATCH, -1)
        self._begun = False
        self._pull = torch.randn(TRIALS, *self._one(0)[0].shape).to(self._rows)
        self._stateful = "state" in takes(config.type) and alone.form.width > 1

    def goes_on(self) -> bool:
        """See `Tried`."""
        if self._begun or not self._stateful:
            return False
        self._rows = torch.stack([self._one(trial)[1] for trial in range(TRIALS)])
        self._begun = True
        return True

    def _one(self, trial: int) -> tuple[Tensor, Tensor]:
        """What the network alone answers for a trial: outputs and rows of the states."""
        network = self._alone
        network.put(self._tensors[trial])
        lengths = None if self._lengths is None else self._lengths[trial]
        with DroppingCalls(), torch.enable_grad():
            outputs, after = network.asked(
                self._x[trial], self._rows[trial], self._head, lengths, begun=self._begun
            )
        return outputs, after.detach()

    def alone(self, trial: int) -> list[Tensor]:
        """See `Tried`."""
        outputs, after = self._one(trial)
        weights = self._alone.trained
        trained = [weights[name] for name in self._trained]
        gradients = gradients_of(outputs, trained, self._pull[trial])
        tensors = self._alone.tensors()
        held = [tensors[name].clone() for name in self._held]
        return [outputs.detach(), after, *gradients, *held]

    def together(self, trials: Sequence[int]) -> list[Tensor]:
        """See `Tried`."""
        picks = list(trials)
        stacked = {
            name: torch.stack([self._tensors[k][name] for k in picks]) for name in self._tensors[0]
        }
        for name in self._trained:
            stacked[name].requires_grad_()
        lengths = None if self._lengths is None else self._lengths[picks]
        with torch.enable_grad():
            outputs, after, held = self._fused(
                stacked,
                *(self._x[picks], self._rows[picks], self._head, lengths),
                begun=self._begun,
                training=True,
            )
            with steadily():
                trained = [stacked[name] for name in self._trained]
                gradients = gradients_of(outputs, trained, self._pull[picks])
        rest = [held[name] for name in self._held]
        return [outputs.detach(), after.detach(), *gradients, *rest]
