"""How far the writer came, in `state.json` beside the segments.

The driver reads it for progress; the writer reads it after a restart. It is replaced as a
whole, aside and renamed, so that a kill leaves the old one or the new one.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from rnnsearch.disk import replace_file
from rnnsearch.events import ChampionMark
from rnnsearch.records.tracking_uri import TrackingStore, sqlite_path
from rnnsearch.redaction import redacted

_log = logging.getLogger(__name__)


EVERYTHING = 2**62
"""A sequence number beyond any."""


@dataclass(slots=True)
class OpenRun:
    """A trial's run that may still grow.

    Attributes:
        epoch: The last one written; of a run that was looked up, the last one since then.
        ended: Whether it is terminated (a trial put back) and must be reopened before it grows.
        looked_up: Whether it was found in MLflow with rows that are not known here.
    """

    run_id: str
    epoch: int = 0
    ended: bool = False
    looked_up: bool = False


@dataclass(slots=True)
class WriterState:
    """All that the writer needs to go on where it stopped.

    Attributes:
        tracking_uri: Where the run ids below mean something, as `TrackingStore.name` has it:
            without secrets.
        done: Every event up to this sequence number is in MLflow.
        claimed: Events up to this one may be in MLflow: the batch that was under way.
        experiment_id: Empty before the first contact.
        run_id: The study's parent run; empty before it exists.
        champion_uri: `models:/<name>/<version>` of the last champion that was registered; empty
            before there is one.
        champion: Of which choice that is; None where it is not known.
        unregistered: Of a later choice that MLflow refused: its `time`, the `reason`, and the
            `event` as a line of the outbox, to try again.
        problem: What keeps the writer from going on, or what MLflow refused; empty if nothing.
        remedy: What a person can do about it, and `commands` for a shell; empty where it may pass.
        away: Whether the store did not answer the last attempt.
        writer: The process whose problem that is.
        refused: Records that MLflow refused for good; the log file has them.
        damaged: Records that the outbox had and that could not be read.
        study: Name, metric, goal and tags of the study, for the runs of its trials.
        counts: Ended trials by state, and `ended` each one's state by its number, so that none
            is counted twice whatever is told again.
        best: The study's best value so far.
        runs: Runs of trials that have not ended for good, by trial number.
    """

    tracking_uri: str = ""
    done: int = 0
    claimed: int = 0
    experiment_id: str = ""
    run_id: str = ""
    champion_uri: str = ""
    champion: Annotated[ChampionMark | None, BeforeValidator(lambda mark: mark or None)] = None
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
    runs: dict[int, OpenRun] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> WriterState:
        """The state of an outbox folder; a fresh one where there is none."""
        try:
            return _STATE.validate_json((folder / "state.json").read_bytes())
        except FileNotFoundError:
            return cls()
        except ValidationError as error:
            # Nothing is lost with it: every event counts as claimed, and runs are looked up.
            _log.warning("state.json in %s is unreadable (%s); starting without it", folder, error)
            return cls(claimed=EVERYTHING)

    @classmethod
    def of_store(cls, folder: Path, store: TrackingStore) -> WriterState:
        """The state of an outbox folder, for a writer to a store: run ids of another one mean
        nothing there, and what went to it may be in this one all the same."""
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
        mark = {} if self.champion is None else self.champion._asdict()
        replace_file(folder / "state.json", json.dumps({**asdict(self), "champion": mark}))


_STATE = TypeAdapter(WriterState)


def _is_of(state: WriterState, store: TrackingStore) -> bool:
    """Whether the run ids of a state mean something in a store."""
    if state.tracking_uri == store.name or redacted(state.tracking_uri) == store.name:
        return True
    # An older version noted the default store by its path.
    path = sqlite_path(store.uri)
    return path is not None and path == sqlite_path(state.tracking_uri)
