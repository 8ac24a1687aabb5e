"""tanh, sigmoid and relu of vectors, several at once.

numpy's tanh and exp stay scalar in numba unless Intel's SVML is installed; these do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rnnsearch.training.kernels.compiled.vectors import Vector

# tanh(x) = x * P(x^2) / Q(x^2), the rational minimax approximation that Eigen and XLA use, of
# degree 13 over 6; beyond the bound the quotient is 1 in float32. Highest power first.
_BOUND = 7.99881172180175781
_SQUARE = 64.0
"""A bound for squares, above that of `_BOUND`: it changes no number, and it keeps a NaN out of
denominators, which share divisions with those of other sequences."""
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


def _of_half(coefficients: Sequence[float], scale: float) -> list[float]:
    """The polynomial of (x / 2)^2 as one of x^2, times a scale; exact for powers of two."""
    degree = len(coefficients) - 1
    return [scale * one / 4 ** (degree - n) for n, one in enumerate(coefficients)]


# sigmoid(x) - 1 / 2 = tanh(x / 2) / 2, as x times a quotient of polynomials of x^2
_HALF_NUMERATOR = _of_half(_NUMERATOR, 0.25)
_HALF_DENOMINATOR = _of_half(_DENOMINATOR, 1.0)

_TOGETHER = 4
"""How many quotients share a division, which takes the processor as long as all the products and
sums of one tanh."""

Activation = Callable[[Vector], "Ratio | Vector"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """numerator / denominator + offset, not divided yet; only the numerator may be NaN."""

    numerator: Vector
    denominator: Vector
    offset: float


def tanh(x: Vector) -> Ratio:
    """Hyperbolic tangent; largest absolute error 4e-7. NaN gives NaN."""
    x = x.clamp(_BOUND)
    square = (x * x).at_most(_SQUARE)
    upper, lower = _polynomial(square, _NUMERATOR), _polynomial(square, _DENOMINATOR)
    return Ratio(x * upper, lower, 0.0)


def sigmoid(x: Vector) -> Ratio:
    """1 / (1 + exp(-x)), as tanh(x / 2) / 2 + 1 / 2; the powers of two are in the coefficients."""
    x = x.clamp(2 * _BOUND)
    square = (x * x).at_most(4 * _SQUARE)
    upper, lower = _polynomial(square, _HALF_NUMERATOR), _polynomial(square, _HALF_DENOMINATOR)
    return Ratio(x * upper, lower, 0.5)


def relu(x: Vector) -> Vector:
    """max(x, 0), but NaN gives NaN."""
    return x.zero_where_not_positive(x)


def activated(pairs: Sequence[tuple[Activation, Vector]]) -> list[Vector]:
    """Each function of its vector. Neighbours share divisions, and a NaN still changes no other."""
    results: list[Vector] = []
    for start in range(0, len(pairs), _TOGETHER):
        values = [function(x) for function, x in pairs[start : start + _TOGETHER]]
        ratios = [value for value in values if isinstance(value, Ratio)]
        quotients = iter(_quotients(ratios)) if ratios else iter(())
        results += [next(quotients) if isinstance(value, Ratio) else value for value in values]
    return results


def _quotients(ratios: Sequence[Ratio]) -> list[Vector]:
    """All quotients with one division: the inverse of a product, times the other factors.

    P. L. Montgomery, "Speeding the Pollard and elliptic curve methods of factorization", 1987.
    Denominators are 0.0048 to 1, so that the product of four is far from underflow.
    """
    inverses = _inverses([ratio.denominator for ratio in ratios], None)
    return [
        ratio.numerator * inverse
        if not ratio.offset
        else ratio.numerator.times_plus(inverse, ratio.offset)
        for ratio, inverse in zip(ratios, inverses, strict=True)
    ]


def _inverses(factors: Sequence[Vector], of_product: Vector | None) -> list[Vector]:
    """1 / each factor; `of_product` is 1 / their product where it is known."""
    if len(factors) == 1:
        return [factors[0].inverse() if of_product is None else of_product]
    middle = len(factors) // 2
    halves = factors[:middle], factors[middle:]
    left, right = (_product(half) for half in halves)
    whole = (left * right).inverse() if of_product is None else of_product
    return [*_inverses(halves[0], whole * right), *_inverses(halves[1], whole * left)]


def _product(factors: Sequence[Vector]) -> Vector:
    total = factors[0]
    for factor in factors[1:]:
        total = total * factor
    return total


def _polynomial(x: Vector, coefficients: Sequence[float]) -> Vector:
    first, second, *rest = coefficients
    total = x.times_plus(first, second)
    for coefficient in rest:
        total = total.times_plus(x, coefficient)
    return total
