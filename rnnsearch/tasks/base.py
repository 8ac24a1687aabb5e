"""What a task promises to the packs that train on it. Torch is imported for types only.

Axes: K trials of a stack, T time steps, B sequences, F features, O outputs. A numeric task's
inputs are float [K, T, B, F], a symbolic task's int64 [K, T, B]. Targets are numbers
[K, T', B, O] or classes int64 [K, T', B], where T' is T, or 1 of a task that answers once, at the
last time step of a sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from rnnsearch.goal import Goal, GoalText

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, device, dtype

Part = Literal["train", "val", "test"]
Head = Literal["every", "last"]
"""Whether a task asks for outputs at every time step, or at the last valid one of each sequence."""

State: TypeAlias = "tuple[Tensor, ...] | None"
"""The recurrent state of K networks: (h,) or (h, c), each [K, num_layers, B, hidden]; None is the
zero state."""

Loss = Literal["mse", "l1", "huber", "cross_entropy", "bce", "quantile"]
"""What training minimizes: a mean over the valid (time step, sequence, output) entries of a trial.

`huber` is quadratic for errors below 1 and linear beyond. `cross_entropy` is that of classes, in
nats. `bce` takes outputs as logits and targets from 0 to 1. `quantile` is the pinball loss of every
quantile.
"""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that a task reports every epoch, under the name `<part>_<measure>`.

    Attributes:
        loss: Whether it is the loss that the task is trained on; among trials of one value in any
            other metric the lower loss wins.
        label: The name as people read it, where the name has other letters in the place of some;
            else empty.
    """

    name: str
    unit: str
    goal: GoalText
    meaning: str
    loss: bool = False
    label: str = ""


def loss_metric(metrics: Sequence[Metric]) -> str:
    """The name of the metric that is the task's loss, which breaks ties; empty where there is none.

    It is the one that the task marks, or else the first one that is minimized.
    """
    minimized = (metric.name for metric in metrics if Goal(metric.goal) is Goal.MINIMIZE)
    return next((metric.name for metric in metrics if metric.loss), next(minimized, ""))


def labels_of(metrics: Sequence[Metric]) -> dict[str, str]:
    """How people read the names of metrics that stand for columns or series of theirs, of the test
    part too; other names are read as they are."""

    def on_test(name: str) -> str:
        return name.replace("val_", "test_", 1)

    own = {metric.name: metric.label for metric in metrics if metric.label}
    return {**own, **{on_test(name): on_test(label) for name, label in own.items()}}


@dataclass(frozen=True, slots=True)
class Window:
    """What decides the shape and number of a trial's training steps."""

    batch_size: int
    seq_len: int | None = None
    steps_per_epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The metrics of a baseline, named as the task names them, and a note on how it predicts."""

    name: str
    metrics: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Training sequences of one training step for K trials, or of n training steps for each.

    Attributes:
        inputs: [K, T, B, F], or symbols int64 [K, T, B].
        targets: [K, T', B, O], or classes int64 [K, T', B].
        lengths: int64 [K, B], valid time steps of each sequence; what lies behind them is padding,
            whatever it holds, and a sequence of length 0 counts nothing. None where every
            sequence is full: a task that pads some of its sequences always says how.
        weights: [K, T', B], what the loss of each target is multiplied with, at least 0; None for
            ones. The mean is over the number of targets, not over the sum of their weights.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor | None = None
    weights: Tensor | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """The same with every tensor changed."""
        lengths = None if self.lengths is None else change(self.lengths)
        weights = None if self.weights is None else change(self.weights)
        return Batch(change(self.inputs), change(self.targets), lengths, weights)

    def in_steps(self, steps: int) -> Batch:
        """The batch of n * K trials as that of n training steps of K trials: views [n, K, ...]."""

        def divided(whole: Tensor) -> Tensor:
            return whole.contiguous().view(steps, len(whole) // steps, *whole.shape[1:])

        return self.each(divided)

    def __getitem__(self, now: int | slice) -> Batch:
        """The batch of one place, or of some, along the first axis, as views."""
        return self.each(lambda whole: whole[now])


class Predictor(Protocol):
    """K trained networks in evaluation mode (no dropout, no gradients)."""

    @property
    def size(self) -> int:
        """How many networks there are, K."""
        ...

    @property
    def device(self) -> device:
        """The device that holds inputs and outputs."""
        ...

    @property
    def dtype(self) -> dtype:
        """The dtype of inputs that are numbers, and of outputs."""
        ...

    def __call__(
        self, inputs: Tensor, state: State, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run over a chunk of time steps.

        Args:
            inputs: [K, T, B, F], or symbols [K, T, B]; K may be 1 and is then broadcast.
            state: What the last call returned, or None for zero; (h,) or (h, c), each
                [K, num_layers, B, hidden].
            lengths: Valid time steps of each sequence, int64 [K, B] or, for all K alike, [1, B];
                None where all are full. Outputs at padded time steps mean nothing.

        Returns:
            Outputs of the head, [K, T, B, O] or [K, 1, B, O] as the task's `head` says, and the
            state after the last valid time step.
        """
        ...

    def rollout(self, inputs: Tensor, state: State, steps: int) -> Tensor:
        """Run over a chunk of time steps, then feed each output back as the next input.

        Args:
            inputs: [K, T, B, F], numbers; K may be 1 and is then broadcast.
            state: As for a call.
            steps: Predictions to make, at least 1; the first follows the last of `inputs`.

        Returns:
            [K, steps, B, F].
        """
        ...


@runtime_checkable
class OutputsOnly(Protocol):
    """A `Predictor` that can leave out the states, which some kernels do not know at the ends of
    sequences of unequal length."""

    def outputs(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """The outputs of a call from the initial state; arguments as of `Predictor.__call__`."""
        ...


class TaskData(Protocol):
    """A task's data without torch: `check` describes it, and baselines are fitted on it.

    It is loaded once by the driver, pickles cheaply (numpy arrays), and is shared by every pack.

    Attributes:
        input_size: Features, or symbols of the vocabulary.
        output_size: Outputs of the head; quantiles count, those of one target side by side.
        symbolic: Whether inputs are symbols.
        losses: What a trial may be trained on, its default first.
        quantiles: Of the `quantile` loss, which is then the only one; else empty.
        feedback: Whether the outputs at one time step predict the next inputs, so that a model
            can be fed its own predictions.
        whole_sequence: Whether a model sees each sequence from its first time step to its last,
            so that it may read it backwards too, and carries no state to the next one.
    """

    input_size: int
    output_size: int
    symbolic: bool
    losses: tuple[Loss, ...]
    quantiles: tuple[float, ...]
    feedback: bool
    whole_sequence: bool

    def rows(self) -> dict[Part, int]:
        """How many rows (points, symbols or sequences) each part has."""
        ...

    def sha256(self) -> str:
        """The SHA-256 of all that was read or made, for the records."""
        ...

    def notes(self) -> Sequence[str]:
        """Sentences for the person who starts the study, such as that a held-out part is
        missing."""
        ...

    def metrics(self) -> Sequence[Metric]:
        """Every metric that the task reports, the most important one first."""
        ...

    def seq_len(self, window: Window) -> int:
        """Time steps of a training sequence, of the longest one where they differ."""
        ...

    def window_problem(self, window: Window) -> str | None:
        """Why the data cannot be cut that way (a text shorter than a window), or None."""
        ...

    def baselines(self) -> Sequence[Score]:
        """Simple rivals of a network, fitted on the training part alone and scored on the
        others."""
        ...

    def manifest(self) -> dict[str, Any]:
        """JSON values that a trained model needs to be used without the data, such as a
        vocabulary."""
        ...


class Task(Protocol):
    """A task on a device: batches by their index, and metrics of all trials of a stack at once."""

    @property
    def data(self) -> TaskData:
        """The data that the task was built from."""
        ...

    head: Head
    natural_epoch: bool
    """Whether an epoch is one pass over the data, at whose start a carried state is reset."""

    def epoch_index(self, seed: int, epoch: int, window: Window) -> np.ndarray[Any, Any]:
        """Where each training sequence of an epoch starts.

        A function of its arguments alone, so that a trial can stop in the middle of an epoch
        and go on elsewhere. `epoch` counts from 0.

        Returns:
            int64 [training steps, B]; `gather` knows what the numbers mean.
        """
        ...

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Training sequences of one training step for K trials of one window shape.

        Args:
            index: int64 [K, B], a row of `epoch_index` of each trial.
        """
        ...

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Metrics of a part for every trial of a stack.

        Args:
            part: `val` reports what the study selects on; `test` is for the champion, once.
            carried: The state out of training, or None where training carries none.

        Returns:
            Float64 tensors [K] under full names (`val_mse`, `val_rollout_rmse_49`).
        """
        ...


@runtime_checkable
class UnequalTask(Protocol):
    """A `Task` of sequences of unequal length whose batches end at their own longest one.

    It draws sequences of like length into a batch. `gather` is asked with a `seq_len` in the
    window, no shorter than the longest of those batches, to which it pads them.
    """

    def longest(self, index: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Time steps of the longest sequence of each batch, known on the host.

        Args:
            index: As `epoch_index` gives it, int64 [training steps, B].

        Returns:
            int64 [training steps], at least 1 each.
        """
        ...


@runtime_checkable
class Saying(Protocol):
    """A task that shows in words what a trained model does."""

    def say(self, predictor: Predictor) -> str:
        """A line or a sample that shows what the model does."""
        ...


CALIBRATION = "calibration"
"""The key of a trained model's manifest under which its task's `calibration` stands."""


@runtime_checkable
class Calibrating(Protocol):
    """A task whose models must know how far their own answers lie from the truth."""

    def calibration(self, predictor: Predictor) -> dict[str, Any]:
        """What a trained model keeps of that, as JSON values; nothing where none is asked for."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A task so small that each network's answer is recorded after every epoch."""

    tells: bool
    """Whether the data is small enough for that."""

    def words(self, predictor: Predictor) -> list[str]:
        """The answer of each network of a stack, as `Saying.say` writes it."""
        ...
