"""Rows of MLflow's database, held against the ledger of the study that they tell of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from rnnsearch.study.result import StudyResult

Query = Callable[[str], list[tuple[object, ...]]]


def check_ledger_rows(query: Query, result: StudyResult, most: int | None = None) -> None:
    """Each trial that has begun has one run, with its state, parameters and whole curve.

    Args:
        query: Answers SQL. The store holds this study alone.
        most: How many of the best have runs; None where all have.
    """
    ranking = [row["number"] for row in result.leaderboard() if row.get("number") is not None]
    begun = [one.number for one in result.trials if one.attempts or one.state != "waiting"]
    numbers = begun if most is None else ranking[:most]
    runs = query(
        "select n.value, n.run_uuid, r.status from tags n "
        "join tags k on k.run_uuid = n.run_uuid and k.key = 'rnnsearch.kind' "
        "join runs r on r.run_uuid = n.run_uuid and r.lifecycle_stage = 'active' "
        "where n.key = 'rnnsearch.trial' and k.value = 'trial'"
    )
    assert Counter(int(str(number)) for number, _, _ in runs) == Counter(numbers)
    metric = result.spec.search.metric
    for number, run, status in runs:
        trial = next(one for one in result.trials if one.number == int(str(number)))
        tags = dict(query(f"select key, value from tags where run_uuid = '{run}'"))
        assert tags["state"] == trial.state, number
        assert status in ("FINISHED", "FAILED", "KILLED"), number
        params = dict(query(f"select key, value from params where run_uuid = '{run}'"))
        assert set(trial.params) <= set(params), number
        curve = query(
            f"select step, value from metrics where run_uuid = '{run}' and key = '{metric}'"
        )
        assert Counter(int(str(step)) for step, _ in curve) == Counter(list(trial.values_by_epoch))
        assert all(value == trial.values_by_epoch[int(str(step))] for step, value in curve), number
    (study,) = query(
        "select t.run_uuid from tags t join runs r on r.run_uuid = t.run_uuid "
        "where t.key = 'rnnsearch.kind' and t.value = 'study' and r.lifecycle_stage = 'active'"
    )
    tags = dict(query(f"select key, value from tags where run_uuid = '{study[0]}'"))
    counts = {name: int(str(tags.get(f"trials_{name}", 0))) for name in result.counts()}
    assert counts == result.counts()
