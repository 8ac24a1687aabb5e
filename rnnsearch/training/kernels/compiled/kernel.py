"""`CompiledKernel`: the compiled layers as a `LayerKernel`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from rnnsearch.models.cells import CELLS, function_name
from rnnsearch.training.kernels.base import Grads, LayerKernel, LayerShape, Operands, Saved, State
from rnnsearch.training.kernels.compiled import buffer_pool

_log = logging.getLogger(__name__)

_MULTIPLE = 16  # units: `vectors.LANES`, which a machine without numba cannot import

OPERANDS = ("inputs", "w_ih", "w_hh", "b_ih", "b_hh", "h_first", "c_first")
RESULTS = ("outputs", "h_last", "c_last")


class CompiledKernel(LayerKernel):
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
    whole_steps = True
    trusting = True

    def supports(self, layer: LayerShape) -> bool:
        """Whether this kernel can compute such a layer here; not whether it is the fastest to do
        so."""
        return not self.refusal(layer)

    def refusal(self, layer: LayerShape) -> str:
        """Why this kernel cannot compute such a layer on this machine; empty if it can."""
        if self.name not in CELLS[layer.cell].kernels:
            return f"there is no kernel for {layer.cell}"
        if layer.hidden_size % _MULTIPLE:
            return f"{layer.hidden_size} units are not a multiple of {_MULTIPLE}; pad them"
        return _host_refusal()

    def awaited(self, layer: LayerShape) -> bool:
        """See `LayerKernel`."""
        from rnnsearch.training.kernels.compiled.entry import is_awaited

        return is_awaited(entry_name(layer))

    # numba takes a second to import, and may be missing where `supports` says no.

    def forward(
        self,
        layer: LayerShape,
        operands: Operands,
        lengths: Tensor | None = None,
        *,
        keep: bool = True,
    ) -> tuple[Tensor, State, Saved]:
        """See `LayerKernel`."""
        from rnnsearch.training.kernels.compiled import call

        operands = [operand.contiguous() for operand in operands]
        lengths = None if lengths is None else lengths.contiguous()
        name = entry_name(layer)
        sizes = call.sizes_of(name, operands, backward=False, kept=keep)
        kept = call.room_to_keep(sizes) if keep else None
        state = operands[5:]
        outputs = operands[0].new_empty((*operands[0].shape[:3], state[0].shape[-1]))
        last = tuple(map(torch.empty_like, state))
        tensors: dict[str, Tensor | None] = dict(zip(OPERANDS, operands, strict=False))
        tensors.update(zip(RESULTS, (outputs, *last), strict=False))
        tensors |= {"kept": kept, "lengths": lengths}
        call.call(name, sizes._replace(kept=int(kept is not None)), tensors, {})
        return outputs, last, Saved((*operands, outputs), lengths, kept)

    def backward(
        self, layer: LayerShape, saved: Saved, grad: Tensor, last: Grads, wanted: Sequence[bool]
    ) -> Grads:
        """See `LayerKernel`; with lengths no gradient may arrive at the states."""
        from rnnsearch.training.kernels.compiled import call

        *operands, outputs = saved.tensors
        kept: Tensor | None = saved.other
        # Gradients of weights and biases come in one pass; those of inputs and state only if asked.
        of_operands: list[Tensor | None] = [
            torch.empty_like(operand) if wanted[n] or 1 <= n <= 4 else None
            for n, operand in enumerate(operands)
        ]
        tensors: dict[str, Tensor | None] = dict(zip(OPERANDS, operands, strict=False))
        tensors |= {"outputs": outputs, "kept": kept, "lengths": saved.lengths}
        if of_operands[0] is not None and saved.lengths is not None:
            of_operands[0].zero_()  # behind the ends nobody writes
        gradients: dict[str, Tensor | None] = dict(zip(OPERANDS, of_operands, strict=False))
        for result, arriving in zip(RESULTS, (grad, *last), strict=False):
            gradients[result] = None if arriving is None else arriving.contiguous()
        name = entry_name(layer)
        sizes = call.sizes_of(name, operands, backward=True, kept=kept is not None)
        if sizes.memory and wanted[5] != wanted[6]:
            for n, operand_name in ((5, "h_first"), (6, "c_first")):
                gradients[operand_name] = of_operands[n] = torch.empty_like(operands[n])
        call.call(name, sizes, tensors, gradients)
        if kept is not None:
            # Another pass over the same numbers, which is rare, computes the gates again.
            buffer_pool.give_back(kept)
            saved.other = None
        return tuple(one if wanted[n] else None for n, one in enumerate(of_operands))


def entry_name(layer: LayerShape) -> str:
    """The name of the entry point that computes a layer."""
    return function_name(layer.cell, layer.nonlinearity)


def notes() -> list[str]:
    """Lines for a person on why layers are not compiled here, or not kept on disk."""
    if refusal := _host_refusal():
        return [f"compiled kernels are not used: {refusal}"]
    from rnnsearch.training.kernels.compiled.cache import refused_folders

    return refused_folders()


@cache
def _host_refusal() -> str:
    """Why this machine cannot run the kernels well; empty if it can.

    That numba is missing, or has changed what the kernels use of it, is logged once a process,
    since training goes on with torch's operations and takes longer.
    """
    try:
        from rnnsearch.training.kernels.compiled import host
    except ImportError as error:
        _log.warning("compiled kernels are not used: %s", error)
        return str(error)
    return host.refusal()
