"""No number asks for more than a machine holds; `check` says so before anything is made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.models.config import ModelConfig
from rnnsearch.space.fields import all_fields, every_field
from rnnsearch.space.load import loads
from rnnsearch.space.spec import ResourcesConfig, SearchConfig
from rnnsearch.space.words import draws
from rnnsearch.tasks.families import BUILT_IN, family
from rnnsearch.training.config import TrainingConfig

MADE = {
    "labels": "generated: {rule: random}",
    "text": "text: some text",
    "series": "path: t.csv, targets: [y]",
    "events": "path: e.npz",
}


def numbers_of(cls: type, prefix: str = "task") -> Iterator[tuple[str, bool]]:
    """Every key of a task that takes a number, and whether it takes a list of them."""
    hints = get_type_hints(cls)
    for field in fields(cls):
        kind = hints[field.name]
        if is_dataclass(kind):
            yield from numbers_of(kind, f"{prefix}.{field.name}")  # type: ignore[arg-type]
        elif numeric(kind):
            yield f"{prefix}.{field.name}", get_origin(kind) is tuple


def numeric(kind: Any) -> bool:
    if kind in (int, float):
        return True
    inner = () if get_origin(kind) is Literal else get_args(kind)
    return any(numeric(one) for one in inner)


def case(name: str) -> list[tuple[str, str, bool]]:
    return [(name, key, many) for key, many in numbers_of(family(name).config)]


CASES = [one for name in BUILT_IN for one in case(name)]


def test_there_are_numbers_to_bound() -> None:
    keys = {key for _, key, _ in CASES}
    assert {"task.generated.count", "task.rollout.steps", "task.context", "task.noise"} <= keys


@pytest.mark.parametrize(("name", "key", "many"), CASES, ids=lambda one: str(one))
def test_every_number_has_an_upper_end(name: str, key: str, many: bool) -> None:
    allowed = all_fields(name)[key].says.range
    most = min(allowed.most, allowed.below)
    assert math.isfinite(most)
    made = f"task: {{type: {name}, {MADE.get(name, '')}}}"
    for value in (10**30, "1e300", "{choice: [1, 1e30]}"):
        written = f"[{value}]" if many and "{" not in str(value) else value
        with pytest.raises(SpaceFileError) as caught:
            loads(made, name="a", directory=Path.cwd(), overrides=[f"{key}={written}"])
        assert key in {mistake.key for mistake in caught.value.mistakes}


OTHERS = {
    "model": ModelConfig,
    "training": TrainingConfig,
    "search": SearchConfig,
    "resources": ResourcesConfig,
}


@pytest.mark.parametrize(
    ("key", "many"), [one for name, cls in OTHERS.items() for one in numbers_of(cls, name)]
)
def test_numbers_of_the_other_sections_have_one_too(key: str, many: bool) -> None:
    allowed = all_fields("sine")[key].says.range
    assert math.isfinite(min(allowed.most, allowed.below))
    for value in (10**31, "1e300", "0x" + "f" * 300, "{choice: [1, 1e31]}", "{int: [1, 1e31]}"):
        written = f"[{value}]" if many and "{" not in str(value) else value
        with pytest.raises(SpaceFileError) as caught:
            loads("task: {type: sine}", name="a", directory=Path(), overrides=[f"{key}={written}"])
        assert key in {mistake.key for mistake in caught.value.mistakes}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_default_is_within_its_range(name: str) -> None:
    wrong = {key: one.says.problem(one.default) for key, one in every_field(name).items()}
    assert not any(wrong.values())


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("model.hidden_size", f"{{choice: {list(range(1, 1002))}}}", "choice has 1,001 members"),
        ("model.hidden_sizes", f"{[8] * 65}", "at most 64 members"),
        ("model.hidden_size", f"{{choice: {[1] * 40_000}}}", "more than 30,000 values"),
        ("training.seq_len", "{choice: [1, 2], when: {model.hidden_size: {min: .inf}}}", "1e300"),
    ],
)
def test_lists_and_conditions_end_too(key: str, value: str, words: str) -> None:
    with pytest.raises(SpaceFileError, match=words):
        loads("task: {type: sine}", name="a", directory=Path(), overrides=[f"{key}={value}"])


def test_a_long_choice_is_shown_in_part() -> None:
    members = {"hidden_size": {"choice": list(range(1, 1001))}}
    spec = loads(f"task: {{type: sine}}\nmodel: {members}", name="a", directory=Path())
    shown = draws(spec.parameters["model.hidden_size"].distribution)
    assert shown.endswith("49, 50, ... 950 more]")


@pytest.mark.parametrize("task", ["{num_points: 50}", "{type: sin}", "{type: }", "{}", "3"])
def test_a_task_without_a_type_beside_conditional_fields(task: str) -> None:
    text = f"""
task: {task}
model:
  cell: {{choice: [rnn, lstm]}}
  forget_bias: {{uniform: [0, 1], when: {{model.cell: lstm}}}}
  bias: {{choice: [true, false], when: {{model.cell: rnn}}}}
  num_layers: {{int: [1, 2]}}
  residual: {{choice: [true, false], when: {{model.num_layers: {{min: 2}}}}}}
training:
  carry_state: {{choice: [true, false], when: {{model.cell: rnn}}}}
"""
    with pytest.raises(SpaceFileError) as caught:
        loads(text, name="a", directory=Path())
    assert {mistake.key for mistake in caught.value.mistakes} <= {"task", "task.type"}


TOGETHER = [
    ("labels", "generated", "{rule: random, count: 100000000, length: 1000}", "generated.count"),
    ("labels", "generated", "{rule: random, num_features: 900000}", "generated.count"),
    ("adding", "length", "1000000", "train_sequences"),
    ("copy", "val_sequences", "100000000", "val_sequences"),
    ("sine", "num_points", "1000000, val_starts: [" + "1, " * 120 + "2]", "val_starts"),
    ("wave", "rollout", "{starts: 1000000, steps: [100]}", "rollout.starts"),
]


@pytest.mark.parametrize(("name", "key", "value", "named"), TOGETHER)
def test_what_numbers_ask_for_together_is_bounded(
    name: str, key: str, value: str, named: str
) -> None:
    text = f"task: {{type: {name}, {key}: {value}}}"
    with pytest.raises(SpaceFileError, match="fit") as caught:
        loads(text, name="a", directory=Path.cwd())
    (mistake,) = caught.value.mistakes
    assert f"task.{named}".startswith(mistake.key)
