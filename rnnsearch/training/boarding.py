"""The trials of a pack that wait for a slot, since they just came or memory ran out."""

from __future__ import annotations

from rnnsearch.custom_code import blame
from rnnsearch.errors import PackError, RnnsearchError
from rnnsearch.training.aboard import Aboard
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.memory import Room, out_of_memory
from rnnsearch.training.report import Log, Refusal
from rnnsearch.training.snapshot import TrialSnapshot

Arrival = tuple[TrialConfig, TrialSnapshot | None]
"""A trial, and where it goes on from; None is its seed."""


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
        self._arriving: dict[str, Arrival] = {}
        self._small = False
        """Whether it was said that not all have room."""

    def __contains__(self, trial_id: str) -> bool:
        return trial_id in self._arriving

    @property
    def epochs(self) -> dict[str, int]:
        """Finished epochs of every trial that waits."""
        return {
            trial_id: snapshot.epoch if snapshot else 0
            for trial_id, (_, snapshot) in self._arriving.items()
        }

    @property
    def snapshots(self) -> dict[str, TrialSnapshot]:
        """Of the trials that have trained before."""
        return {trial_id: known for trial_id, (_, known) in self._arriving.items() if known}

    def add(self, trial_id: str, config: TrialConfig, snapshot: TrialSnapshot | None) -> None:
        """Let a trial wait.

        Raises:
            PackError: `snapshot` belongs to another config.
        """
        if snapshot is not None and snapshot.config != config:
            raise PackError(f"the snapshot for trial {trial_id} belongs to another config")
        self._arriving[trial_id] = (config, snapshot)

    def withdraw(self, trial_id: str) -> Arrival:
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
            config, snapshot = self.withdraw(trial_id)
            try:
                self._aboard.place(trial_id, config, snapshot)
            except Exception as error:
                if self.made_room(error, trial_id):
                    self._arriving = {trial_id: (config, snapshot), **self._arriving}
                    continue
                if snapshot is not None:
                    # It may be the snapshot, which must cost no more than the time since the seed.
                    self._log.notes.append(
                        f"{trial_id} starts again from its seed: its snapshot cannot be used:"
                        f" {reason(error)}"
                    )
                    self._arriving = {trial_id: (config, None), **self._arriving}
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
        ashore: dict[str, Arrival] = {}
        for name in leaving:
            snapshot = self._aboard.snapshot(name)
            ashore[name] = (snapshot.config, snapshot)
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
