"""TensorBoard beside MLflow: a run for each trial and baseline, and one for the study's best value.

A thread of the driver writes: events wait in memory for some seconds and are then written run by
run. What earlier drivers of the study have written is read from the files.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import re
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.disk import place_and_reason, replace_file
from rnnsearch.errors import InputError
from rnnsearch.events import (
    ENDED,
    RANKED,
    BaselineScored,
    EpochsReported,
    Event,
    FinalistScored,
    StudyEnded,
    StudyStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.goal import Goal
from rnnsearch.records.sink import Remains, SinkKind
from rnnsearch.trace_file import keep_trace

if TYPE_CHECKING:
    from rnnsearch.records.tensorboard.event_file import EventFiles

WRITE_SECONDS = 5.0
"""How long events are gathered before they are written; TensorBoard reloads as often."""
MARK = ".rnnsearch-study"
"""A file in a study's folder: it holds the random name that tells studies of one name apart."""
LEAVING_SECONDS = 1.0
"""How long a driver that leaves at once waits for the last events to be written."""
MOST_FOLDERS = 1000
"""How many studies of one name may have a folder."""
END_TAG = "_hparams_/session_end_info"
"""The tag by which TensorBoard's HParams page knows that a trial has ended."""
_NUMBER = re.compile(r"^trial-(\d+)")


class TensorBoard:
    """A Sink that writes event files below a folder that may hold those of other studies."""

    close_seconds = 30.0

    def __init__(self, folder: Path, log_file: Path) -> None:
        """
        Args:
            folder: A folder of this study alone.
            log_file: Gets the traceback of an error that is a mistake of this file.
        """
        self.problem: str | None = None
        self._folder = folder
        self._log_file = log_file
        self._events: deque[Event] = deque()
        self._heard = self._kept = 0
        self._closing = threading.Event()
        self._runs: dict[str, EventFiles] = {}
        self._names: dict[int, str] = {}
        self._ended: set[int] = set()
        self._metric, self._goal = "value", Goal.MINIMIZE
        self._best: float | None = None
        self._longest = 0
        self._thread = threading.Thread(target=self._work, name="tensorboard", daemon=True)
        self._thread.start()

    def on_event(self, event: Event) -> None:
        self._heard += 1
        self._events.append(event)

    def close(
        self,
        deadline_seconds: float,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Remains:
        before, total = self._kept, self._heard - self._kept
        self._closing.set()
        self._thread.join(deadline_seconds)
        progress(self._kept - before, total)
        pending = self._heard - self._kept
        if pending and self.problem is None:
            self.problem = f"{pending} events did not come to {self._folder} in time"
        return Remains(pending, self.problem)

    def leave(self) -> Remains:
        return self.close(LEAVING_SECONDS)

    def _work(self) -> None:
        has_read = closing = False
        while not closing:
            closing = self._closing.wait(WRITE_SECONDS)
            try:
                if not has_read:
                    # Not earlier: the imports take a second of a core, which Ray needs at the
                    # start.
                    self._read_earlier()
                    has_read = True
                self._gather()
                self._write()
                self.problem = None
            except OSError as error:
                self.problem = f"event files wait in memory: {place_and_reason(error)}"
            except Exception as error:  # a mistake of this file, which must not end the search
                where = keep_trace(self._log_file)
                self.problem = f"no more event files in {self._folder}: {error!r} ({where})"
                return

    def _read_earlier(self) -> None:
        """Read what earlier drivers of the study have written."""
        for path in sorted(self._folder.glob("trial-*")):
            number = _NUMBER.match(path.name)
            if number is not None:
                self._names[int(number[1])] = path.name
                if END_TAG in self._run(path.name).last:
                    self._ended.add(int(number[1]))
        self._best = next((value for _, value in self._run("").last.values()), None)

    def _gather(self) -> None:
        """Turn the waiting events into records of the runs."""
        while self._events:
            self._add(self._events[0])
            self._events.popleft()

    def _add(self, event: Event) -> None:
        """Add an event to the run that it belongs to."""
        match event:
            case StudyStarted():
                self._metric, self._goal = event.metric, Goal(event.goal)
            case BaselineScored():
                self._run(_named(f"baseline-{event.name}")).put(0, event.time, event.metrics)
            case TrialStarted():
                self._names.setdefault(event.number, event.name)
                self._trial(event.number).put_once(event.time, _start_summary(event))
            case EpochsReported():
                run = self._trial(event.number)
                for epoch, metrics in zip(event.epochs, event.metrics, strict=True):
                    run.put(epoch, event.time, metrics)
                self._longest = max((self._longest, *event.epochs))
            case TrialEnded() if event.state in ENDED and event.number not in self._ended:
                self._end(event)
            case FinalistScored():
                run = self._trial(event.number)
                for place, value in enumerate(event.values):
                    run.put(place, event.time, {f"{self._metric}_by_seed": value})
            case StudyEnded() if self._longest:
                # A second value makes a baseline a line across the charts, instead of a point.
                for name, run in self._runs.items():
                    if name.startswith("baseline-"):
                        values = {tag: value for tag, (_, value) in run.last.items()}
                        run.put(self._longest, event.time, values)

    def _end(self, event: TrialEnded) -> None:
        """Add the end of a trial, and the study's best value where the trial improved it."""
        run = self._trial(event.number)
        if event.best_value is not None:
            best = {f"best_{self._metric}": event.best_value}
            run.put(event.best_epoch or event.epoch, event.time, best)
        run.put_once(event.time, _end_summary(event))
        self._ended.add(event.number)
        if event.best_value is None or event.state not in RANKED:
            return
        if self._best is None or self._goal.better(event.best_value, self._best):
            self._best = event.best_value
            curve = {f"study/best_{self._metric}": self._best}
            self._run("").put(len(self._ended), event.time, curve)

    def _trial(self, number: int) -> EventFiles:
        """The run of a trial."""
        return self._run(self._names.setdefault(number, f"trial-{number:04d}"))

    def _run(self, name: str) -> EventFiles:
        """The run with a name; an empty name is that of the study itself."""
        from rnnsearch.records.tensorboard.event_file import EventFiles

        if name not in self._runs:
            self._runs[name] = EventFiles(self._folder / name)
        return self._runs[name]

    def _write(self) -> None:
        """Write the records of all runs, those of the others too where the disk refuses one.

        Raises:
            OSError: The disk refused records, which go on waiting.
        """
        added = self._heard - len(self._events)
        refused: OSError | None = None
        for run in self._runs.values():
            try:
                run.write()
            except OSError as error:
                refused = refused or error
        if refused is not None:
            raise refused
        self._kept = added
        # The memory of ended trials is freed; where more is to be added, their files are read
        # again.
        for number in self._ended:
            self._runs.pop(self._names[number], None)


def _start_summary(event: TrialStarted) -> Any:
    """The parameters of a trial, as the HParams page reads them."""
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    params = {key: _plain(value) for key, value in event.params.items() if value is not None}
    return hparams_pb(params, trial_id=event.name, start_time_secs=event.time)


def _plain(value: Any) -> bool | float | str:
    """A parameter as the HParams page can show it: lists and mappings as JSON."""
    return value if isinstance(value, bool | int | float | str) else json.dumps(value)


def _end_summary(event: TrialEnded) -> Any:
    """The end of a trial and whether it failed, as the HParams page reads it."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    status = api_pb2.STATUS_FAILURE if event.state == "failed" else api_pb2.STATUS_SUCCESS
    info = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=event.time)
    data = plugin_data_pb2.HParamsPluginData(session_end_info=info)
    value = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(data),
        tensor=metadata.NULL_TENSOR,
    )
    return Summary(value=[value])


def _named(text: str) -> str:
    """The name of a run's folder: a slash would make a run below another one."""
    return text.replace("/", "-")[:60]


def _check(given: str) -> None:
    """Refuse a folder to which nothing can be written; see `SinkKind.check`."""
    if importlib.util.find_spec("tensorboard") is None:
        raise InputError(
            "--tensorboard writes event files by the package tensorboard, which is not installed: "
            "pip install tensorboard"
        )
    try:
        Path(given).mkdir(parents=True, exist_ok=True)
        if not os.access(given, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), given)
    except OSError as error:
        raise InputError(
            f"--tensorboard: no files can be written to {given}: {error.strerror}. "
            "Name a folder that may be written, or leave the option out."
        ) from error


def _open(given: str, study: str, identity: str, log_file: Path) -> TensorBoard:
    """A sink to a folder of the study below the given one: `sine`, or `sine-2` where another study
    of the name has that."""
    root, name = Path(given).absolute(), _named(study)
    for folder in (root / name, *(root / f"{name}-{again}" for again in range(2, MOST_FOLDERS))):
        folder.mkdir(exist_ok=True)
        mark = folder / MARK
        if not mark.exists():
            if any(folder.iterdir()):
                continue
            replace_file(mark, identity)
        if mark.read_text(encoding="utf-8") == identity:
            return TensorBoard(folder, log_file)
    raise FileExistsError(errno.EEXIST, "other studies have all folders of the name", str(root))


TENSORBOARD = SinkKind(
    name="TensorBoard",
    folder=True,
    help="Also write TensorBoard's event files below this folder, a run for each trial. The study "
    "keeps to it on resume; '' ends it.",
    check=_check,
    open=_open,
)
