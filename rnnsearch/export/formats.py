"""The formats that a model is exported to; one more is a file and a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnsearch.export.checking import Finding
from rnnsearch.export.subject import Subject
from rnnsearch.tasks.family import imported_object


@dataclass(frozen=True, slots=True)
class Written:
    """What was written into a folder.

    Attributes:
        findings: Of the comparison with the model.
        usage: Lines of Python that use the files, run in their folder.
        notes: What a person should know beside, a sentence each.
    """

    findings: Sequence[Finding]
    usage: str
    notes: Sequence[str] = ()


Write = Callable[[Subject, Path, float], Written]
"""Writes the files of a model into an empty folder, and compares them with the model, of which they
may differ by so much and no more."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        meaning: What is written, for a person.
        write: Path of the function, a `Write`.
        needs: Packages that it needs, none of which rnnsearch brings itself.
        several: Whether it takes the mean of several networks too.
    """

    meaning: str
    write: str
    needs: tuple[str, ...] = ()
    several: bool = False

    @property
    def writer(self) -> Write:
        """The function behind `write`, imported."""
        function: Write = imported_object(self.write)
        return function


FORMATS = {
    "onnx": Format(
        "forward.onnx and step.onnx, for onnxruntime and whatever else reads ONNX",
        "rnnsearch.export.onnx_format:write",
        ("onnx", "onnxruntime", "onnxscript"),
        several=True,
    ),
    "torch": Format(
        "model.py with its weights, plain torch, and forward.pt2 and step.pt2 of torch.export",
        "rnnsearch.export.torch_format:write",
    ),
    "safetensors": Format(
        "model.safetensors and config.json: the weights, and all that one must know beside",
        "rnnsearch.export.safetensors_format:write",
    ),
}
"""By the name of `--format`."""
