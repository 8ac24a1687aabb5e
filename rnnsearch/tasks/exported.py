"""The part of `Use` that files of other formats are made of, and are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.base import Predictor, State
from rnnsearch.tasks.interface import (
    Answers,
    Chances,
    Classes,
    Interface,
    Numbers,
    Symbols,
    Values,
    numbered,
    plain_numbers,
)

if TYPE_CHECKING:
    from torch import Tensor

Answer = tuple[NDArray[Any], State]


class Exported:
    """What a trained network reads and answers in a person's own units, said twice.

    `interface` says it as plain values, of which files are made; `answered` computes it with the
    task's own code, with which the answers of the files are compared.
    """

    description: Any
    manifest: Mapping[str, Any]

    def interface(self) -> Interface:
        """What the network reads and answers. `meaning_of` and `in_data_units` must agree."""
        about = self.description
        if about.symbolic:
            return Interface(
                reads=Symbols(names=tuple(range(about.input_size))),
                answers=usual_answers(about, self.manifest),
            )
        reads = plain_numbers(about.input_size)
        if "scaler" in self.manifest:
            reads = scaled_numbers(reads.names, self.manifest["scaler"])
        return Interface(reads=reads, answers=usual_answers(about, self.manifest))

    def answered(
        self,
        predictor: Predictor,
        x: NDArray[Any],
        state: State,
        lengths: NDArray[np.int64] | None = None,
        series: NDArray[np.int64] | None = None,
    ) -> Answer:
        """What the network answers to sequences that go on from a state, and the state after.

        Args:
            predictor: A stack of one network.
            x: As `interface().reads` says.
            lengths: Valid time steps of each sequence, [B]; None where all are.
            series: Of `Table`, the place of each sequence's series, [B].

        Returns:
            What `interface().answers` says at each time step at which the predictor answers,
            (B, T', ...).
        """
        del series
        fed = self.network_inputs(predictor, x)
        outputs, after = predictor(fed, state, as_lengths(predictor, lengths))
        y = self.in_data_units(self.meaning_of(outputs[0]))
        if isinstance(self.interface().answers, Classes):
            y = np.exp(y)  # `meaning_of` gives their logarithms
        return y, after

    def network_inputs(self, predictor: Predictor, inputs: Any) -> Tensor:
        """See `Use.network_inputs`."""
        raise NotImplementedError

    def meaning_of(self, outputs: Tensor) -> Tensor:
        """See `Use.meaning_of`."""
        raise NotImplementedError

    def in_data_units(self, outputs: Tensor) -> NDArray[Any]:
        """See `Use.in_data_units`."""
        raise NotImplementedError


def usual_answers(about: Any, manifest: Mapping[str, Any]) -> Answers:
    """What outputs mean where a task says no more than the loss of its training.

    Args:
        about: The `ModelDescription` of the network.
    """
    size = about.output_size
    loss = manifest.get("loss", "cross_entropy" if about.symbolic else "mse")
    if loss == "cross_entropy":
        return Classes(names=tuple(range(size)), named=False)
    if loss == "bce":
        return Chances(names=numbered("y", size))
    if "scaler" in manifest:
        return scaled_values(numbered("y", size), manifest["scaler"])
    plain = plain_numbers(size, "y")
    return Values(names=plain.names, center=plain.center, scale=plain.scale)


def scaled_numbers(names: tuple[str, ...], scaler: Mapping[str, Any]) -> Numbers:
    """Numbers that a scaler, as JSON values, scales."""
    return Numbers(names=names, center=tuple(scaler["center"]), scale=tuple(scaler["scale"]))


def scaled_values(names: tuple[str, ...], scaler: Mapping[str, Any]) -> Values:
    """Numbers that a scaler, as JSON values, puts back into their units."""
    return Values(names=names, center=tuple(scaler["center"]), scale=tuple(scaler["scale"]))


def as_lengths(predictor: Predictor, lengths: NDArray[np.int64] | None) -> Tensor | None:
    """Lengths [B] as a predictor takes them, [1, B]."""
    import torch

    return None if lengths is None else torch.tensor(lengths, device=predictor.device)[None]
