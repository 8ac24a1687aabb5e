"""Modules of torch as programs of torch.export, or why they are none."""

from __future__ import annotations

import logging
import re
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from rnnsearch.custom_code import custom_place, place_of
from rnnsearch.errors import ModelError
from rnnsearch.export.whole_layers import kept_whole

Axes = Mapping[int, str]
"""The axes of a tensor that may have any length, each with a word for it."""


def exported(
    what: str, module: nn.Module, examples: Sequence[Tensor], free: Sequence[Axes]
) -> torch.export.ExportedProgram:
    """A module as a program of torch.export; arguments as for `traced`."""
    words = {word for axes in free for word in axes.values()}
    dims = {word: torch.export.Dim(word) for word in words}
    shapes = tuple({axis: dims[word] for axis, word in axes.items()} for axes in free)
    fixed: list[str] = []
    with quiet(), _noting(fixed), kept_whole():
        try:
            return torch.export.export(
                _Called(module).eval(), tuple(examples), dynamic_shapes=(shapes,), strict=False
            )
        except Exception as error:
            reason = first_line(error)
            where = place_of(error)
            if held := re.match(r"Constraints violated \((.*?)\)", reason):
                reason = _held(held[1], fixed)
            elif where:
                reason = f"torch.export says {reason} ({where})"
            else:
                reason = f"torch.export says {reason}"
            raise ModelError(f"{what} cannot be exported: {reason}.") from error


def _held(axes: str, places: Sequence[str]) -> str:
    """That a module holds for axes of one length alone, and which of its lines ask for it."""
    told = f"it works for one length of {axes.replace(', ', ' and ')} alone, of those in the trace"
    if places:
        lines = ", ".join(dict.fromkeys(places))
        return f"{told}, since a number is made of that length ({lines}); of len(x) make x.shape[0]"
    return (
        f"{told}: torch unrolls a loop over time steps. Give its forward a `state`, so that it can "
        "be exported time step by time step, or layers of torch.nn in the place of the loop"
    )


@contextmanager
def _noting(places: list[str]) -> Iterator[None]:
    """Note the lines of a person's code that make a plain number of the length of an axis."""
    before: Any = torch.SymInt.__index__

    def noted(length: Any) -> Any:
        frames = reversed(traceback.extract_stack())
        places.extend(islice((at for frame in frames if (at := custom_place(frame))), 1))
        return before(length)

    torch.SymInt.__index__ = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.SymInt.__index__ = before  # type: ignore[method-assign]


class _Called(nn.Module):
    """A module behind a `forward` that takes tensors alone, in a row, however many."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *given: Tensor) -> Any:
        return self.module(*given)


def first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip().rstrip(".") if lines else type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Without what torch's exporters warn of, log and print of their own insides."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                yield
    finally:
        logging.disable(before)
