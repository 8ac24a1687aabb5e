"""`CompiledKernel`: the compiled layer behind the kernels' common interface."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import torch
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.models.config import GATES
from rnnsearch.training.kernels.base import LayerShape, State

_MULTIPLE = 16  # units: `vectors.LANES`, which a machine without numba cannot import
_RNN_ENTRIES = ("rnn_tanh", "rnn_relu")


class CompiledKernel:
    """Recurrent layers in float32 on the CPU, compiled by numba for the machine at hand.

    When to take it, measured on one core with AVX-512 against torch's module alone, for a whole
    training step of one layer with a linear head under Adam, 1 to 32 members:

    - `rnn` and `gru`: at every shape tried, up to 512 units or 128 sequences; 90 and 200 times at
      (16 units, 1 sequence, 32 members), 2 to 4 times at (128 to 512 units, 16 to 128 sequences).
    - `lstm`: up to 256 units whatever the batch, and to 640 with 16 sequences or more; 33 times at
      (16, 1), 2.5 at (64, 32), 1.6 at (128, 32), 1.2 at (512, 64). Beyond, oneDNN's own LSTM is
      faster. Both run near what the core can multiply there.

    AVX2 takes the same time at 16 units and about 1.8 times as long at 64 and 128 units.
    """

    name = "compiled"
    ends = True

    def supports(self, layer: LayerShape) -> bool:
        """Whether `refusal` finds nothing against such a layer; not whether it is the fastest."""
        return not self.refusal(layer)

    def refusal(self, layer: LayerShape) -> str:
        """Why this kernel cannot compute such a layer here; empty where it can."""
        if layer.hidden_size % _MULTIPLE:
            return f"{layer.hidden_size} units are not a multiple of {_MULTIPLE}; pad them"
        return _host_refusal()

    def host_refusal(self) -> str:
        """Why this machine cannot run the kernels well; empty where it can."""
        return _host_refusal()

    def warm_up(self, cells: Iterable[str]) -> None:
        """Load or compile what such cells need, seconds a cell the first time on a machine.

        Another process that needs the same entry point waits until it is on disk.

        Args:
            cells: Of `rnn` (both nonlinearities), `rnn_tanh`, `rnn_relu`, `gru`, `lstm`.

        Raises:
            ValueError: For any other name.
        """
        from rnnsearch.training.kernels.compiled.entry import LAYERS, load

        names = [name for cell in cells for name in (_RNN_ENTRIES if cell == "rnn" else (cell,))]
        unknown = sorted(set(names) - set(LAYERS))
        if unknown:
            raise ValueError(f"no kernel for {unknown}; there are rnn, {', '.join(LAYERS)}")
        for name in names:
            load(name)

    def is_awaited(self, layer: LayerShape) -> bool:
        """Whether another process is compiling what such a layer needs, or is about to."""
        from rnnsearch.training.kernels.compiled.entry import is_awaited

        return is_awaited(entry_name(layer))

    def __call__(
        self,
        layer: LayerShape,
        inputs: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor,
        b_hh: Tensor,
        state: State,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """See `LayerKernel`. Without gradients to compute, nothing is kept for them.

        Raises:
            PackError: A tensor's shape, dtype or device is not what the layer says; the compiled
                code trusts them.
        """
        # numba takes a second to import, and may be missing where `supports` says no.
        from rnnsearch.training.kernels.compiled.function import CompiledLayer, run_forward

        operands = (inputs, w_ih, w_hh, b_ih, b_hh, *state)
        _require(layer, operands, lengths)
        lengths = None if lengths is None else lengths.contiguous()
        operands = tuple(operand.contiguous() for operand in operands)
        name = entry_name(layer)
        if torch.is_grad_enabled() and any(operand.requires_grad for operand in operands):
            outputs, *last = CompiledLayer.apply(  # type: ignore[no-untyped-call]
                name, lengths, *operands
            )
        else:
            outputs, *last = run_forward(name, operands, lengths)
        if lengths is not None:
            last = [part.detach() for part in last]
        return outputs, tuple(last)


def entry_name(layer: LayerShape) -> str:
    """The entry point that computes a layer."""
    return f"rnn_{layer.nonlinearity}" if layer.cell == "rnn" else layer.cell


def _require(layer: LayerShape, operands: tuple[Tensor, ...], lengths: Tensor | None) -> None:
    K, T, B = layer.members, layer.seq_len, layer.batch_size
    D, H = layer.input_size, layer.hidden_size
    G = GATES[layer.cell] * H
    states = 2 if layer.cell == "lstm" else 1
    shapes = [(K, T, B, D), (K, G, D), (K, G, H), (K, G), (K, G), *[(K, B, H)] * states]
    found = [tuple(operand.shape) for operand in operands]
    if found != shapes:
        raise PackError(f"{layer} needs tensors of shapes {shapes}; got {found}")
    if min(K, T, B, D, H) < 1 or H % _MULTIPLE:
        raise PackError(
            f"{layer} has an empty axis, or units that are not a multiple of {_MULTIPLE}"
        )
    if lengths is not None and not (
        lengths.shape == (K, B)
        and lengths.dtype == torch.int64
        and lengths.device.type == "cpu"
        and 0 <= int(lengths.min()) <= int(lengths.max()) <= T
    ):
        raise PackError(f"{layer} needs lengths from 0 to {T}, int64 [{K}, {B}] on the CPU")
    for operand in operands:
        if operand.dtype != torch.float32 or operand.device.type != "cpu":
            raise PackError(
                f"compiled kernels take float32 on the CPU, not {operand.dtype} on {operand.device}"
            )


@cache
def _host_refusal() -> str:
    """Why this machine cannot run the kernels well; empty where it can."""
    try:
        from rnnsearch.training.kernels.compiled import host
    except ImportError as error:
        return f"numba cannot be imported: {error}"
    return host.refusal()
