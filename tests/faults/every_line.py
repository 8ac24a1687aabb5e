"""Kills a driver at every line between its last trial and the end, and resumes it each time.

`python every_line.py FOLDER STRIDE` tries every STRIDE-th line and prints a JSON line for it. A
life of the driver is a process of its own, forked from this one, and a kill is `os._exit`: no
handler and no `finally` runs. Packs train on paper; ledger, weights, scores and outbox are real.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "search"))

import torch
from paper_study import PaperStudy, without_ray

import rnnsearch
from rnnsearch.events import ChampionChosen, FinalistScored, Silence
from rnnsearch.records.events_codec import decode
from rnnsearch.records.outbox import Outbox, segments
from rnnsearch.records.recorder import RecordState
from rnnsearch.records.tracking_uri import TrackingStore
from rnnsearch.records.variables import Experiment
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.control import Control
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.space.trial import trial_config
from rnnsearch.study import driving
from rnnsearch.study.audience import Watch
from rnnsearch.study.opened import OpenedStudy
from rnnsearch.study.records_place import RecordsPlace
from rnnsearch.tasks.load import load_data
from rnnsearch.training.trained import TrainedModel

PACKAGE = Path(rnnsearch.__file__).parent
TRACED = {
    str(PACKAGE / name)
    for name in (
        *("search/run.py", "search/one_run.py", "search/champion.py", "search/choice.py"),
        *("search/finalists.py", "search/finalist.py", "search/shelf.py", "search/unfinished.py"),
        *("search/ledger/ledger.py", "records/outbox.py", "study/driving.py", "study/pictures.py"),
    )
}
KILLED = 9
Site = tuple[str, str, int]
"""File, function and line."""


def drive(folder: Path, on_line: Callable[[Site], None] | None) -> None:
    """One life of the driver; `on_line` is called before each traced line of the end."""
    study = PaperStudy(folder)
    for place, stand_in in without_ray(study.turn).items():
        _put(place, stand_in)
    evaluate = TrainedModel.evaluate

    def counted(self: TrainedModel, part: str, *data: Any) -> Any:
        found = evaluate(self, part, *data)
        if part == "test":
            with (folder / "evaluations").open("a", encoding="utf-8") as file:
                file.write(f"{self.config.seed}\n")
        return found

    TrainedModel.evaluate = counted  # type: ignore[method-assign]

    def trace(frame: FrameType, event: str, what: Any) -> Any:
        if frame.f_code.co_filename not in TRACED:
            return None
        if event == "line" and on_line is not None:
            on_line((frame.f_code.co_filename, frame.f_code.co_qualname, frame.f_lineno))
        return trace

    def each_turn(turn: int, control: Control) -> None:
        if on_line is None or control.phase != "finalists" or sys.gettrace() is not None:
            return
        frame: FrameType | None = sys._getframe()
        while frame is not None:  # those that are at work already
            if frame.f_code.co_filename in TRACED:
                frame.f_trace = trace
            frame = frame.f_back
        sys.settrace(trace)

    study.each_turn = each_turn
    directory, spec = study.directory, study.spec
    driving.recorder_of = lambda directory, place: PaperRecorder(directory.outbox)
    resumed = directory.ledger.is_file()
    ledger = (Ledger.open if resumed else Ledger.create)(directory, spec)
    opened = OpenedStudy(
        spec=spec,
        directory=directory,
        ledger=ledger,
        data=load_data(trial_config(spec, spec.first_params(), 0).task),
        data_remarks=(),
        resumed=resumed,
        started=0.0,
        opened=0.0,
    )
    watch = Watch(Silence(), lambda text: None, lambda done, total: None)
    place = RecordsPlace(TrackingStore("sqlite:///nowhere", "nowhere"), Experiment("nothing"))
    driving.drive(opened, place, {}, watch, None)
    ledger.close()


class PaperRecorder(Outbox):
    """The driver's handle on its records, with an outbox and nobody who moves it."""

    close_seconds = 5.0

    def start(self) -> None:
        """There is no writer."""

    def close(self, *how: Any) -> RecordState:  # type: ignore[override]
        super().close()
        return RecordState(0, None, WriterState())


def _put(place: str, stand_in: Any) -> None:
    module, _, name = place.rpartition(".")
    try:
        __import__(module)
        setattr(sys.modules[module], name, stand_in)
    except ModuleNotFoundError:
        module, _, kind = module.rpartition(".")
        __import__(module)
        setattr(getattr(sys.modules[module], kind), name, stand_in)


def in_a_process(folder: Path, on_line: Callable[[Site], None] | None) -> int:
    """Fork, drive there, and return the exit status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            drive(folder, on_line)
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def lines_of_the_end(folder: Path) -> list[Site]:
    """Every traced line in the order of an undisturbed run."""
    log = folder / "lines"

    def note(site: Site) -> None:
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(site) + "\n")

    assert in_a_process(folder, note) == 0
    return [tuple(json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]


def left(folder: Path) -> dict[str, Any]:
    """What all lives together have left."""
    study = PaperStudy(folder)
    events = [
        decode(line)[1]
        for _, path in segments(study.directory.outbox)
        for line in path.read_bytes().splitlines()
    ]
    told = [event for event in events if isinstance(event, ChampionChosen)]
    trials, notes = read_trials(study.directory, study.spec)
    evaluated = (folder / "evaluations").read_text(encoding="utf-8").split()
    champion = notes.champion
    return {
        "champions": sorted({(event.time, event.number, event.seed) for event in told}),
        "told": len(told),
        "noted": list(champion.mark),
        "test": champion.test_metrics,
        "seeds": champion.seeds,
        "evaluated": dict(Counter(map(int, evaluated))),
        "finalists": sorted({one.number for one in events if isinstance(one, FinalistScored)}),
        "states": Counter(trial.state for trial in trials),
        "pictures": sorted(path.name for path in study.directory.figures.iterdir()),
        "baselines": len(notes.baselines),
        "run": notes.run.state,
    }


def main() -> None:
    torch.set_num_threads(1)
    root, stride = Path(sys.argv[1]), int(sys.argv[2])
    sites = lines_of_the_end(root / "whole")
    print(json.dumps({"site": None, **left(root / "whole")}), flush=True)
    places = {index for site in set(sites) for index in (sites.index(site), _last(sites, site))}
    for number, index in enumerate(sorted(places)):
        if number % stride:
            continue
        folder, passed = root / f"killed-{index}", [0]

        def kill(site: Site, index: int = index, passed: list[int] = passed) -> None:
            passed[0] += 1
            if passed[0] > index:
                os._exit(KILLED)

        statuses = [in_a_process(folder, kill), in_a_process(folder, None)]
        print(json.dumps({"site": sites[index], "statuses": statuses, **left(folder)}), flush=True)


def _last(sites: list[Site], site: Site) -> int:
    return len(sites) - 1 - sites[::-1].index(site)


if __name__ == "__main__":
    main()
