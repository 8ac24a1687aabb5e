"""Trains every member of a champion that is the mean of several trainings again, and scores it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.search.ensemble_words import ensemble_name
from rnnsearch.study.reproduction.reproduce import Reproduction, reproduce

if TYPE_CHECKING:
    from rnnsearch.events import ChampionChosen
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.space.spec import StudySpec


@dataclass(frozen=True, slots=True)
class EnsembleReproduction:
    """What came of making a mean of several trainings again.

    Attributes:
        study: The study's name.
        name: Of the ensemble.
        members: Of each training, the best one first.
        recorded: The metrics of the validation part as the study noted them.
        now: The same, computed now with the weights that are kept.
    """

    study: str
    name: str
    members: Sequence[Reproduction]
    recorded: Mapping[str, float]
    now: Mapping[str, float]

    @property
    def same(self) -> bool:
        """Whether not one bit differs, in the trainings and in what their mean is scored by."""
        return not self.differing and all(one.same for one in self.members)

    @property
    def differing(self) -> list[str]:
        """The metrics of the mean that are not what they were."""
        names = sorted(self.recorded.keys() | self.now.keys())
        return [name for name in names if self.recorded.get(name) != self.now.get(name)]

    def lines(self) -> list[str]:
        """The outcome for a person."""
        lines = []
        for one in self.members:
            record = one.record
            first, *more = one.lines()
            lines += [f"{record.name}, seed {record.seed}: {first}", *more]
        if not self.differing:
            count = len(self.recorded)
            return [*lines, f"{self.name}: 0 bits differ in {count} metrics of the validation part"]
        return lines + [
            f"{self.name}: {name} is {self.recorded.get(name)!r} on record, "
            f"{self.now.get(name)!r} now"
            for name in self.differing
        ]

    def as_json(self) -> Mapping[str, Any]:
        """Plain values, as `--format json` prints them."""
        return {
            "study": self.study,
            "name": self.name,
            "same": self.same,
            "members": [one.as_json() for one in self.members],
            "recorded": dict(self.recorded),
            "now": dict(self.now),
        }


def reproduced(
    spec: StudySpec,
    directory: StudyDirectory,
    which: ChampionChosen | tuple[int, int | None],
    *,
    allow_changed_code: bool = False,
    apart: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Reproduction | EnsembleReproduction:
    """Train a trial or a champion again; of a mean of several trainings each, and score the mean.

    Args:
        which: A champion, or a trial's number with a seed, as `reproduce` takes them.
        apart: As of `reproduce`.
        progress: Called with the number of epochs that are done of the present training, and of
            all.

    Raises:
        InputError: As of `reproduce`.
        ModelError: The champion's folder is gone or damaged.
        DataError: Its data cannot be read.
    """
    from rnnsearch.training.trained import TrainedModel

    how: Any = {"allow_changed_code": allow_changed_code, "apart": apart, "progress": progress}
    if isinstance(which, tuple):
        return reproduce(spec, directory, *which, **how)
    if not which.fused:
        return reproduce(spec, directory, which.number, which.seed, **how)
    members = [
        reproduce(spec, directory, one["trial"], one["seed"], **how)
        for one in which.ensemble["members"]
    ]
    now = TrainedModel.load(Path(which.path), allow_code=True).evaluate("val")
    name = ensemble_name(which.ensemble)
    return EnsembleReproduction(directory.name, name, members, which.val_metrics, now)
