"""Recurrent layers and whole training steps, compiled by numba on the machine where they run.

The names in `__all__` are all that the rest of the program sees. They are imported when they are
first asked for, so that compiling ahead needs no torch, which takes longer to import.

insides     all that is taken from numba's insides
parts       functions that are parts of an entry point
host        the processor's vector registers
vectors     sixteen floats as LLVM instructions: arithmetic, loads, loops
activations tanh, sigmoid, relu on them
tiles       matrix products on tiles of registers
moves       packing and transposing operands
products    whole matrix products out of tiles
cell        what a cell is: one time step forward in tiles, one time step back, its properties
cell_*      the cells
layout      what a call is given, and the regions of its scratch buffer
member      one member of a layer: its time steps forward, and its gradients
layer       a layer of many members
head        the linear head and the loss of training steps
update      norm, clip and optimizers over a row of parameters
step_layout what a call for training steps is given, and its scratch buffer
steps       whole training steps out of layers
entry       the entry points, two for each cell, and compiling them
call        calling them
cache       compiled code on disk
checks      the debug build
kernel      `CompiledKernel`, one layer: its two passes on tensors
loop        layers that are fed their own outputs
step        `CompiledStep`, whole training steps
warm        a child process that compiles ahead
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnsearch.training.kernels.compiled.kernel import CompiledKernel, notes
    from rnnsearch.training.kernels.compiled.loop import closed_loop
    from rnnsearch.training.kernels.compiled.step import CompiledStep

__all__ = ["WARM", "CompiledKernel", "CompiledStep", "closed_loop", "notes"]

WARM = f"{__name__}.warm"
"""The module that a child process runs to compile ahead."""

_PLACES = {
    "CompiledKernel": "kernel",
    "CompiledStep": "step",
    "closed_loop": "loop",
    "notes": "kernel",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
