"""Keeps proposals that break a constraint of the study from being trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rnnsearch.errors import InputError
from rnnsearch.search.ledger.row import LedgerRow
from rnnsearch.search.ledger.trial_record import REFUSED, TrialRecord
from rnnsearch.space.measures import Broken

Judged = Callable[[Mapping[str, Any], int], Sequence[Broken]]
"""The constraints that params with a seed break, of those that are known before a training."""

MOST_IN_A_ROW = 1000
"""After so many proposals in a row of which none can be trained, none is expected to come."""


class Refusing:
    """Refuses proposals once `judged` is set.

    A refused proposal is a pruned trial to Optuna, without a value and with a violated constraint,
    as a diverged trial has one: samplers rank it below all that were trained, the more so the
    further it is beyond a bound. To people it is no trial: it takes no place of `num_trials`, and
    the ledger only counts it.

    Args:
        records: All trials of the study, and the proposals that were refused.

    Attributes:
        count: How many proposals of the study were refused.
        by_constraint: How many of them broke each constraint.
        judged: What a proposal breaks.
    """

    def __init__(self, records: Iterable[TrialRecord]) -> None:
        refused = [one.refused for one in records if one.refused]
        self.count = len(refused)
        self.by_constraint = Counter(constraint for one in refused for constraint in one)
        self.judged: Judged = lambda params, seed: ()
        self._in_a_row = 0

    def refuses(self, row: LedgerRow, broken: Sequence[Broken]) -> bool:
        """Refuse a proposal that breaks a constraint; whether it did.

        Args:
            broken: What `judged` says of it.

        Raises:
            InputError: Nothing else was proposed for long.
        """
        if not broken:
            self._in_a_row = 0
            return False
        violations = {str(one.constraint): one.constraint.violation(one.value) for one in broken}
        reason = "not trained: " + ", ".join(one.words for one in broken)
        row.change(reason=reason, seconds=0.0, attributes={REFUSED: violations})
        row.end("pruned", None)
        self.count += 1
        self.by_constraint.update(violations.keys())
        self._in_a_row += 1
        if self._in_a_row >= MOST_IN_A_ROW:
            raise InputError(
                f"{MOST_IN_A_ROW:,} proposals in a row break the constraints of the study, the "
                f"last one so: {reason}. Raise the bounds under search.constraints, or take values "
                "out of the space that break them."
            )
        return True


def counted(records: Iterable[TrialRecord]) -> dict[str, int]:
    """How many proposals were not trained, by the constraint that they broke, the most first."""
    counts = Counter(constraint for record in records for constraint in record.refused)
    return dict(counts.most_common())
