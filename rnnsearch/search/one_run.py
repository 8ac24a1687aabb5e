"""One run of a search, as its parts share it, from the ledger to the champion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rnnsearch.events import RANKED, ChampionChosen, Listener
from rnnsearch.goal import Judge
from rnnsearch.search.champion import crown
from rnnsearch.search.choice import choose_winner, stopped_by_time
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.endings import Endings
from rnnsearch.search.ensemble import Ensembles
from rnnsearch.search.finalists import FinalistsStage
from rnnsearch.search.first_stage import first_stage
from rnnsearch.search.goals.kept import kept_front
from rnnsearch.search.goals.strategy import strategy_of
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.regret import sample
from rnnsearch.search.shelf import save_checkpoint
from rnnsearch.search.snapshot_place import place_at
from rnnsearch.search.stopped import StoppedStage
from rnnsearch.search.tally import Tally
from rnnsearch.search.trial_judge import TrialJudge
from rnnsearch.search.tune.task_store import TaskStore
from rnnsearch.search.unfinished import best_unfinished
from rnnsearch.search.waits import Waits
from rnnsearch.space.footprint import largest_trial_bytes
from rnnsearch.space.measures import broken_before
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import first_task
from rnnsearch.tasks.base import TaskData, loss_metric
from rnnsearch.tasks.families import family
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.weights import Weights


@dataclass(eq=False)
class OneRun:
    """One run of a study's search: its stages, the weights on disk, and the choice at its end.

    Args:
        endings: Says when the run has to end.
        stage: Called with a few words on what the driver does now.
        tally: Counts what the run does.
        waits: Hears by what the run is held up.
        secure: Called before the ledger names a champion, whose checkpoints are written.

    Attributes:
        data: Data by task config, shared with the packs.
        grace: Epochs from which on a trial's value counts; see `StoppingRule.grace`.
        shelf: The weights of the best trials.
        search: The first stage.
        finalists: The second stage; None before it begins.
    """

    spec: StudySpec
    directory: StudyDirectory
    ledger: Ledger
    listener: Listener
    endings: Endings
    stage: Callable[[str], None]
    tally: Tally
    waits: Waits
    secure: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.data = TaskStore()
        self.finalists: FinalistsStage | None = None
        spec, ledger, listener = self.spec, self.ledger, self.listener
        ledger.refuse(lambda params, seed: broken_before(spec, params, seed, self.data))
        strategy = self.strategy = strategy_of(spec, ledger, self.data)
        rule = strategy.rule
        self.grace = rule.grace
        self.shelf = strategy.shelf(
            self.directory.checkpoints,
            spec.search.goal,
            spec.search.finalists.top,
            listener,
            self.data,
            [record for record in ledger.trials() if self.is_usable(record)],
            self._save,
        )
        self.search = first_stage(
            TrialJudge(
                spec,
                ledger,
                listener,
                self.shelf,
                rule,
                on_end=self.tally.count_end,
                beside=strategy.beside,
            )
        )

    @property
    def script(self) -> bool:
        """Whether the study trains a script of a person's, which has no kernels."""
        return family(str(self.spec.values["task.type"])).own_loop

    def largest_trial_bytes(self) -> int:
        """Memory of the study's largest trial in bytes, roughly."""
        task = first_task(self.spec)
        return largest_trial_bytes(self.spec, self.data[task])

    def is_usable(self, record: TrialRecord) -> bool:
        """Whether a trial can become a finalist: it ended past the grace period, with a value."""
        value = record.best_value
        ended = record.state in RANKED and record.epoch >= self.grace and record.own_best
        return ended and value is not None and math.isfinite(value)

    def make_finalists(self) -> FinalistsStage | None:
        """The second stage, once the search is over; None where no trial is usable."""
        if not self.shelf.best():
            return None
        self.finalists = self._stage(reruns=not self.endings.over())
        queued = self.finalists.queued()
        runs = f"{queued} run{'s' if queued > 1 else ''}"
        if lost := self.finalists.lost:
            runs += f", of which {lost} for models of the front whose weights were lost"
        if queued and self.spec.parameters:
            self.stage(f"training the finalists: {runs}")
        elif queued:
            self.stage(f"training it again: {runs} with other seeds")
        return self.finalists

    def make_stopped(self) -> StoppedStage | None:
        """The third stage, which trains stopped trials to the end, where the notes ask for it."""
        wanted = self.ledger.notes.finish_stopped
        if not wanted:
            return None
        records = sample(self.ledger.trials(), wanted, self.spec.search.seed)
        stage = StoppedStage(self.spec, self.ledger, self.listener, records)
        if queued := stage.queued():
            runs = f"{queued} stopped trial{'s' if queued > 1 else ''}"
            if self.endings.over():  # then the control ends this stage at once, by the budget
                self.stage(f"not training {runs} to the end: {self.endings.budget}")
            else:
                self.stage(f"training {runs} to the end, to see what stopping cost")
        return stage

    def crown(self) -> ChampionChosen | None:
        """Choose the champion among the trainings that have weights, and score it.

        Returns:
            None where no training has finished an epoch.
        """
        task = first_task(self.spec)
        search = self.spec.search
        judge = Judge(search.metric, search.goal, loss_metric(self.data[task].metrics()))
        other = best_unfinished(
            self.ledger.trials(),
            self.spec,
            judge,
            place_at(self.directory.snapshot_place),
            self.data,
            self.grace,
            complain=self.stage,
        )
        stage = self.finalists or self._stage(reruns=False)
        choice = choose_winner(stage, other, self.shelf, judge)
        if choice is None:
            return None
        record = self.ledger.trial(choice.number)
        if not choice.unfinished and choice.seed == record.seed:
            last = int(self.spec.values["training.max_epochs"])
            choice = replace(choice, unfinished=stopped_by_time(record, last))
        ensembles = self._ensembles(stage, judge)
        if ensembles is not None:
            choice = ensembles.chosen(choice)
        if search.goals:
            others = kept_front(self.spec, self.ledger.trials(), self.directory.checkpoints)
            choice = replace(
                choice, front=tuple(one for one in others if one["number"] != choice.number)
            )
        tested = any(data.rows().get("test") for data in self.data.values())
        self.stage(
            "scoring the champion on the test part" if tested else "the champion has no test part"
        )
        figure = self.directory.champion_figure
        event = crown(
            *(self.ledger, self.listener, choice),
            data=self.data,
            figure=figure,
            secure=self.secure,
        )
        if ensembles is not None:
            ensembles.tidy(choice)
        return event

    def _ensembles(self, stage: FinalistsStage, judge: Judge) -> Ensembles | None:
        """What makes the study's ensemble; None where none is asked for."""
        if self.spec.search.finalists.ensemble < 2:
            return None
        self.stage("scoring the mean of the best trainings")
        return Ensembles(
            stage,
            judge,
            self.data,
            self.directory.checkpoints,
            lambda write: self.waits.outlast(write, "the checkpoints", self.endings.leaving),
        )

    def _save(self, path: Path, config: TrialConfig, weights: Weights, data: TaskData) -> None:
        """Write a checkpoint folder, if need be once there is room for it."""
        self.waits.outlast(
            partial(save_checkpoint, path, config, weights, data),
            "the checkpoints",
            self.endings.leaving,
        )

    def _stage(self, *, reruns: bool) -> FinalistsStage:
        records = [self.ledger.trial(number) for number in self.shelf.best()]
        return self.strategy.finalists(
            self.spec, self.ledger, self.listener, self.shelf, records, reruns=reruns
        )
