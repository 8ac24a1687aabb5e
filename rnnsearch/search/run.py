"""One run of a study's search, from its first pack to its champion."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from rnnsearch.commands import command
from rnnsearch.errors import NoUsableTrialError
from rnnsearch.events import ChampionChosen, Listener, StudyState
from rnnsearch.search.after_flush import AfterFlush
from rnnsearch.search.champion import why_unusable
from rnnsearch.search.control import Control
from rnnsearch.search.endings import Endings, search_deadline
from rnnsearch.search.messages import PackSettings
from rnnsearch.search.one_run import OneRun
from rnnsearch.search.signals import Signals
from rnnsearch.search.silence import Silence
from rnnsearch.search.tally import Tally
from rnnsearch.search.tune.cluster import ray_session
from rnnsearch.search.tune.places import plan
from rnnsearch.search.tune.tuner import tune
from rnnsearch.search.tune.warming import kernels_warming

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.space.spec import StudySpec

SLICE_SECONDS = 2.0
SNAPSHOT_SECONDS = 30.0
CHECKPOINTS = "rnnsearch.training.checkpoint"
READY_AHEAD = 32
"""Proposals kept ready at most; more of them would know less of the trials that ran before."""


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """How a run of a search ended.

    Attributes:
        reason: Why it ended, in words; empty when it came to its end.
        champion: None where no training has finished an epoch.
        first_report_seconds: From the start of the run to the first finished epoch.
        last_tell_seconds: From the start of the run to the last trial's end.
        sampler_seconds: Processor time of proposals.
        driver_seconds: Processor time of the driver's other work on reports: decisions, ledger,
            and everybody who listens.
        pack_utilisation: Processor time of the packs over the core-seconds that they had, from
            the first report to the last refill; None where nothing was refilled.
    """

    state: StudyState
    reason: str
    champion: ChampionChosen | None
    first_report_seconds: float | None
    last_tell_seconds: float | None
    sampler_seconds: float
    driver_seconds: float
    pack_utilisation: float | None


def run_search(
    spec: StudySpec,
    directory: StudyDirectory,
    *,
    ledger: Ledger,
    listener: Listener,
    address: str | None = None,
    stage: Callable[[str], None] = lambda text: None,
    tally: Tally | None = None,
    slice_seconds: float = SLICE_SECONDS,
    snapshot_seconds: float = SNAPSHOT_SECONDS,
) -> SearchOutcome:
    """Search until the trials, the budget or somebody's patience is at an end.

    Afterwards, whatever happened, no trial of the ledger is running and nothing is unwritten.
    However the search ends, an error of the driver included, the best model that there is by then
    becomes the champion; a second signal alone leaves that to the next run. Signals are handled
    only when called from the main thread.

    Args:
        address: A Ray cluster, or None to start Ray on this machine for the time of the search.
        stage: Called with a few words on what the driver does now.
        tally: Counts what is done, for a caller who wants to know it whatever is raised.

    Raises:
        NoUsableTrialError: The search came to its end, or to that of its budget, without one
            training that can be used.
        ClusterError: Ray cannot be reached, or no pack can live there.
        KeyboardInterrupt: A second signal came.
    """
    start = time.monotonic()
    budget = spec.search.time_budget
    deadline = None if budget is None else start + budget
    reruns = spec.search.finalists.seeds > 1
    signals = Signals()
    endings = Endings(
        deadline,
        search_deadline(deadline, start, reruns=reruns),
        _stop_file(directory),
        signals.name,
    )
    tally = tally or Tally()
    listener = AfterFlush(listener, ledger)
    run = OneRun(spec, directory, ledger, listener, endings, stage, tally)
    control: Control | None = None
    champion: ChampionChosen | None = None
    crowning = False
    try:
        stage("starting Ray")
        with (
            signals.noted(),
            kernels_warming(spec, directory.logs / "kernels.log", stage),
            ray_session(
                address,
                directory.logs / "ray.log",
                on_lost=lambda error: control.fail(error) if control else None,
                go_on=_resume_command(directory, address),
            ),
            signals,
            _import_ahead() as import_ahead,
        ):
            trial_bytes = run.largest_trial_bytes()
            control = _control(run, import_ahead, trial_bytes)
            ledger.prepare(min(READY_AHEAD, control.places * control.slots))
            stage(_first_words(spec))
            settings = _settings(run, slice_seconds, snapshot_seconds, trial_bytes)
            tune(control, settings, spec.resources, signals.shield, directory.scratch)
            if control.error is not None:
                raise control.error
            with signals.shield():
                control.settle()
            crowning = True
            champion = run.crown()
    except BaseException as error:
        _settle_after(error, control, ledger, None if crowning else run.crown)
        raise
    _remove_snapshots(directory, ledger)
    ending = control.ending
    if champion is None and (ending is None or ending.state == "budget"):
        raise NoUsableTrialError(
            why_unusable(ledger.trials(), run.grace, ending.reason if ending else "")
        )
    ahead, waited = ledger.sampler_seconds
    return SearchOutcome(
        state="complete" if ending is None else ending.state,
        reason="" if ending is None else ending.reason,
        champion=champion,
        first_report_seconds=_since(start, tally.first_report),
        last_tell_seconds=_since(start, tally.last_tell),
        sampler_seconds=ahead + waited,
        driver_seconds=control.busy.seconds - waited,
        pack_utilisation=control.clock.utilisation(spec.resources.cpus_per_pack),
    )


def _first_words(spec: StudySpec) -> str:
    """What begins; where one configuration is trained, also that it will be trained again."""
    if spec.parameters:
        return "searching"
    more = spec.search.finalists.seeds - 1
    if not more:
        return "training"
    seeds = f"{more} more seed{'s' if more > 1 else ''}"
    return f"training; then {seeds} of it, for the spread (search.finalists.seeds: 1 trains none)"


def _settle_after(
    error: BaseException,
    control: Control | None,
    ledger: Ledger,
    crown: Callable[[], object] | None,
) -> None:
    """Leave nothing open although the run failed, and crown the best that it has; the failure
    itself stays what is raised. A second signal, or one before the search, leaves at once.

    Args:
        crown: None where it is what failed.
    """
    steps: list[Callable[[], object]] = [] if control is None else [control.settle]
    steps.append(partial(ledger.settle, "the run failed"))
    if crown is not None and control is not None and isinstance(error, Exception):
        steps.append(crown)
    for step in steps:
        try:
            step()
        except Exception as also:
            error.add_note(f"Then this failed too: {also!r}")


def _control(run: OneRun, on_first_report: Callable[[], None], trial_bytes: int) -> Control:
    import ray

    spec = run.spec
    finalists = spec.search.finalists
    need = max(run.ledger.queued(), finalists.top * (finalists.seeds - 1))
    places = plan(spec.resources, ray.cluster_resources(), need, trial_bytes)
    return Control(
        ledger=run.ledger,
        listener=run.listener,
        endings=run.endings,
        search=run.search,
        finalists=run.make_finalists,
        places=places.packs,
        slots=places.slots,
        data_ref=run.data.ref,
        silence=Silence(spec.resources.pack_timeout),
        on_first_report=on_first_report,
        tally=run.tally,
    )


@contextmanager
def _import_ahead() -> Iterator[Callable[[], None]]:
    """What starts to import the writing of checkpoints: torch takes seconds, which the packs need
    for themselves until they report, and the first checkpoint must not wait for it.

    The import is over at the end of the context, which should come before Ray's: a thread that
    drops what was Ray's after Ray has shut down ends the process.
    """
    thread = Thread(target=import_module, args=(CHECKPOINTS,), daemon=True)
    try:
        yield thread.start
    finally:
        if thread.ident is not None:
            thread.join()


def _settings(
    run: OneRun, slice_seconds: float, snapshot_seconds: float, trial_bytes: int
) -> PackSettings:
    spec, directory = run.spec, run.directory
    return PackSettings(
        objective=spec.search.metric,
        goal=spec.search.goal,
        slice_seconds=slice_seconds,
        snapshot_seconds=snapshot_seconds,
        snapshots=str(directory.snapshots),
        logs=str(directory.logs),
        threads=max(1, int(spec.resources.cpus_per_pack)),
        gpus=spec.resources.gpus_per_pack,
        trial_bytes=trial_bytes,
    )


def _resume_command(directory: StudyDirectory, address: str | None) -> str:
    there = [] if address is None else ["--address", address]
    return command("resume", directory.name, *there, storage=directory.storage)


def _stop_file(directory: StudyDirectory) -> Callable[[], str | None]:
    return lambda: "stopped by `rnnsearch stop`" if directory.stop.exists() else None


def _remove_snapshots(directory: StudyDirectory, ledger: Ledger) -> None:
    """Drop the packs' snapshots once no trial waits that could start from one."""
    if not ledger.counts().get("waiting") and directory.snapshots.is_dir():
        shutil.rmtree(directory.snapshots)
        directory.snapshots.mkdir()


def _since(start: float, moment: float | None) -> float | None:
    return None if moment is None else moment - start
