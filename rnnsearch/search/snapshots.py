"""Finds the saved state of a training in the snapshot files of its study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from rnnsearch.errors import PackError
from rnnsearch.training.snapshot import TrialSnapshot, earlier, read_snapshots


class Snapshots:
    """A folder of snapshot files; each is read once, and one that cannot be read counts as empty.

    Args:
        complain: Called with why a file cannot be read.
    """

    def __init__(self, folder: Path, complain: Callable[[str], None]) -> None:
        self._folder = folder
        self._complain = complain
        self._read: dict[Path, Mapping[str, TrialSnapshot]] = {}

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
        path = self._folder / Path(name).name
        for candidate in (path, earlier(path)):
            if candidate != path and not candidate.exists():
                continue  # the pack has written once
            state = self._states(candidate).get(trial_id)
            if state is not None and fits(state):
                return state
        return None

    def _states(self, path: Path) -> Mapping[str, TrialSnapshot]:
        if path not in self._read:
            try:
                self._read[path] = read_snapshots(path)
            except PackError as error:
                self._complain(str(error))
                self._read[path] = {}
        return self._read[path]
