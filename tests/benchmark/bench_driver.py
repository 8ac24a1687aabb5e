"""How many packs one driver can keep busy: its own code against packs that exist on paper.

    rnnsearch bench driver [--packs 10 100 1000] [--slots 64] [--epoch-seconds 60]
        [--minutes 20] [--sampler random] [--tune-ms MS] [--disk-ms MS] [--kill-each SECONDS]
        [--json FILE]

The control, the ledger with its journal on disk, the stopping rule, the outbox and the live table
are those of a study. The packs are simulated in virtual time, with curves of the table of recurrent
trainings, and report when real ones would. The driver is one server: a report waits until those
before it are worked through, and each takes the processor seconds that it really took here, with
those of the proposals made ahead, `--tune-ms` for Ray Tune's own loop (by default they are taken
with real workers) and `--disk-ms` for the disk that a flush waits for. So a machine that is busy
with other things changes little, but a slower one does.

The first third of the time fills the slots and is left out. `slots busy` is the share of the time
of all slots in which they train; `lag` is how long a report waits for its answer; `driver busy` the
share of the time in which the driver works. A line for each virtual minute says how far it is, so
that a run that is too long can be ended. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from measured import keep
from simulated_packs import SimulatedPack
from table.reading import Table
from tune_loop import milliseconds_a_report

from rnnsearch.events import EpochsReported, Event, Listener, TrialEnded
from rnnsearch.records.outbox import Outbox
from rnnsearch.search.after_flush import AfterFlush
from rnnsearch.search.control import Control
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.endings import Endings
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.run import READY_AHEAD
from rnnsearch.search.search_stage import SearchStage
from rnnsearch.search.shelf import Shelf
from rnnsearch.search.trial_judge import TrialJudge
from rnnsearch.search.tune.places import slice_length
from rnnsearch.space.load import load
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.progress import Progress

SPACE = Path(__file__).parent / "table" / "spaces" / "sine.yaml"
RULE = "search.scheduler={type: asha, grace_period: 5, reduction_factor: 3}"
"""Some 12 epochs a trial in the mean, where all last 60."""
ENDLESS = 1_000_000
PROCESS_STARTS = 10.0
"""Seconds until a pack that replaces a dead one is there."""


class Counting:
    """Hands each event to the outbox and the live table, and counts what the driver decided."""

    def __init__(self, spec: StudySpec, folder: Path) -> None:
        self._all: tuple[Listener, ...] = (Outbox(folder), Progress(spec.search))
        self.epochs = self.ended = 0

    def on_event(self, event: Event) -> None:
        for one in self._all:
            one.on_event(event)
        if isinstance(event, EpochsReported):
            self.epochs += len(event.epochs)
        self.ended += isinstance(event, TrialEnded)


class Nothing(dict[Any, Any]):
    """The data of all tasks: simulated packs learn from none."""

    def __missing__(self, key: Any) -> None:
        return None


@dataclass(slots=True)
class Driver:
    """A study's driver as a server in virtual time.

    Attributes:
        besides: Seconds that a report takes beside the processor time of our code.
        free: When it has worked through what has come.
        worked: For how many seconds it has worked.
    """

    control: Control
    ledger: Ledger
    heard: Counting
    besides: float
    free: float = 0.0
    worked: float = 0.0

    def serve(self, pack: SimulatedPack, pack_id: str, arrived: float) -> bool:
        """Work a pack's report through; returns whether the pack goes on."""
        report = pack.report(arrived)
        before, ahead = time.thread_time(), self.ledger.sampler_seconds[0]
        update = self.control.take(pack_id, report)
        took = time.thread_time() - before + self.ledger.sampler_seconds[0] - ahead
        took += self.besides
        self.free = max(self.free, arrived) + took
        self.worked += took
        if update is not None:
            pack.apply(update, self.free)
        return update is not None


@contextmanager
def driver(spec: StudySpec, places: int, slots: int, besides: float) -> Iterator[Driver]:
    """A study of its own in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bench-driver-") as storage:
        directory = StudyDirectory(Path(storage), spec.name)
        directory.create()
        heard = Counting(spec, directory.outbox)
        ledger = Ledger.create(directory, spec)
        listener = AfterFlush(heard, ledger)
        shelf = Shelf(
            directory.checkpoints,
            spec.search.goal,
            spec.search.finalists.top,
            listener,
            Nothing(),
            (),
            lambda path, *_: path.mkdir(exist_ok=True),
        )
        judge = TrialJudge(spec, ledger, listener, shelf, spec.stopping_rule(), lambda: None)
        control = Control(
            ledger=ledger,
            listener=listener,
            endings=Endings(None, None, lambda: None, lambda: None),
            search=SearchStage(judge),
            finalists=lambda: None,
            places=places,
            slots=slots,
            data_ref=lambda task: None,
        )
        ledger.prepare(min(READY_AHEAD, places * slots))
        yield Driver(control, ledger, heard, besides)
        ledger.close()


class Simulation:
    """A study of simulated packs, up to any moment of virtual time.

    Args:
        given: The options of the command.
        packs: How many live at a time.
    """

    def __init__(
        self, given: argparse.Namespace, spec: StudySpec, server: Driver, packs: int
    ) -> None:
        self._given, self._spec, self._server, self._packs = given, spec, server, packs
        self._curves = [one.objective for one in Table.read("sine").first]
        self._length = given.slice_seconds or slice_length(packs)
        self._alive: dict[str, SimulatedPack] = {}
        self._due: list[tuple[float, str]] = []
        self._chance = random.Random(0)
        self._next_death = given.kill_each or math.inf
        self._gone = 0.0
        """Seconds that the slots of dead packs trained."""
        self._killed = 0
        self._lags: list[float] = []
        self._now = 0.0
        self._begun = self._standing()
        for _ in range(packs):
            self._start(0.0)

    def run(self, until: float) -> None:
        """Go on until a moment."""
        while self._due[0][0] < until:
            now, pack_id = heapq.heappop(self._due)
            if now >= self._next_death:
                self._next_death += self._given.kill_each
                self._kill(now)
            if (pack := self._alive.get(pack_id)) is None:
                continue
            if self._server.serve(pack, pack_id, now):
                self._lags.append(self._server.free - now)
                heapq.heappush(self._due, (pack.next_report(self._server.free), pack_id))
        self._now = until
        if (error := self._server.control.error) is not None:
            raise error

    def begin(self) -> None:
        """Count from now on."""
        self._begun = self._standing()
        self._lags.clear()

    def figures(self) -> dict[str, Any]:
        """What was counted until now."""
        since, trained, worked, ended, epochs = self._begun
        now, trained_now, worked_now, ended_now, epochs_now = self._standing()
        window, reports = now - since, max(1, len(self._lags))
        slots = self._packs * self._given.slots
        return {
            "packs": self._packs,
            "slots": self._given.slots,
            "epoch, s": self._given.epoch_seconds,
            "slice, s": self._length,
            "from, s": since,
            "to, s": now,
            "slots busy, %": 100 * (trained_now - trained) / (slots * window),
            "driver busy, %": 100 * (worked_now - worked) / window,
            "lag, s, median": median(self._lags or [0.0]),
            "lag, s, 95 %": quantiles(self._lags, n=20)[-1] if len(self._lags) > 1 else 0.0,
            "reports/s": reports / window,
            "epochs/s": (epochs_now - epochs) / window,
            "trials ended/s": (ended_now - ended) / window,
            "ms a report": 1000 * (worked_now - worked) / reports,
            "trials": self._server.control.holding() + ended_now,
            "killed packs": self._killed,
            "memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }

    def _standing(self) -> tuple[float, ...]:
        """The time, and all that is counted from the beginning."""
        server = self._server
        trained = self._gone + sum(one.trained_by(self._now) for one in self._alive.values())
        return self._now, trained, server.worked, server.heard.ended, server.heard.epochs

    def _start(self, at: float) -> None:
        given, search = self._given, self._spec.search
        pack_id = f"{len(self._alive)}-{at:.3f}-{self._killed}"
        self._alive[pack_id] = SimulatedPack(
            self._server.control.open_pack(pack_id),
            self._curves,
            search.metric,
            search.goal,
            given.epoch_seconds,
            self._length,
        )
        heapq.heappush(self._due, (at, pack_id))

    def _kill(self, now: float) -> None:
        victim = self._chance.choice(sorted(self._alive))
        self._gone += self._alive.pop(victim).trained_by(now)
        self._killed += 1
        self._server.control.lose_pack(victim, "killed")
        self._start(now + PROCESS_STARTS)


def simulate(given: argparse.Namespace, packs: int, tune_ms: float) -> dict[str, Any]:
    """One cell; its figures."""
    changes = [f"search.num_trials={ENDLESS}", f"search.sampler={{type: {given.sampler}}}", RULE]
    spec = load(SPACE, overrides=changes, check_data=False)
    besides = (tune_ms + given.disk_ms) / 1000
    fill, until = 20.0 * given.minutes, 60.0 * given.minutes
    with driver(spec, packs, given.slots, besides) as server:
        study = Simulation(given, spec, server, packs)
        for minute in range(1, math.ceil(until / 60) + 1):
            if 60 * (minute - 1) <= fill < 60 * minute:
                study.run(fill)
                study.begin()
            study.run(min(until, 60.0 * minute))
            row = study.figures()
            print({name: float(f"{value:.4g}") for name, value in row.items()}, flush=True)
        return row


def main() -> None:
    parser = argparse.ArgumentParser(prog="rnnsearch bench driver", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--packs", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--epoch-seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, default=20.0, help="of virtual time")
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--slice-seconds", type=float, help="by default as a study chooses them")
    parser.add_argument("--tune-ms", type=float, help="processor time of Ray Tune a report")
    parser.add_argument("--disk-ms", type=float, default=1.0, help="of waiting for it a report")
    parser.add_argument("--kill-each", type=float, help="a pack dies each so many seconds")
    parser.add_argument("--json", type=Path, help="add the rows to this file")
    given = parser.parse_args()
    if given.tune_ms is None:
        tune_ms = milliseconds_a_report(given.packs)
    else:
        tune_ms = dict.fromkeys(given.packs, given.tune_ms)
    print(f"Ray Tune takes {tune_ms} ms a report, by the packs", flush=True)
    rows = []
    for packs in given.packs:
        rows.append(simulate(given, packs, tune_ms[packs]))
    keep(given.json, f"driver, {given.sampler}, {given.epoch_seconds:g} s", rows)


if __name__ == "__main__":
    main()
