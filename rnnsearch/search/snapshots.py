"""Finds the saved state of a training in the snapshot files of its study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from rnnsearch.errors import PackError
from rnnsearch.search.snapshot_place import SnapshotPlace
from rnnsearch.training.snapshot import TrialSnapshot


class Snapshots:
    """The snapshot files of a place; each is read once, and one that cannot be read counts as
    empty.

    Args:
        complain: Called with why a file cannot be read.
    """

    def __init__(self, place: SnapshotPlace, complain: Callable[[str], None]) -> None:
        self._place = place
        self._complain = complain
        self._read: dict[tuple[str, bool], Mapping[str, TrialSnapshot]] = {}

    def newest(
        self, name: str, trial_id: str, fits: Callable[[TrialSnapshot], bool]
    ) -> TrialSnapshot | None:
        """The state of a training in a snapshot file, or else in the file that it replaced.

        Args:
            name: Name of the snapshot file.
            trial_id: Name of the training in its pack.
            fits: Whether a state can be used.

        Returns:
            None where neither file holds a state that fits.
        """
        name = Path(name).name
        for before in (False, True):
            if before and not self._place.has_earlier(name):
                continue  # the pack has written once
            state = self._states(name, before).get(trial_id)
            if state is not None and fits(state):
                return state
        return None

    def _states(self, name: str, before: bool) -> Mapping[str, TrialSnapshot]:
        if (name, before) not in self._read:
            try:
                self._read[name, before] = self._place.read(name, before=before)
            except PackError as error:
                self._complain(str(error))
                self._read[name, before] = {}
        return self._read[name, before]
