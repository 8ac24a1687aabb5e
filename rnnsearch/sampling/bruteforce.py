"""Brute force: every configuration of a finite space once, in an order drawn by the seed.

Whenever the study is ended, what was tried until then is a fair sample of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from rnnsearch.sampling.grid import listed, shuffled
from rnnsearch.sampling.sampler import Listing, Start

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, slots=True, kw_only=True)
class BruteforceConfig:
    """Tries every configuration of a finite space once, in random order."""

    learns: ClassVar = False
    type: Literal["bruteforce"] = "bruteforce"

    def most_trials(
        self, listing: Listing, first_trials: Sequence[Mapping[str, Any]], asked: int
    ) -> int | None:
        """How many configurations there are, with the first trials that are none of them.

        Raises:
            InputError: A range is continuous, or there are too many.
        """
        configurations = listed(listing, None, "bruteforce")
        return len(configurations) + sum(1 for one in first_trials if one not in configurations)

    def make(self, start: Start) -> BaseSampler:
        """Make a sampler that takes the configurations in an order drawn by the study's seed."""
        from rnnsearch.sampling.listed import ListedSampler

        configurations = listed(start.listing, None, "bruteforce")
        return ListedSampler(start.space, shuffled(configurations, start.seed))
