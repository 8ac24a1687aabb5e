"""Letters that matplotlib's font lacks: another font has them, or their code points stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.figures import glyphs
from rnnsearch.figures.confusion import Confusion

CAT, LETTER = "\u732b\u8a9e", "\u1d81"
"""Chinese letters, which no font of matplotlib's has; and one that its STIX has alone."""


def words(figure: Any) -> set[str]:
    from matplotlib.text import Text

    return {text.get_text() for text in figure.findobj(Text)}


def test_letters_that_no_font_has_are_told_apart(drawn: list[Any], tmp_path: Path) -> None:
    confusion = Confusion(np.eye(2, dtype=int), ("k\u00e9k\u00e9", CAT))
    if glyphs.covering({ord(letter) for letter in CAT}) is not None:
        pytest.skip("this machine has a font with Chinese letters")
    confusion.draw(tmp_path / "c.png", title=f"study {CAT}")
    shown = words(drawn[-1])
    assert {"U+732B 8A9E", "k\u00e9k\u00e9"} <= shown
    assert any(text.startswith("study U+732B 8A9E") for text in shown)
    assert not any(CAT in text for text in shown)


def test_a_font_that_has_the_letters_draws_them(drawn: list[Any], tmp_path: Path) -> None:
    font = glyphs.covering({ord(LETTER)})
    assert font is not None
    Confusion(np.eye(2, dtype=int), (LETTER, "b")).draw(tmp_path / "c.png", title="t")
    (label,) = [one for one in drawn[-1].axes[0].get_xticklabels() if one.get_text() == LETTER]
    assert font in label.get_fontfamily()
    assert LETTER in words(drawn[-1])


def test_a_picture_of_plain_letters_is_saved_once(drawn: list[Any], tmp_path: Path) -> None:
    Confusion(np.eye(2, dtype=int), ("a", "b")).draw(tmp_path / "c.png", title="t")
    assert len(drawn) == 1


def test_of_many_letters_the_first_ones_have_their_codes() -> None:
    missed = {ord(letter) for letter in CAT}
    assert glyphs.coded(f"a {CAT * 3} b", missed) == "a U+732B 8A9E 732B 8A9E… b"
