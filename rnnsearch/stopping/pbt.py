"""Population based training: at times the worst trials are replaced by copies of the best.

Jaderberg et al., "Population Based Training of Neural Networks" (2017, arXiv 1711.09846). All
trials train side by side. After every `perturbation_interval` epochs they wait for each other; each
of the lower quantile ends, and a copy of one of the upper quantile goes on in its place, with its
weights and the moments of its optimizer, and with some of its settings changed.

The words are those of `ray.tune.schedulers.PopulationBasedTraining`, and so is how settings are
changed. It differs in that all trials are compared at one epoch, as Ray does with `synch=True`, so
that what is decided depends on values and the study's seed alone; in that a trial that diverged is
replaced too; and in that a copy has at least one changed setting wherever any can change.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.rule import Setting
from rnnsearch.stopping.rungs import RungRule
from rnnsearch.vocabulary import Members, Range

REDRAWS = 20
"""How often settings are drawn again where nothing changed, before all are resampled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PbtConfig:
    """Replaces the worst trials by copies of the best, which go on with other settings."""

    type: Literal["pbt"] = "pbt"
    perturbation_interval: Annotated[
        int,
        "Epochs from one decision to the next; all trials wait for each other there.",
        Range(1, 1_000_000, unit="epochs"),
    ] = 5
    quantile_fraction: Annotated[
        float,
        "Share of the trials that end at each decision, and of those that are copied in their "
        "place; at least one.",
        Range(above=0, most=0.5),
    ] = 0.25
    resample_probability: Annotated[
        float,
        "How often a copy's setting is drawn anew from its range; else it is multiplied with a "
        "factor, or takes a neighbour's place in a choice.",
        Range(0, 1),
    ] = 0.25
    perturbation_factors: Annotated[
        tuple[float, ...],
        "With one of them, at random, a copy's setting is multiplied; it stays within its range.",
        Range(above=0, most=1000),
        Members(1, 100),
    ] = (1.2, 0.8)
    hyperparameters: Annotated[
        tuple[str, ...] | None,
        "Which sampled settings a copy changes, such as [training.learning_rate]; null takes all "
        "that may change within a training.",
    ] = None

    def rule(self, max_epochs: int, goal: Goal) -> Pbt:
        """A new rule, which knows of no trial."""
        return Pbt(self, max_epochs, goal)


class Pbt(RungRule):
    """Says who is replaced by a copy of whom, and with which settings; stops nobody by itself.

    See `Exploiting` in `rule`.
    """

    rungs_called = "decisions"

    def __init__(self, config: PbtConfig, max_epochs: int, goal: Goal) -> None:
        interval = min(config.perturbation_interval, max_epochs)
        epochs = (*range(interval, max_epochs, interval), max_epochs)
        super().__init__(epochs, goal, interval)
        self._config = config
        self._seed = 0

    @property
    def hyperparameters(self) -> Sequence[str] | None:
        """The keys that a copy changes; None for all that may change."""
        return self._config.hyperparameters

    def use_seed(self, seed: int) -> None:
        """Draw from another seed."""
        self._seed = seed

    def exploit(
        self, epoch: int, values: Mapping[int, float], gone: Collection[int]
    ) -> dict[int, int]:
        """Pair those that are replaced with those that are copied.

        All that are gone are replaced, and as many of the worst as are missing to the quantile;
        each by one of the best, drawn at random.
        """
        best_first = sorted(values, key=lambda one: (self.goal.cost(values[one]), one))
        size = len(best_first) + len(gone)
        share = min(math.ceil(size * self._config.quantile_fraction), size // 2)
        best = best_first[:share]
        replaced = sorted(gone)
        if (more := min(share - len(gone), len(best_first) - len(best))) > 0:
            replaced += best_first[::-1][:more]
        if not best:
            return {}
        return {one: self._dice(epoch, "exploit", one).choice(best) for one in replaced}

    def explore(
        self, epoch: int, replaced: int, now: Mapping[str, float], settings: Mapping[str, Setting]
    ) -> dict[str, float]:
        """Perturb or resample each setting, at least one of them to another value."""
        dice = self._dice(epoch, "explore", replaced)
        for _ in range(REDRAWS):
            drawn = {key: self._perturbed(dice, now[key], settings[key]) for key in sorted(now)}
            if drawn != dict(now):
                return drawn
        return {key: resampled(dice, settings[key]) for key in sorted(now)}

    def _perturbed(self, dice: random.Random, now: float, setting: Setting) -> float:
        anew = dice.random() < self._config.resample_probability
        if setting.choice is not None:
            if anew or now not in setting.choice:
                return resampled(dice, setting)
            place = setting.choice.index(now) + dice.choice((-1, 1))
            return setting.choice[min(max(place, 0), len(setting.choice) - 1)]
        if anew:
            return resampled(dice, setting)
        moved = on_grid(now * dice.choice(self._config.perturbation_factors), setting)
        return now if math.isclose(moved, now) else moved

    def _dice(self, epoch: int, purpose: str, number: int) -> random.Random:
        """Numbers at random that depend on the study's seed, an epoch, a purpose and a trial."""
        return random.Random(f"{self._seed}:pbt:{epoch}:{purpose}:{number}")


def resampled(dice: random.Random, setting: Setting) -> float:
    """A value from the setting's range or choice."""
    if setting.choice is not None:
        return dice.choice(setting.choice)
    if setting.log:
        return on_grid(
            math.exp(dice.uniform(math.log(setting.low), math.log(setting.high))), setting
        )
    return on_grid(dice.uniform(setting.low, setting.high), setting)


def on_grid(value: float, setting: Setting) -> float:
    """The nearest value of the setting's range; six digits are kept of a value between its ends."""
    if setting.step is not None:
        rank = round((value - setting.low) / setting.step)
        most = round((setting.high - setting.low) / setting.step)
        return setting.low + min(max(rank, 0), most) * setting.step
    return min(max(float(f"{value:.6g}"), setting.low), setting.high)
