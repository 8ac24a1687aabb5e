"""How symbols of a text are shown one by one: spaces, line ends and the like have signs."""

from __future__ import annotations

from unicodedata import combining

_SIGNS = {" ": "\u2423", "\n": "\u21b5", "\t": "\u21e5", "\r": "\u240d", "\ufffd": "\ufffd"}


def visible(symbol: str) -> str:
    """A symbol as it is drawn: spaces and the like have signs of their own, and what goes on top of
    a letter stands on a dotted circle."""
    if symbol in _SIGNS:
        return _SIGNS[symbol]
    if len(symbol) == 1 and combining(symbol):
        return f"\u25cc{symbol}"
    return symbol if symbol.isprintable() else repr(symbol)[1:-1]


def one_line(text: str) -> str:
    """A text on one line: line ends and tabs have signs, spaces stay."""
    return "".join(one if one == " " else visible(one) for one in text)
