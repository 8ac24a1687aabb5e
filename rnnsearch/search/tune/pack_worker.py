"""A pack in its worker process, without Ray: applies updates, trains slices, writes snapshots."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from rnnsearch.errors import RnnsearchError
from rnnsearch.search.messages import Boarding, PackReport, PackSettings, Update
from rnnsearch.search.ran_on import Device
from rnnsearch.search.snapshot_place import REFUSALS, place_at
from rnnsearch.search.snapshots import Snapshots
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.training.changes import goes_on_as
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import Refusal, SliceResult, joined
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.weights import Weights

IDLE_SECONDS = 0.1
"""Pause after a slice that had nothing to train, so that the driver is not asked too often."""

FIRST_SECONDS = 0.3
"""Length of a slice until an epoch is reported, so that a study shows early that it learns."""


MOST_DOUBLINGS = 4
"""A pack that could write no snapshot tries again after twice the time, and so on: at most after 8
minutes, where it writes every 30 s."""


class PackLike(Protocol):
    """What a worker needs of `rnnsearch.training.pack.Pack`; in a test it is a fake."""

    def add(
        self, trial_id: str, config: TrialConfig, state: TrialSnapshot | None = None
    ) -> None: ...
    def remove(self, trial_id: str) -> Weights | None: ...
    def train(self, limits: Mapping[str, int], seconds: float) -> SliceResult: ...
    def state(self) -> dict[str, TrialSnapshot]: ...
    @property
    def roster(self) -> Mapping[str, int]: ...
    @property
    def kernels(self) -> Mapping[str, str]: ...
    @property
    def useful(self) -> int | None: ...


@dataclass(eq=False)
class PackWorker:
    """Applies the driver's updates to a pack, and trains it slice by slice.

    Args:
        name: The pack's name, which its snapshot file has too.
        build: Makes the pack, from a function that returns a task's data.
        fetch: Turns the data reference of a boarding into the data.
        node_id: Ray's id of the node that the worker is on; empty without Ray.
        device: As for `PackReport`, and so is `lacks_gpu`.
    """

    name: str
    settings: PackSettings
    build: InitVar[Callable[[Callable[[TaskConfig], TaskData]], PackLike]]
    fetch: Callable[[Any], TaskData]
    node_id: str = ""
    device: Device = "cpu"
    lacks_gpu: bool = False

    def __post_init__(self, build: Callable[[Callable[[TaskConfig], TaskData]], PackLike]) -> None:
        self._data: dict[TaskConfig, TaskData] = {}
        self._pack = build(self._data.__getitem__)
        self._limits: Mapping[str, int] = {}
        self._seen = 0
        self._refusals: list[Refusal] = []
        self._weights: dict[str, Weights | None] = {}
        self._broken: Exception | None = None
        self._snapshot_now = False
        self._snapshot = ""
        self._snapshot_holds: frozenset[str] = frozenset()
        self._snapshot_time = time.monotonic()
        self._place = place_at(self.settings.snapshots)
        self._seen_place = False
        self._unsaved = ""
        self._failures = 0
        self._look()
        self._read = Snapshots(self._place, _print)
        self._first = True
        self._has_reported = False
        self._named: dict[str, str] = {}
        self._kept: dict[str, TrialSnapshot] = {}
        self._saved: dict[str, str] = {}

    def apply(self, update: Update) -> None:
        """Make the changes of an update; an update that was applied already is ignored.

        A training that cannot be taken aboard becomes a refusal in the next report. Any other error
        ends the pack at its next slice, where Ray passes the exception on.
        """
        if update.seq <= self._seen:
            return
        self._seen = update.seq
        try:
            self._save(update.saves)
            for departure in update.departures:
                trial_id = departure.trial_id
                aboard = trial_id in self._pack.roster  # it may have diverged meanwhile
                weights = self._pack.remove(trial_id) if aboard else None
                if departure.keep_weights:
                    self._weights[trial_id] = weights
            for boarding in update.boardings:
                self._board(boarding)
        except Exception as error:
            self._broken = error
        self._read = Snapshots(self._place, _print)  # its files have changed
        self._limits = update.limits
        self._snapshot_now = update.snapshot_now

    def train_slice(self) -> PackReport:
        """Train for a slice and report; the first report is empty, and is answered by trainings."""
        if self._broken is not None:
            raise self._broken
        if self._first and not self._snapshot_now:
            self._first = False
            return self._report(SliceResult(roster=dict(self._pack.roster)))
        self._first = False
        limits = {} if self._snapshot_now else self._limits
        seconds = self.settings.slice_seconds if self._has_reported else FIRST_SECONDS
        step = self._pack.train(limits, min(seconds, self.settings.slice_seconds))
        self._has_reported = self._has_reported or bool(step.reports)
        passed = time.monotonic() - self._snapshot_time
        if self._snapshot_now or passed >= self._pause():
            # Without limits the pack stands still, and reports the epochs that it has finished: an
            # epoch that is in the snapshot must not be missing from the reports.
            rest = self._pack.train({}, 0.0)
            step = joined([step, rest], step.seconds + rest.seconds)
            self._write_snapshot()
            self._snapshot_now = False
        for note in step.notes:
            _print(note)
        happened = step.reports or step.divergences or step.refusals
        if not happened and step.seconds < IDLE_SECONDS:
            time.sleep(IDLE_SECONDS)
        return self._report(step)

    def _board(self, boarding: Boarding) -> None:
        task = boarding.config.task
        try:
            if task not in self._data:
                self._data[task] = self.fetch(boarding.data)
            self._pack.add(boarding.trial_id, boarding.config, self._read_snapshot(boarding))
        except RnnsearchError as error:
            self._refusals.append(Refusal(boarding.trial_id, str(error)))

    def _read_snapshot(self, boarding: Boarding) -> TrialSnapshot | None:
        """A training's saved state; None, so that it starts from its seed, where there is none.

        If the file is damaged, or has come further than the driver knows, the file before it is
        tried; of a copy also the state of the training that it is copied from. A state with another
        configuration belongs to another study, and is not taken.
        """

        def fits(state: TrialSnapshot) -> bool:
            alike = goes_on_as(state.config, boarding.config, state.epoch, state.step)
            return alike and state.epoch <= boarding.known_epoch

        def in_file(trial_id: str) -> TrialSnapshot | None:
            if boarding.snapshot is None:
                return None
            return self._read.newest(boarding.snapshot, trial_id, fits)

        state = in_file(boarding.trial_id)
        if state is None and boarding.parent:
            kept = self._kept.get(boarding.parent)
            state = kept if kept is not None and fits(kept) else in_file(boarding.parent)
        if state is not None:
            return replace(state, config=boarding.config)
        if boarding.parent or boarding.snapshot is not None:
            name = Path(boarding.snapshot or "this pack").name
            _print(f"{boarding.trial_id} starts again from its seed: not in {name}")
        return None

    def _save(self, trial_ids: Sequence[str]) -> None:
        """Keep the states of some trainings, in memory and in a file of its own each."""
        if not trial_ids:
            return
        states = self._pack.state()
        self._kept = {one: states[one] for one in trial_ids if one in states}
        written = True
        for trial_id, state in self._kept.items():
            name = f"trial-{trial_id}.snap"
            # Without it, it can go on here, or from its seed elsewhere. Once the place refuses, the
            # others are not tried, since each would hold up the training.
            written = written and self._written(name, {trial_id: state})
            self._saved[trial_id] = name if written else ""

    def _write_snapshot(self) -> None:
        """Replace this pack's snapshot file, keeping the one before it."""
        self._snapshot_time = time.monotonic()
        if not self._pack.roster:
            return
        states = self._pack.state()
        name = f"{self.name}.snap"
        if self._written(name, states):
            self._snapshot = name
            self._snapshot_holds = frozenset(states)

    def _written(self, name: str, states: Mapping[str, TrialSnapshot]) -> bool:
        """Write a snapshot file; whatever the place refuses, the training goes on."""
        try:
            if self._look():
                self._place.write(name, states)
                self._note("")
                return True
        except REFUSALS as error:
            self._note(str(error))
        return False

    def _look(self) -> bool:
        """Whether this node sees the place of the snapshots: once it has, it always does."""
        if not self._seen_place:
            why = self._place.why_unseen(self.settings.mark)
            self._seen_place = not why
            self._note(why)
        return self._seen_place

    def _note(self, unsaved: str) -> None:
        """Note whether snapshots are kept, and why not."""
        if unsaved:
            self._failures += 1
            _print(f"no snapshot: {unsaved}")
        else:
            self._failures = 0
        self._unsaved = unsaved

    def _pause(self) -> float:
        """Seconds between two snapshots: the longer, the more often none could be written, since a
        place that does not answer holds up the training."""
        return self.settings.snapshot_seconds * 2.0 ** min(self._failures, MOST_DOUBLINGS)

    def _report(self, step: SliceResult) -> PackReport:
        report = PackReport(
            reports=tuple(step.reports),
            divergences=tuple(step.divergences),
            refusals=(*self._refusals, *step.refusals),
            roster=dict(step.roster),
            weights=self._weights,
            snapshot=self._snapshot,
            snapshot_holds=self._snapshot_holds,
            unsaved=self._unsaved,
            node=platform.node(),
            node_id=self.node_id,
            device=self.device,
            lacks_gpu=self.lacks_gpu,
            cpu_seconds=time.process_time(),
            kernels=self._new_kernels(),
            useful=self._pack.useful,
            saved=self._saved,
        )
        self._saved = {}
        self._refusals = []
        self._weights = {}
        return report

    def _new_kernels(self) -> dict[str, str]:
        """Kernels that the driver does not know of; a trial's may change with its stack."""
        now = dict(self._pack.kernels)
        fresh = {key: name for key, name in now.items() if self._named.get(key) != name}
        self._named = now
        return fresh


def _print(text: str) -> None:
    """Print a line at once, since a worker may be ended at any moment."""
    print(text, flush=True)
