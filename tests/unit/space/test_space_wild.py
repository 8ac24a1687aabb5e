"""Whatever the text, the reader answers with a spec or with mistakes, never with a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.distributions import KINDS
from rnnsearch.space.fields import all_fields
from rnnsearch.space.load import load, loads
from rnnsearch.space.sampled import EXTRAS
from rnnsearch.space.spec import StudySpec

SPACES = Path(__file__).parents[3] / "search_spaces"
TEXTS = {name: (SPACES / f"{name}.yaml").read_text() for name in ("sine", "hello", "char")}
CALM = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def answers(text: str, *overrides: str) -> None:
    """A spec that survives its own resolved file, or mistakes that say something."""
    found: StudySpec | SpaceFileError
    try:
        found = loads(text, name="wild", directory=SPACES, overrides=overrides)
    except SpaceFileError as error:
        found = error
    if isinstance(found, SpaceFileError):
        assert found.mistakes
        assert all(mistake.message for mistake in found.mistakes)
    else:
        assert loads(found.yaml, name="wild", directory=Path("/")) == found


WORDS = [*KINDS, *EXTRAS, *all_fields("sine"), *all_fields("text"), "min", "max", "rnn", "lstm"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70),
    st.floats(allow_nan=True),
    st.sampled_from(WORDS),
    st.text(max_size=6),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    ),
    max_leaves=6,
)


def written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(value).replace("inf", ".inf").replace("nan", ".nan")
    return str(value) if isinstance(value, int) else repr(value)


@CALM
@given(st.text(max_size=200))
@example("%YAML 9.9\n---\na: 1")
@example("%TAG ! tag:x,2000:\n---\n!foo a")
@example('"\\xZZ"')
@example("{a: {")
@example("? ? ?")
@example("!!float x: 1")
@example("- - - -")
@example("a: |\n  x\n b")
@example("task: {type: text, text: ''}")
@example('task: {type: text, text: "\\ud800ab"}')
@example('task: {type: text, path: "\\ud800"}')
@example("task: {type: text, path: 'python:'}")
@example("task: {type: text, path: 'python:...'}")
@example("task: {type: text, path: 'python:os.path'}")
@example(f"task: {{type: text, path: {'x' * 5000}}}")
@example("task: {type: text, path: /dev/zero}")
@example("task: {type: text, path: ~nobody-here/x}")
@example("task: {type: sine, duration: 1e308, starts: [1e308]}")
@example("task: {type: sine, num_points: " + "9" * 400 + "}")
@example("task: {type: sine}\nsearch: {seed: " + "9" * 5000 + "}")
@example("task: {type: sine}\nsearch: {time_budget: " + "9" * 400 + "h}")
def test_any_text(text: str) -> None:
    answers(text)


@CALM
@given(raw=st.binary(max_size=100))
def test_any_bytes(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "wild.yaml"
    path.write_bytes(raw)
    # A hundred bytes of noise name no task, so they are never a space.
    with pytest.raises(SpaceFileError) as caught:
        load(path)
    assert caught.value.mistakes


@CALM
@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 2**32))
def test_a_shipped_space_with_a_few_lines_and_words_in_wrong_places(name: str, seed: int) -> None:
    dice = random.Random(seed)
    text = TEXTS[name]
    for _ in range(dice.randint(1, 4)):
        kind = dice.randrange(4)
        if kind == 0:
            at = dice.randrange(len(text))
            text = text[:at] + dice.choice("{}[]:,#&*!|>'\"%@`-? \t\n0129.e~") + text[at:]
        elif kind == 1:
            at = dice.randrange(len(text))
            text = text[:at] + text[at + dice.randint(1, 12) :]
        elif kind == 2:
            lines = text.splitlines()
            lines.insert(dice.randrange(len(lines) + 1), dice.choice(lines))
            text = "\n".join(lines)
        else:
            old, new = dice.choice(text.split()), dice.choice([*text.split(), *WORDS])
            text = text.replace(old, new, 1)
    answers(text)


@CALM
@given(
    st.sampled_from(sorted(TEXTS)),
    st.lists(
        st.tuples(st.sampled_from(sorted({*all_fields("sine"), *all_fields("text")})), VALUES),
        max_size=3,
    ),
)
def test_any_value_in_any_field(name: str, entries: list[tuple[str, object]]) -> None:
    answers(TEXTS[name], *(f"{key}={written(value)}" for key, value in entries))


@CALM
@given(st.sampled_from(sorted(TEXTS)), st.lists(st.text(max_size=30), max_size=2))
def test_any_override(name: str, overrides: list[str]) -> None:
    answers(TEXTS[name], *overrides)
