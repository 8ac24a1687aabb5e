"""What a report is about: one study as its files say it, and what can be fetched beside that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rnnsearch.charts.dimension import Dimension
from rnnsearch.charts.point import TrialPoint
from rnnsearch.charts.style import plain
from rnnsearch.errors import RnnsearchError
from rnnsearch.events import ChampionChosen
from rnnsearch.goal import Goal, standing
from rnnsearch.space.words import label
from rnnsearch.tasks.base import labels_of
from rnnsearch.tasks.families import family

if TYPE_CHECKING:
    from rnnsearch.figures.figure import Figure
    from rnnsearch.search.advice.advice import Advice
    from rnnsearch.search.analysis import Analysis
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.run_figures import RunFigures
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import Metric, Score, TaskData
    from rnnsearch.tasks.fingerprint import Fingerprint

FEW = 8
"""A parameter of more values is rather a number than one of a few choices."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One study.

    Attributes:
        best: The champion's trial; without a champion the best one so far; None without any value.
        champion: The winner; None where there is none yet.
        run: How the last run of the driver went; None where none has ended yet.
        state: `running`, or how the last run ended; `reason` says why.
        notes: What a person must know of where the study and its data come from.
        fingerprints: Of the data that the study was started on; None where it noted none.
        board: The leaderboard, as `search.leaderboard` makes it.
        load_data: Reads the study's data; it may raise an `RnnsearchError`.
        draw_pictures: What the task shows of the champion; likewise.
        luck: What the study owes to the luck of seeds, in sentences.
        regret: What stopping cost, in sentences; empty where no stopped trial was finished.
        refused: How many proposals were not trained, and why, in a line; empty where none was.
        advise: Reads the trials for what to search next.
    """

    spec: StudySpec
    directory: StudyDirectory
    trials: Sequence[TrialRecord]
    baselines: Sequence[Score]
    best: TrialRecord | None
    champion: ChampionChosen | None
    run: RunFigures | None
    state: str
    reason: str
    notes: Sequence[str]
    fingerprints: Mapping[str, Fingerprint] | None
    board: Sequence[Mapping[str, Any]]
    analysis: Analysis
    load_data: Callable[[], TaskData]
    draw_pictures: Callable[[], Sequence[Figure]]
    luck: Sequence[str]
    regret: Sequence[str]
    refused: str
    advise: Callable[[], Advice]

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def goal(self) -> Goal:
        return self.spec.search.goal

    @cached_property
    def data(self) -> TaskData:
        """The study's data.

        Raises:
            RnnsearchError: It cannot be read.
        """
        return self.load_data()

    @cached_property
    def metric(self) -> Metric | None:
        """The study's metric in the task's own words; None where the task cannot be asked."""
        try:
            metrics = self.data.metrics()
        except RnnsearchError:
            return None  # the section on the data says why
        return next((one for one in metrics if one.name == self.spec.search.metric), None)

    @cached_property
    def labels(self) -> dict[str, str]:
        """How people read the names of metrics that stand for columns or series of theirs, of the
        test part too."""
        try:
            return labels_of(self.data.metrics())
        except RnnsearchError:
            return {}

    @cached_property
    def metric_name(self) -> str:
        """The study's metric as people read it."""
        return self.labels.get(self.spec.search.metric, self.spec.search.metric)

    @cached_property
    def metric_label(self) -> str:
        """The metric with its unit, as it stands on an axis."""
        return plain(self.metric_name + (f" ({self.unit})" if self.unit else ""))

    @property
    def unit(self) -> str:
        """The metric's unit; empty where it is not known, as of what a person's script yields."""
        return "" if self.metric is None or self.own_loop else self.metric.unit

    @cached_property
    def points(self) -> list[TrialPoint]:
        """The trials as charts take them."""
        return [
            TrialPoint(
                number=trial.number,
                state=trial.state,
                value=trial.best_value,
                curve=trial.values_by_epoch,
                params=trial.params,
                epoch=trial.epoch,
                seconds=trial.seconds,
                ended=trial.ended,
            )
            for trial in self.trials
        ]

    @cached_property
    def dimensions(self) -> list[Dimension]:
        """The sampled parameters, the most important first; without importances those that every
        trial has, and of them numbers, come first."""
        known = [str(row["param"]) for row in self.analysis.importances]
        rest = [key for key in self.spec.parameters if key not in known]
        always = {key: not self.spec.parameters[key].when for key in rest}
        numbers = {key: self.spec.parameters[key].distribution.count > FEW for key in rest}
        keys = [*known, *sorted(rest, key=lambda key: (not always[key], not numbers[key]))]
        dimensions = []
        for key in keys:
            distribution = self.spec.parameters[key].distribution
            written = distribution.written()
            members = written.get("choice")
            low, high = (None, None) if members is not None else distribution.extremes
            dimensions.append(
                Dimension(
                    key=key,
                    members=None if members is None else [label(one) for one in members],
                    low=low,
                    high=high,
                    log=any(word.startswith("log") for word in written),
                    whole=isinstance(low, int) and isinstance(high, int),
                )
            )
        return dimensions

    @cached_property
    def rivals(self) -> dict[str, float]:
        """The study's metric of each baseline that has it, the best one first."""
        values = {one.name: one.metrics.get(self.spec.search.metric) for one in self.baselines}
        known = {name: value for name, value in values.items() if value is not None}
        return dict(sorted(known.items(), key=lambda one: standing(self.goal, one[1])))

    @property
    def max_epochs(self) -> int:
        return int(self.spec.values["training.max_epochs"])

    @property
    def own_loop(self) -> bool:
        """Whether a person's own script trains."""
        return family(str(self.spec.values["task.type"])).own_loop
