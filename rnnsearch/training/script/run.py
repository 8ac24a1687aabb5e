"""A script on its way: the generator of a trial, from one yield to the next."""

from __future__ import annotations

import math
import posixpath
import re
import sys
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import torch

from rnnsearch.custom_code import blame, shown_traceback
from rnnsearch.errors import DataError, PackError
from rnnsearch.tasks.script.data import script_function
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.script import randomness
from rnnsearch.training.script.settings import Settings
from rnnsearch.training.state_tree import from_arrays, to_arrays

STATE, RANDOM = "state", "random"
"""What the names of a snapshot's arrays begin with: what was yielded, and the generators."""

NAME = re.compile(r"[\w\-.: /]{1,250}")
"""What the name of a metric may consist of."""


@dataclass(frozen=True, slots=True)
class Yielded:
    """What a script yielded after an epoch.

    Attributes:
        metrics: Those that are finite, and the study's own in any case.
        left_out: Names of the others that are not finite.
        arrays: The state under `STATE`, and the random generators under `RANDOM`; without a state
            nothing, as the script cannot go on from it.
    """

    metrics: Mapping[str, float]
    left_out: tuple[str, ...]
    arrays: Mapping[str, np.ndarray[Any, Any]]


class ScriptRun:
    """The generator of a trial. Its methods are called in one thread, and never two at once.

    Args:
        device: What the script finds as `config.device`.
        epoch: How many epochs it has finished before.
        arrays: What it yielded last, as `Yielded.arrays`; nothing for a start from the seed.
    """

    def __init__(
        self,
        config: TrialConfig,
        device: str,
        objective: str,
        epoch: int,
        arrays: Mapping[str, np.ndarray[Any, Any]],
    ) -> None:
        self._config = config
        self._objective = objective
        self._epoch = epoch
        self._settings = Settings(config, device, epoch)
        self._arrays = arrays
        self._generator: Generator[Any, None, Any] | None = None
        self._random: dict[str, Any] | None = None
        self._call = f"{config.task.function}({self._settings})"  # type: ignore[attr-defined]

    def advance(self) -> Yielded:
        """Run the script to its next yield.

        Raises:
            PackError: It raised, ended, or yielded something else; the text is meant for whoever
                wrote the script.
        """
        if self._random is not None:
            randomness.put_back(self._random)
        try:
            if self._generator is None:
                self._generator = self._begin(_function(self._config))
            given = next(self._generator)
        except StopIteration:
            raise PackError(
                f"the script ended after epoch {self._epoch} of {self._settings.max_epochs}: it "
                "has to yield once an epoch, as in `for epoch in range(config.start_epoch, "
                "config.max_epochs)`. A training that shall end earlier is ended by the study's "
                f"stopping rule.\nIt was called as {self._call}."
            ) from None
        except PackError:
            raise
        except BaseException as error:  # whatever it is, it must not end the thread of all scripts
            raise PackError(
                f"the script raised {blame(error)}\n{shown_traceback(error)}\n"
                f"It was called as {self._call}.{_remedy(error)}"
            ) from error
        self._random = randomness.kept()
        try:
            yielded = self._checked(given)
        except PackError as error:
            raise PackError(f"{error}\nIt was called as {self._call}.") from error
        self._epoch += 1
        return yielded

    def end(self) -> None:
        """Nothing: a script in this process goes on to its next yield."""

    def close(self) -> None:
        """End the generator, whose `finally` blocks run; what these raise is printed."""
        if self._generator is None:
            return
        try:
            self._generator.close()
        except BaseException as error:
            text = f"the script raised {blame(error)} as it was ended\n{shown_traceback(error)}"
            print(text, file=sys.stderr, flush=True)

    def _begin(self, function: Any) -> Generator[Any, None, Any]:
        state = None
        if self._arrays:
            state = from_arrays(self._arrays, STATE)
            randomness.put_back(from_arrays(self._arrays, RANDOM))
            self._arrays = {}
        else:
            randomness.seeded(self._config.seed)
        generator: Generator[Any, None, Any] = function(self._settings, state=state)
        return generator

    def _checked(self, given: Any) -> Yielded:
        """What was yielded, checked and copied: the script goes on changing its tensors."""
        pair = isinstance(given, tuple) and len(given) == 2
        metrics, state = given if pair else (given, None)
        if not isinstance(metrics, Mapping):
            raise PackError(
                f"the script yielded {_kind(given)} at epoch {self._epoch + 1}; it has to yield "
                f"its metrics and its state: `yield {{{self._objective!r}: value}}, "
                '{"model": model.state_dict()}`.'
            )
        figures = {str(name): self._number(name, value) for name, value in metrics.items()}
        if self._objective not in figures:
            raise PackError(
                f"the script yielded no {self._objective} at epoch {self._epoch + 1}, which "
                f"task.metric names; it yielded {', '.join(figures) or 'no metric'}."
            )
        infinite = [name for name, value in figures.items() if not math.isfinite(value)]
        left_out = tuple(name for name in infinite if name != self._objective)
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        if state is not None:
            arrays = to_arrays(state, STATE) | to_arrays(self._random, RANDOM)
        kept = {name: value for name, value in figures.items() if name not in left_out}
        return Yielded(kept, left_out, arrays)

    def _number(self, name: Any, value: Any) -> float:
        """A metric as a float."""
        one = isinstance(value, torch.Tensor | np.ndarray) and value.size == 1
        if isinstance(value, torch.Tensor):
            one = value.numel() == 1 and not value.is_complex()
        if not isinstance(name, str) or not (one or isinstance(value, Real)):
            raise PackError(
                f"the script yielded the metric {name!r} as {_kind(value)} at epoch "
                f"{self._epoch + 1}; a metric is a number under a name."
            )
        if not _is_name(name):
            raise PackError(
                f"the script yielded a metric under the name {name!r} at epoch {self._epoch + 1}, "
                "which MLflow does not take. A name has letters, digits, blanks and _ - . : and /, "
                "such as acc_5 or val/acc, at most 250 characters."
            )
        try:
            return float(value)
        except (OverflowError, TypeError, ValueError) as error:
            raise PackError(
                f"the script yielded the metric {name!r} at epoch {self._epoch + 1} as what is no "
                f"number: {error}."
            ) from error


def _is_name(name: str) -> bool:
    """Whether MLflow takes a metric's name, which it may use as that of a file."""
    plain = posixpath.normpath(name) == name and name not in (".", "..")
    return bool(NAME.fullmatch(name)) and plain and not name.startswith(("/", "../"))


def _function(config: TrialConfig) -> Any:
    try:
        return script_function(config.task.function)  # type: ignore[attr-defined]
    except DataError as error:
        raise PackError(str(error)) from error


def _remedy(error: BaseException) -> str:
    """A sentence on what helps, where the process that scripts share is to blame."""
    aside = threading.current_thread() is not threading.main_thread()
    if aside and isinstance(error, ValueError) and "main thread" in str(error):
        return "\nWith `process: own` under `task` it runs in the main thread of a process."
    return ""


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor | np.ndarray):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return "None" if value is None else f"an object of the type {type(value).__name__}"
