"""What a call that computes a layer is given, and how its scratch buffer is divided.

All numbers are int64 and reach the compiled code by value. An address is in bytes, and 0 stands for
a tensor that is absent. The scratch buffer is divided by one function that both sides run: Python
to know its size, the kernel to find its regions. G is the number of rows of the weight matrices.
"""

from __future__ import annotations

from typing import NamedTuple

from rnnsearch.training.kernels.compiled.parts import jit_and_python
from rnnsearch.training.kernels.compiled.vectors import FLOAT_BYTES, LANES

_CHUNK_ROWS = 128
"""How many rows of gate gradients are gathered before they are multiplied into the weight
gradients:
enough to pay for loading and storing those, few enough to stay in the second-level cache."""


class Sizes(NamedTuple):
    """The axes of a call's tensors, the properties of its cell, and what the call is to do."""

    members: int
    steps: int  # time steps, T
    batch: int
    inputs: int
    hidden: int
    gates: int  # rows of the weight matrices; from here to `gated` see `CompiledCell`
    apart: int  # last ones of these rows, whose recurrent side is kept apart
    memory: int  # 1: the state has a second part c
    gated: int  # 1: the backward pass needs the gates
    backward: int  # 0: outputs and last state; 1: gradients
    kept: int  # 1: the forward call keeps its gates in `Tensors.kept` for the backward call


class Tensors(NamedTuple):
    """Addresses of contiguous tensors, float32 but for the lengths; members are the first axis."""

    inputs: int  # [K, T, B, I]
    w_ih: int  # [K, G, I]
    w_hh: int  # [K, G, H]
    b_ih: int  # [K, G]
    b_hh: int  # [K, G]
    h_first: int  # [K, B, H]
    c_first: int  # [K, B, H], LSTM
    outputs: int  # [K, T, B, H]; written forward, read backward
    h_last: int  # [K, B, H]; written
    c_last: int  # [K, B, H]; written, LSTM
    lengths: int  # int64 [K, B], valid steps of each sequence; 0: all are valid
    kept: int  # [K, kept_floats]
    scratch: int


class Gradients(NamedTuple):
    """Addresses of gradients, each shaped as what it is the gradient in; all 0 in a forward
    call."""

    outputs: int  # read, as are the next two
    h_last: int  # 0: none flows in
    c_last: int
    inputs: int  # written, as are all below; 0: not wanted
    w_ih: int
    w_hh: int
    b_ih: int
    b_hh: int
    h_first: int
    c_first: int
    factors: int  # [T, B] read; then `outputs` is one row [H], and these its multiples


class Kept(NamedTuple):
    """Regions of what a member's forward pass leaves for its backward pass, [T, B, width] each."""

    gates: int  # width G: gates after their activations
    extra: int  # width H: LSTM tanh(c); GRU the recurrent term that the reset gate multiplies
    cells: int  # width H: LSTM c
    end: int


class Scratch(NamedTuple):
    """Regions of the scratch buffer. They serve one member at a time, and all members of a call."""

    input_panels: int  # [I, G] w_ih transposed, in panels unless there are few inputs
    recurrent_blocks: int  # [H, G] w_hh transposed, as the cell's tiles read it
    bias: int  # [G] what the sum of each gate's input side starts from
    kept: int  # if nothing is kept between calls, the backward call computes it again into here
    input_rows: int  # [G, I padded] w_ih, panels
    recurrent_rows: int  # [G, H] w_hh, panels
    d_hidden: int  # [B, H]
    d_cell: int  # [B, H]
    d_input_gates: int  # [chunk, G] gradients in the gates' input side
    d_recurrent_gates: int  # [chunk, G] those in their recurrent side; the same region if equal
    d_w_ih: int  # [I, G] transposed
    d_w_hh: int  # [H, G] transposed
    d_b_ih: int  # [G]
    d_b_hh: int  # [G]
    d_input_rows: int  # [chunk, I padded]
    packed: int  # operands of `add_transposed_product`
    compact: int  # [chunk, I or H]: its left operand without the sequences that have ended
    ones: int  # [16]
    end: int


@jit_and_python
def padded(count: int) -> int:
    """The next multiple of 16."""
    return (count + LANES - 1) // LANES * LANES


@jit_and_python
def chunk_steps(sizes: Sizes) -> int:
    """For how many time steps gate gradients are gathered before they are multiplied into the
    weight gradients. `member` takes more when some sequences have ended."""
    return max(1, min(sizes.steps, _CHUNK_ROWS // sizes.batch))


@jit_and_python
def after(address: int, floats: int) -> int:
    """Where the region behind one of so many floats starts. Between them is a gap of one vector, in
    which the checked build finds accesses."""
    return address + FLOAT_BYTES * (padded(floats) + LANES)


@jit_and_python
def divide_kept(start: int, sizes: Sizes) -> Kept:
    """The regions of one member; they are empty for a cell that needs nothing but its outputs."""
    rows = sizes.steps * sizes.batch
    extra = after(start, rows * sizes.gates) if sizes.gated else start
    cells = after(extra, rows * sizes.hidden) if sizes.gated else extra
    end = after(cells, rows * sizes.hidden) if sizes.memory else cells
    return Kept(start, extra, cells, end)


@jit_and_python
def divide_scratch(start: int, sizes: Sizes) -> Scratch:
    """The regions of the scratch buffer; a forward call uses those up to `kept` alone."""
    width, hidden, inputs = sizes.gates, sizes.hidden, sizes.inputs
    recurrent_blocks = after(start, inputs * width)
    bias = after(recurrent_blocks, hidden * width)
    kept = after(bias, width)
    input_rows = kept if sizes.kept else divide_kept(kept, sizes).end
    rows = chunk_steps(sizes) * sizes.batch
    widest = max(padded(inputs), hidden)
    recurrent_rows = after(input_rows, width * padded(inputs))
    d_hidden = after(recurrent_rows, width * hidden)
    d_cell = after(d_hidden, sizes.batch * hidden)
    d_input_gates = after(d_cell, sizes.batch * hidden)
    d_recurrent_gates = d_input_gates
    d_w_ih = after(d_input_gates, rows * width)
    if sizes.apart:
        d_recurrent_gates = d_w_ih
        d_w_ih = after(d_recurrent_gates, rows * width)
    d_w_hh = after(d_w_ih, inputs * width)
    d_b_ih = after(d_w_hh, hidden * width)
    d_b_hh = after(d_b_ih, width)
    d_input_rows = after(d_b_hh, width)
    packed = after(d_input_rows, rows * padded(inputs))
    compact = after(packed, rows * (widest + 64))
    ones = after(compact, rows * widest)
    end = after(ones, LANES)
    return Scratch(
        start, recurrent_blocks, bias, kept, input_rows, recurrent_rows, d_hidden, d_cell,
        d_input_gates, d_recurrent_gates, d_w_ih, d_w_hh, d_b_ih, d_b_hh, d_input_rows, packed,
        compact, ones, end,
    )  # fmt: skip
