"""Every rule keeps the contract; a study whose rule stops nobody trains all to the end."""

from __future__ import annotations

from rnnsearch.goal import Goal
from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.extrapolate import ExtrapolateConfig
from rnnsearch.stopping.hyperband import HyperbandConfig
from rnnsearch.stopping.median import MedianConfig
from rnnsearch.stopping.none import NoneConfig
from rnnsearch.stopping.pasha import PashaConfig
from rnnsearch.stopping.patience import PatienceConfig
from rnnsearch.stopping.rule import StoppingRule
from rnnsearch.stopping.taper import TaperConfig
from rnnsearch.testing.stopping_rules import EPOCHS, StoppingContract


class TestAsha(StoppingContract):
    config = AshaConfig(grace_period=2, reduction_factor=2.5)


class TestAshaInBrackets(StoppingContract):
    config = AshaConfig(grace_period=2, reduction_factor=2.5, brackets=2, min_trials=3)


class TestAshaByGoals(StoppingContract):
    """With no goal beside the metric it stops by that alone, and keeps all that is promised."""

    config = AshaConfig(grace_period=2, reduction_factor=2.5)

    def rule(self, goal: Goal, max_epochs: int = EPOCHS) -> StoppingRule:
        return self.config.rule_by_goals(max_epochs, goal, lambda number, epoch: ())


class TestHyperband(StoppingContract):
    config = HyperbandConfig(grace_period=2, reduction_factor=2.5)


class TestMedian(StoppingContract):
    config = MedianConfig(grace_period=3, interval=4, min_trials=3)


class TestPasha(StoppingContract):
    config = PashaConfig(grace_period=2, reduction_factor=2.5)
    settles = True


class TestPatience(StoppingContract):
    config = PatienceConfig(patience=3, grace_period=2, interval=2, min_delta=0.1)
    compares = False


class TestPatienceOfMedians(StoppingContract):
    config = PatienceConfig(patience=3, of="median", window=3, interval=1, min_delta=0.05)
    compares = False


class TestExtrapolate(StoppingContract):
    config = ExtrapolateConfig(grace_period=4, interval=4)


class TestTaper(StoppingContract):
    config = TaperConfig(grace_period=2, interval=3, min_trials=3)


class TestNone(StoppingContract):
    config = NoneConfig()
    stops = False
