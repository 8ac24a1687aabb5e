"""From a text or rows of numbers to what the network reads, learned on the training part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.labels.source import normalized
from rnnsearch.tasks.scaling import Scaler, ScalerKind

OTHER = 0
"""The symbol of every character that the training part does not have."""


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """Characters to symbols.

    Attributes:
        alphabet: Characters of the training part, ascending; symbol n is `alphabet[n - 1]`.
        normalize: As in the config.
        max_length: Longer texts keep their last characters.
    """

    alphabet: str
    normalize: Literal["nfc", "ascii"]
    max_length: int | None

    @property
    def size(self) -> int:
        """Symbols, `OTHER` among them."""
        return 1 + len(self.alphabet)

    def encode(self, sequence: Any) -> NDArray[np.int32]:
        """Symbols of a text [characters].

        Raises:
            ModelError: It is no text, or nothing of it is left.
        """
        if not isinstance(sequence, str):
            raise ModelError(f"this model reads texts, not {type(sequence).__name__}.")
        text = normalized(sequence, self.normalize)
        if not text:
            raise ModelError(f"nothing is left to read of the text {sequence!r}.")
        numbers = {character: number for number, character in enumerate(self.alphabet, 1)}
        found = np.array([numbers.get(character, OTHER) for character in text], dtype=np.int32)
        return _last(found, self.max_length)

    def decode(self, symbols: Sequence[int]) -> str:
        """The text of symbols; U+FFFD stands for `OTHER`."""
        return "".join("\ufffd" if one == OTHER else self.alphabet[one - 1] for one in symbols)

    def to_json(self) -> dict[str, Any]:
        """JSON values that `encoder_from_json` reads."""
        return {"reads": "text", **asdict(self)}


@dataclass(frozen=True, slots=True)
class NumberEncoder:
    """Rows of numbers to scaled rows.

    Attributes:
        features: Names of the columns.
        scaler: Fitted on the steps of the training part.
        max_length: Longer sequences keep their last steps.
    """

    features: tuple[str, ...]
    scaler: Scaler
    max_length: int | None

    @property
    def size(self) -> int:
        """Columns."""
        return len(self.features)

    def encode(self, sequence: Any) -> Floats:
        """Scaled rows [steps, features].

        Raises:
            ModelError: It has another shape, no step, or numbers that are not finite.
        """
        try:
            rows = np.asarray(sequence, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ModelError("this model reads numbers of shape (steps, features).") from error
        if rows.ndim != 2 or rows.shape[1] != self.size or not len(rows):
            raise ModelError(
                f"a sequence must have shape (steps, {self.size}), with at least one step: "
                f"{', '.join(self.features)}; this one has {rows.shape}."
            )
        if not np.isfinite(rows).all():
            raise ModelError("a sequence holds numbers that are not finite.")
        return self.scaler.apply(_last(rows, self.max_length))

    def to_json(self) -> dict[str, Any]:
        """JSON values that `encoder_from_json` reads."""
        return {
            "reads": "numbers",
            "features": list(self.features),
            "scaler": self.scaler.to_json(),
            "max_length": self.max_length,
        }


Encoder = TextEncoder | NumberEncoder


def encoder_from_json(values: Mapping[str, Any]) -> Encoder:
    """Read what an encoder's `to_json` wrote; other keys are ignored.

    Raises:
        KeyError: A key is missing.
    """
    if values["reads"] == "text":
        return TextEncoder(values["alphabet"], values["normalize"], values["max_length"])
    scaler = Scaler.from_json(values["scaler"])
    return NumberEncoder(tuple(values["features"]), scaler, values["max_length"])


def text_encoder(
    texts: Sequence[str], normalize: Literal["nfc", "ascii"], max_length: int | None
) -> TextEncoder:
    """The characters of the training texts."""
    return TextEncoder("".join(sorted(set().union(*texts))), normalize, max_length)


def number_encoder(
    sequences: Sequence[Floats],
    features: Sequence[str],
    kind: ScalerKind,
    max_length: int | None,
) -> NumberEncoder:
    """Scaled by all the steps of the training sequences."""
    rows = np.concatenate([_last(sequence, max_length) for sequence in sequences])
    return NumberEncoder(tuple(features), Scaler.fit(rows, kind), max_length)


def _last(sequence: NDArray[Any], steps: int | None) -> NDArray[Any]:
    return sequence if steps is None else sequence[-steps:]
