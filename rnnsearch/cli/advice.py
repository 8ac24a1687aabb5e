"""Print what a study's trials say of the next search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.cli.text import print_table
from rnnsearch.search.advice.words import better_baseline, sentences, tables

if TYPE_CHECKING:
    from rnnsearch.search.advice.advice import Advice
    from rnnsearch.study import StudyResult


def print_advice(result: StudyResult, advice: Advice) -> None:
    """Print edges, interactions and kinds of network beside one another, and what to try next."""
    spec = result.spec
    for table in tables(advice, result.metric_name):
        print(f"\n{table.title}:")
        print_table([dict(zip(table.heads, row, strict=True)) for row in table.rows])
    rival = better_baseline(result.leaderboard(), result.trials, spec.search.goal)
    for text in sentences(advice, int(spec.values["training.max_epochs"]), rival):
        print(f"\n{text}" if text not in advice.untold else text)
