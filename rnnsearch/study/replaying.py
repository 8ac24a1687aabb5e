"""Another stopping rule on the curves of a study, by the keys of a space file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rnnsearch.errors import InputError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.goals.front import recorded_costs
from rnnsearch.search.ledger.report_order import reports_in_order
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.replay import Replay, replay
from rnnsearch.stopping.rule import Exploiting, StoppingRule
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
    _check_rules(read_spec(directory).stopping_rule(), spec.stopping_rule())
    last = int(spec.values["training.max_epochs"])
    order = reports_in_order(directory, trials)
    rule = spec.stopping_rule(recorded_costs(spec, trials))
    return replay(trials, order, rule, spec.search.goal, last, champion)


def _check_rules(recorded: StoppingRule, asked: StoppingRule) -> None:
    """Refuse rules by which trials go on as copies of others.

    Raises:
        InputError: The study's rule is one, or the other.
    """
    if isinstance(asked, Exploiting):
        raise InputError(
            "by this rule trials go on as copies of others, with other settings: how they would "
            "have gone on is on no recorded curve. Replay one that stops trials, such as asha."
        )
    if isinstance(recorded, Exploiting):
        raise InputError(
            "trials of this study went on as copies of others, so their curves are not those of "
            "separate trainings, on which another rule could be replayed."
        )
