"""Runs a study's search once, from the first pack to the champion."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from threading import Thread

from rnnsearch.commands import command
from rnnsearch.errors import NoUsableTrialError, StorageError
from rnnsearch.events import ChampionChosen, Listener, StudyState
from rnnsearch.given_code import known, paths_in
from rnnsearch.object_store.address import is_object_store
from rnnsearch.search.after_flush import AfterFlush
from rnnsearch.search.champion import why_unusable
from rnnsearch.search.control import Control
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.doctor.nodes import RayNodes
from rnnsearch.search.doctor.seen import check_seen
from rnnsearch.search.endings import (
    FINALISTS_SHARE,
    OUT_OF_DEVICE_TIME,
    OUT_OF_MONEY,
    Endings,
    search_deadline,
)
from rnnsearch.search.kept_events import KeptEvents
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.left_snapshots import LeftSnapshots
from rnnsearch.search.messages import PackSettings
from rnnsearch.search.one_run import OneRun
from rnnsearch.search.outlook import Enough
from rnnsearch.search.same_code import code_mark
from rnnsearch.search.signals import Signals
from rnnsearch.search.silence import Silence
from rnnsearch.search.snapshot_place import place_at
from rnnsearch.search.spending import Spending
from rnnsearch.search.tally import Tally
from rnnsearch.search.tune.cluster import ray_session
from rnnsearch.search.tune.places import plan, rooms, slice_length
from rnnsearch.search.tune.tuner import tune
from rnnsearch.search.tune.warming import kernels_warming
from rnnsearch.search.waits import Waits
from rnnsearch.space.spec import StudySpec

SNAPSHOT_SECONDS = 30.0
CHECKPOINTS = "rnnsearch.training.loading"
READY_AHEAD = 32
"""Proposals kept ready at most; a proposal made too early knows few of the trials before it."""


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """How a run of a search ended.

    Attributes:
        state: Whether it is complete, or what ended it before.
        reason: Why it ended early, in words; empty where it is complete.
        champion: The winner; None where no training has finished an epoch.
    """

    state: StudyState
    reason: str
    champion: ChampionChosen | None


def run_search(
    spec: StudySpec,
    directory: StudyDirectory,
    *,
    ledger: Ledger,
    listener: Listener,
    address: str | None = None,
    stage: Callable[[str], None] = lambda text: None,
    tally: Tally | None = None,
    waits: Waits | None = None,
    slice_seconds: float | None = None,
    snapshot_seconds: float = SNAPSHOT_SECONDS,
    kept: KeptEvents | None = None,
    secure: Callable[[], None] = lambda: None,
) -> SearchOutcome:
    """Search until all trials have ended, no more gain is expected, a budget is used up, or a
    person stops it.

    Whatever happens, no trial of the ledger is running afterwards and everything is written.
    However the search ends, by an error of the driver too, the best model that there is by then
    becomes the champion; only a second signal leaves that to the next run. Signals are handled
    only when this is called from the main thread.

    Args:
        address: A Ray cluster; None starts Ray on this machine for the time of the search.
        stage: Called with a few words on what the driver does now.
        tally: Filled with what the run does and costs, also where an exception is raised.
        waits: Filled with the reason why trials wait, for another thread to read.
        slice_seconds: How long a pack trains at most between two reports; None follows the number
            of packs.
        snapshot_seconds: Seconds between two snapshots of a pack.
        kept: Keeps events of trials with the ledger's records until they are told.
        secure: Called before the ledger names a champion, whose checkpoints lie in the folder.

    Raises:
        NoUsableTrialError: All trials ended or the time budget is used up, and there is no
            training that can be used.
        ClusterError: Ray cannot be reached, or no pack can live there.
        StorageError: A node cannot keep snapshots in the storage.
        KeyboardInterrupt: A second signal came.
    """
    start, tally = time.monotonic(), tally or Tally()
    budget = spec.search.time_budget
    deadline = None if budget is None else start + budget
    reruns = spec.search.finalists.seeds > 1
    signals = Signals()
    endings = Endings(
        deadline,
        search_deadline(deadline, start, reruns=reruns),
        _stop_file(directory),
        signals.name,
        Spending(
            spec.pack_seconds(),
            1.0 - FINALISTS_SHARE if reruns else 1.0,
            ledger.notes.pack_seconds,
            lambda seconds: ledger.note(lambda notes: replace(notes, pack_seconds=seconds)),
        ),
        OUT_OF_MONEY if spec.cost_limits else OUT_OF_DEVICE_TIME,
        Enough(spec, ledger, lambda: tally.ended),
    )
    waits = waits or Waits()
    listener = AfterFlush(listener, ledger, kept)
    run = OneRun(spec, directory, ledger, listener, endings, stage, tally, waits, secure)
    control: Control | None = None
    champion: ChampionChosen | None = None
    crowning = False
    try:
        stage("starting Ray")
        with (
            signals.noted(),
            kernels_warming(spec, directory.logs / "kernels.log", stage, waits),
            ray_session(
                address,
                directory.logs / "ray.log",
                on_lost=lambda error: control.fail(error) if control else None,
                on_silent=waits.note_head,
                go_on=_resume_command(directory, address),
                modules=directory.modules_to_bring(),
            ),
            signals,
            _import_ahead() as import_ahead,
        ):
            mark = _marked(directory.snapshot_place, address)
            trial_bytes = run.largest_trial_bytes()
            control = _control(run, import_ahead, trial_bytes)
            if spec.search.together is None:  # else proposals have their moments
                ledger.prepare(min(READY_AHEAD, control.fleet.places * control.slots))
            stage(_first_words(spec))
            most = max(control.fleet.places, spec.resources.max_packs or 0)
            length = slice_length(most) if slice_seconds is None else slice_seconds
            settings = _settings(run, length, snapshot_seconds, trial_bytes, mark)
            if address is not None:  # else packs have the code of this machine
                settings = replace(settings, code=code_mark())
            code = known(paths_in(spec.yaml))
            tune(
                control,
                settings,
                spec.resources,
                code,
                signals.shield,
                directory.scratch,
                script=run.script,
                room_bytes=0 if spec.search.together else trial_bytes,
            )
            if control.error is not None:
                raise control.error
            with signals.shield():
                control.settle()
            crowning = True
            champion = run.crown()
    except BaseException as error:
        _settle_after(error, control, ledger, None if crowning else run.crown)
        raise
    _remove_snapshots(directory, ledger, stage)
    ending = control.ending
    if champion is None and (ending is None or ending.state in ("complete", "budget")):
        raise NoUsableTrialError(
            why_unusable(ledger.trials(), run.grace, ending.reason if ending else "")
        )
    ahead, waited = ledger.sampler_seconds
    tally.sampler_seconds = ahead + waited
    tally.driver_seconds = control.busy.seconds - waited
    tally.pack_utilisation = control.clock.utilisation(
        spec.resources.cpus_per_pack, spec.resources.cpus_without_gpu or 0.0
    )
    return SearchOutcome(
        state="complete" if ending is None else ending.state,
        reason="" if ending is None else ending.reason,
        champion=champion,
    )


def _first_words(spec: StudySpec) -> str:
    """What a person reads as the training begins.

    Where the space has a single configuration, also that it will be trained with more seeds.
    """
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
    """Leave nothing open although the run failed, and crown the best model that it has.

    An error of these steps is added to the failure as a note. A second signal, or one before the
    search, leaves without a champion.

    Args:
        error: Why the run failed.
        crown: Chooses the champion; None where that is what failed.
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
    from rnnsearch.search.tune.nodes import nodes, staying

    spec, known = run.spec, nodes()
    finalists = spec.search.finalists
    need = max(
        run.ledger.queued(),
        finalists.top * (finalists.seeds - 1),
        run.ledger.notes.finish_stopped,
    )
    together = min(need, spec.search.together or 0)
    places = plan(spec.resources, staying(known), need, trial_bytes, together)
    bounds = rooms(spec.resources, known, places.packs, 0 if together else trial_bytes)
    control = Control(
        ledger=run.ledger,
        listener=run.listener,
        endings=run.endings,
        search=run.search,
        finalists=run.make_finalists,
        stopped=run.make_stopped,
        places=places.packs,
        slots=places.slots,
        slots_follow=spec.resources.slots == "auto" and spec.search.together is None,
        data_ref=run.data.ref,
        silence=Silence(spec.resources.pack_timeout),
        on_first_report=on_first_report,
        tally=run.tally,
        waits=run.waits,
        left_snapshots=LeftSnapshots(place_at(run.directory.snapshot_place).remove),
    )
    control.fleet.resize(places.packs, places.plain, bounds)
    return control


@contextmanager
def _import_ahead() -> Iterator[Callable[[], None]]:
    """Gives a function that imports the writing of checkpoints in another thread.

    The import loads torch, which takes seconds. Packs need the processor for themselves until
    they report, but the first checkpoint must not wait for the import, so it is called then. The
    context waits for the import, and has to end before Ray's does: a thread that drops objects of
    Ray's after its shutdown ends the process.
    """
    thread = Thread(target=import_module, args=(CHECKPOINTS,), daemon=True)
    try:
        yield thread.start
    finally:
        if thread.ident is not None:
            thread.join()


def _marked(place: str, address: str | None) -> str:
    """Mark the place of the snapshots, and have all nodes look for it; the mark.

    A folder of this machine alone is not marked: its packs see what the driver sees.

    Raises:
        StorageError: A node cannot keep snapshots there, or the object store refuses this one.
    """
    if address is None and not is_object_store(place):
        return ""
    mark = uuid.uuid4().hex
    place_at(place).mark(mark)
    if address is not None:
        check_seen(RayNodes(), place, mark)
    return mark


def _settings(
    run: OneRun, slice_seconds: float, snapshot_seconds: float, trial_bytes: int, mark: str
) -> PackSettings:
    spec, directory = run.spec, run.directory
    return PackSettings(
        objective=spec.search.metric,
        goal=spec.search.goal,
        slice_seconds=slice_seconds,
        snapshot_seconds=snapshot_seconds,
        snapshots=directory.snapshot_place,
        logs=str(directory.logs),
        threads=max(1, int(spec.resources.cpus_per_pack)),
        gpus=spec.resources.gpus_per_pack,
        trial_bytes=trial_bytes,
        mark=mark,
    )


def _resume_command(directory: StudyDirectory, address: str | None) -> str:
    option = [] if address is None else ["--address", address]
    return command("resume", directory.name, *option, storage=directory.storage)


def _stop_file(directory: StudyDirectory) -> Callable[[], str | None]:
    return lambda: "stopped by `rnnsearch stop`" if directory.stop.exists() else None


def _remove_snapshots(
    directory: StudyDirectory, ledger: Ledger, complain: Callable[[str], None]
) -> None:
    """Delete the packs' snapshots, unless a trial still waits that could go on from one."""
    if ledger.counts().get("waiting"):
        return
    try:
        place_at(directory.snapshot_place).clear()
    except StorageError as error:  # of no use to anybody; `rnnsearch delete` tries again
        complain(f"the snapshots stay in {directory.snapshot_place}: {error}")
