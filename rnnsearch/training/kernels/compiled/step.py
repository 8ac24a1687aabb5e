"""`CompiledStep`: whole training steps of plain networks, from tensors to tensors."""

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
    """S training steps of K networks in one call: numbers in, linear head, mean squared error.

    A network has any number of layers, with dropout between them.

    The equations are those of `forward`, `losses` and `optimizers`; sums are taken in another
    order, so bits differ from theirs. A member's bits do not depend on the other members, nor on
    how its training steps are divided among calls.

    Microseconds for a training step of one member, with one input and output, Adam, one core with
    AVX-512 that does 150 to 168 GFLOP/s in `torch.mm`, at (units, batch, steps) = (16, 1, 49): rnn
    3.6, gru 6.1, lstm 7.6; at (64, 32, 50): 300, 970, 1330.

    Args:
        layer: The shape of the lowest layer, its units padded to a multiple of 16. Members, batch
            and time steps are taken from what `run` is given.
        layers: How many layers there are, all of one width.
        outputs: How many outputs the head has.
        configs: The training configs of the members; all use SGD, or none does.
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
        """Take the training steps.

        A member whose loss or gradient norm is not finite stays as it was before that training
        step, and its later losses and norms repeat that step's.

        Args:
            inputs: [S, K, T, B, I].
            targets: [S, K, T, B, O].
            masks: Factors of the outputs of every layer but the last, [layers - 1, S, K, T, B, H],
                each layer's contiguous; None for no dropout.
            rows: `parameters`, `first`, `second` (not for SGD) [K, N] in the order of `layout_of`;
                `powers` [K, 2], float64; `state0` and, of an `lstm`, `state1` [K, layers, B, H].
                Changed in place.
            factors: What the learning rates are multiplied by, float64 [S, K]; None for one.

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
        shapes: dict[str, tuple[int, ...]] = {
            "inputs": (S, K, T, B, sizes.inputs),
            "targets": (S, K, T, B, sizes.outputs),
            "parameters": (K, sizes.row),
            "first": (K, sizes.row),
            "state0": state,
        }
        tensors = {"inputs": inputs, "targets": targets, **rows}
        if self._adaptive:
            shapes["second"] = (K, sizes.row)
        if sizes.memory:
            shapes["state1"] = state
        if masks is not None:
            if len(masks) != self._layers - 1:
                raise PackError(f"masks of {len(masks)} layers between {self._layers}")
            shapes["masks"], tensors["masks"] = (S, K, T, B, hidden), masks[0]
        for name, expected in shapes.items():
            tensor = tensors[name]
            if tuple(tensor.shape) != expected or min(expected) < 1:
                raise PackError(f"{name} should be {expected}, is {tuple(tensor.shape)}")
            if tensor.dtype != torch.float32 or not tensor.is_contiguous():
                raise PackError(f"{name} should be contiguous float32, is {tensor.dtype}")
        if len(self._settings) != K:
            raise PackError(f"{K} members of {len(self._settings)} configs")
        # A state goes by other names there; the first layer's masks lie before all the others.
        names = {"state0": "h", "state1": "c"}
        losses, norms = torch.empty(S, K), torch.empty(S, K)
        call_steps(
            self._name,
            sizes,
            {names.get(name, name): tensors[name] for name in shapes} | {"masks": masks},
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
        """The learning rates of every training step, [S, K], contiguous."""
        shape = (updates, self._rates.shape[1])
        if factors is None:
            return np.repeat(self._rates, updates, axis=0)
        if tuple(factors.shape) != shape or factors.dtype != torch.float64:
            raise PackError(f"factors should be float64 {shape}, are {tuple(factors.shape)}")
        return np.ascontiguousarray(self._rates * factors.numpy())
