"""Weights of classes by name: read from a file and written again, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec

NAMES = ("New York: #1", "1", "true", "null")


def with_weights(folder: Path, weights: str) -> StudySpec:
    rows = [f"text {at} {at % 7},{NAMES[at % 4]}" for at in range(60)]
    (folder / "x.csv").write_text("\n".join(["words,place", *rows]) + "\n", encoding="utf-8")
    text = f"""task: {{type: labels, path: x.csv, text: words, label: place}}
training: {{batch_size: 4, class_weights: {weights}}}
"""
    return loads(text, name="x", directory=folder)


def test_they_are_read_and_written(tmp_path: Path) -> None:
    spec = with_weights(tmp_path, "{'New York: #1': 2.5, 1: 3, 'true': 0, null: 1}")
    pairs = (("New York: #1", 2.5), ("1", 3.0), ("true", 0.0), ("null", 1.0))
    assert spec.values["training.class_weights"] == pairs
    assert loads(spec.yaml, name="x", directory=tmp_path) == spec


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ("{York: 2}", "names 'York', which is no class; classes are 1, New York: #1, null, true."),
        ("{'1': -2}", "weighs '1' with a number below 0"),
        ("{'1': x}", "1: must be a number"),
        ("{'1': [2]}", "1: must be a number"),
        ("{1: 0, 'New York: #1': 0, 'true': 0, 'null': 0}", "nothing is left to learn"),
        (
            "{choice: [balanced, {'1': 2}]}",
            "choice member 2 must be balanced or a mapping",
        ),
        ("evenly", "must be balanced or a mapping of names to numbers or null"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, weights: str, words: str) -> None:
    with pytest.raises(SpaceFileError) as caught:
        with_weights(tmp_path, weights)
    (mistake,) = caught.value.mistakes
    assert (mistake.key, mistake.line) == ("training.class_weights", 2)
    assert words in mistake.message
