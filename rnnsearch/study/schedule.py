"""The champion's schedule as a space file, where settings changed as it was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.disk import replace_file
from rnnsearch.training.changes import CHANGES

if TYPE_CHECKING:
    from rnnsearch.study.result import StudyResult


def write_schedule(result: StudyResult) -> None:
    """Write the space file by which the champion's whole schedule is trained from the beginning.

    Where the champion went on as no copy of another trial there is none, nor is an older one left.
    """
    from rnnsearch.space.retraining import retraining

    path = result.directory.schedule
    params = result.best_trial.params if result.champion is not None else {}
    if CHANGES not in params:
        path.unlink(missing_ok=True)
        return
    name, seeds = f"{result.directory.name}-again", result.spec.search.finalists.seeds
    replace_file(path, retraining(result.spec, params, name, seeds).yaml)
