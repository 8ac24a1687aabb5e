"""Letters that matplotlib's own font lacks, such as Chinese ones: another font of the machine draws
them, or their code points stand in their place."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CODES = 4
"""Letters in a row that have their code points; of more the first ones."""

LAST_RESORT = "Last Resort"
"""How fonts are called that have a box for every letter."""

_MISSED = re.compile(r"Glyph (\d+)")


@contextmanager
def quiet() -> Iterator[None]:
    """Lay texts out without matplotlib's warning of each letter that its font lacks."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        yield


def saved_whole(figure: Figure, save: Callable[[], None]) -> None:
    """Save a figure so that each of its letters can be told from others.

    Args:
        save: Saves it; it is called again where letters were missing.
    """
    missed = _missed_by(save)
    if not missed:
        return
    if (font := covering(missed)) is not None:
        _fall_back(figure, font)
        missed = _missed_by(save)
    if missed:
        _write_codes(figure, missed)
        with quiet():
            save()


def covering(codes: Collection[int]) -> str | None:
    """The name of the installed font that has the most of some letters; None where none has any."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    best, most = None, 0
    for entry in font_manager.fontManager.ttflist:
        if entry.name.startswith(LAST_RESORT):
            continue
        try:
            known = FT2Font(entry.fname).get_charmap()
        except (OSError, RuntimeError):
            continue  # it was uninstalled since matplotlib listed it
        count = sum(code in known for code in codes)
        if count > most:
            best, most = entry.name, count
    return best


def coded(text: str, missed: Collection[int]) -> str:
    """A text with the code points of missing letters in their place, such as `U+732B 8A9E`."""

    def codes(letters: re.Match[str]) -> str:
        points = [f"{ord(letter):X}" for letter in letters[0]]
        more = "…" if len(points) > MOST_CODES else ""
        return f"U+{' '.join(points[:MOST_CODES])}{more}"

    return re.sub(f"[{''.join(map(re.escape, map(chr, sorted(missed))))}]+", codes, text)


def _missed_by(save: Callable[[], None]) -> set[int]:
    """The letters that were missing when a figure was saved."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        save()
    missed: set[int] = set()
    for one in caught:
        if match := _MISSED.search(str(one.message)):
            missed.add(int(match[1]))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return missed


def _texts(figure: Figure) -> list[Any]:
    from matplotlib.text import Text

    return figure.findobj(Text)


def _fall_back(figure: Figure, font: str) -> None:
    """Have a font draw what the others lack."""
    for text in _texts(figure):
        text.set_fontfamily([*text.get_fontfamily(), font])


def _write_codes(figure: Figure, missed: Collection[int]) -> None:
    """Write code points in the place of letters, also where an axis makes its labels anew."""
    from matplotlib.ticker import FuncFormatter

    for text in _texts(figure):
        text.set_text(coded(text.get_text(), missed))
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = axis.get_major_formatter().format_ticks(list(axis.get_majorticklocs()))
            if any(ord(letter) in missed for label in labels for letter in label):
                plain = axis.get_major_formatter()
                axis.set_major_formatter(
                    FuncFormatter(lambda at, place, plain=plain: coded(plain(at, place), missed))
                )
