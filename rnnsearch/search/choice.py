"""Chooses the winner among the finalists and the trials that were still in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnnsearch.goal import Judge
from rnnsearch.search.bounded import violation_of
from rnnsearch.search.endings import BUDGETS
from rnnsearch.search.finalist import Finalist, choose
from rnnsearch.search.finalists import FinalistsStage
from rnnsearch.search.goals.front import rule_of_choice
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.shelf import Shelf
from rnnsearch.search.unfinished import Unfinished


@dataclass(frozen=True, slots=True)
class Choice:
    """The winner, before it is scored on the test part.

    Attributes:
        number: The winning trial.
        seed: The seed of the training that is kept.
        paths: The checkpoint folders of all trainings of the winning configuration, by seed.
        left_out: Why other seeds have no checkpoint, a text for each.
        unfinished: What a person must know of a winner whose training has not come to its end;
            empty where it has.
        ensemble: The ensemble that was tried beside a single winner, as `ChampionChosen` has it.
            One that won is the only path, by the seed of its best member.
        front: The other models of the first front, likewise.
    """

    number: int
    seed: int
    paths: dict[int, Path]
    left_out: Sequence[str] = ()
    unfinished: str = ""
    ensemble: Mapping[str, Any] = field(default_factory=dict)
    front: Sequence[Mapping[str, Any]] = ()


def choose_winner(
    stage: FinalistsStage, other: Unfinished | None, shelf: Shelf, judge: Judge
) -> Choice | None:
    """Choose the best finalist, or the best trial that was still in training.

    A trial within the grace period was compared with no other, and wins only where there is no
    finalist. A trial beyond it counts as a finalist with a single seed.

    Args:
        other: The best of the trials that were still in training.

    Returns:
        None where there is neither.
    """
    candidates, rule = list(stage.finalists), stage.spec.search.finalists.rule
    if other is not None and (choose(candidates, judge.goal) is None or not other.early):
        seed = other.config.seed
        value, loss = other.weights.metrics[judge.metric], other.weights.metrics.get(judge.loss)
        record = stage.ledger.trial(other.number)
        beyond = {seed: violation_of(stage.spec, record, other.weights.metrics)}
        candidates.append(Finalist(other.number, (seed,), {seed: value}, {seed: loss}, beyond))
    ahead = rule_of_choice(stage.spec, stage.ledger.trial, candidates)
    chosen = choose(candidates, judge.goal, rule, ahead)
    if chosen is None:
        return None
    number, seed = chosen
    if other is not None and number == other.number:
        path = shelf.put_unfinished(number, other.config, other.weights)
        progress = f"epoch {other.weights.epoch} of {other.config.training.max_epochs}"
        progress += "; not compared at a rung" if other.early else "; still in training"
        return Choice(number, seed, {seed: path}, unfinished=progress)
    winner = next(each for each in stage.finalists if each.number == number)
    paths, left_out = stage.trained(winner)
    return Choice(number, seed, paths, left_out)


def stopped_by_time(record: TrialRecord, max_epochs: int) -> str:
    """A text that says so where a budget ended a winner's training; otherwise empty."""
    if record.reason not in BUDGETS:
        return ""
    return f"epoch {record.epoch} of {max_epochs}, where {record.reason}"
