"""What a study's trials say of the next search, all of it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnsearch.search.advice.cells import KEYS, Standing, at_equal_size, at_equal_time
from rnnsearch.search.advice.edges import Edge, edges
from rnnsearch.search.advice.interactions import Interaction, interactions
from rnnsearch.search.advice.longer import Unfinished, unfinished
from rnnsearch.search.importances import best_count
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.trial_order import trial_order
from rnnsearch.space.spec import StudySpec

FEWEST = 20
"""Of fewer trials the best are told by luck, and nothing is advised."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a study's trials say of the next search.

    Attributes:
        best: The parameters of the best trials, the best first.
        edges: Ranges that end where these lie.
        interactions: Parameters that belong together.
        cells: Kinds of network, where each has had as much.
        unfinished: How many complete trials were still getting better at the last epoch.
        untold: What cannot be told, and why.
    """

    best: Sequence[Mapping[str, Any]]
    edges: Sequence[Edge]
    interactions: Sequence[Interaction]
    cells: Sequence[Standing]
    unfinished: Unfinished
    untold: Sequence[str]


def advise(
    trials: Sequence[TrialRecord],
    spec: StudySpec,
    size: Callable[[Mapping[str, Any]], int] | None = None,
) -> Advice:
    """Read the trials of a study for what to search next.

    Args:
        size: Gives the number of parameters of a trial's model, from its params; None where that
            is not known.
    """
    goal = spec.search.goal
    late = unfinished(trials, int(spec.values["training.max_epochs"]))
    ordered = trial_order(trials, spec.stopping_rule().rungs, goal) if spec.parameters else []
    if len(ordered) < FEWEST:
        why = f"what to search next: {len(ordered)} ended trials are too few; it takes {FEWEST}"
        return Advice((), (), (), (), late, [why] if spec.parameters else [])
    by_place = sorted(ordered, key=lambda pair: pair[1])
    best = [one.params for one, _ in by_place[: best_count(len(by_place))]]
    params = [one.params for one, _ in ordered]
    pairs = interactions(params, [place for _, place in ordered], list(spec.parameters))
    cells: list[Standing] = []
    if (key := next((one for one in KEYS if one in spec.parameters), None)) is not None:
        cells += at_equal_time(trials, key, goal)
        cells += [] if size is None else at_equal_size(trials, key, goal, size)
    return Advice(best, edges(best, spec), pairs, cells, late, [])
