"""Which first stage a study has: one that judges reports as they come, or in virtual time."""

from __future__ import annotations

from rnnsearch.search.search_stage import SearchStage
from rnnsearch.search.stage import Stage
from rnnsearch.search.trial_judge import TrialJudge
from rnnsearch.search.virtual_stage import VirtualStage


def first_stage(trials: TrialJudge) -> Stage:
    """The first stage of a study; it goes on from what the ledger holds.

    Args:
        trials: Its rule knows no trial yet.
    """
    workers = trials.spec.search.together
    return SearchStage(trials) if workers is None else VirtualStage(trials, workers)
