"""What a network of a tiny text wrote, epoch by epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnsearch.figures.letters import Letters, shown_epochs

CURVES = {"train_nats": {1: 2.0, 2: 0.5, 3: 0.01}, "train_loss": {1: 2.5, 2: 0.6, 3: 0.02}}


def test_every_letter_is_shown_right_or_wrong(drawn: list[Any], tmp_path: Path) -> None:
    said = {1: "lllll", 2: "elllh", 3: "elloh"}
    Letters(said, "hello", "elloh", CURVES, 3).draw(tmp_path / "h.png", title="hello")
    (figure,) = drawn
    above, below = figure.axes
    assert "".join(text.get_text() for text in above.texts) == "lllllelllhelloh"
    colors = [patch.get_facecolor() for patch in above.patches]
    right = [
        letter == wanted
        for word in said.values()
        for letter, wanted in zip(word, "elloh", strict=True)
    ]
    assert len(set(colors)) == 2
    assert [color == colors[-1] for color in colors] == right
    assert [text.get_text() for text in above.get_yticklabels()] == ["1", "2", "3 (kept)"]
    assert [text.get_text() for text in above.get_xticklabels()] == [
        "h\ne",
        "e\nl",
        "l\nl",
        "l\no",
        "o\nh",
    ]
    assert {"train_nats", "train_loss"} <= {line.get_label() for line in below.get_lines()}


def test_dollars_blanks_and_letters_without_a_glyph_are_drawn(tmp_path: Path) -> None:
    text = "$a\n$_{ 店"
    path = tmp_path / "d.png"
    Letters({1: text, 2: text}, text, text, CURVES, 2).draw(path, title="study $x$ {店")
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("count", [1, 2, 9, 200])
def test_some_epochs_are_shown_with_the_first_the_last_and_the_kept(count: int) -> None:
    for changes in (1, 7, count):
        said = {epoch: str(epoch // max(1, count // changes)) for epoch in range(1, count + 1)}
        kept = max(1, count // 3)
        found = shown_epochs(said, kept)
        assert found == sorted(set(found))
        assert {1, count, kept} <= set(found)
        assert min(count, 8) <= len(found) <= 14
