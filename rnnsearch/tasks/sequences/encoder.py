"""Encoders, fitted on the training part: from a text or rows of numbers to network inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.scaling import Scaler, ScalerKind
from rnnsearch.tasks.sequences.config import SequencesConfig, TextsConfig
from rnnsearch.tasks.sequences.source import normalized

OTHER = 0
"""The symbol that stands for every character which the training part does not have."""


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """Encodes the characters of a text as symbols.

    Attributes:
        alphabet: The characters of the training part, sorted; symbol n is `alphabet[n - 1]`.
        normalize: What happens to a text first; see the field of `TextsConfig`.
        max_length: Longer texts keep their last characters.
    """

    alphabet: str
    normalize: Literal["nfc", "ascii"]
    max_length: int | None

    @property
    def size(self) -> int:
        """How many symbols there are, with `OTHER`."""
        return 1 + len(self.alphabet)

    def encode(self, sequence: Any) -> NDArray[np.int32]:
        """The symbols of a text, int32 [characters].

        Raises:
            ModelError: It is no text, or nothing is left of it once it is normalized.
        """
        if not isinstance(sequence, str):
            raise ModelError(f"this model reads texts, not {type(sequence).__name__}.")
        text = normalized(sequence, self.normalize)
        if not text:
            raise ModelError(f"nothing is left to read of the text {sequence!r}.")
        numbers = {character: number for number, character in enumerate(self.alphabet, 1)}
        symbols = np.array([numbers.get(character, OTHER) for character in text], dtype=np.int32)
        return _last(symbols, self.max_length)

    def decode(self, symbols: Sequence[int]) -> str:
        """The text that symbols stand for, with U+FFFD for `OTHER`."""
        return "".join("\ufffd" if one == OTHER else self.alphabet[one - 1] for one in symbols)

    def to_json(self) -> dict[str, Any]:
        """JSON values that `encoder_from_json` reads."""
        return {"reads": "text", **asdict(self)}


@dataclass(frozen=True, slots=True)
class NumberEncoder:
    """Encodes rows of numbers as scaled rows.

    Attributes:
        features: The names of the columns.
        scaler: Fitted on the time steps of the training part.
        max_length: Longer sequences keep their last time steps.
    """

    features: tuple[str, ...]
    scaler: Scaler
    max_length: int | None

    @property
    def size(self) -> int:
        """How many columns there are."""
        return len(self.features)

    def encode(self, sequence: Any) -> Floats:
        """The scaled rows of a sequence, float64 [time steps, features].

        Raises:
            ModelError: It has another shape, no row, or numbers that are not finite.
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


def encoding(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an encoder's `to_json` wrote, in the manifest of a model; that of labels has it among
    its own entries."""
    entries: Mapping[str, Any] = manifest.get("encoder", manifest)
    return entries


def encoder_of(config: SequencesConfig, train: Sequence[Any]) -> Encoder:
    """An encoder for sequences such as those of the training part: texts, or rows of numbers."""
    longest = config.max_length if isinstance(config, TextsConfig) else None
    if isinstance(config, TextsConfig) and isinstance(train[0], str):
        return text_encoder(train, config.normalize, longest)
    return number_encoder(train, config.features, config.scaler, longest)


def text_encoder(
    texts: Sequence[str], normalize: Literal["nfc", "ascii"], max_length: int | None
) -> TextEncoder:
    """An encoder for the characters of the training texts."""
    return TextEncoder("".join(sorted(set().union(*texts))), normalize, max_length)


def number_encoder(
    sequences: Sequence[Floats],
    features: Sequence[str],
    kind: ScalerKind,
    max_length: int | None,
) -> NumberEncoder:
    """An encoder whose scaler is fitted on all time steps of the training sequences."""
    rows = np.concatenate([_last(sequence, max_length) for sequence in sequences])
    return NumberEncoder(tuple(features), Scaler.fit(rows, kind), max_length)


def _last(sequence: NDArray[Any], steps: int | None) -> NDArray[Any]:
    return sequence if steps is None else sequence[-steps:]
