"""What differs in a search of one goal and of several: made once for each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rnnsearch.search.finalists import FinalistsStage
from rnnsearch.search.goals.finalists import FrontFinalists
from rnnsearch.search.goals.shelf import FrontShelf
from rnnsearch.search.goals.values import BesideMetric, OneGoal, OtherValues
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.shelf import Shelf
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.rule import StoppingRule
from rnnsearch.tasks.base import TaskData


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a search compares trials.

    Attributes:
        rule: The stopping rule, which knows of no trial yet.
        shelf: Makes the shelf of the weights of the best trials, as `Shelf` is made.
        beside: Notes the values in the goals beside the metric.
        finalists: Makes the second stage, as `FinalistsStage` is made.
    """

    rule: StoppingRule
    shelf: Callable[..., Shelf]
    beside: BesideMetric
    finalists: Callable[..., FinalistsStage]


def strategy_of(spec: StudySpec, ledger: Ledger, data: Mapping[Any, TaskData]) -> Strategy:
    """The strategy of a study, by the number of its goals.

    Args:
        data: The data of a task by its config.
    """
    if not spec.search.goals:
        return Strategy(spec.stopping_rule(), Shelf, OneGoal(), FinalistsStage)
    others = OtherValues(spec, ledger, data)
    shelf = partial(FrontShelf, spec=spec, record=ledger.trial)
    return Strategy(spec.stopping_rule(others.costs), shelf, others, FrontFinalists)
