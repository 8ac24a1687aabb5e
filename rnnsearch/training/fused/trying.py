"""Whether a person's module can be computed for several trials at once: found out by a try.

Numbers are drawn for a few trials, and the module is called with them in both ways. It is fused
only if outputs, states, gradients and buffers agree, and no bit of a trial's hangs on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from rnnsearch.custom_code import blame, place_of
from rnnsearch.errors import ModelError
from rnnsearch.training.fused.refusal import NotFusedError
from rnnsearch.training.fused.steady import flat_products

MOST_TRIED = 128
"""Kinds of modules whose verdicts are kept, each with a module; more are seldom in one pack."""

TRIALS, BATCH, STEPS = 3, 3, 5
LOOKED_AT = 2
ALONE = (2,)
COMPANIES = (ALONE, (2, 0), (0, 2, 2, 1, 2))
"""In which the bits of the trial `LOOKED_AT` are compared, where it first stands."""

TOLERANCES = {torch.float64: 1e-9}
ELSE = 1e-4
"""How far fused numbers may be off, as a share of the largest: what is wrong is off by far more."""


class Direct(Protocol):
    """What calls several trials at once, and a single one without `vmap` where told so."""

    direct: bool


Fused = TypeVar("Fused", bound=Direct)


@dataclass(frozen=True, slots=True, eq=False)
class Verdict(Generic[Fused]):
    """How the trials of a kind are computed.

    Attributes:
        fused: Calls all of them at once; None where they are called one after the other.
        reason: Why they are, for a person; else empty.
    """

    fused: Fused | None
    reason: str = ""


class Tried(Protocol):
    """The same numbers through a module alone and through a fused one, both in training mode.

    Nothing is dropped. Results are outputs, states, gradients and what is held beside the weights.
    """

    def alone(self, trial: int) -> list[Tensor]:
        """The results of one of `TRIALS` trials by itself."""

    def together(self, trials: Sequence[int]) -> list[Tensor]:
        """The results of some trials together, each [K, ...]."""

    def goes_on(self) -> bool:
        """Go on from the states that the trials are left with; whether there are any."""


def tried(made: Callable[[bool], tuple[Fused, Tried]], dtype: torch.dtype) -> Verdict[Fused]:
    """Whether modules of one kind can be fused.

    Args:
        made: Makes what is fused and its try, and is told whether calls of `functional.dropout`
            are to be intercepted. It draws from torch's generator, which is seeded for it.
        dtype: Of the weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for intercepted in (False, True):
            fused: Fused | None = None
            try:
                fused, one = made(intercepted)
                reason = _difference(fused, one, TOLERANCES.get(dtype, ELSE))
            except (Exception, SystemExit) as error:
                # Where the module itself raises it will in training too, and is shown then.
                reason = _why(error)
                if DRAWS in str(error):
                    continue
            break
    return Verdict(None if reason else fused, reason)


def gradients_of(outputs: Tensor, weights: Iterable[Tensor], pull: Tensor) -> list[Tensor]:
    """The gradients in weights, zeros in those that nothing leads to.

    Args:
        pull: The gradient in the outputs.
    """
    some = torch.autograd.grad(
        outputs, list(weights), pull, allow_unused=True, materialize_grads=True
    )
    return list(some)


def still(module: nn.Module) -> None:
    """Put a module of torch's into training mode, but for dropout."""
    module.train()
    for one in module.modules():
        if isinstance(one, _DropoutNd):
            one.eval()
        elif isinstance(one, nn.RNNBase):
            one.dropout = 0.0


def _difference(fused: Direct, one: Tried, tolerance: float) -> str:
    """What speaks against fusing, in words; empty for nothing. It sets `fused.direct`."""
    fused.direct = True
    while True:
        together = one.together(range(TRIALS))
        for trial in range(TRIALS):
            for wanted, stacked in zip(one.alone(trial), together, strict=True):
                if not _near(stacked[trial], wanted, tolerance):
                    return "computed with others, it gives other numbers"
        before = flat_products()
        if fused.direct:
            same = _same(together, one.together(ALONE), 0)
            fused.direct = same and flat_products() == before
        for company in COMPANIES:
            if not _same(together, one.together(company), company.index(LOOKED_AT)):
                return "its last bits hang on which trials stand beside it"
        if not one.goes_on():
            return ""


def _same(together: Sequence[Tensor], others: Sequence[Tensor], place: int) -> bool:
    """Whether the trial `LOOKED_AT` has the same bits at some place among others."""
    pairs = zip(together, others, strict=True)
    return all(torch.equal(one[LOOKED_AT], other[place]) for one, other in pairs)


def _near(ours: Tensor, wanted: Tensor, tolerance: float) -> bool:
    """Whether numbers agree, but for rounding."""
    if ours.shape != wanted.shape:
        return False
    size = float(wanted.abs().max()) if wanted.numel() else 0.0
    return torch.allclose(
        ours.double(), wanted.double(), rtol=0.0, atol=tolerance * max(size, 1e-6), equal_nan=True
    )


DRAWS = "random"
"""What errors of `vmap` say of operators that draw random numbers."""

REASONS = (
    ("data-dependent control flow", "it looks at the values of a tensor"),
    (".item()", "it looks at the values of a tensor"),
    (DRAWS, "it draws random numbers otherwise than by nn.Dropout and functional.dropout"),
)
"""What errors of `vmap` say, and what that means."""


def _why(error: BaseException) -> str:
    """Why a module cannot be fused, with the line at which it ended."""
    cause = error.__cause__ if isinstance(error, ModelError) and error.__cause__ else error
    text = str(cause)
    place = place_of(cause)
    for phrase, meant in REASONS:
        if phrase in text:
            return f"{meant} ({place})" if place else meant
    if isinstance(cause, NotFusedError):
        return f"{text} ({place})" if place else text
    return blame(cause).split(chr(10))[0]
