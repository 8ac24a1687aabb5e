"""Who wins: a finalist, or the best of the trials that were still in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnsearch.goal import Judge
from rnnsearch.search.endings import OUT_OF_TIME
from rnnsearch.search.finalist import Finalist, choose
from rnnsearch.search.finalists import FinalistsStage
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.shelf import Shelf
from rnnsearch.search.unfinished import Unfinished


@dataclass(frozen=True, slots=True)
class Choice:
    """The winner, before it was scored on the test part.

    Attributes:
        seed: The training that is kept.
        paths: Checkpoint folders of all trainings of the winning configuration, by seed.
        left_out: Trainings that have none, and why.
        unfinished: What a person must know of a winner that has not come to its end; else empty.
    """

    number: int
    seed: int
    paths: dict[int, Path]
    left_out: Sequence[str] = ()
    unfinished: str = ""


def choose_winner(
    stage: FinalistsStage, other: Unfinished | None, shelf: Shelf, judge: Judge
) -> Choice | None:
    """The best finalist, or the best trial that was still in training; None where there is none.

    A trial within the grace period was compared with nobody and wins only where nobody else can;
    one beyond it stands beside the finalists like one of theirs with a single seed.

    Args:
        other: The best of the trials that were still in training.
    """
    able = list(stage.finalists)
    if other is not None and (choose(able, judge.goal) is None or not other.early):
        seed = other.config.seed
        value, loss = other.weights.metrics[judge.metric], other.weights.metrics.get(judge.loss)
        able.append(Finalist(other.number, (seed,), {seed: value}, {seed: loss}))
    chosen = choose(able, judge.goal)
    if chosen is None:
        return None
    number, seed = chosen
    if other is not None and number == other.number:
        path = shelf.put_unfinished(number, other.config, other.weights)
        stood = f"epoch {other.weights.epoch} of {other.config.training.max_epochs}"
        stood += "; not compared at a rung" if other.early else "; still in training"
        return Choice(number, seed, {seed: path}, unfinished=stood)
    winner = next(each for each in stage.finalists if each.number == number)
    paths, left_out = stage.trained(winner)
    return Choice(number, seed, paths, left_out)


def stopped_by_time(record: TrialRecord, max_epochs: int) -> str:
    """In words, that the budget ended a winner's training in the search; empty where it did not."""
    if record.reason != OUT_OF_TIME:
        return ""
    return f"epoch {record.epoch} of {max_epochs}, where {OUT_OF_TIME}"
