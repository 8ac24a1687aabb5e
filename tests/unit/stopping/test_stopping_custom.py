"""What the seam offers beside decisions is open to a custom rule too: a seed, brackets, remarks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.brackets import Brackets
from rnnsearch.stopping.median import MedianConfig
from rnnsearch.stopping.rule import remarks, seeded
from rnnsearch.stopping.table import stopping_rules

MODULE = '''
from dataclasses import dataclass

from rnnsearch.stopping.brackets import Brackets
from rnnsearch.stopping.rungs import RungRule


class Talking(RungRule):
    seed = None

    def use_seed(self, seed):
        self.seed = seed

    def remarks(self):
        return [f"{self.count(self.epochs[-1])} complete, seed {self.seed}"]


@dataclass(frozen=True)
class Talker:
    def rule(self, max_epochs, goal):
        return Talking((1, max_epochs), goal, 1)


@dataclass(frozen=True)
class Apart:
    """Two of its own kind, side by side."""

    def rule(self, max_epochs, goal):
        return Brackets([Talking((1, max_epochs), goal, 1) for _ in range(2)], [1, 1])
'''
CURVES = {number: {1: 0.5, 4: 0.4} for number in range(30)}


@pytest.fixture
def custom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "rules_that_talk.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda name: stopping_rules()[f"rules_that_talk:{name}"]().rule(4, Goal.MINIMIZE)


def test_a_custom_rule_hears_the_seed_and_says_how_it_did(custom: Any) -> None:
    assert remarks(seeded(custom("Talker"), 7), CURVES) == ("30 complete, seed 7",)


def test_custom_rules_stand_in_brackets(custom: Any) -> None:
    rule: Any = seeded(custom("Apart"), 7)
    other = seeded(Brackets([MedianConfig().rule(4, Goal.MINIMIZE)] * 2, [1, 1]), 7)
    rule.rebuild(CURVES)
    assert rule.populations() == {1: 30, 4: 30}
    assert isinstance(other, Brackets)
    assert [rule.bracket(number) for number in range(30)] == [
        other.bracket(number) for number in range(30)
    ]


def test_a_rule_without_remarks_says_nothing() -> None:
    assert remarks(MedianConfig().rule(4, Goal.MINIMIZE), CURVES) == ()
