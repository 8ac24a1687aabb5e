"""A trained classifier at work: sequences in, labels and probabilities out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.labels.encoder import encoder_from_json
from rnnsearch.tasks.ragged import Ragged

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Classified:
    """What a model makes of sequences.

    Attributes:
        labels: The likeliest class of each.
        probabilities: Float64 [sequences, classes], in the order of `classes`.
        classes: Names.
    """

    labels: tuple[str, ...]
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]


def classify(
    manifest: Mapping[str, Any], predictor: Predictor, sequences: Sequence[Any]
) -> Classified:
    """Label sequences of any length.

    Args:
        manifest: Of the model's task.
        predictor: Of one network, with the head of the last step.
        sequences: Texts, or arrays (steps, features) in the units of the data.

    Raises:
        ModelError: There is none, or one of them is not what the model reads; it is named by its
            place, counting from 0.
    """
    import torch

    from rnnsearch.tasks.whole import WholeSequences

    if isinstance(sequences, str) or not len(sequences):
        raise ModelError("give a list of at least one sequence.")
    encoder = encoder_from_json(manifest)
    encoded = []
    for place, sequence in enumerate(sequences):
        try:
            encoded.append(encoder.encode(sequence))
        except ModelError as error:
            raise ModelError(f"sequence {place}: {error}") from error
    classes = tuple(manifest["classes"])
    symbolic = manifest["reads"] == "text"
    read = torch.int64 if symbolic else predictor.dtype
    whole = WholeSequences(Ragged.of(encoded), predictor.device, read)
    found = np.empty((len(encoded), len(classes)))
    for numbers, _, outputs in whole.read(predictor):
        found[numbers.cpu().numpy()] = outputs.squeeze(1)[0].double().softmax(-1).cpu().numpy()
    labels = tuple(classes[at] for at in found.argmax(axis=1).tolist())
    return Classified(labels, found, classes)
