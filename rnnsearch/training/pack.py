"""A pack: any mix of trials, trained together on one device.

Nothing here knows of Ray: a plain script or a test drives it.

    pack = Pack({task_config: data}, objective="val_mse")
    pack.add("a", config)
    step = pack.train({"a": 10}, seconds=2.0)     # towards its tenth epoch
    weights = pack.remove("a")
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from rnnsearch.errors import PackError, RnnsearchError
from rnnsearch.goal import Goal, GoalText
from rnnsearch.own_code import blame
from rnnsearch.tasks.load import build_task
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.epochs import EpochEnds
from rnnsearch.training.memory import Room, out_of_memory
from rnnsearch.training.placement import DataSource, Placement, TaskBuilder
from rnnsearch.training.report import Divergence, EpochReport, Refusal, Step
from rnnsearch.training.slots import Best, Slot, snapshot_of, weights_of
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.stack import Stack
from rnnsearch.training.stack_key import StackKey
from rnnsearch.training.stepping.capture import Recorder, recorder_of
from rnnsearch.training.weights import Weights

TURN_SECONDS = 0.05
"""A stack's turn before the next stack has one."""

EARLY_SECONDS = 0.2
"""After so long `train` returns when at least half of the slots wait for a decision."""

AWAIT_SECONDS = 0.05
"""Between two looks whether what is waited for is there: kernels that another process compiles,
or room for a trial."""


@dataclass(slots=True)
class _Events:
    reports: list[EpochReport]
    divergences: list[Divergence]
    refusals: list[Refusal]


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
        self._device = torch.device(device)
        self._recorder = recorder_of(self._device) if recorder is None else recorder
        self._placement = Placement(data, self._device, objective, tasks)
        self._ends = EpochEnds(objective, Goal(goal))
        self._slots: dict[str, tuple[Slot, Stack]] = {}
        self._stacks: dict[StackKey, Stack] = {}
        self._arriving: dict[str, tuple[TrialConfig, TrialSnapshot | None]] = {}
        self._refused: list[Refusal] = []
        self._room = Room(most)
        self._notes: list[str] = []
        self._small = False
        """Whether it was said that not all have room."""
        self._turn = 0

    @property
    def roster(self) -> dict[str, int]:
        """Finished epochs of every trial aboard."""
        arriving = {
            trial_id: snapshot.epoch if snapshot else 0
            for trial_id, (_, snapshot) in self._arriving.items()
        }
        return {trial_id: slot.epoch for trial_id, (slot, _) in self._slots.items()} | arriving

    @property
    def kernels(self) -> dict[str, str]:
        """What computes each trial in training, in words."""
        return {
            trial_id: stack.kernel for trial_id, (_, stack) in self._slots.items() if stack.kernel
        }

    def add(self, trial_id: str, config: TrialConfig, state: TrialSnapshot | None = None) -> None:
        """Take a trial aboard; it gets its slot in the next `train`.

        A trial that cannot be trained is refused there, with the reason. Where not all fit into
        memory, some wait for others to leave.

        Args:
            state: Go on from here instead of from the initial weights.

        Raises:
            PackError: The trial is aboard, or `state` belongs to another config.
        """
        if trial_id in self._slots or trial_id in self._arriving:
            raise PackError(f"trial {trial_id} is aboard already")
        if state is not None and state.config != config:
            raise PackError(f"the snapshot for trial {trial_id} belongs to another config")
        self._arriving[trial_id] = (config, state)

    def remove(self, trial_id: str) -> Weights | None:
        """Let a trial go.

        Returns:
            The weights of its best epoch; None when it finished none.

        Raises:
            PackError: No such trial is aboard.
        """
        arriving = self._arriving.pop(trial_id, None)
        if arriving is not None:
            return self._weights_ashore(trial_id, *arriving)
        if trial_id not in self._slots:
            raise PackError(f"no trial {trial_id} aboard to remove")
        slot = self._leave(trial_id)
        self._room.left()
        return self._weights(slot.best, slot.config)

    def _weights_ashore(
        self, trial_id: str, config: TrialConfig, state: TrialSnapshot | None
    ) -> Weights | None:
        """The best weights of a trial that never got its slot; None where it cannot have any."""
        if state is None:
            return None
        try:
            best = self._placement.slot(trial_id, config, state).best
        except PackError as error:
            self._notes.append(f"{trial_id} leaves without weights: {error}")
            return None
        return self._weights(best, config)

    def _weights(self, best: Best | None, config: TrialConfig) -> Weights | None:
        if best is None:
            return None
        head = self._placement.task(config).head
        return weights_of(best, config, self._placement.layout(config), head)

    def state(self) -> dict[str, TrialSnapshot]:
        """A snapshot of every trial aboard; `add` goes on from one, on any pack, bit for bit."""
        self._settle()
        aboard = {
            trial_id: snapshot_of(slot, stack.arrays(slot))
            for trial_id, (slot, stack) in self._slots.items()
        }
        return aboard | {name: known for name, (_, known) in self._arriving.items() if known}

    def load(self, state: Mapping[str, TrialSnapshot]) -> None:
        """Add every trial of a `state`.

        Raises:
            PackError: One of them is aboard; then none is added.
        """
        twice = sorted(set(state) & set(self.roster))
        if twice:
            raise PackError(f"aboard already: {', '.join(twice)}")
        for trial_id, snapshot in state.items():
            self.add(trial_id, snapshot.config, snapshot)

    def train(self, limits: Mapping[str, int], seconds: float) -> Step:
        """Train every slot towards its limit for a while.

        Trials of a stack that end an epoch wait for the others of their stack, so that they are
        evaluated together and stay in step. A stack whose kernels another process is compiling
        has its turn when they are there.

        Args:
            limits: Finished epochs at which a trial waits. One that is not named waits.
            seconds: About how long; overstepped by one optimizer step and one evaluation at
                most. The call ends early when every trial waits, and after 0.2 s when at least
                half do.
        """
        started = time.perf_counter()
        events = _Events([], [], [])
        turns = 0  # at least one, however short the time, so that every call gets somewhere
        while True:
            left = seconds - (time.perf_counter() - started)
            if left <= 0 and turns:
                break
            early = time.perf_counter() - started >= EARLY_SECONDS
            if early and 2 * self.wanting(limits) <= len(self._slots):
                break
            if not self._take_turn(limits, left, events):
                break
            turns += 1
        for stack in list(self._stacks.values()):
            self._evaluate(stack, events)
        return self._said(events, started)

    def turn(self, limits: Mapping[str, int]) -> Step:
        """Train one stack for a moment, a part of `train` for whoever has other things to do.

        Trials that end their epoch may wait unevaluated, and unreported, for the others of their
        stack beyond this call; `train` brings them to an end.
        """
        started = time.perf_counter()
        events = _Events([], [], [])
        if not self._take_turn(limits, TURN_SECONDS, events):
            time.sleep(AWAIT_SECONDS)  # what wants to train waits for room
        return self._said(events, started)

    def wanting(self, limits: Mapping[str, int]) -> int:
        """How many of the trials aboard have not reached their limit."""
        return sum(epoch < limits.get(trial_id, 0) for trial_id, epoch in self.roster.items())

    def _said(self, events: _Events, started: float) -> Step:
        events.refusals[:0] = self._refused
        notes = tuple(self._notes)
        self._refused, self._notes = [], []
        return Step(
            reports=tuple(events.reports),
            divergences=tuple(events.divergences),
            refusals=tuple(events.refusals),
            roster=self.roster,
            notes=notes,
            seconds=time.perf_counter() - started,
        )

    # Placing.

    def _settle(self) -> None:
        """Give every arriving trial its slot, as long as there is room, or a refusal."""
        bound = self._room.bound
        if bound is not None and len(self.roster) > bound and not self._small:
            self._small = True
            self._notes.append(
                f"the device has memory for {bound} trials of this study's largest: of"
                f" {len(self.roster)}, the others wait until a trial leaves"
            )
        while self._arriving and self._room.has(len(self._slots)):
            trial_id = next(iter(self._arriving))
            config, snapshot = self._arriving.pop(trial_id)
            try:
                self._place(trial_id, config, snapshot)
            except Exception as error:
                if self._made_room(error, trial_id):
                    self._arriving = {trial_id: (config, snapshot), **self._arriving}
                    continue
                if snapshot is not None:
                    # It may be the snapshot, which must cost no more than the time since the seed.
                    self._notes.append(
                        f"{trial_id} starts again from its seed: its snapshot cannot be used:"
                        f" {_reason(error)}"
                    )
                    self._arriving = {trial_id: (config, None), **self._arriving}
                    continue
                # Whatever is wrong with this config must not end its neighbours' training.
                self._refused.append(Refusal(trial_id, _reason(error)))

    def _place(self, trial_id: str, config: TrialConfig, snapshot: TrialSnapshot | None) -> None:
        slot = self._placement.slot(trial_id, config, snapshot)
        arrays = self._placement.first_rows(slot) if snapshot is None else snapshot.arrays
        key = self._placement.key(slot)
        stack = self._stacks.get(key)
        if stack is None:
            task = self._placement.task(config)
            stack = Stack(key, task, slot.layout, self._device, self._recorder)
        if snapshot is not None:
            stack.check_restored(arrays)
        stack.add(slot, arrays)
        self._stacks[key] = stack
        self._slots[trial_id] = (slot, stack)

    def _leave(self, trial_id: str) -> Slot:
        slot, stack = self._slots.pop(trial_id)
        stack.take(slot)
        if not stack.slots:
            del self._stacks[stack.key]
        return slot

    def _made_room(self, error: Exception, trial_id: str) -> bool:
        """Put half of the others ashore, the latest first, where memory ran out for a trial.

        They go on from where they were when there is room again.
        """
        if not out_of_memory(error):
            return False
        released = [stack.release() for stack in self._stacks.values()]
        others = [name for name in self._slots if name != trial_id]
        if not others:
            return any(released)
        leaving = others[-self._room.halve(len(others)) :]
        ashore = {}
        for name in leaving:
            slot, stack = self._slots[name]
            ashore[name] = (slot.config, snapshot_of(slot, stack.arrays(slot)))
            self._leave(name)
        self._arriving = ashore | self._arriving
        self._notes.append(
            f"out of memory for trial {trial_id} beside {len(others)} others: {len(leaving)} of"
            " them wait until a trial leaves"
        )
        return True

    # Training.

    def _take_turn(self, limits: Mapping[str, int], seconds: float, events: _Events) -> bool:
        """Train the next stack for its turn; False where every trial waits for something else
        than kernels that another process compiles."""
        self._settle()
        busy = [stack for stack in self._stacks.values() if self._wanting(stack, limits)]
        able = [stack for stack in busy if not stack.awaited]
        if not able:
            time.sleep(min(AWAIT_SECONDS, max(0.0, seconds)) if busy else 0.0)
            return bool(busy)
        self._turn += 1
        stack = able[self._turn % len(able)]
        self._run(stack, limits, max(0.0, min(TURN_SECONDS, seconds)), events)
        return True

    def _wanting(self, stack: Stack, limits: Mapping[str, int]) -> list[Slot]:
        """Slots of a stack that have not reached their limit."""
        return [slot for slot in stack.slots if slot.epoch < limits.get(slot.trial_id, 0)]

    def _run(
        self, stack: Stack, limits: Mapping[str, int], seconds: float, events: _Events
    ) -> None:
        """One turn of a stack: blocks until its epoch ends for all, or time is up."""
        end = time.perf_counter() + seconds
        while True:
            wanting = self._wanting(stack, limits)
            active = [slot for slot in wanting if not slot.ended]
            if not active:
                self._evaluate(stack, events)
                return
            try:
                bad = stack.run(active, end - time.perf_counter())
            except Exception as error:
                if self._made_room(error, active[0].trial_id):
                    return
                # What fails here is the shape or the task that the whole stack shares.
                self._refuse(stack.slots, error, events)
                return
            for one in bad:
                self._leave(one.slot.trial_id)
                self._room.left()
                events.divergences.append(
                    Divergence(one.slot.trial_id, one.slot.epoch + 1, one.step, one.gradient_norm)
                )
            if time.perf_counter() >= end:
                if all(slot.ended for slot in self._wanting(stack, limits)):
                    self._evaluate(stack, events)
                return

    def _evaluate(self, stack: Stack, events: _Events) -> None:
        """Report every slot of a stack that took the last step of its epoch."""
        ended = [slot for slot in stack.slots if slot.ended]
        if not ended:
            return
        started = time.perf_counter()
        try:
            metrics, words = stack.evaluate(ended), stack.words(ended)
        except Exception as error:
            if self._made_room(error, ended[0].trial_id):
                return
            # As in `_run`: a reason for these trials, none for the other stacks.
            self._refuse(ended, error, events)
            return
        share = (time.perf_counter() - started) / len(ended)
        for slot, found, said in zip(ended, metrics, words, strict=True):
            result = self._ends.close(stack, slot, found, share, said)
            if isinstance(result, Divergence):
                self._leave(slot.trial_id)
                self._room.left()
                events.divergences.append(result)
            else:
                events.reports.append(result)

    def _refuse(self, slots: Sequence[Slot], error: Exception, events: _Events) -> None:
        for slot in list(slots):
            self._leave(slot.trial_id)
            self._room.left()
            events.refusals.append(Refusal(slot.trial_id, _reason(error)))


def _reason(error: Exception) -> str:
    if isinstance(error, RnnsearchError):
        return str(error)
    if out_of_memory(error):
        return f"out of memory: {error}"
    return blame(error)
