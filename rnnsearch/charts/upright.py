"""Titles that stand upright at an axis, broken so that none is cut."""

from __future__ import annotations

import re

from rnnsearch.figures.style import shortened

LETTER = 7.0
"""Pixels of a letter, roughly."""
AROUND = 90
"""Pixels of a chart that its axis does not have: the legend above it, labels below."""
MOST_LINES = 3


def upright(text: str, height: int) -> str:
    """A title in lines that fit the axis of a chart of so many pixels.

    It breaks before a unit, at spaces, and behind underscores; of what does not fit even so the
    middle is left out.
    """
    room = max(12, int((height - AROUND) / LETTER))
    lines: list[str] = []
    for part in re.split(r" (?=\()", text):
        line = ""
        for piece in re.findall(r"[^\s_]+_*\s*|_+", part):
            if line and len(line) + len(piece.rstrip()) > room:
                lines.append(line)
                line = ""
            line += piece
        lines.append(line)
    fitting = [shortened(line.strip(), room) for line in lines if line.strip()]
    if len(fitting) > MOST_LINES:
        fitting = [*fitting[: MOST_LINES - 1], fitting[-1]]
    return "<br>".join(fitting)
