"""No number of a task asks for more than a machine holds; `check` says so before it is made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.load import loads
from rnnsearch.space.ranges import RANGES
from rnnsearch.tasks.config import TASK_CONFIGS

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
    return [(name, key, many) for key, many in numbers_of(TASK_CONFIGS[name])]


CASES = [one for name in TASK_CONFIGS for one in case(name)]


def test_there_are_numbers_to_bound() -> None:
    keys = {key for _, key, _ in CASES}
    assert {"task.generated.count", "task.rollout.steps", "task.context", "task.noise"} <= keys


@pytest.mark.parametrize(("name", "key", "many"), CASES, ids=lambda one: str(one))
def test_every_number_has_an_upper_end(name: str, key: str, many: bool) -> None:
    allowed = RANGES[key]
    most = min(allowed.most, allowed.below)
    assert math.isfinite(most)
    made = f"task: {{type: {name}, {MADE.get(name, '')}}}"
    for value in (10**30, "1e300", "{choice: [1, 1e30]}"):
        written = f"[{value}]" if many and "{" not in str(value) else value
        with pytest.raises(SpaceFileError) as caught:
            loads(made, name="a", directory=Path.cwd(), overrides=[f"{key}={written}"])
        assert key in {mistake.key for mistake in caught.value.mistakes}


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
