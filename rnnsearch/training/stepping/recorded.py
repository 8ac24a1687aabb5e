"""Training steps that are recorded once and replayed: one launch instead of hundreds.

There is one recording for each number of rows and shape of batch, which serves any trials in those
rows. All that a training step reads lies in tensors that stay where they are and are filled anew:
the batch, the masks, the settings of each trial, and the rows of the stack themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.memory import out_of_memory
from rnnsearch.training.optimizers import corrections, refill_, settings
from rnnsearch.training.shapes import layer_state
from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.base import Taken
from rnnsearch.training.stepping.capture import Recorder
from rnnsearch.training.stepping.crew import Crew
from rnnsearch.training.stepping.layers import LayerSteps
from rnnsearch.training.stepping.planner import Plan
from rnnsearch.training.stepping.step import StepBody, StepInputs, hold_
from rnnsearch.training.stepping.stretch import Stretch

RECORDED = "recorded steps"
"""Stands behind the kernels' names where training steps are recorded once and replayed."""

MOST_PROGRAMS = 16
"""How many recordings a stack keeps: one a width (powers of two), with and without dropout. When
there are more, the oldest is dropped."""

_UNTOUCHED = frozenset({"gradients", "seed", "total"})
"""Rows that a training step does not change, or that hold nothing between two training steps."""


class RecordedSteps:
    """A `Stepper` that replays what `LayerSteps` would do, where torch can record it.

    Recordings read and write the tensors of the stack's rows. When these are replaced by larger or
    smaller ones, all recordings are dropped.
    """

    one_by_one = False

    def __init__(self, shared: Shared, recorder: Recorder) -> None:
        self._layers = LayerSteps(shared)
        self._shared = shared
        self._recorder = recorder
        self._failure = ""
        """Why training steps cannot be recorded; empty as long as they can."""
        self._tensors: Mapping[str, Tensor] = {}
        self._made: dict[tuple[object, ...], Program] = {}

    @property
    def words(self) -> str:
        """The names of the layers' kernels, and whether the training steps could be recorded."""
        recorded = f"not recorded: {self._failure}" if self._failure else RECORDED
        return f"{self._layers.words}, {recorded}"

    def release(self) -> bool:
        """Drop the recordings and give back their memory; whether there were any."""
        had = bool(self._made)
        self._made.clear()
        return had

    def take(self, crew: Crew, ahead: Stretch, taken: Taken) -> None:
        """See `Stepper`."""
        for plan in _plans(crew, ahead):
            program = self._program(crew, plan.inputs(0))
            if program is None:
                self._layers.planned(crew, plan, taken)
            else:
                self._replayed(program, crew, plan, taken)
            if taken.left <= 0:
                return

    def _program(self, crew: Crew, example: StepInputs) -> Program | None:
        """The program for a crew's rows and such inputs, recorded now unless it is there.

        Returns:
            None where torch cannot record such training steps; `words` then says why.

        Raises:
            RuntimeError: Memory ran out.
        """
        if self._failure:
            return None
        tensors = crew.stack_rows.tensors
        if tensors is not self._tensors:
            self.release()
            self._tensors = tensors
        lo, width = crew.lo, width_of(crew.hi - crew.lo, crew.room)
        dropped = tuple(mask is not None for mask in example.masks)
        shapes = tuple((tuple(one.shape[1:]), one.dtype) for one in example.tensors())
        what = (lo, width, dropped, example.batch.lengths is None, shapes)
        if what in self._made:
            return self._made[what]
        if len(self._made) >= MOST_PROGRAMS:
            del self._made[next(iter(self._made))]
        rows = {name: whole[lo : lo + width] for name, whole in tensors.items()}
        try:
            made = Program(self._shared, rows, example, crew.configs[0], self._recorder)
        except RuntimeError as error:
            if out_of_memory(error):
                raise
            self._failure = str(error).partition("\n")[0] or type(error).__name__
            self.release()
            return None
        self._made[what] = made
        return made

    def _replayed(self, program: Program, crew: Crew, plan: Plan, taken: Taken) -> None:
        """Replay a program for each training step of a plan, until time is up; at least once."""
        program.board(crew)
        count, done = crew.hi - crew.lo, 0
        results = crew.rows["parameters"].new_empty(len(plan), 2, count)
        try:
            with program.kept(count):
                for number in range(len(plan)):
                    factors = None if plan.factors is None else plan.factors[number]
                    program.step(plan.inputs(number), factors, results[number])
                    done += 1
                    if taken.left <= 0:
                        return
        finally:
            taken.add(results[:done, 0], results[:done, 1])
            crew.rows["total"].add_(done)


def _plans(crew: Crew, ahead: Stretch) -> Iterator[Plan]:
    """Plans for all training steps of a stretch.

    Batches that end at their own longest sequence are padded to one length for all trials, a power
    of two: each length is recorded for itself, so there must be few.
    """
    if ahead.longest is None:
        yield from crew.planner.plans(ahead)
        return
    for number in range(len(ahead)):
        steps = 1 << (int(ahead.longest[number].max()) - 1).bit_length()
        yield crew.planner.plan(ahead.part(slice(number, number + 1)), steps)


class Program:
    """A recorded training step of some neighbouring rows of a stack.

    The crew's trials have the first of these rows. In the others may be other trials, or none:
    they are computed as well, on whatever lies in the inputs, and put back as they were.

    Args:
        rows: Views of these rows, by the names of `Rows`.
        example: Inputs of a training step of any number of trials, for their shapes and dtypes.
        config: Of any trial of the stack; it stands in for rows without a trial of the crew.

    Raises:
        RuntimeError: The training step cannot be recorded, or memory ran out; the rows are as
            before.
    """

    def __init__(
        self,
        shared: Shared,
        rows: Mapping[str, Tensor],
        example: StepInputs,
        config: TrainingConfig,
        recorder: Recorder,
    ) -> None:
        self._shared = shared
        self._rows = rows
        self._states = tuple(rows[name] for name in rows if name.startswith("state"))
        width, device = len(rows["parameters"]), shared.device
        self._inputs = example.each(lambda one: one.new_zeros(width, *one.shape[1:]))
        self._how = settings([config] * width, device, shared.dtype, every=True)
        self._factors = torch.ones(1, width, dtype=torch.float64, device=device)
        self._carried = torch.zeros(width, 1, 1, dtype=torch.bool, device=device)
        self._results = rows["parameters"].new_zeros(2, width)
        self._body = StepBody(shared, rows)
        self._aboard: object = None
        fixed = [*rows.values(), *self._inputs.tensors(), *self._how.tensors()]
        fixed += [self._factors, self._carried, self._results]
        with self.kept(0):
            self._replay = recorder.record(self._step, fixed)

    @torch.no_grad()
    def _step(self) -> None:
        powers = self._rows["powers"]
        ahead = corrections(self._how, powers, 1, self._shared.dtype, self._factors)
        state = layer_state(self._shared.key.network, self._states)
        one_pass, norms = self._body(self._inputs, self._how, ahead, 0, state)
        powers.copy_(ahead.powers[1])
        hold_(self._states, one_pass.after, self._carried)
        self._results[0].copy_(one_pass.losses)
        self._results[1].copy_(norms)

    @contextmanager
    def kept(self, first: int) -> Iterator[None]:
        """Run a block, and then put the rows from `first` on back as they were before."""
        others = {n: rows[first:] for n, rows in self._rows.items() if n not in _UNTOUCHED}
        before = {name: rows.clone() for name, rows in others.items()}
        try:
            yield
        finally:
            for name, rows in others.items():
                rows.copy_(before[name])

    def board(self, crew: Crew) -> None:
        """Take over the settings of a crew, whose trials have the first rows."""
        if crew.token is self._aboard:
            return
        fresh = settings(crew.configs, self._shared.device, self._shared.dtype, every=True)
        refill_(self._how, fresh)
        self._carried[: len(crew.configs)].copy_(crew.carried)
        self._aboard = crew.token

    def step(self, now: StepInputs, factors: Tensor | None, out: Tensor) -> None:
        """Take one training step of the K trials of the crew; call it within `kept(K)`.

        Args:
            now: What they read, in the shapes that were recorded but for K.
            factors: What the learning rates are multiplied with, float64 [K]; None for ones.
            out: Gets losses and gradient norms, [2, K].
        """
        for held, fresh in zip(self._inputs.tensors(), now.tensors(), strict=True):
            held[: len(fresh)].copy_(fresh)
        if factors is None:
            self._factors.fill_(1.0)
        else:
            self._factors[0, : len(factors)].copy_(factors)
        self._replay()
        out.copy_(self._results[:, : out.shape[1]])


def width_of(count: int, room: int) -> int:
    """How many rows are computed for some trials: the next power of two, as far as there is room.

    Trials come and go one by one. With powers of two there are few widths, each recorded once.
    """
    return min(room, 1 << (count - 1).bit_length())
