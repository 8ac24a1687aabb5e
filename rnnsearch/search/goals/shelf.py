"""Keeps the weights of a whole front of trials on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from rnnsearch.goal import Standing
from rnnsearch.search.goals.front import costs_of, finalists_of
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.shelf import Shelf
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.fronts import Costs, beaten_by, fronts, order


@dataclass(eq=False, kw_only=True)
class FrontShelf(Shelf):
    """Keeps the trials that no other beats in every goal, and has the finalists among them.

    One that is in the front at the end was in it when it ended, so its weights are asked for then
    or never. Where the front has fewer trials than there are finalists, the next ones in the order
    of fronts are kept and finalists too, and behind these such as break a constraint, the least
    first; of those, weights that were pushed out meanwhile are trained once more.

    Args:
        spec: The study.
        record: Gives a trial that has ended by its number.
    """

    spec: StudySpec
    record: Callable[[int], TrialRecord]

    def __post_init__(self, usable: Sequence[TrialRecord]) -> None:
        super().__post_init__(())
        self._points: dict[int, Costs] = {}
        self._finalists: list[int] = []
        self._kept: set[int] = set()
        for one in usable:
            self._enter(one.number, one.standing(self.goal), one.violation)
        self._choose({one.number for one in usable})

    def offer(self, number: int, standing: Standing, violation: float = 0.0) -> bool:
        """As in `Shelf`; what the trial costs in the other goals is read from the ledger."""
        self._enter(number, standing, violation)
        self._choose({*self._kept, number})
        return self.keeps(number)

    def best(self) -> list[int]:
        """Numbers of the finalists, the one that `search.choose` would take now first."""
        return self._finalists

    def keeps(self, number: int) -> bool:
        return number in self._kept

    def _enter(self, number: int, standing: Standing, violation: float) -> None:
        if violation > 0:
            self._ranks = sorted([*self._ranks, (violation, standing, number)])[: self.top]
            return
        self._points[number] = costs_of(self.spec, self.record(number))
        # One that so many beat in every goal will never be among the first `top`.
        beaten = beaten_by(self._points)
        self._points = {one: costs for one, costs in self._points.items() if beaten[one] < self.top}

    def _choose(self, among: set[int]) -> None:
        """Choose the front and the finalists, and delete the weights of all others.

        Args:
            among: Trials that may have weights on disk.
        """
        front = next(fronts(self._points), [])
        finalists = finalists_of(self.spec, {one: self.record(one) for one in front})
        if len(front) < self.top:
            behind = [one for one in islice(order(self._points), self.top) if one not in front]
            behind += [number for _, _, number in self._ranks]
            finalists += behind[: self.top - len(front)]
        self._finalists, self._kept = finalists, {*front, *finalists}
        for number in among - self._kept:
            self._delete(f"trial-{number:04d}")
