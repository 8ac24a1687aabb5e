"""tanh, sigmoid and relu on vectors.

numpy's tanh and exp stay scalar in numba unless Intel's SVML is installed; these do not.
"""

from __future__ import annotations

from rnnsearch.training.kernels.compiled.vectors import Vector

# tanh(x) = x * P(x^2) / Q(x^2), the rational minimax approximation that Eigen and XLA use, of
# degree 13 over 6; beyond the bound the quotient is 1 in float32. Highest power first.
_BOUND = 7.99881172180175781
_NUMERATOR = (
    -2.76076847742355e-16,
    2.00018790482477e-13,
    -8.60467152213735e-11,
    5.12229709037114e-08,
    1.48572235717979e-05,
    6.37261928875436e-04,
    4.89352455891786e-03,
)
_DENOMINATOR = (
    1.19825839466702e-06,
    1.18534705686654e-04,
    2.26843463243900e-03,
    4.89352518554385e-03,
)


def tanh(x: Vector) -> Vector:
    """Hyperbolic tangent; largest absolute error 2.7e-7. NaN gives NaN."""
    x = x.clamp(_BOUND)
    square = x * x
    return x * _polynomial(square, _NUMERATOR) / _polynomial(square, _DENOMINATOR)


def sigmoid(x: Vector) -> Vector:
    """1 / (1 + exp(-x)), as tanh(x / 2) / 2 + 1 / 2."""
    return tanh(x * 0.5).times_plus(0.5, 0.5)


def relu(x: Vector) -> Vector:
    """max(x, 0), but NaN gives NaN."""
    return x.zero_where_not_positive(x)


def _polynomial(x: Vector, coefficients: tuple[float, ...]) -> Vector:
    first, second, *rest = coefficients
    total = (x * first) + second
    for coefficient in rest:
        total = total.times_plus(x, coefficient)
    return total
