"""Recurrent layers and whole training steps, compiled where they run by numba: no compiler.

`__init__` imports nothing, so that compiling ahead needs no torch, which takes longer to import.

parts       functions that are parts of an entry point
host        the processor's vector registers
vectors     sixteen floats as LLVM instructions: arithmetic, loads, loops
activations tanh, sigmoid, relu on them
tiles       matrix products on tiles of registers
moves       packing and transposing operands
products    whole matrix products out of tiles
cell        what a cell is: the tiles of one step forward, and what one step back is given
cell_*      the cells
layout      what a call is given, and the regions of its scratch buffer
member      one member of a layer: its steps forward, and its gradients
layer       a layer of many members; the entry points
head        the linear head and the loss of whole steps
update      norm, clip and optimizers over a row of parameters
step_layout what a call for whole optimizer steps is given, and its scratch buffer
steps       whole optimizer steps out of layers; the entry points
entry       compiling them
call        calling them
cache       compiled code on disk
checks      the debug build
function    the torch function
kernel      `CompiledKernel`, one layer
loop        layers that are fed their own outputs
step        `CompiledStep`, whole optimizer steps
warm        a child process that compiles ahead
"""
