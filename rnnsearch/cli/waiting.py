"""Which records are not in MLflow, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.commands import command, shown
from rnnsearch.redaction import is_redacted

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.study import RunFigures
    from rnnsearch.study.flushing import Flushed

AGAIN = "have MLFLOW_TRACKING_URI hold the whole address then"


def waiting_lines(directory: StudyDirectory, run: RunFigures | Flushed) -> list[str]:
    """Lines that say what MLflow lacks of a study's records; none where it has all."""
    lines = []
    if run.refused_records:
        lines += [
            f"MLflow has all but {run.refused_records} of the records, refused for good; the last: "
            f"{run.records_problem}",
            f"Its whole answers are in {shown(directory.logs / 'records.log')}",
        ]
    if not run.pending_records:
        return lines
    lines += [
        f"MLflow lacks {run.pending_records} records: {run.records_problem}",
        f"They wait in {shown(directory.outbox)}.",
    ]
    then = "Once it answers, write them:"
    if run.records_remedy:
        lines.append(f"To mend it: {run.records_remedy}.")
        then = "Then write them:"
    flush = command("flush", directory.name, storage=directory.storage)
    lines += [then, *(f"  {each}" for each in (*run.records_commands, flush))]
    if is_redacted(run.tracking_uri):
        lines.append(f"(the password of {run.tracking_uri} is not kept: {AGAIN})")
    return lines
