"""A table of measurements: checked, split by time, and scaled by its training part; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Loss, Metric, Part, Score, Window
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.config import SeriesConfig, problems
from rnnsearch.tasks.series.intervals import check_calibration
from rnnsearch.tasks.series.parts import (
    check_sizes,
    check_windows,
    fill_forward,
    season_errors,
    split_rows,
)
from rnnsearch.tasks.series.table import Table, column_names, read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


@dataclass(eq=False)
class SeriesData:
    """Rows of one or many series, one series after the other.

    Columns are the targets, then the past ones, then those known ahead.

    Attributes:
        values: In the data's units, float64 [rows, columns]; NaN where a cell was empty.
        scaled: What models read, float32 [rows, columns]: scaled, empty cells filled or 0.
        times: Seconds since 1970 or the time column's numbers, float64 [rows]; None without one.
        dated: Whether `times` are seconds since 1970.
        names: Of the series; one empty name for a single one.
        starts: First row of each series, and the number of rows; int64 [series + 1].
        bounds: First and last-plus-one row of each part that exists, int64 [series, 2].
        center: Taken off each column, float64 [series, columns].
        scale: By which it is then divided.
        spread: Standard deviation of each target's training rows, [series, targets].
        season: By which MASE divides, [series, targets].
        digest: SHA-256 of the file.
    """

    config: SeriesConfig
    values: Floats
    scaled: NDArray[np.float32]
    times: Floats | None
    dated: bool
    names: tuple[str, ...]
    starts: Rows
    bounds: dict[Part, Rows]
    center: Floats
    scale: Floats
    spread: Floats
    season: Floats
    digest: str

    symbolic = False
    losses: tuple[Loss, ...] = field(init=False)
    quantiles: tuple[float, ...] = field(init=False)
    input_size: int = field(init=False)
    output_size: int = field(init=False)
    feedback: bool = field(init=False)
    whole_sequence: bool = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        targets = 1 if config.channels == "each" else len(config.targets)
        flags = targets + len(config.past) if config.missing == "mask" else 0
        known = len(config.known) * (2 if config.lead > 1 else 1)
        self.input_size = (targets + len(config.past) + known + flags) * config.segment
        steps = config.horizon if config.strategy == "direct" else 1
        self.quantiles = config.quantiles
        self.losses = ("quantile",) if self.quantiles else ("mse", "huber", "l1")
        self.output_size = targets * steps * max(1, len(self.quantiles))
        self.whole_sequence = config.strategy == "direct"
        self.feedback = not self.whole_sequence and config.anchor == "none" and known + flags == 0
        self.feedback = self.feedback and not self.quantiles

    @classmethod
    def read(cls, config: SeriesConfig) -> SeriesData:
        """Read the file, split each series and scale it.

        Raises:
            DataError: The file, a column or a cell is not what the task needs.
        """
        wrong = problems(config)
        if wrong:
            raise DataError("; ".join(f"task.{key}: {message}" for key, message in wrong))
        columns = (*config.targets, *config.past, *config.known)
        path = Path(config.path or "")
        _check_columns(config, column_names(path))
        table = read_table(path, columns, time=config.time, id=config.id)
        return cls.of(config, table)

    @classmethod
    def of(cls, config: SeriesConfig, table: Table) -> SeriesData:
        """Check, split and scale a table whose columns are those of the config, in their order.

        Raises:
            DataError: A series is out of order, too short or constant, or holds empty cells.
        """
        values, times, starts = _in_series(config, table)
        bounds = _bounds(config, table.names, starts)
        _check_cells(config, values, starts, table.names)
        filled = values
        if config.missing != "error" and not np.isfinite(values).all():
            filled = values.copy()
            if config.missing == "ffill":
                fill_forward(filled, starts)
                _check_filled(config, filled, starts, table.names)
        series, columns, targets = len(table.names), values.shape[1], len(config.targets)
        center, scale = np.empty((series, columns)), np.empty((series, columns))
        spread, season = np.empty((series, targets)), np.empty((series, targets))
        scaled = np.empty(values.shape, np.float32)
        for number, (lo, hi) in enumerate(pairwise(starts.tolist())):
            train = filled[slice(*bounds["train"][number])]
            _check_training(config, train, table.names[number])
            scaler = Scaler.fit(train, config.scaler)
            center[number], scale[number] = scaler.center, scaler.scale
            spread[number] = np.nanstd(train[:, :targets], axis=0)
            season[number] = season_errors(train[:, :targets], config.period)
            np.subtract(filled[lo:hi], center[number], out=scaled[lo:hi], casting="same_kind")
            scaled[lo:hi] /= scale[number]
        np.nan_to_num(scaled, copy=False, nan=0.0)
        made = cls(
            config=config,
            values=values,
            scaled=scaled,
            times=times,
            dated=table.dated,
            names=table.names,
            starts=starts,
            bounds=bounds,
            center=center,
            scale=scale,
            spread=spread,
            season=season,
            digest=table.digest,
        )
        check_windows(made)
        check_calibration(made)
        return made

    def rows(self) -> dict[Part, int]:
        """Rows of each part, of all series."""
        return {part: int((rows[:, 1] - rows[:, 0]).sum()) for part, rows in self.bounds.items()}

    def sha256(self) -> str:
        """Hash of the file."""
        return self.digest

    def series_of(self, rows: Rows) -> Rows:
        """The number of the series that each row belongs to."""
        found: Rows = np.searchsorted(self.starts, rows, side="right") - 1
        return found

    def origins(self, part: Part) -> Rows:
        """The first target row of every forecast that is scored in a part.

        All targets of a forecast lie in the part; its context may reach into the rows before.
        None depends on a trial's context but those of the training part.
        """
        lead = self.config.context if part == "train" else 0
        last = self.config.horizon - 1
        step = self.config.stride
        return np.concatenate(
            [np.arange(lo + lead, hi - last, step) for lo, hi in self.bounds[part]]
        ).astype(np.int64)

    def windows(self, part: Part) -> list[Rows]:
        """The origins whose scores are averaged, each window's; of most parts there is one window.

        A window of a rolling validation has one origin in each series.
        """
        rolling = self.config.validation
        if part != "val" or rolling is None:
            return [self.origins(part)]
        last = self.bounds["val"][:, 1] - self.config.horizon
        return [last - back * rolling.stride for back in reversed(range(rolling.windows))]

    def notes(self) -> Sequence[str]:
        """What stands out in the times and cells, and where the parts begin."""
        from rnnsearch.tasks.series.notes import notes

        return notes(self)

    def metrics(self) -> Sequence[Metric]:
        """Mean absolute error first, then the others, all over the whole horizon."""
        from rnnsearch.tasks.series.scores import announced

        return announced(self)

    def seq_len(self, window: Window) -> int:
        """Steps of a training sequence: those of the context where the trial does not say."""
        return window.seq_len or self.config.context // self.config.segment

    def starts_of_windows(self, window: Window) -> Rows:
        """The first input row of every training sequence that the training part holds.

        Where each target is forecast by itself, every such row begins one sequence a target.
        """
        config, length = self.config, self.seq_len(window) * self.config.segment
        after = config.horizon if config.strategy == "direct" else 1
        found = np.concatenate(
            [np.arange(lo, hi - length - after + 1) for lo, hi in self.bounds["train"]]
        ).astype(np.int64)
        if config.missing == "error":
            return found
        # A window is learned from where all its targets were measured.
        seen = np.isfinite(self.values[:, : len(config.targets)]).all(axis=1)
        holes = np.concatenate([[0], np.cumsum(~seen)])
        first = found + (length if config.strategy == "direct" else 1)
        whole: Rows = found[holes[found + length + after] == holes[first]]
        return whole

    def window_problem(self, window: Window) -> str | None:
        """Why the training part cannot be cut into such sequences, or None."""
        config, length = self.config, self.seq_len(window) * self.config.segment
        if config.strategy == "direct" and length != config.context:
            return (
                f"a direct forecast learns from its context of {config.context} rows, not "
                f"{length}; leave training.seq_len out."
            )
        rows = int((self.bounds["train"][:, 1] - self.bounds["train"][:, 0]).max())
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
        count = len(self.starts_of_windows(window))
        count *= len(config.targets) if config.channels == "each" else 1
        if count == 0:
            return (
                f"no {length} rows of the training part have all their targets measured; give a "
                "shorter training.seq_len or task.context, or fill cells with `missing: ffill`."
            )
        if count < window.batch_size:
            return (
                f"the training part holds {count} sequences of {length} rows, fewer than a batch; "
                f"at most training.batch_size: {count}."
            )
        return None

    def baselines(self) -> Sequence[Score]:
        """Persistence, the season before, and linear forecasts by least squares."""
        from rnnsearch.tasks.series.baselines import baselines

        return baselines(self)

    def manifest(self) -> dict[str, Any]:
        """Columns and scalers: all that turns recent rows into a forecast in the data's units."""
        config = self.config
        return {
            "task": "series",
            "targets": list(config.targets),
            "past": list(config.past),
            "known": list(config.known),
            "id": config.id,
            "series": list(self.names),
            "scaler": config.scaler,
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "horizon": config.horizon,
            "context": config.context,
            "strategy": config.strategy,
            "channels": config.channels,
            "segment": config.segment,
            "quantiles": list(config.quantiles),
            "anchor": config.anchor,
            "missing": config.missing,
        }


def _check_columns(config: SeriesConfig, names: Sequence[str]) -> None:
    """Every column that the file lacks, each with the key that asks for it."""
    wanted = {"time": config.time, "id": config.id}
    asked = [(key, name) for key, name in wanted.items() if name is not None]
    for key in ("targets", "past", "known"):
        asked.extend((key, name) for name in getattr(config, key))
    absent = [(key, name) for key, name in asked if name not in names]
    if not absent:
        return
    lower = {name.lower(): name for name in names}
    close = [lower[one] for one in get_close_matches(absent[0][1].lower(), lower, n=1)]
    listed = ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")
    raise DataError(
        f"{config.path} has no column {', '.join(repr(name) for _, name in absent)}; its columns "
        f"are {listed}." + (f" Did you mean {close[0]!r}?" if close else ""),
        f"task.{absent[0][0]}",
    )


def _whose(name: str) -> str:
    return f" of the series {name!r}" if name else ""


def _in_series(config: SeriesConfig, table: Table) -> tuple[Floats, Floats | None, Rows]:
    """Values and times with each series in one piece, in order of time, and where each starts."""
    values, times = table.values, table.times
    order = None
    if (np.diff(table.ids) < 0).any():
        order = np.argsort(table.ids, kind="stable")
        values, times = values[order], None if times is None else times[order]
    counts = np.bincount(table.ids, minlength=len(table.names))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    if times is not None:
        step = np.diff(times)
        step[starts[1:-1] - 1] = 1.0  # from one series to the next
        bad = np.flatnonzero(~(step > 0))
        if len(bad):
            row = int(bad[0]) + 1
            name = table.names[int(np.searchsorted(starts, row, side="right")) - 1]
            line = (row if order is None else int(order[row])) + 2
            what = "repeats the time" if step[bad[0]] == 0 else "is earlier than the time"
            hint = "sort the rows by time"
            if step[bad[0]] == 0:
                hint = "drop one of them"
            if config.id is None:
                hint += ", or name the column that tells the series apart in task.id"
            raise DataError(
                f"{config.path}:{line}: {config.time!r} {what} of the row before{_whose(name)}; "
                f"{hint}.",
                "task.time",
            )
    return values, times, starts


def _bounds(config: SeriesConfig, names: Sequence[str], starts: Rows) -> dict[Part, Rows]:
    bounds: dict[Part, list[tuple[int, int]]] = {}
    for name, lo, hi in zip(names, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        parts = split_rows(config.split, hi - lo)
        check_sizes(config, parts, hi - lo, name)
        for part, (start, end) in parts.items():
            bounds.setdefault(part, []).append((lo + start, lo + end))
    return {part: np.array(rows, np.int64) for part, rows in bounds.items()}


def _check_cells(config: SeriesConfig, values: Floats, starts: Rows, names: Sequence[str]) -> None:
    """Empty columns always, empty cells where they may not be."""
    columns = (*config.targets, *config.past, *config.known)
    empty = ~np.isfinite(values)
    counts = empty.sum(axis=0)
    wholly = [name for name, count in zip(columns, counts, strict=True) if count == len(values)]
    if wholly:
        raise DataError(
            f"{config.path}: the column {', '.join(map(repr, wholly))} is empty.", "task.targets"
        )
    strict = columns if config.missing == "error" else config.known
    if config.missing == "ffill":
        strict = ()
    holes = {name: int(counts[columns.index(name)]) for name in strict}
    holes = {name: count for name, count in holes.items() if count}
    if not holes:
        return
    said = ", ".join(
        f"{name!r} ({count:,} cell{'s' if count > 1 else ''})" for name, count in holes.items()
    )
    at = int(np.argmax(empty[:, columns.index(next(iter(holes)))]))
    series = int(np.searchsorted(starts, at, side="right")) - 1
    remedy = "set task.missing to ffill or mask"
    if config.missing == "mask":
        remedy = "a column known ahead is never masked; set task.missing to ffill"
    raise DataError(
        f"{config.path}: empty cells in {said}, the first in row {at - int(starts[series]) + 1}"
        f"{_whose(names[series])}; {remedy}.",
        "task.missing",
    )


def _check_filled(config: SeriesConfig, filled: Floats, starts: Rows, names: Sequence[str]) -> None:
    if np.isfinite(filled).all():
        return
    columns = (*config.targets, *config.past, *config.known)
    row, column = np.argwhere(~np.isfinite(filled))[0]
    name = names[int(np.searchsorted(starts, row, side="right")) - 1]
    raise DataError(
        f"{config.path}: the column {columns[column]!r}{_whose(name)} begins with empty cells, "
        "which no row before can fill; take these rows out, or set task.missing: mask.",
        "task.missing",
    )


def _check_training(config: SeriesConfig, train: Floats, name: str) -> None:
    targets = train[:, : len(config.targets)]
    for number, column in enumerate(config.targets):
        known = targets[np.isfinite(targets[:, number]), number]
        if len(known) == 0:
            raise DataError(
                f"{config.path}: the training part{_whose(name)} has no value of {column!r}.",
                "task.targets",
            )
        if known.min() == known.max():
            raise DataError(
                f"{config.path}: the column {column!r}{_whose(name)} is {known[0]:g} in the whole "
                "training part; a constant has nothing to learn. Take the target out, or give the "
                "training part rows in which it changes.",
                "task.targets",
            )
    for number, column in enumerate((*config.past, *config.known), len(config.targets)):
        if not np.isfinite(train[:, number]).any():
            raise DataError(
                f"{config.path}: the training part{_whose(name)} has no value of {column!r}."
            )
