"""Another stopping rule on the curves of a study, by the keys of a space file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rnnsearch.search.ledger.report_order import reports_in_order
from rnnsearch.search.replay import Replay, replay
from rnnsearch.study.code import read_spec

if TYPE_CHECKING:
    from rnnsearch.study.result import StudyResult


def replayed(result: StudyResult, scheduler: str | Mapping[str, Any]) -> Replay:
    """See `StudyResult.replay`."""
    words = scheduler if isinstance(scheduler, str) else json.dumps(scheduler)
    if not words.lstrip().startswith("{"):
        words = json.dumps({"type": words.strip()})
    spec = read_spec(result.directory, [f"search.scheduler={words}"])
    champion = result.champion
    return replay(
        result.trials,
        reports_in_order(result.directory, result.trials),
        spec.stopping_rule(),
        spec.search.goal,
        int(spec.values["training.max_epochs"]),
        None if champion is None else champion.number,
    )
