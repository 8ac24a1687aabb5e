"""Strategies that people and installed packages bring: found, and held to what they must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from contracts.distributions import installed

from rnnsearch.errors import InputError
from rnnsearch.plugins import Configs

MODULE = '''
from dataclasses import dataclass
from typing import Annotated

from rnnsearch.vocabulary import Range


class Counter:
    def __init__(self, step):
        self.step = step

    def after(self, number):
        return number + 6 // (self.step - 6)


@dataclass(frozen=True)
class Counting:
    """Counts.

    Attributes:
        step: How far.
    """

    step: int = 2

    def make(self, factor):
        return Counter(factor * self.step)


@dataclass(frozen=True)
class Idle:
    pass


@dataclass(frozen=True)
class Picky:
    step: int = 2

    def __post_init__(self):
        if self.step % 2:
            raise ValueError("odd steps are for others")

    def make(self): ...


class Bare:
    def make(self): ...


@dataclass
class Loose:
    def make(self): ...


@dataclass(frozen=True)
class Far:
    step: Annotated[int, Range(most=5)] = 9

    def make(self): ...


@dataclass(frozen=True)
class Needy:
    step: int

    def make(self): ...


@dataclass(frozen=True)
class Typed:
    type: str = "typed"

    def make(self): ...
'''


@dataclass(frozen=True)
class Ours:
    type: str = "ours"


@pytest.fixture
def configs(tmp_path: Path) -> Iterator[Configs]:
    entries = {"twos": "counting:Counting", "lost": "counting:Nobody"}
    with installed(tmp_path, {"counting.py": MODULE}, {"test.counters": entries}):
        yield Configs("search.counter", "counter", "test.counters", "make", {"ours": Ours})


def test_ours_come_first_then_those_of_packages_that_can_be_found(configs: Configs) -> None:
    assert list(configs) == ["ours", "twos"]
    assert configs["ours"] is Ours
    assert "lost" in configs
    assert "counting:Counting" in configs
    assert "none" not in configs
    assert configs.get("none") is None


@pytest.mark.parametrize("name", ["twos", "counting:Counting"])
def test_somebodys_config_knows_its_type_and_makes_what_it_is_of(
    configs: Configs, name: str
) -> None:
    cls = configs[name]
    config = cls(step=4)
    assert (config.type, config.step, cls().step) == (name, 4, 2)
    assert config == cls(step=4)
    assert cls.__doc__.startswith("Counts.")
    made = config.make(2)
    assert made.step == 8
    assert made.after(1) == 4


def test_what_it_raises_is_said_as_theirs(configs: Configs) -> None:
    made = configs["twos"](step=3).make(2)
    with pytest.raises(InputError, match=r"twos: after\(\) raised ZeroDivisionError.*counting\.py"):
        made.after(1)
    with pytest.raises(InputError, match=r"twos\.make\(\) raised TypeError"):
        configs["twos"](step=3).make("a", "b")
    assert configs["counting:Picky"]().step == 2
    with pytest.raises(InputError, match="counting:Picky raised ValueError: odd steps"):
        configs["counting:Picky"](step=3)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lost", "counting has no Nobody"),
        ("counting:Nobody", "counting has no Nobody"),
        ("no.such:Thing", "No module named 'no'"),
        ("counting:Idle", r"counting:Idle is no counter: it has no method make\(\)"),
        ("counting:Bare", "it must be a dataclass, whose fields are the keys under"),
        ("counting:Loose", "the dataclass must be frozen"),
        ("counting:Needy", "its field `step` needs a default"),
        ("counting:Typed", "a field cannot be called `type`"),
        ("counting:Far", "its field `step` has the default 9, which must be at most 5"),
    ],
)
def test_what_cannot_be_found_or_is_none_is_said(configs: Configs, name: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        configs[name]
