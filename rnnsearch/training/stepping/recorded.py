"""Steps that are recorded once and replayed: one launch instead of hundreds."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.training.stack_key import Shared
from rnnsearch.training.stepping.base import Taken
from rnnsearch.training.stepping.capture import Recorder
from rnnsearch.training.stepping.crew import Crew
from rnnsearch.training.stepping.layers import LayerSteps
from rnnsearch.training.stepping.planner import Plan
from rnnsearch.training.stepping.program import Program, Programs
from rnnsearch.training.stepping.stretch import Stretch
from rnnsearch.training.stepping.words import RECORDED


class RecordedSteps:
    """A `Stepper` that replays what `LayerSteps` would do, where torch can record it."""

    one_by_one = False

    def __init__(self, shared: Shared, recorder: Recorder) -> None:
        self._layers = LayerSteps(shared)
        self._programs = Programs(shared, recorder)

    @property
    def words(self) -> str:
        """The layers', and whether their steps could be recorded."""
        failure = self._programs.failure
        return f"{self._layers.words}, {f'not recorded: {failure}' if failure else RECORDED}"

    def release(self) -> bool:
        """Let the recordings go."""
        return self._programs.clear()

    def take(self, crew: Crew, ahead: Stretch, taken: Taken) -> None:
        """See `Stepper`."""
        for plan in _plans(crew, ahead):
            program = self._programs.find(crew, plan.inputs(0))
            if program is None:
                self._layers.planned(crew, plan, taken)
            else:
                self._replayed(program, crew, plan, taken)
            if taken.left <= 0:
                return

    def _replayed(self, program: Program, crew: Crew, plan: Plan, taken: Taken) -> None:
        """Steps of a plan, one after the other."""
        program.board(crew)
        count, done = crew.hi - crew.lo, 0
        found = crew.rows["parameters"].new_empty(len(plan), 2, count)
        try:
            with program.kept(count):
                for number in range(len(plan)):
                    factors = None if plan.factors is None else plan.factors[number]
                    program.step(plan.inputs(number), factors, found[number])
                    done += 1
                    if taken.left <= 0:
                        return
        finally:
            taken.add(found[:done, 0], found[:done, 1])
            crew.rows["total"].add_(done)


def _plans(crew: Crew, ahead: Stretch) -> Iterator[Plan]:
    """Plans for a stretch; batches that end at their own longest sequence are padded to one length
    for all trials, of which there are few, since each is recorded."""
    if ahead.longest is None:
        yield from crew.planner.plans(ahead)
        return
    for number in range(len(ahead)):
        steps = 1 << (int(ahead.longest[number].max()) - 1).bit_length()
        yield crew.planner.plan(ahead.part(slice(number, number + 1)), steps)
