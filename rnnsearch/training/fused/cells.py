"""A layer of a cell that a person brought, computed for all trials of a stack at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from rnnsearch.models.custom import make_cell, state_sizes
from rnnsearch.training.fused.calls import Named, over_trials, steadily
from rnnsearch.training.fused.prepared import prepare
from rnnsearch.training.fused.streams import DroppingCalls, streaming
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
from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.traced import unrolled


class _Unrolled(nn.Module):
    """A cell over the time steps of one trial."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, inputs: Tensor, state: State, lengths: Tensor | None) -> Any:
        outputs, after = unrolled(self.cell, inputs, state, lengths)
        return torch.stack(outputs), tuple(after)


class FusedCell:
    """A person's cell, called for K trials at once.

    Args:
        cell: A module of its own for this, which is changed to be called so.
        intercepted: Whether calls of `functional.dropout` are to drop by our streams.

    Attributes:
        direct: As of `FusedNetwork`.
    """

    def __init__(self, cell: nn.Module, *, intercepted: bool) -> None:
        prepare(cell)
        self._unrolled = _Unrolled(cell)
        self._intercepted = intercepted
        self.direct = False

    def __call__(
        self,
        weights: Named,
        inputs: Tensor,
        state: State,
        lengths: Tensor | None,
        *,
        training: bool = False,
        seeds: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Outputs [K, T, B, H], and the state after the last valid time step.

        Args:
            weights: By the names of the cell's parameters, each [K, ...].
            inputs: [K, T, B, I].
            state: Each part [K, B, size].
            lengths: Int64 [K, B]; None where all time steps are valid.
            training: In which mode modules are.
            seeds: By which they drop in training, int32 [K]; None drops nothing.
        """
        self._unrolled.train(training)

        def one(
            own: Named, inputs: Tensor, state: State, lengths: Tensor | None, seed: Tensor | None
        ) -> tuple[Tensor, State]:
            given = {f"cell.{name}": tensor for name, tensor in own.items()}
            with streaming(seed):
                result: tuple[Tensor, State] = functional_call(
                    self._unrolled, given, (inputs, state, lengths)
                )
            return result

        with steadily(intercepted=self._intercepted):
            result: tuple[Tensor, State] = over_trials(
                one, weights, inputs, state, lengths, seeds, direct=self.direct
            )
        return result


@lru_cache(maxsize=MOST_TRIED)
def cell_verdict(
    path: str, input_size: int, hidden_size: int, device: torch.device, dtype: torch.dtype
) -> Verdict[FusedCell]:
    """Whether the layers of a cell are fused, by a try that depends on their shape alone."""

    def module() -> nn.Module:
        return make_cell(path, input_size, hidden_size).to(device, dtype)

    def made(intercepted: bool) -> tuple[FusedCell, _Try]:
        fused = FusedCell(module(), intercepted=intercepted)
        cells = [module() for _ in range(TRIALS)]
        x = torch.randn(TRIALS, STEPS, BATCH, input_size).to(device, dtype)
        state = tuple(
            torch.randn(TRIALS, BATCH, size).to(device, dtype)
            for size in state_sizes(path, 1, hidden_size)
        )
        return fused, _Try(fused, cells, x, state)

    return tried(made, dtype)


class _Try:
    """See `Tried`.

    Args:
        fused: With a module of its own.
        cells: Of each trial, as they are.
        inputs: [K, T, B, I].
        state: Each part [K, B, size].
    """

    def __init__(
        self, fused: FusedCell, cells: Sequence[nn.Module], inputs: Tensor, state: State
    ) -> None:
        self._fused, self._cells = fused, cells
        self._inputs, self._state = inputs, state
        for cell in cells:
            still(cell)
        self._weights = [dict(cell.named_parameters()) for cell in cells]
        self._pull = torch.randn(inputs.shape[0], STEPS, BATCH, self._one(0)[0].shape[-1])
        self._pull = self._pull.to(inputs)

    def _one(self, trial: int) -> tuple[Tensor, State]:
        state = tuple(part[trial] for part in self._state)
        with DroppingCalls(), torch.enable_grad():
            outputs, after = unrolled(self._cells[trial], self._inputs[trial], state, None)
        return torch.stack(outputs), after

    def alone(self, trial: int) -> list[Tensor]:
        """See `Tried`."""
        outputs, after = self._one(trial)
        gradients = gradients_of(outputs, self._weights[trial].values(), self._pull[trial])
        return [outputs.detach(), *(part.detach() for part in after), *gradients]

    def together(self, trials: Sequence[int]) -> list[Tensor]:
        """See `Tried`."""
        picks = list(trials)
        stacked = {
            name: torch.stack([self._weights[k][name].detach() for k in picks]).requires_grad_()
            for name in self._weights[0]
        }
        state = tuple(part[picks] for part in self._state)
        with torch.enable_grad():
            outputs, after = self._fused(stacked, self._inputs[picks], state, None, training=True)
            with steadily():
                gradients = gradients_of(outputs, stacked.values(), self._pull[picks])
        return [outputs.detach(), *(part.detach() for part in after), *gradients]

    def goes_on(self) -> bool:
        """See `Tried`: the states are drawn to begin with."""
        return False
