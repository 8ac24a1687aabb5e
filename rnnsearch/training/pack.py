"""A pack: any mix of trials, trained together on one device.

Nothing here knows of Ray: a plain script or a test drives it.

    pack = Pack({task_config: data}, objective="val_mse")
    pack.add("a", config)
    result = pack.train({"a": 10}, seconds=2.0)   # towards its tenth epoch
    weights = pack.remove("a")
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import torch

from rnnsearch.errors import PackError
from rnnsearch.goal import Goal, GoalText
from rnnsearch.tasks.load import build_task
from rnnsearch.training.aboard import Aboard
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.epochs import EpochEnds
from rnnsearch.training.kinds import AnyStack
from rnnsearch.training.memory import Room
from rnnsearch.training.placement import DataSource, TaskBuilder
from rnnsearch.training.places import Places
from rnnsearch.training.report import Divergence, SliceResult
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.stepping.capture import Recorder, recorder_of
from rnnsearch.training.turns import Turns, wanting
from rnnsearch.training.weights import Weights

TURN_SECONDS = 0.05
"""A stack's turn before the next stack has one."""

EARLY_SECONDS = 0.2
"""After so long `train` returns when at least half of the slots wait for a decision."""

AWAIT_SECONDS = 0.05
"""Between two looks whether what is waited for is there: kernels that another process compiles,
or room for a trial."""


class Pack:
    """Trials in slots. Numbers of a trial depend on its config alone, not on its company.

    torch's threads are the caller's: on a CPU set `torch.set_num_threads(1)` and run a pack a
    core. A pack is not for use from several threads.
    """

    def __init__(
        self,
        data: DataSource,
        *,
        device: str = "cpu",
        objective: str = "val_mse",
        goal: Goal | GoalText = Goal.MINIMIZE,
        tasks: TaskBuilder = build_task,
        recorder: Recorder | None = None,
        most: int | None = None,
    ) -> None:
        """Make an empty pack.

        Args:
            data: Data by task config, or a function that finds it; asked once a task.
            device: torch's name of it.
            objective: The metric whose best epoch's weights are kept.
            goal: Which way the objective improves.
            tasks: Puts a task's data on the device.
            recorder: Records steps and replays them; None takes what the device has: CUDA graphs
                on a GPU, elsewhere nothing.
            most: Trials in training at once; the others wait until one leaves. See
                `memory.most_at_once`.
        """
        where = torch.device(device)
        recorder = recorder_of(where) if recorder is None else recorder
        goal = Goal(goal)
        self._places = Places(data, where, objective, goal, tasks, recorder)
        self._ends = EpochEnds(objective, goal)
        self._log = SliceResult()
        self._aboard = Aboard(self._places, Room(most), self._log)
        self._turns = Turns(measures=recorder is None)

    @property
    def roster(self) -> dict[str, int]:
        """Finished epochs of every trial aboard."""
        return self._aboard.epochs

    @property
    def kernels(self) -> dict[str, str]:
        """What computes each trial in training, in words."""
        return self._aboard.kernels

    @property
    def useful(self) -> int | None:
        """How many trials aboard are enough, since more would not raise what the pack gets done;
        None where they may."""
        return self._turns.useful(self._aboard.stacks.values())

    def add(self, trial_id: str, config: TrialConfig, state: TrialSnapshot | None = None) -> None:
        """Take a trial aboard; it gets its slot in the next `train`.

        A trial that cannot be trained is refused there, with the reason. Where not all fit into
        memory, some wait for others to leave.

        Args:
            state: Go on from here instead of from the initial weights.

        Raises:
            PackError: The trial is aboard, or `state` belongs to another config.
        """
        if state is not None and state.config != config:
            raise PackError(f"the snapshot for trial {trial_id} belongs to another config")
        self._aboard.add(trial_id, state or TrialSnapshot(config=config))

    def remove(self, trial_id: str) -> Weights | None:
        """Let a trial go.

        Returns:
            The weights of its best epoch; None when it finished none.

        Raises:
            PackError: No such trial is aboard.
        """
        slot = self._aboard.remove(trial_id)
        return None if slot is None else self._places.weights(slot)

    def state(self) -> dict[str, TrialSnapshot]:
        """A snapshot of every trial aboard; `add` goes on from one, on any pack, bit for bit."""
        return self._aboard.snapshots()

    def train(self, limits: Mapping[str, int], seconds: float) -> SliceResult:
        """Train every slot towards its limit for a while.

        Trials of a stack that end an epoch wait for those that train with them, so that they are
        evaluated together and stay in step. Where a stack gets no more done with all its trials
        than with some, the others wait for these to come to their limits. A stack whose kernels
        another process is compiling has its turn when they are there.

        Args:
            limits: Finished epochs at which a trial waits. One that is not named waits.
            seconds: About how long; overstepped by one optimizer step and one evaluation at
                most. The call ends early when every trial waits, and after 0.2 s when at least
                half do.
        """
        started = time.perf_counter()
        turns = 0  # at least one, however short the time, so that every call gets somewhere
        while True:
            left = seconds - (time.perf_counter() - started)
            if left <= 0 and turns:
                break
            early = time.perf_counter() - started >= EARLY_SECONDS
            if early and 2 * self.wanting(limits) <= self._aboard.slots:
                break
            if not self._take_turn(limits, left):
                break
            turns += 1
        for stack in list(self._aboard.stacks.values()):
            self._evaluate(stack)
        return self._log.flush(self.roster, time.perf_counter() - started)

    def turn(self, limits: Mapping[str, int]) -> SliceResult:
        """Train one stack for a moment, a part of `train` for whoever has other things to do.

        Trials that end their epoch may wait unevaluated, and unreported, for the others of their
        stack beyond this call; `train` brings them to an end.
        """
        started = time.perf_counter()
        if not self._take_turn(limits, TURN_SECONDS):
            time.sleep(AWAIT_SECONDS)  # what wants to train waits for room
        return self._log.flush(self.roster, time.perf_counter() - started)

    def wanting(self, limits: Mapping[str, int]) -> int:
        """How many of the trials aboard have not reached their limit."""
        return sum(epoch < limits.get(trial_id, 0) for trial_id, epoch in self.roster.items())

    def _take_turn(self, limits: Mapping[str, int], seconds: float) -> bool:
        """Train the next stack for its turn; False where every trial waits for something else
        than kernels that another process compiles."""
        self._aboard.settle()
        busy = [stack for stack in self._aboard.stacks.values() if wanting(stack, limits)]
        able = [stack for stack in busy if not stack.awaited]
        if not able:
            time.sleep(min(AWAIT_SECONDS, max(0.0, seconds)) if busy else 0.0)
            return bool(busy)
        stack = self._turns.next(able, limits)
        self._run(stack, limits, max(0.0, min(TURN_SECONDS, seconds)))
        return True

    def _run(self, stack: AnyStack, limits: Mapping[str, int], seconds: float) -> None:
        """One turn of a stack: blocks until its epoch ends for all, or time is up."""
        end = time.perf_counter() + seconds
        while True:
            team = self._turns.team(stack, limits)
            active = [slot for slot in team if not slot.ended]
            if not active:
                self._evaluate(stack)
                return
            started, before = time.perf_counter(), active[0].total
            try:
                bad = stack.run(active, end - started)
            except Exception as error:
                # What fails here is the shape or the task that the whole stack shares.
                self._aboard.fail(error, active[0], stack.slots)
                return
            now = time.perf_counter()
            if not bad:
                note = self._turns.note(stack, len(active), active[0].total - before, now - started)
                self._log.notes += [] if note is None else [note]
            for one in bad:
                self._diverged(one)
            if now >= end:
                if all(slot.ended for slot in self._turns.team(stack, limits)):
                    self._evaluate(stack)
                return

    def _evaluate(self, stack: AnyStack) -> None:
        """Report every slot of a stack that took the last step of its epoch."""
        ended = [slot for slot in stack.slots if slot.ended]
        if not ended:
            return
        started = time.perf_counter()
        try:
            metrics, answers = stack.evaluate(ended)
        except Exception as error:
            # As in `_run`: a reason for these trials, none for the other stacks.
            self._aboard.fail(error, ended[0], ended)
            return
        share = (time.perf_counter() - started) / len(ended)
        for slot, slot_metrics, answer in zip(ended, metrics, answers, strict=True):
            result = self._ends.close(stack, slot, slot_metrics, share, answer)
            if isinstance(result, Divergence):
                self._diverged(result)
            else:
                self._log.reports.append(result)

    def _diverged(self, divergence: Divergence) -> None:
        """Take a trial out whose numbers are no longer finite."""
        self._aboard.remove(divergence.trial_id)
        self._log.divergences.append(divergence)
