"""The trials of a pack that wait for a slot, since they just came or memory ran out."""

from __future__ import annotations

from rnnsearch.custom_code import blame
from rnnsearch.errors import RnnsearchError
from rnnsearch.training.aboard import Aboard
from rnnsearch.training.memory import Room, out_of_memory
from rnnsearch.training.report import Log, Refusal
from rnnsearch.training.snapshot import TrialSnapshot


class Boarding:
    """Who waits, and who must wait again.

    Args:
        room: For how many trials; told of those that leave.
        log: Gets refusals, and notes of what a person should know.
    """

    def __init__(self, aboard: Aboard, room: Room, log: Log) -> None:
        self._aboard = aboard
        self._room = room
        self._log = log
        self._arriving: dict[str, TrialSnapshot] = {}
        self._small = False
        """Whether it was said that not all have room."""

    def __contains__(self, trial_id: str) -> bool:
        return trial_id in self._arriving

    @property
    def epochs(self) -> dict[str, int]:
        """Finished epochs of every trial that waits."""
        return {trial_id: snapshot.epoch for trial_id, snapshot in self._arriving.items()}

    @property
    def snapshots(self) -> dict[str, TrialSnapshot]:
        """Of the trials that have trained before."""
        return {name: snapshot for name, snapshot in self._arriving.items() if snapshot.arrays}

    def add(self, trial_id: str, snapshot: TrialSnapshot) -> None:
        """Let a trial wait, to go on from a snapshot or, where that is fresh, to start."""
        self._arriving[trial_id] = snapshot

    def withdraw(self, trial_id: str) -> TrialSnapshot:
        """A trial waits no longer."""
        return self._arriving.pop(trial_id)

    def settle(self) -> None:
        """Give every trial its slot, as long as there is room, or a refusal."""
        count = len(self._aboard) + len(self._arriving)
        bound = self._room.bound
        if bound is not None and count > bound and not self._small:
            self._small = True
            self._log.notes.append(
                f"the device has memory for {bound} trials of this study's largest: of {count},"
                " the others wait until a trial leaves"
            )
        while self._arriving and self._room.has(len(self._aboard)):
            trial_id = next(iter(self._arriving))
            snapshot = self.withdraw(trial_id)
            try:
                self._aboard.place(trial_id, snapshot)
            except Exception as error:
                if self.made_room(error, trial_id):
                    self._arriving = {trial_id: snapshot, **self._arriving}
                    continue
                if not snapshot.fresh:
                    # It may be the snapshot, which must cost no more than the time since the seed.
                    self._log.notes.append(
                        f"{trial_id} starts again from its seed: its snapshot cannot be used:"
                        f" {reason(error)}"
                    )
                    fresh = TrialSnapshot(config=snapshot.config)
                    self._arriving = {trial_id: fresh, **self._arriving}
                    continue
                # Whatever is wrong with this config must not end its neighbours' training.
                self._log.refusals.append(Refusal(trial_id, reason(error)))

    def made_room(self, error: Exception, trial_id: str) -> bool:
        """Put half of the others ashore, the latest first, where memory ran out for a trial.

        They go on from where they were when there is room again.
        """
        if not out_of_memory(error):
            return False
        released = self._aboard.release()
        others = [name for name in self._aboard.epochs if name != trial_id]
        if not others:
            return released
        leaving = others[-self._room.halve(len(others)) :]
        ashore = {name: self._aboard.snapshot(name) for name in leaving}
        for name in leaving:
            self._aboard.leave(name)
        self._arriving = ashore | self._arriving
        self._log.notes.append(
            f"out of memory for trial {trial_id} beside {len(others)} others: {len(leaving)} of"
            " them wait until a trial leaves"
        )
        return True


def reason(error: Exception) -> str:
    """Why a trial is refused, in words."""
    if isinstance(error, RnnsearchError):
        return str(error)
    if out_of_memory(error):
        return f"out of memory: {error}"
    return blame(error)
