"""The trials of a pack that have a slot, and the stacks that train them."""

from __future__ import annotations

from rnnsearch.training.placement import Placement
from rnnsearch.training.slots import Slot
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.stack import Stack
from rnnsearch.training.stack_key import StackKey
from rnnsearch.training.stepping.capture import Recorder


class Aboard:
    """Slots by trial, each in the stack of its kind; a stack that nobody needs goes."""

    def __init__(self, placement: Placement, recorder: Recorder | None) -> None:
        self._placement = placement
        self._recorder = recorder
        self._slots: dict[str, tuple[Slot, Stack]] = {}
        self._stacks: dict[StackKey, Stack] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, trial_id: str) -> bool:
        return trial_id in self._slots

    @property
    def stacks(self) -> list[Stack]:
        """Every stack, in the order in which they came."""
        return list(self._stacks.values())

    @property
    def epochs(self) -> dict[str, int]:
        """Finished epochs of every trial, in the order in which they came."""
        return {trial_id: slot.epoch for trial_id, (slot, _) in self._slots.items()}

    @property
    def kernels(self) -> dict[str, str]:
        """What computes each trial that has trained, in words."""
        return {name: stack.kernel for name, (_, stack) in self._slots.items() if stack.kernel}

    def place(self, trial_id: str, snapshot: TrialSnapshot) -> None:
        """Give a trial its slot, to go on from a snapshot or, where that is fresh, to start.

        Raises:
            Exception: The trial cannot be trained, cannot go on from that snapshot, or does not
                fit into memory.
        """
        slot = self._placement.slot(trial_id, snapshot)
        arrays = self._placement.first_rows(slot) if snapshot.fresh else snapshot.arrays
        shared = self._placement.shared(slot)
        stack = self._stacks.get(shared.key)
        if stack is None:
            stack = Stack(shared, self._recorder)
        if not snapshot.fresh:
            stack.rows.check_whole(arrays)
        stack.add(slot, arrays)
        self._stacks[shared.key] = stack
        self._slots[trial_id] = (slot, stack)

    def leave(self, trial_id: str) -> Slot:
        """Take a trial out of its slot."""
        slot, stack = self._slots.pop(trial_id)
        stack.remove(slot)
        if not stack.rows.slots:
            del self._stacks[stack.key]
        return slot

    def snapshot(self, trial_id: str) -> TrialSnapshot:
        """A trial as it is now."""
        slot, stack = self._slots[trial_id]
        arrays = stack.rows.arrays(slot) | slot.best
        return TrialSnapshot(arrays=arrays, **slot.figures())

    def release(self) -> bool:
        """Give back the memory that is kept between steps; whether there was any."""
        released = [stack.release() for stack in self.stacks]
        return any(released)
