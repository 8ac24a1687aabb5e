"""How many packs one driver can keep busy: its own code against packs that exist on paper.

    rnnsearch bench driver [--packs 10 100 1000] [--slots 64] [--epoch-seconds 60]
        [--minutes 20] [--sampler random] [--tune-ms MS] [--kill-each SECONDS] [--json FILE]

The control, the ledger with its journal on disk, the stopping rule and the outbox are those of a
study. The packs are simulated in virtual time, with curves of the table of recurrent trainings, and
report when real ones would. The driver is one server: a report waits until those before it are
worked through, and each takes the processor seconds that it really took here, with those of the
proposals made ahead, and `--tune-ms` for Ray Tune's own loop (`--measure-tune` takes them with real
workers). So a machine that is busy with other things changes nothing, but a slower one does.

The first third of the time fills the slots and is left out. `slots busy` is the share of the time
of all slots in which they train; `lag` is how long a report waits for its answer; `driver busy` the
share of the time in which the driver works. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import heapq
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

from rnnsearch.events import EpochsReported, Event, TrialEnded
from rnnsearch.records.outbox import Outbox
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

SPACE = Path(__file__).parent / "table" / "spaces" / "sine.yaml"
RULE = "search.scheduler={type: asha, grace_period: 5, reduction_factor: 3}"
"""Some 12 epochs a trial in the mean, where all last 60."""
ENDLESS = 1_000_000
PROCESS_STARTS = 10.0
"""Seconds until a pack that replaces a dead one is there."""


class Counting:
    """Hands each event to the outbox, and counts what the driver decided."""

    def __init__(self, folder: Path) -> None:
        self._outbox = Outbox(folder)
        self.epochs = self.ended = 0

    def on_event(self, event: Event) -> None:
        self._outbox.on_event(event)
        if isinstance(event, EpochsReported):
            self.epochs += len(event.epochs)
        self.ended += isinstance(event, TrialEnded)


class Nothing(dict[Any, Any]):
    """The data of all tasks: simulated packs learn from none."""

    def __missing__(self, key: Any) -> None:
        return None


@dataclass(slots=True)
class Driver:
    """A study's driver as a server in virtual time."""

    control: Control
    ledger: Ledger
    heard: Counting
    tune_seconds: float
    free: float = 0.0
    worked: float = 0.0

    def serve(self, pack: SimulatedPack, pack_id: str, arrived: float) -> bool:
        """Work a pack's report through; returns whether the pack goes on."""
        report = pack.report(arrived)
        before, ahead = time.thread_time(), self.ledger.sampler_seconds[0]
        update = self.control.take(pack_id, report)
        took = time.thread_time() - before + self.ledger.sampler_seconds[0] - ahead
        took += self.tune_seconds
        self.free = max(self.free, arrived) + took
        self.worked += took
        if update is not None:
            pack.apply(update, self.free)
        return update is not None


@contextmanager
def driver(spec: StudySpec, places: int, slots: int, tune_seconds: float) -> Iterator[Driver]:
    """A study of its own in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bench-driver-") as storage:
        directory = StudyDirectory(Path(storage), spec.name)
        directory.create()
        heard = Counting(directory.outbox)
        ledger = Ledger.create(directory, spec)
        shelf = Shelf(
            directory.checkpoints,
            spec.search.goal,
            spec.search.finalists.top,
            heard,
            Nothing(),
            (),
            lambda path, *_: path.mkdir(exist_ok=True),
        )
        judge = TrialJudge(spec, ledger, heard, shelf, spec.stopping_rule(), lambda: None)
        control = Control(
            ledger=ledger,
            listener=heard,
            endings=Endings(None, None, lambda: None, lambda: None),
            search=SearchStage(judge),
            finalists=lambda: None,
            places=places,
            slots=slots,
            data_ref=lambda task: None,
        )
        ledger.prepare(min(READY_AHEAD, places * slots))
        yield Driver(control, ledger, heard, tune_seconds)
        ledger.close()


def simulate(given: argparse.Namespace, packs: int, tune_ms: float) -> dict[str, Any]:
    """One cell; its figures."""
    table = Table.read("sine")
    curves = [one.objective for one in table.first]
    changes = [f"search.num_trials={ENDLESS}", f"search.sampler={{type: {given.sampler}}}", RULE]
    spec = load(SPACE, overrides=changes, check_data=False)
    until, chance = 60.0 * given.minutes, random.Random(0)
    length = given.slice_seconds or slice_length(packs)
    with driver(spec, packs, given.slots, tune_ms / 1000) as server:
        control, alive, lags = server.control, {}, []
        due: list[tuple[float, str]] = []
        deaths = given.kill_each or until + 1

        def start(now: float) -> None:
            pack_id = f"{len(control.fleet.books)}-{now:.3f}"
            name = control.open_pack(pack_id)
            alive[pack_id] = SimulatedPack(
                name, curves, spec.search.metric, spec.search.goal, given.epoch_seconds, length
            )
            heapq.heappush(due, (now, pack_id))

        for _ in range(packs):
            start(0.0)
        begun = None
        next_death = deaths
        killed = 0
        while due:
            now, pack_id = heapq.heappop(due)
            if now >= until:
                break
            if begun is None and now >= until / 3:
                trained = sum(pack.trained_by(now) for pack in alive.values())
                begun = (now, server.worked, server.heard.ended, server.heard.epochs, trained)
                lags.clear()
            if pack_id not in alive:
                continue
            if now >= next_death:
                next_death += deaths
                killed += 1
                victim = chance.choice(sorted(alive))
                lost = alive.pop(victim)
                if begun is not None:  # what it trained stays counted
                    begun = (*begun[:4], begun[4] - lost.trained_by(now))
                control.lose_pack(victim, "killed")
                start(now + PROCESS_STARTS)
                if victim == pack_id:
                    continue
            if server.serve(alive[pack_id], pack_id, now):
                lags.append(server.free - now)
                heapq.heappush(due, (alive[pack_id].next_report(server.free), pack_id))
        assert begun is not None, "the time is too short"
        assert control.error is None, control.error
        since, worked, ended, epochs, trained = begun
        window = until - since
        done = sum(pack.trained_by(until) for pack in alive.values()) - trained
        reports = len(lags)
        return {
            "packs": packs,
            "slots": given.slots,
            "epoch, s": given.epoch_seconds,
            "slice, s": length,
            "slots busy, %": 100 * done / (packs * given.slots * window),
            "driver busy, %": 100 * (server.worked - worked) / window,
            "lag, s, median": median(lags),
            "lag, s, 95 %": quantiles(lags, n=20)[-1],
            "reports/s": reports / window,
            "epochs/s": (server.heard.epochs - epochs) / window,
            "trials ended/s": (server.heard.ended - ended) / window,
            "ms a report": 1000 * (server.worked - worked) / reports,
            "trials": len(server.ledger.trials()),
            "killed packs": killed,
            "memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


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
    parser.add_argument("--kill-each", type=float, help="a pack dies each so many seconds")
    parser.add_argument("--json", type=Path, help="add the rows to this file")
    given = parser.parse_args()
    tune_ms = given.tune_ms or milliseconds_a_report()
    print(f"Ray Tune takes {tune_ms:.2f} ms a report", flush=True)
    rows = []
    for packs in given.packs:
        rows.append(simulate(given, packs, tune_ms))
        print(rows[-1], flush=True)
    keep(given.json, f"driver, {given.sampler}, {given.epoch_seconds:g} s", rows)


if __name__ == "__main__":
    main()
