"""Whose turn it is in a pack: which stack, and which of its trials.

Trials of a stack share the cost of a call, a dispatch or a launch, but not that of arithmetic.
Where arithmetic is nearly all, k trials at once train at a k-th of the speed each: nothing is
gained, and the first decision comes k times later. Such a stack is narrow: only as many of its
trials train at once as raise what it gets done, and those first that are nearest to their next
decision. A trial's numbers do not depend on the trials beside it, so no curve changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

from rnnsearch.training.kinds import AnyStack
from rnnsearch.training.slots import TrialSlot
from rnnsearch.training.width import Width

Limits = Mapping[str, int]
"""Finished epochs at which each trial waits for a decision, by its id."""


def wanting(stack: AnyStack, limits: Limits) -> list[TrialSlot]:
    """Slots of a stack that have not reached their limit."""
    return [slot for slot in stack.slots if slot.epoch < limits.get(slot.trial_id, 0)]


class Turns:
    """Chooses the stack that trains next, and the trials in it.

    Args:
        measures: Whether fewer trials at once are tried; else all of a stack train at once. It is
            False where steps are recorded, for each other set of trials would be recorded anew.
    """

    def __init__(self, *, measures: bool) -> None:
        self._measures = measures
        self._widths: defaultdict[Hashable, Width] = defaultdict(Width)
        self._turn = 0

    def next(self, able: Sequence[AnyStack], limits: Limits) -> AnyStack:
        """The stack that has the next turn: the wide ones and the furthest of the narrow ones take
        turns, for narrow ones would only delay one another, and so would those of one trial.

        Args:
            able: The stacks that can train, at least one.
        """
        narrow = [stack for stack in able if len(stack.slots) == 1 or self._is_narrow(stack)]
        if len(narrow) > 1:
            first = min(narrow, key=lambda stack: min(_distances(stack, limits)))
            able = [stack for stack in able if stack is first or stack not in narrow]
        self._turn += 1
        return able[self._turn % len(able)]

    def team(self, stack: AnyStack, limits: Limits) -> list[TrialSlot]:
        """The trials of a stack that train now, or that wait in it for the others to end their
        epoch; none where all have come to their limits."""
        slots = wanting(stack, limits)
        if not self._measures or stack.serial:
            return slots
        count = self._widths[stack.key].team(len(slots))
        if count == len(slots):
            return slots
        return sorted(slots, key=lambda slot: _distance(slot, limits))[:count]

    def note(self, stack: AnyStack, members: int, steps: int, seconds: float) -> str | None:
        """Enter how many training steps each of some trials took, and how long that was.

        Returns:
            What a person should know, where this settled how many trials train at once.
        """
        if not self._measures or stack.serial:
            return None
        settled = self._widths[stack.key].note(members, steps, seconds)
        return None if settled is None else f"trials of one shape train {settled}"

    def useful(self, stacks: Iterable[AnyStack]) -> int | None:
        """How many trials aboard are enough: one more than train at once, so that the next is there
        when one leaves. None where more than are aboard may be of use.
        """
        here = [stack for stack in stacks if stack.slots]
        if not self._measures or not all(self._is_narrow(stack) for stack in here):
            return None
        most = [1 if stack.serial else self._widths[stack.key].most for stack in here]
        measured = [number for number in most if number is not None]
        return max(measured) + 1 if measured else None

    def _is_narrow(self, stack: AnyStack) -> bool:
        """Whether a stack gets as much done with fewer of its trials than it might have."""
        if stack.serial:
            return True
        if not self._measures:
            return False
        width = self._widths[stack.key]
        return width.most is not None or (width.slow and len(stack.slots) == 1)


def _distances(stack: AnyStack, limits: Limits) -> Iterable[tuple[int, int]]:
    return (_distance(slot, limits) for slot in wanting(stack, limits))


def _distance(slot: TrialSlot, limits: Limits) -> tuple[int, int]:
    """How far a trial is from its next decision: epochs, and less what it has done of one."""
    return limits.get(slot.trial_id, 0) - slot.epoch, -slot.step
