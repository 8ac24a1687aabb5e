"""Brackets: stopping rules side by side, of which each judges its own part of the trials."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate

from rnnsearch.stopping.rule import Stop, StoppingRule


class Brackets:
    """Gives every trial to one of several rules, which compares it with the trials of its own.

    Which one is drawn from the study's seed and the trial's number alone, so that it is the same
    in each run of a study, whatever came before it.

    Args:
        rules: One for each bracket. All have the same last epoch.
        shares: How many trials each gets beside the others; only their ratios matter.
    """

    def __init__(self, rules: Sequence[StoppingRule], shares: Sequence[float]) -> None:
        self._rules = tuple(rules)
        upto = list(accumulate(shares))
        self._upto = [part / upto[-1] for part in upto]
        self._seed = 0

    def use_seed(self, seed: int) -> None:
        """Draw the brackets from another seed; to be called before the first trial."""
        self._seed = seed

    def bracket(self, number: int) -> int:
        """The place of a trial's bracket among `rules`."""
        words = f"{self._seed}\x1fbracket\x1f{number}".encode()
        drawn = int.from_bytes(blake2b(words, digest_size=8).digest(), "big") / 2**64
        return min(bisect_right(self._upto, drawn), len(self._rules) - 1)

    @property
    def grace(self) -> int:
        return min(rule.grace for rule in self._rules)

    @property
    def rungs(self) -> tuple[int, ...]:
        """The rungs of all brackets; a trial can be stopped at those of its own."""
        return tuple(sorted({rung for rule in self._rules for rung in rule.rungs}))

    def next_limit(self, epoch: int) -> int:
        return min(rule.next_limit(epoch) for rule in self._rules)

    def record(self, number: int, epoch: int, value: float) -> bool:
        return self._rules[self.bracket(number)].record(number, epoch, value)

    def decide(self, number: int) -> str | None:
        bracket = self.bracket(number)
        reason = self._rules[bracket].decide(number)
        if reason is None:
            return None
        numbers = {**getattr(reason, "numbers", {}), "bracket": bracket + 1}
        return Stop(f"{reason} in bracket {bracket + 1} of {len(self._rules)}", **numbers)

    def rebuild(self, curves: Mapping[int, Mapping[int, float]]) -> None:
        for place, rule in enumerate(self._rules):
            rule.rebuild(
                {one: curve for one, curve in curves.items() if self.bracket(one) == place}
            )

    def populations(self) -> dict[int, int]:
        """How many trials of all brackets have come to each rung."""
        counts: Counter[int] = Counter()
        for rule in self._rules:
            counts.update(rule.populations())
        return dict(sorted(counts.items()))
