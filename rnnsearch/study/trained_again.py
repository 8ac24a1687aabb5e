"""What is said of a study that trains a champion's configuration again."""

from __future__ import annotations

from collections.abc import Sequence

from rnnsearch.search.ensemble_words import ensemble_name
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.result import StudyResult


def retraining_notes(
    old: StudySpec, new: StudySpec, result: StudyResult, overrides: Sequence[str]
) -> list[str]:
    """Lines for a person: what is trained again, and what is not as it was.

    Args:
        old: The study that found the champion.
        new: The study that trains its configuration again.
        result: What the old study has come to.
        overrides: `KEY=YAML` entries that replace those of the configuration.

    Raises:
        ModelError: The old study has no champion yet.
    """
    winner = result.winner()
    other = [each for each in overrides if not each.startswith("search.")]
    notes = [
        f"trial {winner.number} of the study {result.directory.name}, trained again"
        + (f"; other than there: {', '.join(other)}" if other else "")
    ]
    if winner.fused:
        notes.append(
            f"the champion is the {ensemble_name(winner.ensemble)}, and this is the "
            "configuration of its best member; no mean is trained again"
        )
    if new.search.metric != old.search.metric:
        notes.append(
            f"the task reports no {old.search.metric} any more; epochs and seeds are judged by "
            f"{new.search.metric}, and the test part chooses nothing"
        )
    return notes
