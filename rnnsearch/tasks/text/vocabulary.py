"""Symbols of a text and their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rnnsearch.errors import PromptError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAST_CODE_POINT = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The distinct symbols of a whole text, sorted; a symbol's number is its place.

    Attributes:
        unit: `char`: Unicode code points; `byte`: bytes of the UTF-8 text.
        symbols: Code points or byte values, ascending.
    """

    unit: Literal["char", "byte"]
    symbols: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.symbols)

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
        tokens = numbers[codes]
        vocabulary = cls(unit, tuple(symbols.tolist()))
        return vocabulary, tokens.astype(np.uint8) if len(symbols) <= 256 else tokens

    def encode(self, text: str) -> NDArray[np.int64]:
        """Numbers of a text, int64 [length].

        Raises:
            PromptError: The text holds symbols that the vocabulary lacks.
        """
        numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        try:
            codes = _codes(text.encode("utf-8"), self.unit).tolist()
        except UnicodeEncodeError as error:
            raise PromptError(f"the prompt is not text: {error.reason}") from error
        unknown = sorted({code for code in codes if code not in numbers})
        if unknown:
            shown = ", ".join(self.name(code) for code in unknown[:10])
            more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
            raise PromptError(
                f"the model was trained on a text without {shown}{more}; "
                f"it knows {len(self)} {self.unit}s: {self.preview()}"
            )
        return np.array([numbers[code] for code in codes], dtype=np.int64)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of numbers; bytes that are no UTF-8 become U+FFFD."""
        if self.unit == "byte":
            return bytes(self.symbols[token] for token in tokens).decode("utf-8", "replace")
        return "".join(chr(self.symbols[token]) for token in tokens)

    def name(self, symbol: int) -> str:
        """A symbol as people read it: `'é'`, `byte 0xC3`."""
        return repr(chr(symbol)) if self.unit == "char" else f"byte 0x{symbol:02X}"

    def preview(self) -> str:
        """The first symbols in a row."""
        shown = self.symbols[:80]
        text = "".join(map(chr, shown)) if self.unit == "char" else bytes(shown).decode("latin-1")
        return repr(text) + ("..." if len(self) > len(shown) else "")

    def to_json(self) -> dict[str, Any]:
        """JSON values from which `from_json` makes an equal vocabulary."""
        symbols: str | list[int] = list(self.symbols)
        if self.unit == "char":
            symbols = "".join(map(chr, self.symbols))
        return {"unit": self.unit, "vocabulary": symbols}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Vocabulary:
        """Read what `to_json` wrote; other keys are ignored.

        Raises:
            KeyError: A key is missing.
        """
        symbols = values["vocabulary"]
        codes = map(ord, symbols) if isinstance(symbols, str) else symbols
        return cls(values["unit"], tuple(codes))


def _codes(raw: bytes, unit: Literal["char", "byte"]) -> NDArray[Any]:
    if unit == "byte":
        return np.frombuffer(raw, dtype=np.uint8)
    return np.frombuffer(raw.decode("utf-8").encode("utf-32-le"), dtype="<u4")
