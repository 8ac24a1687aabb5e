"""No number asks for more than a machine holds; `check` says so before anything is made."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.fields import every_field
from rnnsearch.space.load import loads
from rnnsearch.tasks.families import BUILT_IN, family


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_number_has_an_upper_end(name: str) -> None:
    numbers = {key: one for key, one in every_field(name).items() if numeric(one.type)}
    assert {"training.max_epochs", "search.scheduler.interval", "resources.packs"} <= set(numbers)
    assert family(name).own_loop or "model.hidden_sizes" in numbers
    free = {
        key
        for key, one in numbers.items()
        if not math.isfinite(min(one.says.range.most, one.says.range.below))
    }
    assert free == set()


def numeric(kind: Any) -> bool:
    """Whether a type takes a number, or a list of them."""
    if kind in (int, float):
        return True
    inner = () if get_origin(kind) is Literal else get_args(kind)
    return any(numeric(one) for one in inner)


@pytest.mark.parametrize(
    ("key", "many"),
    [
        ("task.num_points", False),
        ("task.duration", False),
        ("task.rollout.steps", True),
        ("model.hidden_sizes", True),
        ("training.clip_norm", False),
        ("search.time_budget", False),
        ("search.scheduler.grace_period", False),
        ("resources.slots", False),
    ],
)
@pytest.mark.parametrize(
    "value", ["1" + "0" * 31, "1e300", "0x" + "f" * 300, "{choice: [1, 1e31]}", "{int: [1, 1e31]}"]
)
def test_what_lies_beyond_is_a_mistake(key: str, many: bool, value: str) -> None:
    written = f"[{value}]" if many and "{" not in value else value
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
    shown = str(spec.parameters["model.hidden_size"].distribution)
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
