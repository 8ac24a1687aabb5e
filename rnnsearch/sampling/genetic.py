"""What NSGA-II and NSGA-III share: generations of all ended trials, kept in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.whole import WholeSpaceSampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import FrozenTrial


class GeneticSampler(WholeSpaceSampler):
    """Lets one of Optuna's genetic samplers propose; generations are kept in the ledger.

    Trials that it did not propose, such as first trials and those of another study, belong to the
    first generation.

    Args:
        inner: `NSGAIISampler` or `NSGAIIISampler`.
    """

    def __init__(self, inner: BaseSampler, start: Start) -> None:
        super().__init__(inner, start, self._in_generations)
        self._generation_key = f"{type(inner).__name__}:generation"

    def _in_generations(self, study: Study, trials: Sequence[FrozenTrial]) -> Sequence[FrozenTrial]:
        for one in trials:
            one.system_attrs.setdefault(self._generation_key, 0)
        return trials
