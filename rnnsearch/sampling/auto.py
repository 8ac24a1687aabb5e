"""The sampler that chooses one, by a rule from the space and the number of trials alone.

In this order, where "fields" are those that have more than one value:

1. all configurations fit into the trials: `bruteforce`;
2. fewer than 20 trials: `qmc`, since there is too little to learn from;
3. more than a quarter of the fields under a `when`: `tpe`, which alone models them by themselves;
4. up to 200 trials, up to 12 fields: `gp`;
5. from 300 to 2,000 trials, at least two thirds of the fields numbers: `cmaes`, of which a proposal
   takes longer the more trials there are;
6. else `tpe`.

The choice and its reason are printed and recorded. Both follow from the file, so that every run of
a study has the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rnnsearch.sampling.bruteforce import BruteforceConfig
from rnnsearch.sampling.cmaes import CmaesConfig
from rnnsearch.sampling.gp import GpConfig
from rnnsearch.sampling.qmc import QmcConfig
from rnnsearch.sampling.sampler import Listing, SamplerConfig, Start
from rnnsearch.sampling.tpe import TpeConfig

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

FEW, GP_TRIALS, GP_FIELDS, CMA_SHARE, CONDITIONAL = 20, 200, 12, 2 / 3, 1 / 4
CMA_TRIALS = range(300, 2001)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoConfig:
    """Chooses among the others by the number of trials and the fields of the space."""

    type: Literal["auto"] = "auto"

    def most_trials(
        self, listing: Listing, first_trials: Sequence[Mapping[str, Any]], asked: int
    ) -> int | None:
        """How many configurations there are, where all of them are tried."""
        configurations = listing(None)
        if configurations is None or len(configurations) > asked:
            return None
        return BruteforceConfig().most_trials(listing, first_trials, asked)

    def make(self, start: Start) -> BaseSampler:
        """Make the sampler that the rule chooses."""
        config, why = chosen(start)
        start.say(f"the sampler auto takes {config.type}: {why}")  # type: ignore[attr-defined]
        return config.make(start)


def chosen(start: Start) -> tuple[SamplerConfig, str]:
    """The sampler of a study, and why it is this one."""
    from optuna.distributions import CategoricalDistribution

    fields = [one for one in start.space.values() if not one.single()]
    numbers = sum(1 for one in fields if not isinstance(one, CategoricalDistribution))
    size = f"{len(fields)} fields and {start.trials:,} trials"
    configurations = start.listing(None)
    if configurations is not None and len(configurations) <= start.trials:
        return BruteforceConfig(), f"all {len(configurations):,} configurations fit"
    if start.trials < FEW:
        return QmcConfig(), f"{start.trials} trials are too few to learn from"
    if len(start.conditional) > CONDITIONAL * len(fields):
        return TpeConfig(), f"{size}, {len(start.conditional)} of the fields under a when"
    if start.trials <= GP_TRIALS and len(fields) <= GP_FIELDS:
        return GpConfig(), size
    if start.trials in CMA_TRIALS and numbers >= CMA_SHARE * len(fields):
        return CmaesConfig(), f"{size}, {numbers} of the fields numbers"
    return TpeConfig(), size
