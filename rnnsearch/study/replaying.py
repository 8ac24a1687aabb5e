"""Another stopping rule on the curves of a study, by the keys of a space file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.goals.front import recorded_costs
from rnnsearch.search.ledger.report_order import reports_in_order
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.replay import Replay, replay
from rnnsearch.study.code import read_spec


def replayed(
    directory: StudyDirectory,
    trials: Sequence[TrialRecord],
    champion: int | None,
    scheduler: str | Mapping[str, Any],
) -> Replay:
    """See `StudyResult.replay`.

    Args:
        trials: All trials of the study by number.
        champion: The number of its champion's trial, if it has one.
    """
    words = scheduler if isinstance(scheduler, str) else json.dumps(scheduler)
    if not words.lstrip().startswith("{"):
        words = json.dumps({"type": words.strip()})
    spec = read_spec(directory, [f"search.scheduler={words}"])
    last = int(spec.values["training.max_epochs"])
    order = reports_in_order(directory, trials)
    rule = spec.stopping_rule(recorded_costs(spec, trials))
    return replay(trials, order, rule, spec.search.goal, last, champion)
