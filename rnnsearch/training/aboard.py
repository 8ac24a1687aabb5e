"""The trials of a pack: those that have a slot in a stack, and those that wait for one.

A trial waits since it just came, or since memory ran out and it had to make room. One that waits is
a snapshot, from which it goes on once there is room; a fresh snapshot starts from the trial's seed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rnnsearch.custom_code import blame
from rnnsearch.errors import PackError, RnnsearchError
from rnnsearch.training.kinds import AnyStack
from rnnsearch.training.memory import Room, out_of_memory
from rnnsearch.training.places import Places
from rnnsearch.training.report import Refusal, SliceResult
from rnnsearch.training.slots import TrialSlot
from rnnsearch.training.snapshot import TrialSnapshot


class Aboard:
    """Every trial of a pack, by its id.

    Args:
        places: Seats trials in stacks.
        room: For how many trials; told of those that leave.
        log: Gets refusals, and notes of what a person should know.

    Attributes:
        stacks: By what their trials have in common, in the order in which they came. A stack
            without trials is dropped.
    """

    def __init__(self, places: Places, room: Room, log: SliceResult) -> None:
        self._places = places
        self._room = room
        self._log = log
        self._waiting: dict[str, TrialSnapshot] = {}
        self._slots: dict[str, tuple[TrialSlot, AnyStack]] = {}
        self.stacks: dict[Hashable, AnyStack] = {}
        self._bound_noted = False
        """Whether a note said that the device has no memory for all trials at once."""

    @property
    def epochs(self) -> dict[str, int]:
        """Finished epochs of every trial, in the order in which they came, those in slots first."""
        waiting = {trial_id: snapshot.epoch for trial_id, snapshot in self._waiting.items()}
        return {trial_id: slot.epoch for trial_id, (slot, _) in self._slots.items()} | waiting

    @property
    def slots(self) -> int:
        """How many trials have a slot."""
        return len(self._slots)

    @property
    def kernels(self) -> dict[str, str]:
        """What computes each trial that has trained, in words."""
        return {name: stack.kernel for name, (_, stack) in self._slots.items() if stack.kernel}

    def add(self, trial_id: str, snapshot: TrialSnapshot) -> None:
        """Let a trial wait for its slot.

        Raises:
            PackError: A trial of that name is aboard.
        """
        if trial_id in self._slots or trial_id in self._waiting:
            raise PackError(f"trial {trial_id} is aboard already")
        self._waiting[trial_id] = snapshot

    def remove(self, trial_id: str) -> TrialSlot | None:
        """Let a trial go.

        Returns:
            Its slot; None where it never got one and has no weights to keep.

        Raises:
            PackError: No such trial is aboard.
        """
        if trial_id in self._slots:
            self._room.left()
            return self._unseat(trial_id)
        if trial_id not in self._waiting:
            raise PackError(f"no trial {trial_id} aboard to remove")
        snapshot = self._waiting.pop(trial_id)
        try:
            known = snapshot.best_epoch is not None
            return self._places.slot(trial_id, snapshot) if known else None
        except PackError as error:
            self._log.notes.append(f"{trial_id} leaves without weights: {error}")
            return None

    def snapshots(self) -> dict[str, TrialSnapshot]:
        """A snapshot of every trial, once all for which there is room have their slots."""
        self.settle()
        waiting = {name: snapshot for name, snapshot in self._waiting.items() if snapshot.arrays}
        return {trial_id: self._snapshot(trial_id) for trial_id in self._slots} | waiting

    def settle(self) -> None:
        """Give every trial that waits its slot, as long as there is room, or a refusal."""
        count, bound = len(self._slots) + len(self._waiting), self._room.bound
        if bound is not None and count > bound and not self._bound_noted:
            self._bound_noted = True
            self._log.notes.append(
                f"the device has memory for {bound} trials of this study's largest: of {count},"
                " the others wait until a trial leaves"
            )
        while self._waiting and self._room.has(len(self._slots)):
            trial_id = next(iter(self._waiting))
            snapshot = self._waiting.pop(trial_id)
            try:
                self._seat(trial_id, snapshot)
            except Exception as error:
                if self._made_room(error, trial_id):
                    self._waiting = {trial_id: snapshot, **self._waiting}
                elif not snapshot.fresh:
                    # It may be the snapshot, which must cost no more than the time since the seed.
                    self._log.notes.append(
                        f"{trial_id} starts again from its seed: its snapshot cannot be used:"
                        f" {_reason(error)}"
                    )
                    self._waiting = {
                        trial_id: TrialSnapshot(config=snapshot.config),
                        **self._waiting,
                    }
                else:
                    # Whatever is wrong with this config must not end its neighbours' training.
                    self._log.refusals.append(Refusal(trial_id, _reason(error)))

    def fail(self, error: Exception, first: TrialSlot, slots: Sequence[TrialSlot]) -> None:
        """Refuse trials that failed together, unless memory ran out and some others can wait.

        Args:
            first: The trial that is to go on where memory ran out.
        """
        if self._made_room(error, first.trial_id):
            return
        for slot in list(slots):
            self.remove(slot.trial_id)
            self._log.refusals.append(Refusal(slot.trial_id, _reason(error)))

    def _seat(self, trial_id: str, snapshot: TrialSnapshot) -> None:
        """Give a trial its slot in the stack of its kind.

        Raises:
            Exception: The trial cannot be trained, cannot go on from that snapshot, or does not
                fit into memory.
        """
        slot, stack = self._places.seat(trial_id, snapshot, self.stacks)
        self.stacks[stack.key] = stack
        self._slots[trial_id] = (slot, stack)

    def _unseat(self, trial_id: str) -> TrialSlot:
        """Take a trial out of its slot."""
        slot, stack = self._slots.pop(trial_id)
        stack.remove(slot)
        if not stack.slots:
            del self.stacks[stack.key]
        return slot

    def _snapshot(self, trial_id: str) -> TrialSnapshot:
        """A trial that has a slot, as it is now."""
        slot, stack = self._slots[trial_id]
        return TrialSnapshot(arrays=stack.arrays(slot), **slot.figures())

    def _made_room(self, error: Exception, trial_id: str) -> bool:
        """Where memory ran out for a trial, let half of the others wait, the latest first.

        They go on from where they were when there is room again.

        Returns:
            Whether it is worth trying again: memory ran out, and some was given back.
        """
        if not out_of_memory(error):
            return False
        released = [stack.release() for stack in self.stacks.values()]
        others = [name for name in self._slots if name != trial_id]
        if not others:
            return any(released)
        leaving = others[-self._room.halve(len(others)) :]
        ashore = {name: self._snapshot(name) for name in leaving}
        for name in leaving:
            self._unseat(name)
        self._waiting = ashore | self._waiting
        self._log.notes.append(
            f"out of memory for trial {trial_id} beside {len(others)} others: {len(leaving)} of"
            " them wait until a trial leaves"
        )
        return True


def _reason(error: Exception) -> str:
    """Why a trial is refused, in words."""
    if isinstance(error, RnnsearchError):
        return str(error)
    if out_of_memory(error):
        return f"out of memory: {error}"
    return blame(error)
