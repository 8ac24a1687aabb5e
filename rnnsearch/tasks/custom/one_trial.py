"""A task written for one trial, as packs know tasks: the data side, without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import file_digest, sha256
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.custom_code import calling
from rnnsearch.errors import DataError
from rnnsearch.figures.figure import Figure
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Head, Loss, Metric, Part, Score, Window
from rnnsearch.tasks.custom import declared
from rnnsearch.tasks.custom.find import class_path

BASELINE_SEQUENCES = 256
"""Training sequences that the baselines are fitted on."""


class OneTrialData:
    """What a task for one trial says of itself, as `TaskData`.

    Making it draws a first batch and evaluates a network that answers 0, so that a task whose
    shapes or figures do not fit is refused before anything is trained on it.

    Attributes:
        config: The task, an object of the person's own class.
        head: `last` where the targets have one time step and the inputs several.
        steps: Time steps of the inputs, as a first batch had them.

    Raises:
        DataError: Its batches do not have the shapes that it announces, or `evaluate` reports
            other figures than `metrics` names.
    """

    quantiles: tuple[float, ...] = ()
    feedback = False
    whole_sequence = True

    def __init__(self, config: Any) -> None:
        self.config = config
        self.name = class_path(type(config))
        metric_problems = declared.metric_problems(self.metrics())
        declared.refuse(self.name, chain(declared.one_trial_problems(config), metric_problems))
        self.input_size = int(config.input_size)
        self.output_size = int(config.output_size)
        self.symbolic: bool = getattr(config, "symbolic", False)
        self.loss: Loss = getattr(config, "loss", "mse")
        self.losses: tuple[Loss, ...] = (self.loss,)
        if self.loss == "mse":
            self.losses = ("mse", "l1", "huber")
        inputs, targets = self.batch(0, 2)
        self.steps: int = inputs.shape[1]
        self.head: Head = "last" if targets.shape[1] == 1 < self.steps else "every"
        self._rows: dict[Part, int] = {"val": self._sequences_asked("val")}
        if tested := self._sequences_asked("test"):
            self._rows["test"] = tested

    def batch(self, seed: int, size: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Inputs and targets that the task's `batch` draws with a seed, checked.

        Raises:
            DataError: They have other shapes than the task announces.
        """
        with calling(f"{self.name}.batch(generator, size={size})", DataError):
            drawn = self.config.batch(np.random.default_rng(seed), size)
        if not (isinstance(drawn, tuple) and len(drawn) == 2):
            raise DataError(f"{self.name}.batch must return two arrays, inputs and targets.")
        inputs, targets = (np.asarray(one) for one in drawn)
        classes = self.loss == "cross_entropy"
        self._check("inputs", inputs, size, self.input_size, self.symbolic)
        self._check("targets", targets, size, self.output_size, classes)
        if targets.shape[1] not in (1, inputs.shape[1]):
            raise DataError(
                f"{self.name}.batch returned inputs of {inputs.shape[1]} steps and targets of "
                f"{targets.shape[1]}; targets have as many steps, or one."
            )
        return inputs, targets

    def _check(self, what: str, array: NDArray[Any], size: int, width: int, whole: bool) -> None:
        """Refuse inputs or targets of another type or shape than the task announces.

        Args:
            what: `inputs` or `targets`.
            size: Sequences that were asked for.
            width: Features, or where numbers are whole how many different ones there are.
            whole: Whether they are symbols or classes.

        Raises:
            DataError: With the type and shape that they have.
        """
        needed = "whole numbers (size, time)" if whole else f"numbers (size, time, {width})"
        fits = array.ndim == 2 if whole else array.ndim == 3 and array.shape[2] == width
        fits = fits and len(array) == size and array.dtype.kind in ("iu" if whole else "fiub")
        if not fits:
            raise DataError(
                f"{self.name}.batch returned {what} of type {array.dtype} and shape {array.shape} "
                f"for a size of {size}; they must be {needed}."
            )
        if whole and (array.min() < 0 or array.max() >= width):
            raise DataError(f"{self.name}.batch returned {what} outside of 0 to {width - 1}.")
        declared.refuse(self.name, declared.value_problems(what, array, self.loss))

    def figures(self, predict: Callable[[NDArray[Any]], NDArray[Any]]) -> list[Figure]:
        """The pictures of one trained network, from the task's method `figures` where it has one.

        Raises:
            DataError: It fails, or gives something else.
        """
        drawn = getattr(self.config, "figures", None)
        if drawn is None:
            return []
        with calling(f"{self.name}.figures(predict)", DataError):
            given = drawn(predict)
            figures = list(given) if isinstance(given, Iterable) else [given]
        strange = [one for one in figures if not isinstance(one, Figure)]
        if strange:
            raise DataError(
                f"{self.name}.figures(predict) must give a list of rnnsearch.Figure, and gave "
                f"{type(strange[0]).__name__}: write Figure(..., caption) around it."
            )
        return figures

    def _sequences_asked(self, part: Part) -> int:
        """How many sequences `evaluate` asks a network about; 0 where the task lacks the part.

        Raises:
            DataError: `evaluate` fails, or its figures are not those that the task announces.
        """
        shown: list[NDArray[Any]] = []
        call = f"{self.name}.evaluate(predict, {part!r}), with a network that answers 0,"
        try:
            with calling(call, DataError):
                figures = self.config.evaluate(self._zeros(shown), part)
        except DataError as error:
            if part != "test":
                raise
            raise DataError(f"{error}. A task without a test part returns {{}} there.") from error
        if part == "test" and isinstance(figures, Mapping) and not figures:
            return 0
        named = [part + metric.name.removeprefix("val") for metric in self.metrics()]
        declared.refuse(self.name, declared.figure_problems(figures, named, part))
        return max(1, sum(len(fed) for fed in shown))

    def _zeros(self, shown: list[NDArray[Any]]) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """A network that answers zero to everything, and appends its inputs to `shown`."""
        steps = 1 if self.head == "last" else None

        def answer(fed: NDArray[Any]) -> NDArray[Any]:
            shown.append(np.array(fed))
            return np.zeros((len(fed), steps or np.shape(fed)[1], self.output_size))

        return answer

    def rows(self) -> dict[Part, int]:
        """How many sequences a network is asked about in each part that is scored.

        The training part is not among them: its batches are drawn as they are needed.
        """
        return dict(self._rows)

    def sha256(self) -> str:
        """A hash of the task's data: from its method `sha256` where it has one.

        Else it is a hash of all that can be seen of the data: the file of a field `path`, a first
        batch, and what `evaluate` shows a network and makes of its answers, the figures in as many
        digits as every processor agrees on.
        """
        custom = getattr(self.config, "sha256", None)
        if callable(custom):
            with calling(f"{self.name}.sha256()", DataError):
                return str(custom())
        digest = sha256()
        path = getattr(self.config, "path", None)
        if isinstance(path, str) and Path(path).is_file():
            with Path(path).open("rb") as file:
                digest.update(file_digest(file, "sha256").digest())
        shown: list[NDArray[Any]] = [*self.batch(0, 2)]
        figures = self.config.evaluate(self._zeros(shown), "val")
        for array in shown:
            digest.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
        for name in sorted(figures):
            digest.update(f"{name} {float(figures[name]):.6g}\n".encode())
        return digest.hexdigest()

    def notes(self) -> Sequence[str]:
        """A line that it is computed trial by trial, and one where it has no test part."""
        notes = [f"{self.name} is a task for one trial: it is asked once for each trial of a pack"]
        if "test" not in self._rows:
            notes.append("it has no test part: the champion has the figures of validation alone")
        return notes

    def metrics(self) -> Sequence[Metric]:
        """The metrics that the task announces."""
        with calling(f"{self.name}.metrics()", DataError):
            return tuple(self.config.metrics())

    def seq_len(self, window: Window) -> int:
        """The time steps of a sequence, which the task decides."""
        return window.seq_len or self.steps

    def window_problem(self, window: Window) -> str | None:
        """Why sequences cannot have another length than the task gives them, or None."""
        if window.seq_len in (None, self.steps):
            return None
        return (
            f"sequences of {self.name} have {self.steps} steps, not {window.seq_len}; leave "
            "training.seq_len out."
        )

    def baselines(self) -> Sequence[Score]:
        """The best constant answer and, where outputs and inputs are alike, the last input."""
        inputs, targets = self.batch(1, BASELINE_SEQUENCES)
        constant = self._constant(targets)
        last = slice(-1 if self.head == "last" else None, None)

        def same(fed: NDArray[Any]) -> NDArray[Any]:
            steps = np.shape(fed)[1:2] if self.head == "every" else (1,)
            return np.broadcast_to(constant, (len(fed), *steps, len(constant))).copy()

        scores = [self._score("constant", same, "one answer for all, fitted on 256 sequences")]
        numbers = not self.symbolic and self.loss not in ("bce", "cross_entropy")
        if numbers and inputs.shape[2] == self.output_size:
            note = "says the input again"
            scores.append(self._score("persistence", lambda fed: fed[:, last], note))
        return scores

    def _constant(self, targets: NDArray[Any]) -> Floats:
        """The one answer [output_size] that errs least on some targets by the loss of training.

        Of `cross_entropy` and `bce` it is logits, as a network gives them.
        """
        if self.loss == "cross_entropy":
            counts = np.bincount(targets.ravel(), minlength=self.output_size) + 1.0
            return np.asarray(np.log(counts / counts.sum()))
        flat = targets.reshape(-1, self.output_size).astype(np.float64)
        if self.loss == "bce":
            shares = flat.mean(axis=0).clip(1e-3, 1 - 1e-3)
            return np.asarray(np.log(shares / (1 - shares)))
        return np.asarray(np.median(flat, axis=0) if self.loss == "l1" else flat.mean(axis=0))

    def _score(self, name: str, predict: Callable[..., NDArray[Any]], note: str) -> Score:
        """The figures that the task's `evaluate` gives a baseline on every part that is scored."""
        figures: dict[str, float] = {}
        for part in self._rows:
            with calling(f"{self.name}.evaluate(predict, {part!r}), with the {name}", DataError):
                scored: Mapping[str, float] = self.config.evaluate(predict, part)
            figures |= {key: float(value) for key, value in scored.items()}
        return Score(name, figures, note)

    def manifest(self) -> dict[str, Any]:
        """The task's name, its fields as JSON values, when it answers and in what."""
        fields = _plain(asdict(self.config))
        return {"task": self.name, "fields": fields, "head": self.head, "loss": self.loss}


def _plain(value: Any) -> Any:
    """A field's value as JSON values: tuples become lists, within dicts and lists too."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
