"""A network of a person's own in a space file: its arguments are keys, and it is tried."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnsearch.errors import Mistake, SpaceFileError
from rnnsearch.models.config import NetworkConfig
from rnnsearch.space.describe import describe
from rnnsearch.space.distributions import Choice
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config

NUMBERS = itertools.count()

NET = """
import torch
from torch import nn
class Net(nn.Module):
    '''A GRU.

    Args:
        units: How wide it is.
    '''
    def __init__(self, input_size, output_size, {arguments}):
        super().__init__()
        self.rnn = nn.GRU(input_size, units, batch_first=True)
        self.head = nn.Linear(units, output_size)
        {made}
    def forward(self, x, {taken}):
        states, after = self.rnn(x, {before})
        return {given}
"""

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a module that no test before has imported; gives the path of its network."""
    monkeypatch.syspath_prepend(tmp_path)

    def written(
        arguments: str = "units: int = 8, attention: bool = False, rate: float = 0.1, act=nn.Tanh",
        taken: str = "state",
        given: str = "self.head(states), after",
        made: str = "pass",
    ) -> str:
        name = f"planted_net{next(NUMBERS)}"
        before = taken.partition("=")[0]
        text = NET.format(arguments=arguments, taken=taken, before=before, given=given, made=made)
        (tmp_path / f"{name}.py").write_text(text)
        return f"{name}:Net"

    return written


def read(path: str, more: str = "", *overrides: str) -> StudySpec:
    text = f"task: {{type: sine}}\nmodel:\n  type: {path}\n{more}"
    return loads(text, name="own", directory=Path(), overrides=overrides)


def mistakes(path: str, more: str = "") -> tuple[Mistake, ...]:
    with pytest.raises(SpaceFileError) as caught:
        read(path, more)
    return caught.value.mistakes


def test_arguments_are_keys_that_are_sampled_under_conditions(write: Write) -> None:
    path = write()
    more = (
        "  units: {logint: [4, 16]}\n  attention: {choice: [true, false]}\n"
        "  rate: {uniform: [0.1, 0.5], when: {model.attention: true}}\n"
    )
    spec = read(path, more)
    assert list(spec.parameters) == ["model.units", "model.attention", "model.rate"]
    params = {"model.units": 5, "model.attention": True, "model.rate": 0.25}
    model = trial_config(spec, params, 0).model
    assert isinstance(model, NetworkConfig)
    assert model.type == path
    assert model.arguments() == {"units": 5, "attention": True, "rate": 0.25}
    off = trial_config(spec, {"model.units": 5, "model.attention": False}, 0).model
    assert isinstance(off, NetworkConfig)
    assert off.arguments()["rate"] == 0.1
    again = loads(spec.yaml, name="own", directory=Path())
    assert again.values == spec.values
    assert again.parameters == spec.parameters
    counts = describe(spec).parameter_counts
    assert counts[0] < counts[1]
    assert any("your own network" in note for note in describe(spec).notes)


def test_an_argument_without_a_type_takes_any_plain_value(write: Write) -> None:
    path = write(arguments="units, rate=None, *rest", taken="state")
    assert read(path, "  units: 8\n").values["model.units"] == 8
    more = "  units: {logint: [4, 16]}\n  rate: {uniform: [0.1, 0.5]}\n"
    spec = read(path, more)
    model = trial_config(spec, {"model.units": 5, "model.rate": 0.25}, 0).model
    assert isinstance(model, NetworkConfig)
    assert model.arguments() == {"units": 5, "rate": 0.25}
    several = read(path, "  units: 8\n  rate: {choice: [null, 0.5, 2]}\n").parameters["model.rate"]
    assert several.distribution == Choice((None, 0.5, 2))
    assert any("lacks `units`" in one.message for one in mistakes(path))


@pytest.mark.parametrize("hint", ["int | nn.Module", "int | nn.Module | None", "int | float"])
def test_of_a_union_the_members_that_a_file_can_write_count(write: Write, hint: str) -> None:
    path = write(arguments=f"units: {hint}")
    spec = read(path, "  units: {int: [4, 16]}\n")
    model = trial_config(spec, {"model.units": 5}, 0).model
    assert isinstance(model, NetworkConfig)
    assert model.arguments() == {"units": 5}


@pytest.mark.parametrize("pair", ["betas: tuple[float, float] = (0.9, 0.99)", "betas=(0.9, 0.99)"])
def test_a_pair_of_numbers_is_a_list_of_two(write: Write, pair: str) -> None:
    path = write(arguments=f"units: int = 8, {pair}")
    spec = read(path, "  betas: {choice: [[0.8, 0.9], [0.5, 1]]}\n")
    assert spec.parameters["model.betas"].distribution == Choice(((0.8, 0.9), (0.5, 1.0)))
    assert read(path).values["model.betas"] == (0.9, 0.99)
    assert any("at least 2 members" in one.message for one in mistakes(path, "  betas: [0.5]\n"))


def test_the_state_has_the_name_that_the_package_gave_it(write: Write) -> None:
    spec = read(write(taken="hx=None, timespans=None"))
    assert spec.values["model.units"] == 8


def test_an_override_reaches_an_argument(write: Write) -> None:
    spec = read(write(), "", "model.units=12")
    assert spec.values["model.units"] == 12


def test_what_its_keys_hold_wrong_is_told_with_the_line(write: Write) -> None:
    path = write()
    more = "  units: 2.5\n  cell: lstm\n  attenton: true\n  act: tanh\n"
    found = {one.key: (one.line, one.message) for one in mistakes(path, more)}
    assert {key: line for key, (line, _) in found.items()} == {
        "model.units": 4,
        "model.cell": 5,
        "model.attenton": 6,
        "model.act": 7,
    }
    assert "model has type, units, attention, rate" in found["model.cell"][1]
    assert "a type that a space file cannot set" in found["model.act"][1]


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        (
            {"arguments": "units: dict"},
            "model.type",
            "`units` has a type that a space file cannot set",
        ),
        ({"arguments": "units: int"}, "model", "lacks `units`"),
        ({"taken": "cx"}, "model.type", r"may take x and then `state` \(or hx, .*\), `lengths`"),
        ({"given": "self.head(states)"}, "model.type", "and not the two, y and state"),
        ({"made": "raise ValueError('so')"}, "model.type", r"ValueError: so \(.*:14, in __init__"),
        ({"given": "states, after"}, "model.type", r"gives y of shape \(3, 4, 8\)"),
    ],
)
def test_a_network_that_will_not_do(
    write: Write, changes: dict[str, str], key: str, message: str
) -> None:
    (mistake,) = mistakes(write(**changes))
    assert mistake.key == key
    assert re.search(message, mistake.message), mistake.message


def test_the_largest_network_is_tried_too(write: Write) -> None:
    path = write(made="assert units < 16")
    (mistake,) = mistakes(path, "  units: {int: [4, 16]}\n")
    assert "units=16" in mistake.message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lstm", "`cell` names a cell"),
        ("{choice: [a, b]}", "is never sampled"),
        ("nowhere_at_all:Net", "No module named"),
        ("json:dumps", "is a function"),
        ("json:JSONDecoder", "is no torch.nn.Module"),
    ],
)
def test_a_type_that_names_no_network(name: str, message: str) -> None:
    (mistake,) = mistakes(name)
    assert (mistake.key, mistake.line) == ("model.type", 3)
    assert message in mistake.message
