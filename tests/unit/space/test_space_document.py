"""The YAML reader: scalars of YAML 1.2, lines of keys and values, and what is no YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import Mistake
from rnnsearch.space.document import (
    MappingNode,
    ScalarNode,
    SequenceNode,
    plain,
    read,
    resolve_scalar,
)


def parse(text: str) -> tuple[object, list[Mistake]]:
    mistakes: list[Mistake] = []
    node = read(text, source="f.yaml", directory=Path(), mistakes=mistakes)
    return (None if node is None else plain(node)), mistakes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-7", -7),
        ("0o17", 15),
        ("0xff", 255),
        ("010", 10),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("10:30", "10:30"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("1e", "1e"),
        ("10m", "10m"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = resolve_scalar(text)
    assert found == value
    assert type(found) is type(value)
    assert parse(f"a: {text}") == ({"a": value}, [])


def test_quotes_make_a_text() -> None:
    assert parse("a: '1e-3'\nb: \"true\"")[0] == {"a": "1e-3", "b": "true"}


def test_every_key_and_value_knows_its_line() -> None:
    node = read("a:\n\n  b: 1\n  c:\n  - 2\n  - 3\n", source="f", directory=Path(), mistakes=[])
    assert isinstance(node, MappingNode)
    a = node.entries["a"]
    assert a.place.line == 1
    assert isinstance(a.node, MappingNode)
    assert a.node.entries["b"].place.line == 3
    items = a.node.entries["c"].node
    assert isinstance(items, SequenceNode)
    assert [item.place.line for item in items.items] == [5, 6]


def test_an_alias_stands_for_its_anchor() -> None:
    assert parse("a: &x [1, 2]\nb: *x") == ({"a": [1, 2], "b": [1, 2]}, [])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1, 2\nc: 3", 3, "bracket"),
        ("a: 1\n\tb: 2", 2, "tabs"),
        ("a: b: c", 1, "mapping values"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("a: 1\nb: 2\na: 3", 3, "already in line 1"),
        ("a: 1\nb: *x", 2, "no anchor"),
        ("a: 1\nb: \x07", 2, "binary"),
        ("a: !!python/object:os.system 1", 1, "tag"),
        ("a: 1\n? [x]\n: 2", 2, "one word"),
        ("[" * 200, 1, "nested"),
        ("a: &a [*a]", 1, "no anchor"),
    ],
)
def test_what_is_no_yaml_is_a_mistake_with_its_line(text: str, line: int, words: str) -> None:
    _, mistakes = parse(text)
    assert mistakes, "nothing was found wrong"
    assert mistakes[0].line == line
    assert words in mistakes[0].message


def test_an_escape_that_is_no_character_is_a_mistake() -> None:
    _, mistakes = parse('a: "\\UFFFFFFFF"')
    assert len(mistakes) == 1


def test_aliases_cannot_stand_for_billions() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    _, mistakes = parse("\n".join(lines))
    assert "aliases" in mistakes[0].message


def test_raw_text_is_kept() -> None:
    node = read("a: 1e-3", source="f", directory=Path(), mistakes=[])
    assert isinstance(node, MappingNode)
    value = node.entries["a"].node
    assert isinstance(value, ScalarNode)
    assert value.raw == "1e-3"
