"""The symbols of a text and the numbers that networks know them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import PromptError
from rnnsearch.tasks.arrays import Ints

LAST_CODE_POINT = 0x10FFFF
REPLACEMENT = "\ufffd"
"""What stands in a decoded text for the unknown symbol and for bytes that are no UTF-8."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The distinct symbols of a whole text, sorted; a symbol's number is its place.

    Attributes:
        unit: `char`: Unicode code points; `byte`: bytes of the UTF-8 text.
        symbols: Code points or byte values, ascending.
        unknown: Whether one more number, the last, stands for every other symbol.
    """

    unit: Literal["char", "byte"]
    symbols: tuple[int, ...]
    unknown: bool = False

    def __len__(self) -> int:
        return len(self.symbols) + self.unknown

    @classmethod
    def of(
        cls, raw: bytes, unit: Literal["char", "byte"]
    ) -> tuple[Vocabulary, NDArray[np.uint8] | NDArray[np.int32]]:
        """The vocabulary of a text and the text in its numbers.

        Returns:
            The numbers are uint8 up to 256 symbols, int32 beyond.

        Raises:
            UnicodeDecodeError: `raw` is not UTF-8 and the unit is `char`.
        """
        codes = _codes(raw, unit)
        present = np.zeros(LAST_CODE_POINT + 1, dtype=bool)
        present[codes] = True
        symbols = np.flatnonzero(present)
        numbers = np.zeros(LAST_CODE_POINT + 1, dtype=np.int32)
        numbers[symbols] = np.arange(len(symbols), dtype=np.int32)
        return cls(unit, tuple(symbols.tolist())), _narrow(numbers[codes], len(symbols))

    def limited(
        self, tokens: NDArray[Any], most: int, counted: NDArray[Any]
    ) -> tuple[Vocabulary, NDArray[np.uint8] | NDArray[np.int32]]:
        """The vocabulary with its rare symbols as one unknown symbol, and the text in its numbers.

        Args:
            tokens: The text, in the numbers of this vocabulary.
            most: Numbers to leave, the unknown one among them; at least 2.
            counted: The stretch of the text that decides what is rare; among equally frequent
                symbols the lower code point stays.
        """
        if len(self) <= most:
            return self, tokens
        counts = np.bincount(counted, minlength=len(self))
        kept = np.sort(np.argsort(-counts, kind="stable")[: most - 1])
        numbers = np.full(len(self), most - 1, dtype=np.int32)
        numbers[kept] = np.arange(most - 1, dtype=np.int32)
        symbols = tuple(self.symbols[number] for number in kept)
        return Vocabulary(self.unit, symbols, True), _narrow(numbers[tokens], most)

    def encode(self, text: str) -> Ints:
        """Numbers of a text, int64 [length]; see `strangers` for what becomes the unknown symbol.

        Raises:
            PromptError: The text holds symbols that the vocabulary lacks, and it has no unknown
                symbol that could stand for them.
        """
        numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        if not self.unknown and (strangers := self.strangers(text)):
            shown = ", ".join(strangers[:10])
            more = f" and {len(strangers) - 10} more" if len(strangers) > 10 else ""
            raise PromptError(
                f"the model was trained on a text without {shown}{more}; "
                f"it knows {len(self)} {self.unit}s: {self.preview()}"
            )
        last = len(self.symbols)
        return np.array([numbers.get(code, last) for code in self._read(text)], dtype=np.int64)

    def strangers(self, text: str) -> list[str]:
        """Names of the different symbols of a text that the vocabulary lacks.

        Raises:
            PromptError: It is no text (half of a surrogate pair).
        """
        return [self.name(code) for code in sorted(set(self._read(text)) - set(self.symbols))]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of numbers; bytes that are no UTF-8, and the unknown symbol, become U+FFFD."""
        if self.unit == "byte":
            stranger = REPLACEMENT.encode()
            known = [bytes([symbol]) for symbol in self.symbols] + [stranger]
            return b"".join(known[token] for token in tokens).decode("utf-8", "replace")
        characters = [*map(chr, self.symbols), REPLACEMENT]
        return "".join(characters[token] for token in tokens)

    def described(self, number: int) -> str:
        """A number as people read it: `'é'`, `byte 0xC3`, `the unknown symbol`."""
        known = number < len(self.symbols)
        return self.name(self.symbols[number]) if known else "the unknown symbol"

    def name(self, symbol: int) -> str:
        """A symbol as people read it: `'é'`, `byte 0xC3`."""
        return repr(chr(symbol)) if self.unit == "char" else f"byte 0x{symbol:02X}"

    def preview(self) -> str:
        """The first 80 symbols in a row, for a message."""
        shown = self.symbols[:80]
        text = "".join(map(chr, shown)) if self.unit == "char" else bytes(shown).decode("latin-1")
        return repr(text) + ("..." if len(self) > len(shown) else "")

    def to_json(self) -> dict[str, Any]:
        """JSON values from which `from_json` makes an equal vocabulary."""
        symbols: str | list[int] = list(self.symbols)
        if self.unit == "char":
            symbols = "".join(map(chr, self.symbols))
        values: dict[str, Any] = {"unit": self.unit, "vocabulary": symbols}
        return values | ({"unknown": True} if self.unknown else {})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Vocabulary:
        """Read what `to_json` wrote; other keys are ignored.

        Raises:
            KeyError: A key is missing.
        """
        symbols = values["vocabulary"]
        codes = map(ord, symbols) if isinstance(symbols, str) else symbols
        return cls(values["unit"], tuple(codes), values.get("unknown", False))

    def _read(self, text: str) -> list[int]:
        """Code points or bytes of a text.

        Raises:
            PromptError: It is no text (half of a surrogate pair).
        """
        try:
            codes: list[int] = _codes(text.encode("utf-8"), self.unit).tolist()
        except UnicodeEncodeError as error:
            raise PromptError(f"the prompt is not text: {error.reason}") from error
        return codes


def _narrow(tokens: NDArray[np.int32], size: int) -> NDArray[np.uint8] | NDArray[np.int32]:
    """Numbers below `size` in the smaller type, if it holds them."""
    return tokens.astype(np.uint8) if size <= 256 else tokens


def _codes(raw: bytes, unit: Literal["char", "byte"]) -> NDArray[Any]:
    """The code points or bytes of a UTF-8 text, [symbols].

    Raises:
        UnicodeDecodeError: `raw` is not UTF-8 and the unit is `char`.
    """
    if unit == "byte":
        return np.frombuffer(raw, dtype=np.uint8)
    return np.frombuffer(raw.decode("utf-8").encode("utf-32-le"), dtype="<u4")
