"""How far the writer has come, kept in `state.json` beside the segments.

The driver reads it to show progress, and the writer when it is started again. The file is replaced
as a whole, so that a kill leaves either the old one or the new one.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rnnsearch.disk import replace_file
from rnnsearch.events import ChampionMark
from rnnsearch.records.tracking_uri import TrackingStore, sqlite_path
from rnnsearch.redaction import redacted

_log = logging.getLogger(__name__)


EVERYTHING = 2**62
"""A sequence number above every other one."""


@dataclass(slots=True)
class OpenRun:
    """The run of a trial that is not over.

    Attributes:
        epoch: The last epoch that was written since the run was made, or found in the store.
        ended: Whether the run is closed, as that of a trial that waits; it is reopened first.
        looked_up: Whether it was found in the store, with values that are not known here.
    """

    run_id: str
    epoch: int = 0
    ended: bool = False
    looked_up: bool = False


@dataclass(frozen=True, slots=True)
class Leader:
    """A trial that has ended and is among the best so far.

    Attributes:
        run_id: Its run.
        value: The cost of its best value, the lower the better; `loss` parts equal ones.
        violation: How far it is beyond the constraints that it breaks: it comes behind all that
            keep them.
    """

    run_id: str
    value: float
    loss: float
    violation: float = 0.0

    def place(self, number: int) -> tuple[float, float, float, int]:
        """What trials are ordered by, the best first.

        Args:
            number: The trial's.
        """
        return self.violation, self.value, self.loss, number


@dataclass(slots=True)
class WriterState:
    """All that the writer needs to go on where it stopped.

    Attributes:
        tracking_uri: The `TrackingStore.name` of the store that the ids below belong to.
        done: All events up to this sequence number are in the store.
        claimed: Events up to this one may be in the store: they were being written.
        experiment_id: Empty before the first contact.
        run_id: The study's run; empty before there is one.
        champion_uri: `models:/<name>/<version>` of the last champion that was registered; empty
            before there is one.
        champion_alias: The alias that it got, `champion_words` why, and `champion_over` the version
            that was the champion before; `champion_front` names the versions of its front.
        champion: Which choice of a champion that is; None where it is not known.
        unregistered: A later choice that the store refused: its `time`, the `reason`, and the
            `event` as a line of the outbox, with which it is tried again.
        problem: What keeps the writer from going on, or what the store refused; else empty.
        remedy: What a person can do about it; `commands` are the command lines for that.
        away: Whether the store did not answer the last attempt.
        writer: The id of the process that noted the problem.
        refused: How many records the store refused for good; the log file says which.
        damaged: How many events of the outbox could not be read.
        study: The name, metric, goal and tags of the study, which the runs of its trials need.
        counts: How many trials ended in each state; `ended` has the state of each by its number,
            so that none is counted twice.
        best: The best value of the study's metric over ended trials.
        leaders: The best trials that have ended, by number; as many as are ranked.
        ranks: The ranks that the runs of trials have as a tag, by number.
        samples: The step of the last sample of the machine in the study's run.
        runs: The runs of trials that are not over, by the number of the trial.
    """

    tracking_uri: str = ""
    done: int = 0
    claimed: int = 0
    experiment_id: str = ""
    run_id: str = ""
    champion_uri: str = ""
    champion_alias: str = ""
    champion_words: str = ""
    champion_over: str = ""
    champion_front: str = ""
    champion: ChampionMark | None = None
    unregistered: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    remedy: str = ""
    commands: list[str] = field(default_factory=list)
    away: bool = False
    writer: int = 0
    refused: int = 0
    damaged: int = 0
    study: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)
    best: float | None = None
    leaders: dict[int, Leader] = field(default_factory=dict)
    ranks: dict[int, int] = field(default_factory=dict)
    samples: int = 0
    runs: dict[int, OpenRun] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> WriterState:
        """Read the state of an outbox; an empty one where there is no file."""
        try:
            row = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            row["runs"] = {int(key): OpenRun(**run) for key, run in row["runs"].items()}
            mark = row.get("champion")
            row["champion"] = ChampionMark(**mark) if mark else None
            row["ended"] = {int(key): name for key, name in row.get("ended", {}).items()}
            row["ranks"] = {int(key): rank for key, rank in row.get("ranks", {}).items()}
            leaders = row.get("leaders", {})
            row["leaders"] = {int(key): Leader(**one) for key, one in leaders.items()}
            return cls(**row)
        except FileNotFoundError:
            return cls()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Nothing is lost: all events count as claimed, so runs and values are looked up.
            _log.warning("state.json in %s is unreadable (%s); starting without it", folder, error)
            return cls(claimed=EVERYTHING)

    @classmethod
    def of_store(cls, folder: Path, store: TrackingStore) -> WriterState:
        """Read the state of an outbox, for a writer to a certain store.

        Ids of another store mean nothing in this one. All events count as claimed then, since this
        store may have got them before.
        """
        state = cls.load(folder)
        if not _is_of(state, store):
            state = cls(
                done=state.done,
                claimed=EVERYTHING if state.tracking_uri else state.claimed,
                study=state.study,
                best=state.best,
                counts=state.counts,
                ended=state.ended,
            )
        state.tracking_uri = store.name
        return state

    def save(self, folder: Path) -> None:
        """Write the state file.

        Raises:
            OSError: The disk refused; the file is as it was.
        """
        mark = {} if self.champion is None else self.champion._asdict()
        replace_file(folder / "state.json", json.dumps({**asdict(self), "champion": mark}))


def _is_of(state: WriterState, store: TrackingStore) -> bool:
    """Whether the ids of a state belong to a store."""
    if state.tracking_uri == store.name or redacted(state.tracking_uri) == store.name:
        return True
    # An older version noted the default store by its path.
    path = sqlite_path(store.uri)
    return path is not None and path == sqlite_path(state.tracking_uri)
