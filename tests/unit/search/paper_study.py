"""A whole run of a search without Ray: all is real but the packs' training and Tune's loop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from paper_pack import PaperPack
from rig import Notebook

from rnnsearch.models.initial import initial_weights
from rnnsearch.search.control import Control
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.messages import PackSettings
from rnnsearch.search.run import SearchOutcome, run_search
from rnnsearch.search.tune.pack_worker import PackWorker
from rnnsearch.search.tune.places import Places
from rnnsearch.space.load import loads
from rnnsearch.space.spec import ResourcesConfig, StudySpec
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.layout import layout_of
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.weights import Weights

SPACE = """
name: paper
task: {type: sine, num_points: 12, rollout: {steps: [1, 5]}}
model: {cell: lstm, hidden_size: 4}
training:
  learning_rate: {uniform: [0.001, 0.4]}
  steps_per_epoch: 100
  max_epochs: 9
search:
  metric: val_mse
  num_trials: 8
  sampler: {type: random}
  scheduler: {type: asha, grace_period: 3, reduction_factor: 3}
  finalists: {top: 2, seeds: 2}
"""

EachTurn = Callable[[int, Control], None]


class WeighedPack(PaperPack):
    """A paper pack whose trials have weights that a network can be made of: those of their seed."""

    def remove(self, trial_id: str) -> Weights | None:
        config = self.configs[trial_id]
        weights = super().remove(trial_id)
        return None if weights is None else replace(weights, tensors=_tensors(config))

    def state(self) -> dict[str, TrialSnapshot]:
        return {
            trial_id: replace(snapshot, arrays=_rows(snapshot)) if snapshot.epoch else snapshot
            for trial_id, snapshot in super().state().items()
        }


def _tensors(config: TrialConfig) -> dict[str, np.ndarray[Any, Any]]:
    weights = initial_weights(config.model, 1, 1, False, config.seed)
    return {name: tensor.detach().float().numpy() for name, tensor in weights.items()}


def _rows(snapshot: TrialSnapshot) -> dict[str, np.ndarray[Any, Any]]:
    layout = layout_of(snapshot.config.model, 1, 1, False)
    own = {name: torch.from_numpy(array) for name, array in _tensors(snapshot.config).items()}
    row = layout.pack(own).numpy()
    return {"parameters": row, "best": row}


class PaperStudy:
    """Runs of one study on one folder, each with the driver's real `run_search`.

    Attributes:
        heard: Events of all runs.
        ledger: Of the last run.
        curve: Of every trial, as a `PaperPack` takes it.
        wish: How many stopped trials the next run shall train to the end.
    """

    def __init__(self, folder: Path, *overrides: str) -> None:
        self.spec: StudySpec = loads(SPACE, name="paper", directory=Path(), overrides=overrides)
        self.directory = StudyDirectory(folder, "paper")
        self.directory.create()
        self.heard = Notebook()
        self.ledger: Ledger | None = None
        self.wish = 0
        self.each_turn: EachTurn = lambda turn, control: None
        self.curve: Callable[[TrialConfig, int], dict[str, float]] | None = None

    def run(
        self, *, each_turn: EachTurn | None = None, listener: Any = None, **how: Any
    ) -> SearchOutcome:
        """One run of the driver, a resume where there is a ledger."""
        self.each_turn = each_turn or (lambda turn, control: None)
        opener = Ledger.open if self.directory.ledger.is_file() else Ledger.create
        self.ledger = opener(self.directory, self.spec)
        self.ledger.note(lambda notes: replace(notes, finish_stopped=self.wish))
        try:
            return run_search(
                self.spec,
                self.directory,
                ledger=self.ledger,
                listener=listener or self.heard,
                **how,
            )
        finally:
            self.ledger.close()

    def turn(
        self,
        control: Control,
        settings: PackSettings,
        resources: Any,
        code: Any,
        shield: Any,
        *more: Any,
        **others: Any,
    ) -> None:
        """In the place of Tune's loop."""
        workers: dict[str, PackWorker] = {}
        for turn in range(1000):
            self.each_turn(turn, control)
            while control.wants_pack():
                pack_id = f"{turn:03d}-{len(workers)}"
                name = control.open_pack(pack_id)
                workers[pack_id] = PackWorker(
                    name, settings, lambda data: WeighedPack(self.curve), lambda ref: ref
                )
            if not workers or control.overdue():
                return
            for pack_id, worker in list(workers.items()):
                with shield():
                    update = control.take(pack_id, worker.train_slice())
                    if update is None:
                        control.lose_pack(pack_id, None)
                        del workers[pack_id]
                    else:
                        worker.apply(update)
        raise AssertionError("no end")


def _two_packs(resources: ResourcesConfig, *of_ray: Any) -> Places:
    plain = 0 if resources.cpus_without_gpu is None else 1
    return Places(packs=1 if resources.packs == 1 else 2, slots=4, plain=plain)


def without_ray(tune: Callable[..., None]) -> dict[str, Any]:
    """What stands in the places of Ray, by the names of the places."""
    here = "rnnsearch.search.run."
    return {
        here + "ray_session": lambda *how, **more: nullcontext(),
        here + "kernels_warming": lambda *how: nullcontext(),
        here + "plan": _two_packs,
        here + "tune": tune,
        "rnnsearch.search.tune.nodes.nodes": list,
        "rnnsearch.search.tune.task_store.TaskStore.ref": lambda self, config: None,
    }
