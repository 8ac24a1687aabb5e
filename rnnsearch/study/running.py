"""One run of a study, from its lock to its ledger's end: what comes before and after the search."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from rnnsearch.commands import command
from rnnsearch.disk import replace_file
from rnnsearch.errors import InputError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.array_files import keep_arrays
from rnnsearch.study.audience import Watch
from rnnsearch.study.claim import alone, exists
from rnnsearch.study.code import keep_code
from rnnsearch.study.data import read_data
from rnnsearch.study.driving import drive
from rnnsearch.study.environment import note_environment
from rnnsearch.study.extending import extendable
from rnnsearch.study.ledger_choice import check_ledger, settle_ledger
from rnnsearch.study.mirroring import check_ledger_of_store, check_records_of_store, recall
from rnnsearch.study.opened import OpenedStudy
from rnnsearch.study.recording import follow
from rnnsearch.study.records_place import choose_place
from rnnsearch.study.sinks import check_sinks, choose_sinks


@dataclass(frozen=True, slots=True)
class Places:
    """Where a run trains, and where ledger and records go, as the caller of `Study.run` said it."""

    address: str | None
    ledger: str | None
    tracking_uri: str | None
    record: str | None
    sinks: Mapping[str, str]


def run_once(
    spec: StudySpec,
    directory: StudyDirectory,
    places: Places,
    watch: Watch,
    *,
    resumed: bool,
    more_trials: int,
    notes: Sequence[str],
    allow_changed_script: bool,
    finish_stopped: int,
) -> None:
    """Run a study; its results lie in its files afterwards. The arguments are those of `Study` and
    of `Study.run`."""
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.search.tune.cluster import check_address
    from rnnsearch.search.warm_start import data_remark, read_warm_start

    if finish_stopped and spec.search.goals:
        raise InputError(
            "finish --stopped says what stopping cost by one goal, and this study has several: a "
            "trial that it stopped may end better in one of them and worse in another. See "
            f"what is in the front: {command('trials', directory.name, storage=directory.storage)}"
        )
    # Checked before there is a folder, so that a typing error does not use up the name.
    warm = cache(partial(read_warm_start, directory, spec))
    if not resumed:
        place = choose_place(directory, places.tracking_uri, None, places.record)
        check_records_of_store(directory.storage, place.store)
        warm()
        check_ledger_of_store(directory.storage, check_ledger(places.ledger))
    check_sinks(places.sinks)
    if places.address is not None:
        check_address(places.address)
    if moved := follow(directory.storage):
        watch.say(f"note: {moved}")
    directory.create()
    keep_code(directory, spec)
    settle_ledger(directory, places.ledger, watch.say)
    with alone(directory, watch.say) as mirroring:
        if not resumed and directory.ledger_place.has_records():
            raise exists(directory)  # another driver was faster
        directory.stop.unlink(missing_ok=True)
        directory.unmade.unlink(missing_ok=True)
        replace_file(directory.yaml, spec.yaml)
        keep_arrays(spec, directory)
        mirroring.push()  # before the ledger has a record
        ledger = (Ledger.open if resumed else Ledger.create)(directory, spec, warm)
        try:
            started, opened = time.time(), time.monotonic()
            place = choose_place(directory, places.tracking_uri, ledger.notes, places.record)
            check_records_of_store(directory.storage, place.store)
            recall(directory, ledger)
            watch.say(str(place))
            chosen = choose_sinks(places.sinks, ledger.notes.sinks, watch.say)
            data, remarks = read_data(
                spec, directory, ledger, allow_changed_script=allow_changed_script
            )
            remarks += data_remark(ledger.notes)
            for text in remarks:
                watch.stage(f"note: {text}")
            more = extendable(spec, directory, ledger, more_trials, watch.say)
            # Whatever changes the study comes after everything that may refuse to run it.
            ledger.extend(more)
            if finish_stopped > ledger.notes.finish_stopped:
                ledger.note(lambda before: replace(before, finish_stopped=finish_stopped))
            note_environment(spec, directory, ledger)
            if notes:
                ledger.note(lambda before: replace(before, origin=tuple(notes)))
            study = OpenedStudy(
                spec=spec,
                directory=directory,
                ledger=ledger,
                data=data,
                data_remarks=remarks,
                resumed=resumed,
                started=started,
                opened=opened,
            )
            drive(study, place, chosen, watch, places.address, mirroring)
        finally:
            ledger.close()
