"""Every mistake that a space file can hold: its line, its key, and the remedy in its words."""

from __future__ import annotations

from pathlib import Path

import mistakes_across_keys
import mistakes_in_distributions
import mistakes_in_networks
import mistakes_in_values
import pytest
from mistake_case import SINE, Case

from rnnsearch.errors import Mistake, SpaceFileError
from rnnsearch.space.load import load, loads

CASES = mistakes_in_values.CASES | mistakes_in_distributions.CASES
CASES |= mistakes_in_networks.CASES | mistakes_across_keys.CASES


def mistakes_of(text: str, tmp_path: Path) -> tuple[Mistake, ...]:
    with pytest.raises(SpaceFileError) as caught:
        loads(text, name="space.yaml", directory=tmp_path)
    return caught.value.mistakes


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_mistake_is_found_with_line_key_and_remedy(case: Case, tmp_path: Path) -> None:
    mistakes = mistakes_of(case.text, tmp_path)
    assert len(mistakes) == 1, [str(mistake) for mistake in mistakes]
    mistake = mistakes[0]
    assert mistake.line == case.line
    assert mistake.key == case.key
    assert case.words in mistake.message
    assert mistake.suggestion == case.suggestion
    assert mistake.source == "space.yaml"


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "task: {type: sine}\n"
        "model: {cell: ltsm, hiden_size: 3}\n"
        "training: {learning_rate: {loguniform: [0.1, 0.01]}}\n"
        "search: {metric: val_msee, num_trials: many}\n"
    )
    mistakes = mistakes_of(text, tmp_path)
    assert [mistake.line for mistake in mistakes] == [2, 2, 3, 4, 4]
    assert {mistake.key for mistake in mistakes} == {
        "model.cell",
        "model.hiden_size",
        "training.learning_rate",
        "search.metric",
        "search.num_trials",
    }
    error = SpaceFileError(mistakes)
    assert str(error).startswith("5 mistakes in the search space:\n  space.yaml:2: model.")


def test_a_missing_data_file_does_not_hide_the_wrong_metric(tmp_path: Path) -> None:
    text = "task: {type: text, path: nowhere.txt}\nsearch: {metric: val_nat}"
    assert [mistake.key for mistake in mistakes_of(text, tmp_path)] == [
        "task.path",
        "search.metric",
    ]


def test_an_empty_data_file_is_a_mistake_at_its_path(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    mistakes = mistakes_of("task:\n  type: text\n  path: empty.txt", tmp_path)
    assert [(mistake.line, mistake.key) for mistake in mistakes] == [(3, "task.path")]
    assert "empty" in mistakes[0].message


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1, "no UTF-8"),
        (b"task: {type: sine}\nname: caf\xe9", 2, "byte 0xe9"),
        (b"task: {type: sine}\n\x00", 2, "U+0000"),
        ("task: {type: sine}".encode("utf-16"), 1, "no UTF-8"),
    ],
)
def test_a_binary_file_is_a_mistake(tmp_path: Path, raw: bytes, line: int, words: str) -> None:
    path = tmp_path / "space.yaml"
    path.write_bytes(raw)
    with pytest.raises(SpaceFileError) as caught:
        load(path)
    assert [mistake.line for mistake in caught.value.mistakes] == [line]
    assert words in caught.value.mistakes[0].message


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "sine.yaml").write_text(SINE)
    with pytest.raises(SpaceFileError) as caught:
        load(tmp_path / "sin.yaml")
    assert caught.value.mistakes[0].suggestion == str(tmp_path / "sine.yaml")
    with pytest.raises(SpaceFileError, match="folder"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("override", "key", "words", "suggestion"),
    [
        ("nonsense", "", "KEY=VALUE", ""),
        ("=3", "", "KEY=VALUE", ""),
        ("training.lr=3", "training.lr", "unknown key", "training.learning_rate"),
        ("modle.cell=rnn", "modle.cell", "unknown key", "model.cell"),
        ("training.learning_rate=", "training.learning_rate", "has no value", ""),
        ("training.learning_rate=-1", "training.learning_rate", "above 0", ""),
        ("model.cell=[rnn", "", "no YAML", ""),
        ("model.cell.choice=[rnn]", "model.cell.choice", "--set 'model.cell={choice: ...}'", ""),
        ("model={cel: rnn}", "model.cel", "unknown key", "model.cell"),
    ],
)
def test_a_wrong_override_names_itself(
    override: str, key: str, words: str, suggestion: str, tmp_path: Path
) -> None:
    with pytest.raises(SpaceFileError) as caught:
        loads(SINE, name="s", directory=tmp_path, overrides=[override])
    (mistake,) = caught.value.mistakes
    assert mistake.source == f"--set {override}"
    assert mistake.line is None
    assert (mistake.key, mistake.suggestion) == (key, suggestion)
    assert words in mistake.message
