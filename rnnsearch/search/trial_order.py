"""One order of all ended trials, although most were stopped early."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnnsearch.goal import Goal, Standing, standing
from rnnsearch.search.ledger.trial_record import TrialRecord

ENDED = ("complete", "pruned", "diverged")
"""The states of trials that have a place. Failed ones crashed, which says nothing of their
parameters."""


def trial_order(
    trials: Sequence[TrialRecord], rungs: Sequence[int], goal: Goal
) -> list[tuple[TrialRecord, float]]:
    """The trials that a search has compared, each with its place; the best has the lowest.

    Trials are compared where they can be: at a rung, by the value there, all that came to it. Those
    that came to the next rung are then ordered anew by their values there, *among the places that
    they hold*, and so on up to those that are complete, whose best values decide. So a trial that
    was stopped keeps the place that it had at its rung, beside all that were better there and all
    that were worse. One that went on because it was among the first to come, with nobody to compare
    it with, does not stand above better ones that were stopped later, as it would if whoever came
    further were better: ASHA lets every first comer go on. Diverged trials stand last.

    Equal trials share a place.

    Args:
        rungs: The epochs at which the study's rule compares, rising, without the last.
    """
    ended = [one for one in trials if one.state in ENDED]
    alive = [one for one in ended if one.state != "diverged" and one.best_value is not None]
    # Before the first rung there is only how good it was at all.
    places = {one.number: 0.0 for one in alive}
    _order(places, alive, lambda one: one.standing(goal))
    for epoch in rungs:

        def value(one: TrialRecord, epoch: int = epoch) -> Standing:
            return standing(goal, one.values_by_epoch[epoch])

        _order(places, [one for one in alive if epoch in one.values_by_epoch], value)
    complete = [one for one in alive if one.state == "complete"]
    _order(places, complete, lambda one: one.standing(goal))
    last = float(len(alive))
    return [
        (one, places.get(one.number, last))
        for one in ended
        if one.number in places or one.state == "diverged"
    ]


def _order(
    places: dict[int, float],
    members: Sequence[TrialRecord],
    key: Callable[[TrialRecord], Standing],
) -> None:
    """Give trials, by the order of a key, the places that they hold together."""
    ordered = sorted(members, key=key)
    held = sorted(places[one.number] for one in ordered)
    if len(set(held)) == 1 and len(ordered) == len(places):
        held = [float(place) for place in range(len(ordered))]  # nobody has a place yet
    before: tuple[Standing, float] | None = None
    for one, place in zip(ordered, held, strict=True):
        mine = key(one)
        if before is None or before[0] != mine:
            before = (mine, place)
        places[one.number] = before[1]
