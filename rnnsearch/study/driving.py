"""One run of a study's driver: the search, with its records, baselines and pictures."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import RnnsearchError
from rnnsearch.events import (
    ENDED,
    BaselineScored,
    ChampionChosen,
    Event,
    Listener,
    StudyEnded,
    StudyStarted,
    StudyState,
)
from rnnsearch.search.ledger.run_figures import RunFigures
from rnnsearch.study.drawing import Pictures
from rnnsearch.study.recording import (
    Troubles,
    note_store,
    recorded,
    recorder_of,
    write_records,
)
from rnnsearch.study.scoring import Scoring
from rnnsearch.study.sinks import close_sinks, open_sinks, teller
from rnnsearch.tasks.base import Score, loss_metric
from rnnsearch.version import __version__

if TYPE_CHECKING:
    from rnnsearch.records.tracking_uri import TrackingStore
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.search.run import SearchOutcome
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import TaskData

INTERRUPTED_JOIN_SECONDS = 2.0

_PACKAGES = ("torch", "ray", "optuna", "mlflow", "numpy", "numba")


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how a run goes.

    Attributes:
        listener: Hears every event, from several threads but one at a time.
        stage: Called with a few words on what the driver does now.
        drain: Called at the end with the records that are in MLflow, and all that should be.
        say: Called with a line that should stay on the screen.
        trouble: Called with what is wrong with the records when that changes, from another thread;
            None once nothing is.
    """

    listener: Listener
    stage: Callable[[str], None]
    drain: Callable[[int, int], None]
    say: Callable[[str], None] = lambda text: None
    trouble: Callable[[str | None], None] = lambda problem: None


def drive(
    spec: StudySpec,
    directory: StudyDirectory,
    ledger: Ledger,
    data: TaskData,
    *,
    told: Sequence[str] = (),
    started: float,
    resumed: bool,
    address: str | None,
    store: TrackingStore,
    sinks: Mapping[str, str],
    watch: Watch,
) -> None:
    """Search and record; what came of it lies in the ledger's notes afterwards.

    However the run ends, the records of it are closed and the ledger says how it ended.

    Args:
        data: Of the study's first configuration.
        told: What a person must know of where the data comes from, beside its own notes.
        started: When the study was opened, Unix time.
        store: Where the records go.
        sinks: Where they go beside that, as in `open_sinks`.
    """
    from rnnsearch.search.run import run_search
    from rnnsearch.search.tally import Tally
    from rnnsearch.study.untold import open_runs, untold

    ended_before = _ended(ledger)
    note_store(ledger, directory, store)
    recorder = recorder_of(directory, store)
    known = open_runs(directory.outbox) if resumed else {}
    others = open_sinks(sinks, directory)
    ledger.note(lambda notes: replace(notes, sinks=sinks))
    tellers = {sink: teller(name, watch.say) for name, sink in others.items()}
    troubles = Troubles({recorder: watch.trouble, **tellers})
    everyone = _Together((watch.listener, recorder, *others.values()))
    pictures = Pictures(spec, directory, ledger, data, watch.say)
    state: StudyState = "failed"
    reason = "the driver failed"
    outcome: SearchOutcome | None = None
    tally = Tally()
    searching = started
    hurried = False
    troubles.start()
    try:
        said = (*told, *spec.notes, *data.notes())
        ledger.note(
            lambda notes: replace(notes, data_notes=said, tie_break=loss_metric(data.metrics()))
        )
        opening = _opening(spec, directory, data, ledger, resumed)
        everyone.on_event(opening)
        for event in untold(known, ledger.trials(), spec.search.metric, time.time()):
            everyone.on_event(event)
        scoring = Scoring(data, everyone)
        scoring.start()
        searching = time.time()
        try:
            outcome = run_search(
                spec,
                directory,
                ledger=ledger,
                listener=everyone,
                address=address,
                stage=watch.stage,
                tally=tally,
            )
        except Exception:
            pictures.champion(everyone.champion)  # a run that fails crowns the best that it has
            raise
        state, reason = outcome.state, outcome.reason
        pictures.champion(outcome.champion)
        # Ctrl-C waits for no n-gram of a long text; `resume` scores it again.
        scoring.join(INTERRUPTED_JOIN_SECONDS if state == "interrupted" else None)
        pictures.study(everyone.baselines)
    except KeyboardInterrupt:
        # A second signal, or one that came before the search could drain: leave at once.
        state, reason, hurried = "interrupted", "interrupted at once", True
        raise
    except RnnsearchError as error:
        reason = str(error).splitlines()[0]
        raise
    finally:
        if everyone.baselines:
            ledger.note(lambda notes: replace(notes, baselines=everyone.baselines))
        costs = _costs(outcome, _ended(ledger) - ended_before, searching - started)
        counts = {str(one): count for one, count in ledger.counts().items()}
        seconds = time.time() - started
        everyone.on_event(StudyEnded(time.time(), state, reason, seconds, costs, counts))
        try:
            close_sinks(others, watch.say, hurried=hurried)
            records, left = write_records(recorder, watch.stage, watch.drain, hurried)
        finally:
            troubles.end()
        figures = RunFigures(
            state=state,
            reason=reason,
            wall_seconds=time.time() - started,
            training_steps=tally.training_steps,
            tracking_uri=store.name,
            started=started,
            **{"trials_per_hour": 0.0, **costs},
        )
        figures = recorded(figures, records, ledger.notes.champion)
        ledger.note(lambda notes: replace(notes, run=figures))
        if left and not hurried:
            raise KeyboardInterrupt


class _Together:
    """Hands events on one at a time, and remembers what the end of the run needs of them.

    Attributes:
        baselines: As they were scored.
        champion: The last one that was told.
    """

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners
        self._lock = threading.Lock()
        self.baselines: tuple[Score, ...] = ()
        self.champion: ChampionChosen | None = None

    def on_event(self, event: Event) -> None:
        if isinstance(event, ChampionChosen):
            # An older picture is no picture of this one, whatever becomes of the new one.
            Path(event.figure).unlink(missing_ok=True)
        with self._lock:
            match event:
                case BaselineScored():
                    score = Score(event.name, dict(event.metrics), event.note)
                    self.baselines = (*self.baselines, score)
                case ChampionChosen():
                    self.champion = event
            for listener in self._listeners:
                listener.on_event(event)


def _opening(
    spec: StudySpec, directory: StudyDirectory, data: TaskData, ledger: Ledger, resumed: bool
) -> StudyStarted:
    return StudyStarted(
        time=time.time(),
        study=directory.name,
        storage=str(directory.storage),
        task=str(spec.values["task.type"]),
        metric=spec.search.metric,
        goal=spec.search.goal,
        num_trials=ledger.num_trials,
        resumed=resumed,
        space_yaml=spec.yaml,
        notes=(*ledger.notes.origin, *ledger.notes.data_notes, *ledger.remarks),
        tie_break=loss_metric(data.metrics()),
        tags={
            "data_sha256": data.sha256(),
            "host": platform.node(),
            "version_python": platform.python_version(),
            "version_rnnsearch": __version__,
            **{f"version_{name}": version(name) for name in _PACKAGES},
        },
    )


def _costs(outcome: SearchOutcome | None, ended: int, before: float) -> dict[str, Any]:
    """How fast a run was and what it cost, for the study's record; what is unknown is left out.

    Args:
        ended: Trials that came to their end in this run.
        before: Seconds from the opening of the study to the start of the search.
    """
    if outcome is None:
        return {}
    first, last = outcome.first_report_seconds, outcome.last_tell_seconds
    span = last - first if first is not None and last is not None else 0.0
    figures = {
        "trials_per_hour": ended / span * 3600 if span > 0 else 0.0,
        "first_report_seconds": None if first is None else before + first,
        "sampler_seconds": outcome.sampler_seconds,
        "driver_seconds": outcome.driver_seconds,
        "pack_utilisation": outcome.pack_utilisation,
    }
    return {name: figure for name, figure in figures.items() if figure is not None}


def _ended(ledger: Ledger) -> int:
    """Trials that have come to their end."""
    counts = ledger.counts()
    return sum(counts.get(state, 0) for state in ENDED)
