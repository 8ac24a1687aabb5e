"""Every shipped space file, changed at random: a spec that can be described, or words.

The short form runs with the suite; the long one (`-m slow`) tries thousands.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.describe import describe
from rnnsearch.space.fields import all_fields
from rnnsearch.space.load import loads
from rnnsearch.tasks.families import BUILT_IN

SPACES = Path(__file__).parents[3] / "search_spaces"
TREES = {
    path.stem: YAML(typ="safe", pure=True).load(path.read_text())
    for path in sorted(SPACES.glob("*.yaml"))
}
QUICK = ("sine", "hello", "adding", "stacked", "sign_of_last", "modern")
"""Those whose data is made in an instant."""

KEYS = sorted({key.rpartition(".")[2] for name in BUILT_IN for key in all_fields(name)})
DOTTED = sorted({key for name in BUILT_IN for key in all_fields(name)})
LEAVES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 17, 64, 10**6, 10**9, 2**63, 10**40, -(10**40)),
    *(0.5, 1e-300, 1e300, -0.0, float("inf"), float("-inf"), float("nan")),
    *("", " ", "\t", "\x00", "\x1b[31m", "a\nb", "\u2028", "\ud83d\ude00", "ä", "‮", "null", "no"),
    *(
        "1e5",
        "0x1f",
        "10m",
        "1e400h",
        "~",
        "*a",
        "&a",
        "!!python/object:os.system",
        "{",
        "python:os",
    ),
    *(
        "python:os",
        "python:this.is.none",
        "/dev/zero",
        "/proc/self/mem",
        "..",
        "x" * 5000,
        "os:system",
    ),
    *("__main__:A", "json:JSONDecoder", "rnnsearch.errors:Mistake", "lstm", "rnn", "auto", "a:B"),
]


def changed(tree: Any, dice: random.Random, rate: float, depth: int = 0) -> Any:
    """A tree with changes here and there.

    Args:
        rate: Of changes at each place; a low one leaves many files that still mean something.
    """
    if dice.random() < rate:
        return made(dice)
    if isinstance(tree, dict):
        found = {key: changed(value, dice, rate, depth + 1) for key, value in tree.items()}
        if found and dice.random() < 2 * rate:
            del found[dice.choice(list(found))]
        if dice.random() < 2 * rate:
            found[dice.choice(KEYS if depth else DOTTED)] = made(dice)
        if found and dice.random() < rate:
            found[dice.choice(KEYS)] = found.pop(dice.choice(list(found)))
        if found and dice.random() < rate:
            found["when"] = {dice.choice(DOTTED): made(dice)}
        return found
    if isinstance(tree, list):
        items = [changed(one, dice, rate, depth + 1) for one in tree]
        if dice.random() < 2 * rate:
            dice.shuffle(items)
        return items * (dice.choice([0, 2]) if dice.random() < rate else 1)
    if isinstance(tree, int | float) and not isinstance(tree, bool) and dice.random() < 3 * rate:
        return dice.choice([tree * 2, tree / 2, -tree, tree + 1, tree * 1000, str(tree), [tree]])
    return tree


def made(dice: random.Random, depth: int = 0) -> Any:
    kind = dice.randrange(9 if depth < 4 else 3)
    if kind < 4:
        return dice.choice(LEAVES)
    if kind == 4:
        return [made(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind == 5:
        return {dice.choice(KEYS): made(dice, depth + 1) for _ in range(dice.randrange(4))}
    if kind == 6:
        name = dice.choice(["choice", "uniform", "loguniform", "int", "logint"])
        ends = [made(dice, 4) for _ in range(dice.choice([0, 1, 2, 2, 2, 3]))]
        more = {"step": made(dice, 4)} if dice.random() < 0.3 else {}
        return {name: ends, **more}
    if kind == 7:
        deep: Any = made(dice, 4)
        for _ in range(dice.choice([5, 30, 60, 500])):
            deep = [deep]
        return deep
    return list(range(dice.choice([100, 2000])))


def written(value: Any) -> str:
    """As YAML in flow style; JSON's escapes are YAML's too, but for halves of a pair."""
    if isinstance(value, dict):
        inner = ", ".join(f"{written(key)}: {written(one)}" for key, one in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        depth = 1
        while len(value) == 1 and isinstance(value[0], list):  # deeper than Python may call
            depth, value = depth + 1, value[0]
        return "[" * depth + ", ".join(map(written, value)) + "]" * depth
    if isinstance(value, float):
        return str(value).replace("inf", ".inf").replace("nan", ".nan")
    return json.dumps(value)


def answers(text: str) -> None:
    """`check` and all that it prints."""
    try:
        spec = loads(text, name="wild", directory=SPACES)
    except SpaceFileError as error:
        mistakes = error.mistakes
    else:
        mistakes = ()
        assert describe(spec).metrics
        assert loads(spec.yaml, name="wild", directory=Path("/"), check_data=False) == spec
    assert all(mistake.message for mistake in mistakes)


def fuzzed(names: tuple[str, ...], seed: int) -> None:
    dice = random.Random(seed)
    text = written(changed(TREES[dice.choice(names)], dice, dice.choice([0.005, 0.02, 0.08])))
    if dice.random() < 0.05:
        at = dice.randrange(len(text))
        text = text[:at] + chr(dice.choice([0, 7, 9, 27, 133, 0x2028, 0xFEFF, 0x1F600])) + text[at:]
    answers(text)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**40))
def test_a_shipped_space_with_its_tree_changed(seed: int) -> None:
    fuzzed(QUICK, seed)


@pytest.mark.slow
@settings(max_examples=6000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**40))
def test_every_shipped_space_with_its_tree_changed(seed: int) -> None:
    fuzzed(tuple(TREES), seed)
