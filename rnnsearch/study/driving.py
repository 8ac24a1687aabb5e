"""One run of a study's driver: the search, with its records, baselines and pictures."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from rnnsearch.errors import RnnsearchError
from rnnsearch.events import StudyEnded, StudyStarted, StudyState
from rnnsearch.records.record_rule import ranks_of
from rnnsearch.search.ledger.run_figures import RunFigures
from rnnsearch.study.alerts.asked import Alerts
from rnnsearch.study.alerts.telling import Telling
from rnnsearch.study.alerts.ways import ways_of
from rnnsearch.study.audience import Audience, Watch
from rnnsearch.study.drawing import Drawing
from rnnsearch.study.keepsakes import Keepsakes
from rnnsearch.study.mirroring import Mirroring, keep_events
from rnnsearch.study.opened import OpenedStudy
from rnnsearch.study.pictures import Pictures
from rnnsearch.study.provenance import datasets, origin_tags
from rnnsearch.study.recording import recorded, recorder_of
from rnnsearch.study.records_place import RecordsPlace, note_place
from rnnsearch.study.reporting import report_at_end
from rnnsearch.study.scoring import Scoring
from rnnsearch.study.sinks import open_sinks
from rnnsearch.tasks.base import labels_of, loss_metric
from rnnsearch.version import __version__

if TYPE_CHECKING:
    from rnnsearch.search.tally import Tally
    from rnnsearch.tasks.base import Score

INTERRUPTED_JOIN_SECONDS = 2.0
"""How long an interrupted run waits for the baselines; `resume` scores them again."""

_PACKAGES = ("torch", "ray", "optuna", "mlflow", "numpy", "numba")


def drive(
    study: OpenedStudy,
    place: RecordsPlace,
    sinks: Mapping[str, str],
    watch: Watch,
    address: str | None,
    mirroring: Mirroring,
) -> None:
    """Run a study's search and record it; the results lie in the ledger's notes afterwards.

    However the run ends, its records are closed and the ledger says how it ended.

    Args:
        place: Where MLflow keeps the records.
        sinks: Where they go beside that, as `choose_sinks` settled it.
        watch: What the caller wants to be told.
        address: A Ray cluster; None starts Ray on this machine.
        mirroring: Keeps what lies in an object store up to date.
    """
    from rnnsearch.search.run import run_search
    from rnnsearch.search.tally import Tally
    from rnnsearch.search.waits import Waits
    from rnnsearch.study.untold import open_runs, untold

    ledger, spec, directory = study.ledger, study.spec, study.directory
    note_place(ledger, directory, place)
    recorder = recorder_of(directory, place)
    kept = keep_events(directory, ledger)
    mirroring.follow(kept, recorder)
    runs = open_runs(directory.outbox) if study.resumed else {}
    waits, tally = Waits(), Tally()
    others = open_sinks(sinks, directory)
    if watch.alerts:
        others["alerts"] = _telling(study, watch.alerts, lambda: tally.training_steps, waits.reason)
    audience = Audience(watch, recorder, others, waits.reason)
    ledger.note(lambda notes: replace(notes, sinks=sinks))
    pictures, keepsakes = Pictures(study, watch.say), Keepsakes(study, watch.say)
    scoring = Scoring(study.data, audience)
    drawing = Drawing(pictures, audience, lambda: _scored(scoring, audience))
    state: StudyState = "failed"
    reason = "the driver failed"
    hurried = False
    figures: dict[str, Any] = {}
    audience.start()
    try:
        audience.on_event(_opening(study, place, keepsakes))
        for event in untold(runs, ledger.trials(), spec.search.metric, time.time()):
            audience.on_event(event)
        scoring.start()
        try:
            outcome = run_search(
                spec,
                directory,
                ledger=ledger,
                listener=drawing,
                address=address,
                stage=watch.stage,
                tally=tally,
                waits=waits,
                kept=kept,
                secure=mirroring.secure,
            )
        except Exception:
            drawing.finish(audience.champion)  # a run that fails crowns its best model
            raise
        state, reason, figures = outcome.state, outcome.reason, tally.figures(study.opened)
        shown = drawing.finish(outcome.champion)
        scoring.join(INTERRUPTED_JOIN_SECONDS if state == "interrupted" else None)
        drawing.finish_study(audience.baselines)
        so_far = _run_figures(study, place, tally, state, reason, figures)
        report_at_end(study, audience.baselines, so_far, shown, watch.say)
    except KeyboardInterrupt:
        # A second signal, or one that came before the search could drain: leave at once.
        state, reason, hurried = "interrupted", "interrupted at once", True
        raise
    except RnnsearchError as error:
        reason = str(error).splitlines()[0]
        raise
    finally:
        if audience.baselines:
            ledger.note(lambda notes: replace(notes, baselines=audience.baselines))
        counts = {str(one): count for one, count in ledger.counts().items()}
        seconds = time.time() - study.started
        costs = {
            **figures,
            "training_steps": tally.training_steps,
            "device_seconds": sum(one.seconds or 0.0 for one in ledger.trials()),
        }
        ranks = ranks_of(place.record)
        ending = keepsakes.closing(audience.baselines, state, reason, seconds, ranks)
        audience.on_event(StudyEnded(time.time(), state, reason, seconds, costs, counts, *ending))
        records, left = audience.close(hurried=hurried)
        run = _run_figures(study, place, tally, state, reason, figures)
        run = recorded(run, records, ledger.notes.champion)
        ledger.note(lambda notes: replace(notes, run=run))
        if left and not hurried:
            raise KeyboardInterrupt


def _scored(scoring: Scoring, audience: Audience) -> Sequence[Score] | None:
    """The baselines; None while they are being scored, or before."""
    return audience.baselines if scoring.is_over else None


def _run_figures(
    study: OpenedStudy,
    place: RecordsPlace,
    tally: Tally,
    state: StudyState,
    reason: str,
    figures: Mapping[str, Any],
) -> RunFigures:
    """How this run of the driver went until now."""
    return RunFigures(
        state=state,
        reason=reason,
        wall_seconds=time.time() - study.started,
        training_steps=tally.training_steps,
        tracking_uri=place.store.name,
        started=study.started,
        **{"trials_per_hour": 0.0, **figures},
    )


def _telling(
    study: OpenedStudy,
    alerts: Alerts,
    pulse: Callable[[], object],
    why_waiting: Callable[[], str | None],
) -> Telling:
    """The sink that alerts a person of what happens in this run."""
    name, storage = study.directory.name, str(study.directory.storage)
    search = study.spec.search
    telling = Telling(alerts, ways_of(alerts), name, storage, search, pulse, why_waiting)
    if study.resumed:
        telling.recall(study.ledger.trials())
    return telling


def _opening(study: OpenedStudy, place: RecordsPlace, keepsakes: Keepsakes) -> StudyStarted:
    """The event that opens a run; what it says a person must know is noted in the ledger too."""
    ledger, spec, data = study.ledger, study.spec, study.data
    remarks = (*study.data_remarks, *spec.notes, *data.notes())
    tie_break, labels = loss_metric(data.metrics()), labels_of(data.metrics())
    ledger.note(
        lambda notes: replace(
            notes,
            data_notes=remarks,
            sampler_notes=ledger.remarks,
            tie_break=tie_break,
            labels=labels,
        )
    )
    return StudyStarted(
        time=time.time(),
        study=study.directory.name,
        storage=str(study.directory.storage),
        task=str(spec.values["task.type"]),
        metric=spec.search.metric,
        goal=spec.search.goal,
        num_trials=ledger.num_trials,
        resumed=study.resumed,
        space_yaml=spec.yaml,
        notes=ledger.notes.remarks,
        tie_break=tie_break,
        labels=labels,
        tags={
            "data_sha256": data.sha256(),
            "host": platform.node(),
            "version_python": platform.python_version(),
            "version_rnnsearch": __version__,
            **{f"version_{name}": version(name) for name in _PACKAGES},
        },
        run_tags=origin_tags(place.store.uri),
        description=keepsakes.opening(),
        datasets=datasets(spec, data, ledger.notes.data),
    )
