"""The distributions that a field may have: each is one class, and one row or two of `KINDS`.

What reads a space file, checks it, prints it, counts its configurations and asks Optuna for values
goes through the methods of `Distribution`, and knows none of the classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeGuard

from rnnsearch.space.words import label, plain_text

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.distributions import BaseDistribution
    from optuna.trial import FixedTrial

SHOWN = 50
"""Members of a choice that are spelled out for a person; the others are only counted."""


class Distribution(Protocol):
    """What the values of a sampled field are drawn from; as a text, what a person calls it.

    An implementation is a frozen dataclass, since its `repr` goes into the digest by which a study
    recognises its search space.
    """

    @property
    def count(self) -> float:
        """How many different values can be drawn; infinite on a continuous range."""

    @property
    def extremes(self) -> Sequence[Any]:
        """All members of a choice; of a range its two ends, between which all others lie."""

    def values(self) -> Sequence[Any]:
        """Every value that can be drawn; none where `count` is infinite."""

    def cut(self, points: int) -> Sequence[Any]:
        """So many values of a range from end to end, or fewer; all members of a choice."""

    def contains(self, value: Any) -> bool:
        """Whether `value`, which has the field's own type, can be drawn."""

    def reaches(self, low: float, high: float) -> bool:
        """Whether some number from `low` to `high`, both included, can be drawn."""

    def written(self) -> dict[str, Any]:
        """The mapping of a space file without its `when`, such as `{"int": (1, 9), "step": 2}`."""

    def restored(self, stored: Any) -> Any:
        """The field's own value for one that Optuna stored; any other value as it is."""

    def draw(self, trial: Trial | FixedTrial, key: str) -> Any:
        """Let Optuna's trial propose a value, which is given as Optuna stores it."""

    def for_optuna(self) -> BaseDistribution:
        """The same distribution as an object of Optuna's."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the members. Lists are stored in Optuna under their labels, scalars as they are."""

    members: tuple[Any, ...]

    def __str__(self) -> str:
        shown = [plain_text(member) for member in self.members[:SHOWN]]
        if (more := len(self.members) - SHOWN) > 0:
            shown.append(f"... {more} more")
        return f"[{', '.join(shown)}]"

    @property
    def count(self) -> float:
        return len(self.members)

    @property
    def extremes(self) -> Sequence[Any]:
        return self.members

    def values(self) -> Sequence[Any]:
        return self.members

    def cut(self, points: int) -> Sequence[Any]:
        return self.members

    def contains(self, value: Any) -> bool:
        # In Python True equals 1, which is another value to a field.
        return any(
            value == member and isinstance(value, bool) == isinstance(member, bool)
            for member in self.members
        )

    def reaches(self, low: float, high: float) -> bool:
        return any(is_number(member) and low <= member <= high for member in self.members)

    def written(self) -> dict[str, Any]:
        return {"choice": self.members}

    def restored(self, stored: Any) -> Any:
        lists = {label(member): member for member in self.members if isinstance(member, tuple)}
        return lists.get(stored, stored) if isinstance(stored, str) else stored

    def draw(self, trial: Trial | FixedTrial, key: str) -> Any:
        return trial.suggest_categorical(key, [label(member) for member in self.members])

    def for_optuna(self) -> BaseDistribution:
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution([label(member) for member in self.members])


class _Range:
    """What both kinds of ranges share: the ends can be drawn, and with a step only a grid can."""

    __slots__ = ()
    word: ClassVar[str]
    no_step: ClassVar[int | None]
    low: Any
    high: Any
    log: bool
    step: Any

    def __str__(self) -> str:
        return ", ".join(f"{name}: {plain_text(one)}" for name, one in self.written().items())

    @property
    def count(self) -> float:
        return math.inf if self.step is None else round((self.high - self.low) / self.step) + 1

    @property
    def extremes(self) -> Sequence[Any]:
        return self.low, self.high

    def values(self) -> Sequence[Any]:
        raise NotImplementedError

    def cut(self, points: int) -> Sequence[Any]:
        if self.count <= points:
            return self.values()
        shares = [at / (points - 1) for at in range(points)]
        if self.log:
            numbers = [self.low * (self.high / self.low) ** share for share in shares]
        else:
            numbers = [self.low + (self.high - self.low) * share for share in shares]
        numbers[-1] = self.high
        if self.step is not None:
            ranks = [round((number - self.low) / self.step) for number in numbers]
            numbers = [self.low + rank * self.step for rank in dict.fromkeys(ranks)]
        return numbers

    def written(self) -> dict[str, Any]:
        mapping: dict[str, Any] = {f"log{self.word}" if self.log else self.word: self.extremes}
        return mapping if self.step == self.no_step else {**mapping, "step": self.step}

    def reaches(self, low: float, high: float) -> bool:
        low, high = max(self.low, low), min(self.high, high)
        if low > high or self.step is None:
            return low <= high
        first: float = self.low + math.ceil((low - self.low) / self.step) * self.step
        return first <= high + 1e-12 * abs(high)

    def _holds(self, value: float) -> bool:
        steps: float = 0.0 if self.step is None else (value - self.low) / self.step
        return bool(self.low <= value <= self.high) and abs(steps - round(steps)) < 1e-8


@dataclass(frozen=True, slots=True)
class Float(_Range):
    """A float in [low, high]; uniform in the logarithm with `log`, on a grid with `step`."""

    word: ClassVar = "uniform"
    no_step: ClassVar = None
    low: float
    high: float
    log: bool = False
    step: float | None = None

    def values(self) -> Sequence[Any]:
        return [self.low + self.step * at for at in range(int(self.count))] if self.step else ()

    def contains(self, value: Any) -> bool:
        return is_number(value) and self._holds(value)

    def restored(self, stored: Any) -> Any:
        return float(stored) if type(stored) is int else stored

    def draw(self, trial: Trial | FixedTrial, key: str) -> Any:
        return trial.suggest_float(key, **asdict(self))

    def for_optuna(self) -> BaseDistribution:
        from optuna.distributions import FloatDistribution

        return FloatDistribution(**asdict(self))


@dataclass(frozen=True, slots=True)
class Int(_Range):
    """A whole number in [low, high]; uniform in the logarithm with `log`, on a grid with `step`."""

    word: ClassVar = "int"
    no_step: ClassVar = 1
    low: int
    high: int
    log: bool = False
    step: int = 1

    def values(self) -> Sequence[Any]:
        return range(self.low, self.high + 1, self.step)

    def contains(self, value: Any) -> bool:
        return isinstance(value, int) and is_number(value) and self._holds(value)

    def restored(self, stored: Any) -> Any:
        return int(stored) if isinstance(stored, float) and stored.is_integer() else stored

    def draw(self, trial: Trial | FixedTrial, key: str) -> Any:
        return trial.suggest_int(key, **asdict(self))

    def for_optuna(self) -> BaseDistribution:
        from optuna.distributions import IntDistribution

        return IntDistribution(**asdict(self))


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a number to a person, as true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Kind:
    """A distribution as a space file names it.

    Attributes:
        meaning: One sentence for a person.
        cls: Made from its two ends, whether it is uniform in the logarithm, and its step; `Choice`
            is made from its members.
        of: The type of its numbers, `int` or `float`; None where the members may be anything.
        log: Whether it is uniform in the logarithm.
    """

    meaning: str
    cls: type[Any] = Choice
    of: Any = None
    log: bool = False

    @property
    def stepped(self) -> bool:
        """Whether a `step` may stand beside it."""
        return self.of is not None and not self.log


KINDS = {
    "choice": Kind("One of the members."),
    "uniform": Kind("A number between both ends.", Float, float),
    "loguniform": Kind(
        "A number between both ends, uniform in its logarithm.", Float, float, log=True
    ),
    "int": Kind("A whole number, both ends included.", Int, int),
    "logint": Kind(
        "A whole number, both ends included, uniform in its logarithm.", Int, int, log=True
    ),
}
"""The distributions by their words in a space file, in the order in which they are listed."""
