"""A study without Ray: the real control, stages and ledger around packs that train on paper."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from paper_pack import METRIC, PaperPack

from rnnsearch.events import RANKED, EpochsReported, Event
from rnnsearch.search.control import Control
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.endings import Endings
from rnnsearch.search.finalists import FinalistsStage
from rnnsearch.search.first_stage import first_stage
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.messages import PackSettings
from rnnsearch.search.regret import sample
from rnnsearch.search.shelf import Shelf
from rnnsearch.search.silence import Silence
from rnnsearch.search.stopped import StoppedStage
from rnnsearch.search.trial_judge import TrialJudge
from rnnsearch.search.tune.pack_worker import PackWorker
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.training.config import TrialConfig

SPACE = """
name: paper
task: {type: sine}
model: {cell: lstm, hidden_size: 8}
training:
  learning_rate: {uniform: [0.001, 0.4]}
  steps_per_epoch: 100
  max_epochs: 9
search:
  metric: val_mse
  num_trials: 12
  sampler: {type: random}
  scheduler: {type: asha, grace_period: 1, reduction_factor: 3}
  finalists: {top: 2, seeds: 2}
"""


class Notebook:
    """Remembers every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def paper_spec(*overrides: str) -> StudySpec:
    return loads(SPACE, name="paper", directory=Path(), overrides=overrides)


class Rig:
    """A study of which a test turns the crank.

    Attributes:
        workers: Live packs by Tune's id.
        packs: Every pack that ever was, in order.
        gone: The driver has ended or died; its ledger is another's now.
    """

    def __init__(
        self,
        folder: Path,
        spec: StudySpec,
        *,
        places: int = 2,
        slots: int = 4,
        resume: bool = False,
        deadline: float | None = None,
        search_deadline: float | None = None,
        should_stop: Callable[[], str | None] = lambda: None,
        interrupted: Callable[[], str | None] = lambda: None,
        silence: Silence | None = None,
        enough: int | None = None,
        curve: Callable[[TrialConfig, int], Mapping[str, float]] | None = None,
    ) -> None:
        self.directory = StudyDirectory(folder, spec.name)
        self.directory.create()
        self.spec = spec
        self.notebook = Notebook()
        opened = Ledger.open if resume else Ledger.create
        self.ledger = opened(self.directory, spec)
        self.saved: list[Path] = []
        rule = spec.stopping_rule()
        usable = [
            record
            for record in self.ledger.trials()
            if record.state in ("complete", "pruned")
            and record.epoch >= rule.grace
            and record.own_best
            and record.best_value is not None
            and math.isfinite(record.best_value)
        ]
        self.shelf = Shelf(
            self.directory.checkpoints,
            spec.search.goal,
            spec.search.finalists.top,
            self.notebook,
            _Anything(),
            usable,
            self._save,
        )
        self.search = first_stage(
            TrialJudge(spec, self.ledger, self.notebook, self.shelf, rule, lambda: None)
        )
        self.finalists: FinalistsStage | None = None
        self.control = Control(
            ledger=self.ledger,
            listener=self.notebook,
            endings=Endings(deadline, search_deadline, should_stop, interrupted),
            search=self.search,
            finalists=self._make_finalists,
            stopped=self._make_stopped,
            places=places,
            slots=slots,
            slots_follow=enough is not None,
            data_ref=lambda task: None,
            silence=silence or Silence(None),
        )
        self.workers: dict[str, PackWorker] = {}
        self.papers: dict[str, PaperPack] = {}
        self.packs: list[str] = []
        self.held: list[int] = []
        self.curve = curve
        self.enough = enough
        self.gone = False

    def run(
        self, turns: int = 2000, *, each_turn: Callable[[int], None] = lambda turn: None
    ) -> int:
        """Turn as Tune does until no pack lives and none is wanted; returns the turns taken."""
        for turn in range(turns):
            each_turn(turn)
            while self.control.wants_pack():
                self.open_pack()
            if not self.workers:
                return turn
            for pack_id in list(self.workers):
                self.step(pack_id)
        raise AssertionError(f"no end after {turns} turns: {self.control.phase}")

    def open_pack(self) -> str:
        pack_id = f"id{len(self.packs):04d}"
        name = self.control.open_pack(pack_id)
        settings = PackSettings(
            METRIC, self.spec.search.goal, 1.0, 1e9, str(self.directory.snapshots), "", 1, False
        )
        paper = self.papers[pack_id] = PaperPack(self.curve)
        paper.enough = self.enough
        self.workers[pack_id] = PackWorker(name, settings, lambda data: paper, lambda ref: ref)
        self.packs.append(pack_id)
        return pack_id

    def step(self, pack_id: str) -> None:
        update = self.control.take(pack_id, self.workers[pack_id].train_slice())
        self.held.append(len(self.papers[pack_id].epochs))
        if update is None:
            self.control.lose_pack(pack_id, None)
            del self.workers[pack_id]
        else:
            self.workers[pack_id].apply(update)

    def crash(self, pack_id: str) -> None:
        del self.workers[pack_id]
        self.control.lose_pack(pack_id, "the process died")

    def reported(self) -> Counter[tuple[int, int]]:
        """How often each epoch of each trial was told."""
        told = self.notebook.of(EpochsReported)
        return Counter((event.number, epoch) for event in told for epoch in event.epochs)

    def best(self, count: int) -> list[TrialRecord]:
        """The best completed or stopped trials, by their best epochs."""
        ended = [one for one in self.ledger.trials() if one.state in RANKED]
        goal = self.spec.search.goal
        return sorted(ended, key=lambda one: (one.standing(goal), one.number))[:count]

    def end(self) -> None:
        if not self.gone:
            self.control.settle()
        self.gone = True

    def _make_finalists(self) -> FinalistsStage | None:
        records = [self.ledger.trial(number) for number in self.shelf.best()]
        if not records:
            return None
        self.finalists = FinalistsStage(
            self.spec, self.ledger, self.notebook, self.shelf, records, reruns=True
        )
        return self.finalists

    def _make_stopped(self) -> StoppedStage:
        wanted = self.ledger.notes.finish_stopped
        records = sample(self.ledger.trials(), wanted, self.spec.search.seed)
        return StoppedStage(self.spec, self.ledger, self.notebook, records)

    def _save(self, path: Path, config: Any, weights: Any, data: Any) -> None:
        path.mkdir(parents=True, exist_ok=True)
        (path / "config.json").write_text("{}")
        self.saved.append(path)


class _Anything(dict[Any, Any]):
    """Paper packs learn from nothing."""

    def __missing__(self, key: Any) -> None:
        return None
