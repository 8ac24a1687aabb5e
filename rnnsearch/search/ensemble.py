"""Holds the mean of the best trainings of all finalists against the single winner."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.goal import Judge, Standing, standing
from rnnsearch.search.bounded import training_pace
from rnnsearch.search.choice import Choice
from rnnsearch.search.finalists import FinalistsStage
from rnnsearch.space.constraints import LATENCY, PARAMETERS, SECONDS, constraints_of
from rnnsearch.space.measures import measured
from rnnsearch.space.words import short
from rnnsearch.tasks.base import TaskData

if TYPE_CHECKING:
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.training.trained import TrainedModel

FOLDER = "ensemble-"
"""How the names of the folders begin in which ensembles lie, beside the finalists' trainings."""


@dataclass(frozen=True, slots=True, order=True)
class Training:
    """A training of a finalist that may become a member: the better one is the lesser.

    Attributes:
        place: Of its seed among the finalist's.
    """

    standing: Standing
    number: int
    place: int
    seed: int = field(compare=False)
    value: float = field(compare=False)
    path: Path = field(compare=False)


def trainings(stage: FinalistsStage, judge: Judge) -> list[Training]:
    """The finalists' trainings that are on disk and keep all constraints, the best first."""
    several = []
    for finalist in stage.finalists:
        paths, _ = stage.trained(finalist)
        for place, seed in enumerate(finalist.seeds):
            value = finalist.values.get(seed, math.nan)
            kept = seed in paths and not finalist.violations.get(seed, 0.0)
            if kept and math.isfinite(value):
                rank = standing(judge.goal, value, finalist.losses.get(seed))
                several.append(Training(rank, finalist.number, place, seed, value, paths[seed]))
    return sorted(several)


@dataclass(frozen=True, slots=True, eq=False)
class Ensembles:
    """Makes the ensemble of a study, and chooses between it and the single winner.

    Args:
        data: The data of a task by its config.
        folder: The study's folder `checkpoints`.
        save: Called with what writes the folder of the ensemble, which may meet a full disk.
    """

    stage: FinalistsStage
    judge: Judge
    data: Mapping[Any, TaskData]
    folder: Path
    save: Callable[[Callable[[], None]], object]

    def chosen(self, single: Choice) -> Choice:
        """The ensemble where it is better on the validation part, or else the single winner.

        Of the means of the best 2, 3 ... trainings, as many as are asked for, the best one is the
        ensemble. All are scored by the study's metric, and by the task's own loss where they are
        equal in that. What came of it stands in `Choice.ensemble`.
        """
        from rnnsearch.training.ensemble import fused
        from rnnsearch.training.loading import load_model
        from rnnsearch.training.trained import TrainedModel

        alone = load_model(single.paths[single.seed], allow_code=True)
        assert isinstance(alone, TrainedModel)  # a script has no ensemble
        wanted = self.stage.spec.search.finalists.ensemble
        members, models = [], []
        for one in trainings(self.stage, self.judge):
            model = load_model(one.path, allow_code=True)
            if isinstance(model, TrainedModel) and model.config.task == alone.config.task:
                members.append(one)
                models.append(model)
            if len(members) == wanted:
                break
        if len(members) < 2:
            why = "fewer than two trainings of finalists are there to take the mean of"
            return replace(single, ensemble={"members": (), "won": False, "why": why})
        data = self.data[alone.config.task]
        each = [
            fused(models[:count], [one.number for one in members[:count]], data)
            for count in range(2, len(models) + 1)
        ]
        model = min(each, key=lambda one: self._place(one, members))
        members = members[: len(model.members)]
        tried = {
            "members": tuple(
                {"trial": one.number, "seed": one.seed, "value": one.value} for one in members
            ),
            "metrics": dict(model.metrics),
            "single": alone.metrics[self.judge.metric],
        }
        lost = self._why_lost(model, alone, members)
        if lost:
            return replace(single, ensemble={**tried, "won": False, "why": lost})
        path = self.folder / _name(members)
        if not (path / "config.json").is_file():
            self.save(lambda: model.save(path))
        best = members[0]
        return Choice(
            best.number,
            best.seed,
            {best.seed: path},
            ensemble={**tried, "won": True, "why": self._figures(model, alone, "better than")},
        )

    def tidy(self, chosen: Choice) -> None:
        """Delete the ensembles of earlier runs; to be called once the champion is noted."""
        kept = chosen.paths[chosen.seed]
        for path in self.folder.glob(f"{FOLDER}*"):
            if path != kept:
                shutil.rmtree(path)

    def _place(self, model: TrainedModel, members: Sequence[Training]) -> tuple[bool, Standing]:
        """Where a mean of some of the members stands: behind all others if it breaks a bound."""
        broken = self._broken(model, members[: len(model.members)])
        return bool(broken), self.judge.of(model.metrics)

    def _broken(self, model: TrainedModel, members: Sequence[Training]) -> str:
        """The constraint that a mean breaks, in words; empty where it keeps all."""
        values = {**model.metrics, **self._summed(model, members)}
        for bound in constraints_of(self.stage.spec.search.constraints):
            if bound.name in values and bound.violation(values[bound.name]) > 0:
                return f"it breaks {bound}: {bound.broken_by(values[bound.name])}"
        return ""

    def _why_lost(
        self, model: TrainedModel, alone: TrainedModel, members: Sequence[Training]
    ) -> str:
        """Why the ensemble is no champion, in words; empty where it is."""
        if broken := self._broken(model, members):
            return broken
        if self.judge.of(model.metrics) < self.judge.of(alone.metrics):
            return ""
        level = model.metrics[self.judge.metric] == alone.metrics[self.judge.metric]
        return self._figures(model, alone, "no better than" if level else "worse than")

    def _summed(self, model: TrainedModel, members: Sequence[Training]) -> dict[str, float]:
        """What the members have of what is bounded, all together; none of it in memory at once, as
        each was trained by itself."""
        names = {one.name for one in constraints_of(self.stage.spec.search.constraints)}
        wanted = [name for name in (PARAMETERS, LATENCY) if name in names]
        data = self.data[model.config.task]
        each = [measured(one.config, data, wanted) for one in model.members]
        sums = {name: math.fsum(one[name] for one in each) for name in wanted}
        if SECONDS in names:
            last = int(self.stage.spec.values["training.max_epochs"])
            records: list[TrialRecord] = [self.stage.ledger.trial(one.number) for one in members]
            sums[SECONDS] = math.fsum(training_pace(one, last) for one in records)
        return sums

    def _figures(self, model: TrainedModel, alone: TrainedModel, how: str) -> str:
        metric = self.judge.metric
        ours, theirs = model.metrics[metric], alone.metrics[metric]
        return f"{metric} {short(ours)}, {how} the {short(theirs)} of the best finalist alone"


def _name(members: Sequence[Training]) -> str:
    """The folder's name of an ensemble, another one for other trainings."""
    text = " ".join(f"{one.number}:{one.seed}" for one in members)
    return FOLDER + hashlib.sha256(text.encode()).hexdigest()[:8]
