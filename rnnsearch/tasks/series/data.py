"""A table of measurements: checked, split by time, and scaled by its training part; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.answers import Answers, random_numbers
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Metric, Score, Window
from rnnsearch.tasks.files.table import Table
from rnnsearch.tasks.folds import mean_scores
from rnnsearch.tasks.portrait import Portrait
from rnnsearch.tasks.series.baselines import baselines_of
from rnnsearch.tasks.series.checks import check_cells, refuse_unfit
from rnnsearch.tasks.series.config import REMEMBERED, SeriesConfig
from rnnsearch.tasks.series.folds import (
    check_folds,
    check_held_out,
    dealt,
    fold_of,
    scored_from,
)
from rnnsearch.tasks.series.given import given_bounds, read_parts
from rnnsearch.tasks.series.inputs.learning import learn
from rnnsearch.tasks.series.intervals import check_calibration
from rnnsearch.tasks.series.notes import notes_of
from rnnsearch.tasks.series.order import in_order
from rnnsearch.tasks.series.parts import check_windows, part_bounds
from rnnsearch.tasks.series.portrait import portrait_of
from rnnsearch.tasks.series.prepared import PreparedSeries
from rnnsearch.tasks.series.scales import Scales
from rnnsearch.tasks.series.scores import announced
from rnnsearch.tasks.series.steps import regular_step


@dataclass(eq=False)
class SeriesData(PreparedSeries):
    """A prepared table as `TaskData`: training windows, notes, metrics and baselines."""

    @classmethod
    def read(cls, config: SeriesConfig) -> SeriesData:
        """Read the file, split each series and scale it.

        Raises:
            DataError: The file, a column or a cell is not what the task needs.
        """
        return cls.of(config, *read_parts(config))

    @classmethod
    def of(
        cls,
        config: SeriesConfig,
        table: Table,
        parts: Ints | None = None,
        parts_notes: Sequence[str] = (),
    ) -> SeriesData:
        """Check, split and scale a table whose columns are those of the config, in their order.

        Args:
            parts: The number in `given.PARTS` of each row's part, where no shares decide.
            parts_notes: Sentences on parts that are given.

        Raises:
            DataError: A series is out of order, too short or constant, or holds empty cells.
        """
        rows = in_order(config, table, parts)
        numbers = len(config.columns)
        values, coded = rows.values[:, :numbers], rows.values[:, numbers:]
        names, starts = rows.names, rows.starts
        counts = np.diff(starts).tolist()
        given = (
            []
            if rows.parts is None
            else given_bounds(config, names, starts, rows.parts, rows.times)
        )
        bounds, wrong = part_bounds(config, names, starts, given)
        check_cells(config, values, starts, names)
        scales = Scales.empty(config, values, len(names))
        cut, _ = scored_from(config, bounds["train"])
        for number, (lo, _) in enumerate(pairwise(starts.tolist())):
            if number in wrong:
                continue
            start, end = bounds["train"][number].tolist()
            try:
                scales.fit(config, values, starts, number, names[number], (start, end))
                if config.validation.folds:
                    check_held_out(config, values[lo : cut[number]], names[number])
            except DataError as error:
                wrong[number] = error
        refuse_unfit(config, names, wrong, counts)
        scales.fill()
        folds = dealt(config, names, values, starts) if config.validation.folds else ()
        # A long table that needs no such flags has no room for them.
        empty = np.isnan(values[:, : config.measured if config.reads_times else 0])
        inputs, beside, input_notes = learn(
            config, coded, table.texts, rows.times, empty, names, starts, bounds["train"]
        )
        made = cls(
            config=config,
            values=values,
            scaled=scales.scaled,
            times=rows.times,
            names=names,
            starts=starts,
            bounds=bounds,
            center=scales.center,
            scale=scales.scale,
            spread=scales.spread,
            season=scales.season,
            digest=table.digest,
            forms=table.forms,
            reordered=(*parts_notes, *rows.notes),
            input_notes=tuple(input_notes),
            inputs=inputs,
            beside=beside,
            left_out=tuple(name for name in table.names if name not in set(names)),
            fold_numbers=folds,
        )
        check_folds(made)
        check_windows(made)
        check_calibration(made)
        return made

    @property
    def folds(self) -> int:
        """See `Folded.folds`."""
        return len(self.fold_numbers)

    def fold(self, number: int) -> tuple[SeriesData, None]:
        """See `Folded.fold`."""
        return fold_of(self, number), None

    def notes(self) -> Sequence[str]:
        """Lines on where the parts begin and on what stands out in the times and cells."""
        return notes_of(self)

    def metrics(self) -> Sequence[Metric]:
        """Mean absolute error first, then the others, all over the whole horizon."""
        return announced(self)

    def example_answers(self, draw: np.random.Generator, count: int) -> Answers:
        """Forecasts [count, horizon, targets]; the first one's first target is unknown where cells
        may be empty."""
        config = self.config
        whole = random_numbers(draw, (count, config.horizon, len(config.targets)))
        if config.missing == "error":
            return whole
        whole.targets[0, 0, 0] = np.nan
        return Answers(whole.outputs, whole.targets, np.isfinite(whole.targets))

    def seq_len(self, window: Window) -> int:
        """Time steps of a training sequence: those of the context where the trial does not say."""
        return window.seq_len or self.config.context // self.config.segment

    def starts_of_windows(self, window: Window) -> Ints:
        """The first input row of every training sequence that the training part holds.

        Where each target is forecast by itself, every such row begins one sequence a target.
        """
        config, length = self.config, self.seq_len(window) * self.config.segment
        starts = np.concatenate(
            [np.arange(lo, hi - length - config.lead + 1) for lo, hi in self.bounds["train"]]
        ).astype(np.int64)
        if config.missing == "error":
            return starts
        # Only windows whose targets were all measured are learned from.
        seen = np.isfinite(self.values[:, : len(config.targets)]).all(axis=1)
        holes = np.concatenate([[0], np.cumsum(~seen)])
        first = starts + (length if config.direct else 1)
        return np.asarray(starts[holes[starts + length + config.lead] == holes[first]])

    def window_problem(self, window: Window) -> str | None:
        """Why the training part cannot be cut into the sequences that a trial asks for, or None."""
        config, length = self.config, self.seq_len(window) * self.config.segment
        if config.direct and length != config.context:
            return (
                f"a direct forecast learns from its context of {config.context} rows, not "
                f"{length}; leave training.seq_len out."
            )
        rows = self._longest()
        if config.order == "in_time":
            stream = (rows - 1) // window.batch_size
            if stream >= length:
                return None
            return (
                f"the training part of {rows:,} rows gives {window.batch_size} parallel streams "
                f"of {stream} rows, too short for sequences of {length}; at most "
                f"training.batch_size: {max((rows - 1) // length, 1)}."
            )
        if rows <= length:
            return (
                f"the training part of {rows:,} rows holds no sequence of {length} rows and the "
                f"row after; at most training.seq_len: {rows - 1}."
            )
        starts = self.series_of(self.starts_of_windows(window))
        most_held = max((int(np.isin(starts, one).sum()) for one in self.fold_numbers), default=0)
        count = (len(starts) - most_held) * config.sequences_a_row
        if count == 0:
            return (
                f"no {length} rows of the training part have all their targets measured; give a "
                "shorter training.seq_len or task.context, or fill cells with `missing: ffill`."
            )
        if count < window.batch_size:
            return (
                f"the training part{' of a fold' if self.folds else ''} holds {count} sequences of "
                f"{length} rows, fewer than a batch; "
                f"at most training.batch_size: {count}."
            )
        return None

    def _longest(self) -> int:
        """Rows of the longest training series; with folds, of the longest that each of them has."""
        rows = np.diff(self.bounds["train"], axis=1)[:, 0]
        if not self.folds:
            return int(rows.max())
        return min(int(np.delete(rows, one).max()) for one in self.fold_numbers)

    def portrait(self) -> Portrait:
        """The first targets of the first series."""
        return portrait_of(self)

    def baselines(self) -> Sequence[Score]:
        """Persistence, the season before, and linear forecasts by least squares; with folds their
        metrics of the validation part are means over the folds."""
        learned, starts = self.bounds["train"], self.starts[:-1]
        trained = np.diff(learned, axis=1)[:, 0]
        rows = before = int(trained[trained > 0].min())
        if self.folds:
            before = int((scored_from(self.config, learned)[0] - starts).min())
        elif "val" in self.bounds:
            first, end = self.bounds["val"].T
            before = min(before, int((first - starts)[end > first].min()))
        whole = baselines_of(self, rows, before)
        folds = [baselines_of(self.fold(at)[0], rows, before) for at in range(self.folds)]
        return mean_scores(whole, folds, self.metrics()) if folds else whole

    def manifest(self) -> dict[str, Any]:
        """All that turns recent rows into a forecast: columns, scalers and how cells are written.

        Its `step` is the usual time between rows, and None where these are not evenly spaced.
        """
        times = self.times
        step = None if times is None else regular_step(times, self.starts)
        kept = {key: getattr(self.config, key) for key in REMEMBERED}
        return {
            "task": "series",
            **{key: list(one) if isinstance(one, tuple) else one for key, one in kept.items()},
            "series": list(self.names),
            "left_out": list(self.left_out),
            "time": list(self.config.time_columns),
            "forms": self.forms.to_json(),
            "dated": self.dated,
            "step": step,
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "inputs": self.inputs.to_json(),
        }
