"""`CompiledStep`: whole optimizer steps of the plain networks, behind the stack's interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.models.cells import function_name
from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.kernels.base import LayerShape


class CompiledStep:
    """S optimizer steps of K networks in one call: numbers in, linear head, mean squared error.

    Any number of layers, with dropout between them.

    The equations are those of `forward`, `losses` and `optimizers`; sums are taken in another
    order, so bits differ from theirs. A member's bits do not depend on its company, nor on how
    its steps are divided among calls.

    Microseconds a member and step, one input and output, Adam, one core with AVX-512 that does 150
    to 168 GFLOP/s in `torch.mm`, at (units, batch, steps) = (16, 1, 49): rnn 3.6, gru 6.1, lstm
    7.6; at (64, 32, 50): 300, 970, 1330.

    Args:
        layer: The lowest one, its units padded to a multiple of 16; members, batch and steps are
            those of what `run` is given.
        layers: How many there are, all as wide.
        outputs: Of the head.
        configs: Of the members, all of SGD or none.
    """

    def __init__(
        self, layer: LayerShape, layers: int, outputs: int, configs: Sequence[TrainingConfig]
    ) -> None:
        self._layer, self._layers, self._outputs = layer, layers, outputs
        self._name = function_name(layer.cell, layer.nonlinearity)
        self._adaptive = configs[0].optimizer != "sgd"
        self._rates = np.array([[how.learning_rate for how in configs]], dtype=np.float64)
        # In the order of `Column`, which a machine without numba cannot import.
        self._settings = np.array(
            [
                (
                    how.beta1,
                    how.beta2,
                    how.momentum,
                    0.0 if how.optimizer == "adamw" else how.weight_decay,
                    how.weight_decay if how.optimizer == "adamw" else 0.0,
                    float("inf") if how.clip_norm is None else how.clip_norm,
                    float(how.carry_state),
                )
                for how in configs
            ],
            dtype=np.float64,
        )

    def run(
        self,
        inputs: Tensor,
        targets: Tensor,
        masks: Tensor | None,
        rows: Mapping[str, Tensor],
        factors: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Take the steps.

        A member whose loss or gradient norm is not finite stays as it was before that step, and
        its later losses and norms repeat those of it.

        Args:
            inputs: [S, K, T, B, I].
            targets: [S, K, T, B, O].
            masks: Factors of the outputs of every layer but the last, [layers - 1, S, K, T, B, H],
                each layer's contiguous; None for no dropout.
            rows: `parameters`, `first`, `second` (not for SGD) [K, N] in the order of `layout_of`;
                `powers` [K, 2], float64; `state0` and, of an `lstm`, `state1` [K, layers, B, H].
                Changed in place.
            factors: Of the learning rates, float64 [S, K]; None for one.

        Returns:
            Losses and gradient norms before clipping, [S, K].

        Raises:
            PackError: A tensor's shape or dtype is not what the others say, or it is not
                contiguous; the compiled code trusts them.
        """
        from rnnsearch.training.kernels.compiled.call import call_steps
        from rnnsearch.training.kernels.compiled.entry import compiled_cell
        from rnnsearch.training.kernels.compiled.step_layout import (
            StepNumbers,
            StepSizes,
            row_floats,
        )

        hidden = self._layer.hidden_size
        S, K, T, B, _ = inputs.shape
        sizes = StepSizes(
            members=K,
            updates=S,
            layers=self._layers,
            steps=T,
            batch=B,
            inputs=self._layer.input_size,
            outputs=self._outputs,
            hidden=hidden,
            row=0,
            adaptive=int(self._adaptive),
            mask=0 if masks is None else masks.stride(0),
            **compiled_cell(self._name).properties(hidden),
        )
        sizes = sizes._replace(row=row_floats(sizes))
        state = (K, self._layers, B, hidden)
        wanted: dict[str, tuple[int, ...]] = {
            "inputs": (S, K, T, B, sizes.inputs),
            "targets": (S, K, T, B, sizes.outputs),
            "parameters": (K, sizes.row),
            "first": (K, sizes.row),
            "state0": state,
        }
        found = {"inputs": inputs, "targets": targets, **rows}
        if self._adaptive:
            wanted["second"] = (K, sizes.row)
        if sizes.memory:
            wanted["state1"] = state
        if masks is not None:
            if len(masks) != self._layers - 1:
                raise PackError(f"masks of {len(masks)} layers between {self._layers}")
            wanted["masks"], found["masks"] = (S, K, T, B, hidden), masks[0]
        for name, expected in wanted.items():
            tensor = found[name]
            if tuple(tensor.shape) != expected or min(expected) < 1:
                raise PackError(f"{name} should be {expected}, is {tuple(tensor.shape)}")
            if tensor.dtype != torch.float32 or not tensor.is_contiguous():
                raise PackError(f"{name} should be contiguous float32, is {tensor.dtype}")
        if len(self._settings) != K:
            raise PackError(f"{K} members of {len(self._settings)} configs")
        # A carried state goes by other names there, and masks are of all layers.
        named: dict[str, Tensor | None] = {name: found[name] for name in wanted}
        named |= {"masks": masks, "h": named.pop("state0"), "c": named.pop("state1", None)}
        losses, norms = torch.empty(S, K), torch.empty(S, K)
        call_steps(
            self._name,
            sizes,
            named,
            StepNumbers(
                rates=self._rates_of(S, factors),
                settings=self._settings,
                powers=rows["powers"].numpy(),
                losses=losses.numpy(),
                norms=norms.numpy(),
            ),
        )
        return losses, norms

    def _rates_of(self, updates: int, factors: Tensor | None) -> NDArray[np.float64]:
        """Learning rates of every step, [S, K], contiguous."""
        shape = (updates, self._rates.shape[1])
        if factors is None:
            return np.repeat(self._rates, updates, axis=0)
        if tuple(factors.shape) != shape or factors.dtype != torch.float64:
            raise PackError(f"factors should be float64 {shape}, are {tuple(factors.shape)}")
        return np.ascontiguousarray(self._rates * factors.numpy())
