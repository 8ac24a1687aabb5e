"""What a row of gradients does to a row of parameters: norm, clip, Adam, AdamW, SGD.

The equations are those of `training.optimizers`, which are torch's. Rows are a multiple of sixteen
floats; the gaps in them hold zeros and stay at zero.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnsearch.training.kernels.compiled.parts import jit, jit_apart
from rnnsearch.training.kernels.compiled.step_layout import (
    COLUMN,
    StepScratch,
    StepSizes,
    StepTensors,
)
from rnnsearch.training.kernels.compiled.vectors import (
    FLOAT_BYTES,
    LANES,
    Address,
    Emitter,
    read_float,
    vector_intrinsic,
    write_float,
)


class Factors(NamedTuple):
    """Where the numbers of one update lie, in floats. A number that does not apply is neutral."""

    scale: int = 0  # of the gradient: the clip
    l2: int = 1
    shrink: int = 2  # of the parameters: decoupled weight decay
    rate: int = 3  # Adam: with the first bias correction
    blend1: int = 4  # 1 - beta1
    beta2: int = 5
    blend2: int = 6  # 1 - beta2
    inverse_root: int = 7  # 1 / sqrt(second bias correction)
    epsilon: int = 8
    momentum: int = 9


FACTORS = Factors()
_ADAM_EPSILON = 1e-8
_CLIP_EPSILON = 1e-6
_SUMS = 4
"""How many vectors of partial sums a norm has: an addition takes four cycles, and the next one to
the same sum has to wait for it."""


@vector_intrinsic
def _squares(code: Emitter, count: Address, row: Address, out: Address) -> None:
    """out [64] = partial sums of squares over `count` floats, a multiple of 16."""
    sums = [code.variable(code.zero()) for _ in range(_SUMS)]
    whole = code.builder.and_(count, count.type(-_SUMS * LANES))
    with code.loop(0, whole, _SUMS * LANES) as (n, _):
        for part, slot in enumerate(sums):
            x = code.load(code.shift(row, (n, 1), (part, LANES)))
            code.set(slot, code.get(slot).plus_product(x, x))
    with code.loop(whole, count, LANES) as (n, _):
        x = code.load(code.shift(row, (n, 1)))
        code.set(sums[0], code.get(sums[0]).plus_product(x, x))
    for part, slot in enumerate(sums):
        code.store(code.shift(out, (part, LANES)), code.get(slot))


@jit
def sum_of_squares(count: int, row: int, room: int) -> float:
    """The sum of squares of a row, in float32, which overflows where torch's norm does.

    Args:
        room: The address of 64 floats to work in.
    """
    _squares(count, row, room)
    total: float = read_float(room)
    for n in range(1, 4 * LANES):
        total += read_float(room + FLOAT_BYTES * n)
    return total


@vector_intrinsic
def adam(
    code: Emitter,
    count: Address,
    factors: Address,
    gradients: Address,
    parameters: Address,
    first: Address,
    second: Address,
) -> None:
    """Adam or AdamW over `count` floats, a multiple of 16; `factors` as `Factors` says."""
    scale, l2, shrink, rate, blend1, beta2, blend2, inverse_root, epsilon = (
        code.broadcast(code.shift(factors, (n, 1))) for n in FACTORS[:9]
    )
    with code.loop(0, count, LANES) as (n, _):
        rows = [code.shift(row, (n, 1)) for row in (gradients, parameters, first, second)]
        g, p, m, v = (code.load(row) for row in rows)
        p = p * shrink
        g = (g * scale).plus_product(p, l2)
        m = m.plus_product(blend1, g - m)
        v = (v * beta2).plus_product(g * g, blend2)
        denominator = epsilon.plus_product(v.root(), inverse_root)
        for row, value in zip(rows[1:], (p - rate * m / denominator, m, v), strict=True):
            code.store(row, value)


@vector_intrinsic
def sgd(
    code: Emitter,
    count: Address,
    factors: Address,
    gradients: Address,
    parameters: Address,
    first: Address,
) -> None:
    """Descent with momentum over `count` floats, a multiple of 16."""
    scale, l2, rate, momentum = (
        code.broadcast(code.shift(factors, (n, 1)))
        for n in (FACTORS.scale, FACTORS.l2, FACTORS.rate, FACTORS.momentum)
    )
    with code.loop(0, count, LANES) as (n, _):
        rows = [code.shift(row, (n, 1)) for row in (gradients, parameters, first)]
        g, p, m = (code.load(row) for row in rows)
        m = (g * scale).plus_product(p, l2).plus_product(m, momentum)
        code.store(rows[1], p - rate * m)
        code.store(rows[2], m)


@jit_apart
def update(
    sizes: StepSizes,
    at: StepTensors,
    scratch: StepScratch,
    norm: np.float32,
    rate: float,
    settings: NDArray[np.float64],
    powers: NDArray[np.float64],
) -> None:
    """Clip the gradients of one member and apply them to its parameters.

    Args:
        norm: Of the gradients, before clipping.
        rate: The learning rate.
        settings: The member's settings, by `COLUMN`.
        powers: beta1 and beta2 to the power of the training steps taken; they are advanced.
    """
    factors = scratch.factors
    clip = settings[COLUMN.clip_norm] / (norm + _CLIP_EPSILON)
    decay = rate * settings[COLUMN.decay]
    if sizes.adaptive:
        for n in range(2):
            powers[n] *= settings[COLUMN.beta1 + n]
        rate /= 1.0 - powers[0]
        root = 1.0 / math.sqrt(1.0 - powers[1])
        write_float(factors + FLOAT_BYTES * FACTORS.inverse_root, np.float32(root))
    beta1, beta2 = settings[COLUMN.beta1], settings[COLUMN.beta2]
    write_float(factors + FLOAT_BYTES * FACTORS.scale, np.float32(min(1.0, clip)))
    write_float(factors + FLOAT_BYTES * FACTORS.l2, np.float32(settings[COLUMN.l2]))
    write_float(factors + FLOAT_BYTES * FACTORS.shrink, np.float32(1.0 - decay))
    write_float(factors + FLOAT_BYTES * FACTORS.rate, np.float32(rate))
    write_float(factors + FLOAT_BYTES * FACTORS.blend1, np.float32(1.0 - beta1))
    write_float(factors + FLOAT_BYTES * FACTORS.beta2, np.float32(beta2))
    write_float(factors + FLOAT_BYTES * FACTORS.blend2, np.float32(1.0 - beta2))
    write_float(factors + FLOAT_BYTES * FACTORS.epsilon, np.float32(_ADAM_EPSILON))
    write_float(factors + FLOAT_BYTES * FACTORS.momentum, np.float32(settings[COLUMN.momentum]))
    if sizes.adaptive:
        adam(sizes.row, factors, scratch.gradients, at.parameters, at.first, at.second)
    else:
        sgd(sizes.row, factors, scratch.gradients, at.parameters, at.first)
