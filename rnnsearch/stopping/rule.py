"""The seam of stopping rules: what one is, and how it is made from keys of the space file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rnnsearch.goal import Goal


class Stop(str):
    """Why a trial stops: words for a person, with the numbers behind them.

    Attributes:
        numbers: Such as `rung`, `value`, `threshold`, `rank` and `trials`; MLflow gets them as tags
            of the trial's run, and whoever reads records may filter by them.
    """

    __slots__ = ("numbers",)

    numbers: Mapping[str, float]

    def __new__(cls, words: str, **numbers: float) -> Stop:
        stop = super().__new__(cls, words)
        stop.numbers = numbers
        return stop


class StoppingRule(Protocol):
    """Decides which trials go on, in one run of a study's search.

    Packs train a trial up to its limit and report; trials whose reports arrived together are all
    recorded before the first of them is decided. Nothing is kept but in the ledger: the next run
    of the study rebuilds the rule from the curves that it finds there.

    Attributes:
        grace: Epochs after which a trial's value counts, at least 1: from there on it can become
            the champion where the time budget ends the search. Before that it was compared with
            nobody.
        rungs: Epochs below the last one at which a trial may be stopped, rising; for people.

    A rule may also have an attribute `rungs_called`, what the screen calls them (see
    `rungs_called`), a method `use_seed` where it draws anything (see `seeded`), and a method
    `remarks` with lines on how well it did, such as how its predictions came true (see `remarks`);
    and the methods of `Exploiting` where trials go on as copies of others.
    """

    @property
    def grace(self) -> int: ...

    @property
    def rungs(self) -> tuple[int, ...]: ...

    def next_limit(self, epoch: int) -> int:
        """The epoch of the next decision after `epoch` finished ones: above it, and never above
        the last, which is returned from there on."""
        ...

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Note a report.

        Args:
            number: The trial that reports.
            epoch: Finished epochs, at least 1. Reports of one trial come in rising order.
            value: The study's metric after that epoch, finite.

        Returns:
            Whether what `populations` gives has changed.

        Raises:
            ValueError: The value is not finite. Such a trial has diverged, and the caller ends it.
        """
        ...

    def decide(self, number: int) -> str | None:
        """Judge a trial by what it reported since it was last judged.

        Returns:
            Why it stops, in words with the numbers: `stopped by ASHA at epoch 9: 0.031, needed
            0.019 or better among 27`. A `Stop` has the numbers by name too. None where it goes
            on.
        """
        ...

    def rebuild(self, curves: Mapping[int, Mapping[int, float]]) -> None:
        """Forget every trial, and note all reports of a ledger as already judged.

        Args:
            curves: The values by trial and epoch.
        """
        ...

    def populations(self) -> dict[int, int]:
        """How many trials have come to each rung, {epoch: trials}, the last epoch included.

        A new dict at each call. A rule of many rungs may leave out those to which nobody has come.
        """
        ...


class StoppingConfig(Protocol):
    """A frozen dataclass whose fields are the keys under `search.scheduler`.

    One that can compare trials by several goals has a method `rule_by_goals(max_epochs, goal,
    others)` as well, which makes such a rule: `others(number, epoch)` gives a trial's costs beside
    the metric at an epoch of `rungs`, once it has reported there. Without it a study of several
    goals refuses the rule.
    """

    def rule(self, max_epochs: int, goal: Goal) -> StoppingRule:
        """A new rule, which knows of no trial.

        Args:
            max_epochs: Epochs of a complete trial.
            goal: Which way the study's metric is better.
        """
        ...


@runtime_checkable
class Exploiting(StoppingRule, Protocol):
    """A rule by which trials go on as copies of others, as `pbt` is.

    All trials of a population are compared at one rung, once all of them have come there. What is
    decided must follow from the arguments and the study's seed alone: it is decided again when a
    study is resumed.

    Attributes:
        hyperparameters: The keys of the settings that a copy changes; None for all that may.
    """

    @property
    def hyperparameters(self) -> Sequence[str] | None: ...

    def exploit(
        self, epoch: int, values: Mapping[int, float], gone: Collection[int]
    ) -> dict[int, int]:
        """Decide whose places copies take.

        Args:
            epoch: The rung.
            values: The study's metric of each trial there.
            gone: Trials that ended before they came there: they diverged or failed.

        Returns:
            By the trial that is replaced, one of `values` or `gone`, the trial that is copied.
        """
        ...

    def explore(
        self, epoch: int, replaced: int, now: Mapping[str, float], settings: Mapping[str, Setting]
    ) -> dict[str, float]:
        """Choose the settings with which a copy goes on.

        Args:
            epoch: The rung.
            replaced: The trial whose place it takes.
            now: The settings of the trial that is copied, by key.
            settings: What each of them is drawn from.
        """
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a setting is drawn from.

    Attributes:
        low: The lower end of its range, and `high` the upper one.
        log: Whether it is drawn uniformly in its logarithm.
        step: Of the grid that starts at `low`; None for any number.
        choice: Its values in their order, in the place of a range; None for a range.
    """

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    choice: Sequence[float] | None = None


def rungs_called(rule: StoppingRule) -> str:
    """The word for a rule's rungs on the screen: its attribute of this name, else `rungs`."""
    return str(getattr(rule, "rungs_called", "rungs"))


def seeded(rule: StoppingRule, seed: int) -> StoppingRule:
    """The rule, which has heard the study's seed by its method `use_seed(seed)` if it has one.

    A rule that draws anything draws it from that seed and a trial's number, so that it is the same
    in each run of a study.
    """
    use_seed = getattr(rule, "use_seed", None)
    if use_seed is not None:
        use_seed(seed)
    return rule


def remarks(rule: StoppingRule, curves: Mapping[int, Mapping[int, float]]) -> tuple[str, ...]:
    """What a rule says, by its method `remarks()`, of how well it did in a study.

    Args:
        rule: A new one; it is rebuilt from the curves.
        curves: The values by trial and epoch.

    Returns:
        Lines for the end of the search and for `rnnsearch analyse`; none of a rule without it.
    """
    says = getattr(rule, "remarks", None)
    if says is None:
        return ()
    rule.rebuild(curves)
    return tuple(str(line) for line in says())


def limits_problem(rule: StoppingRule, max_epochs: int) -> str | None:
    """What is wrong with the limits that a rule sets to a trial; None where they rise to the end.

    A trial that is never allowed beyond a limit would stay aboard its pack for ever. Of very many
    limits, only the first ten thousand are looked at.
    """
    epoch = 0
    for _ in range(10_000):
        if epoch == max_epochs:
            break
        limit = rule.next_limit(epoch)
        if not isinstance(limit, int) or not epoch < limit <= max_epochs:
            return (
                f"next_limit({epoch}) gives {limit!r}; a trial of {max_epochs} epochs must be let "
                f"go on to an epoch from {epoch + 1} to {max_epochs}."
            )
        epoch = limit
    grace = rule.grace
    if not isinstance(grace, int) or not 1 <= grace <= max_epochs:
        return f"its grace is {grace!r}; it must be an epoch from 1 to {max_epochs}."
    return None
