"""Trains a trial of a study again, and tells whether it is the same to the last bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnsearch.given_code import paths_in
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.environment import Environment
from rnnsearch.study.reproduction.comparison import Comparison
from rnnsearch.study.reproduction.process import trained_apart
from rnnsearch.study.reproduction.reading import read_record
from rnnsearch.study.reproduction.recorded import Recorded
from rnnsearch.training.report import EpochReport

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.space.spec import StudySpec

HERE = "trained in this process: the study's code lives in the running script or notebook"


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of training a trial again.

    Attributes:
        study: The study's name.
        comparison: Beside the record, epoch by epoch.
        differences: In what this process and machine differ from those of the record, in words;
            empty where nothing does, or where the record does not say.
        unknown: Whether the study's version of rnnsearch did not note what it computed with.
        remarks: What else a person should know.
    """

    study: str
    comparison: Comparison
    differences: Sequence[str]
    unknown: bool
    remarks: Sequence[str]

    @property
    def record(self) -> Recorded:
        """What the training is held against."""
        return self.comparison.record

    @property
    def same(self) -> bool:
        """Whether not one bit differs."""
        return self.comparison.same

    def lines(self) -> list[str]:
        """The outcome for a person; the first line says whether it is the same."""
        lines = [*self.comparison.lines()]
        if not self.same and self.differences:
            lines.append(
                "it was recorded with other versions or on another machine, which may be why: "
                + "; ".join(self.differences)
            )
        elif not self.same and self.unknown:
            lines.append(
                "the study does not say with which versions and on which machine it was recorded; "
                "the same are needed for the same bits"
            )
        elif not self.same:
            lines.append(
                "it was recorded with the same versions on the same kind of processor, so this "
                "should not be: report it"
            )
        return lines + [f"note: {text}" for text in self.remarks]

    def as_json(self) -> Mapping[str, Any]:
        """Plain values, as `--format json` prints them."""
        record = self.record
        return {
            "study": self.study,
            "number": record.number,
            "name": record.name,
            "seed": record.seed,
            "ending": record.ending,
            "metric": self.comparison.metric,
            **self.comparison.as_json(),
            "versions_differ": list(self.differences),
            "remarks": list(self.remarks),
        }


def reproduce(
    spec: StudySpec,
    directory: StudyDirectory,
    number: int,
    seed: int | None = None,
    *,
    allow_changed_code: bool = False,
    apart: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Reproduction:
    """Train a trial again, alone and in a new process, as far as it came, and compare.

    Args:
        seed: Of a finalist, that of one of its reruns; None is the trial's own.
        allow_changed_code: Train with a script or module of a person's own that has changed since.
        apart: Whether in a new process; what lives in the running script never is.
        progress: Called with the number of epochs that are done, and of all.

    Raises:
        InputError: There is no such training, or its data or code has changed.
    """
    record = read_record(spec, directory, number, seed)
    comparison = Comparison(record, spec.search.metric, spec.search.goal is Goal.MAXIMIZE)
    remarks: list[str] = []
    given = bool(paths_in(spec.yaml))
    if given or not apart:
        from rnnsearch.study.reproduction.training import train_again

        remarks += [HERE] if given and apart else []
        coming = train_again(spec, directory, record, allow_changed_code=allow_changed_code)
    else:
        coming = trained_apart(directory, number, seed, allow_changed_code=allow_changed_code)
    now: Environment | None = None
    progress(0, record.epochs)
    for one in coming:
        if isinstance(one, Environment):
            now = one
        elif isinstance(one, str):
            remarks.append(one)
        elif isinstance(one, EpochReport):
            comparison.take(one)
            progress(one.epoch, max(one.epoch, record.epochs))
        else:
            comparison.diverged(one)
    comparison.end()
    differences: list[str] = []
    if now is not None:
        for before in record.environments:
            differences += [text for text in before.differences(now) if text not in differences]
    unknown = not record.environments
    return Reproduction(directory.name, comparison, differences, unknown, remarks)
