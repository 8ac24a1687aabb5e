"""How many trials get a run of their own in MLflow: all, the best few, or none."""

from __future__ import annotations

import re

from rnnsearch.errors import InputError

ALL, NONE = "all", "none"
DEFAULT_RECORD = ALL
RANKS = 100
"""How many of the best trials have their rank as a tag, where all have runs."""
MOST = 10_000
"""The most runs that `top:N` may ask for."""

_TOP = re.compile(r"top:([1-9]\d*)")


def check_record(rule: str) -> str:
    """A rule as it is noted: `all`, `top:N` or `none`.

    Raises:
        InputError: It is none of these.
    """
    match = _TOP.fullmatch(rule)
    if rule in (ALL, NONE) or (match and int(match[1]) <= MOST):
        return rule
    raise InputError(
        f"--record: {rule!r} is neither `all`, `none` nor `top:N` with N from 1 to {MOST:,}. "
        "For runs of the best 200 trials: --record top:200"
    )


def limit_of(rule: str) -> int | None:
    """How many trials get a run at most; None for all of them."""
    match = _TOP.fullmatch(rule)
    return int(match[1]) if match else 0 if rule == NONE else None


def ranks_of(rule: str) -> int:
    """How many of the best trials are ranked in the records."""
    limit = limit_of(rule)
    return RANKS if limit is None else limit
