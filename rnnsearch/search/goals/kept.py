"""The models of a study's first front that lie on disk, to be registered beside the champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.search.goals.front import costs_of, front_of
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.hypervolume import widest

MOST = 16
"""So many at most: each is a model with files of its own."""


def kept_front(
    spec: StudySpec, trials: Sequence[TrialRecord], checkpoints: Path
) -> list[dict[str, Any]]:
    """The trials of the first front whose weights are kept, by number.

    Of more than `MOST` it is those that fill the front best, one after the other by the
    hypervolume that they add.

    Returns:
        `number`, `path` of the checkpoint and `values` in the goals of each.
    """
    ranks = front_of(trials, spec)
    paths = {
        one.number: checkpoints / f"trial-{one.number:04d}"
        for one in trials
        if ranks.get(one.number) == 1
    }
    records = {one.number: one for one in trials if one.number in paths}
    kept = {number: path for number, path in paths.items() if (path / "config.json").is_file()}
    chosen = sorted(most_of(spec, {number: records[number] for number in kept}))
    return [
        {
            "number": number,
            "path": str(kept[number]),
            "values": {spec.search.metric: records[number].best_value, **records[number].goals},
        }
        for number in chosen
    ]


def most_of(spec: StudySpec, front: Mapping[int, TrialRecord]) -> list[int]:
    """The members of a front that are registered, `MOST` at most, by number."""
    return widest({number: costs_of(spec, one) for number, one in front.items()}, MOST)
