"""The keys of a space file that say what is forecast of a table, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from rnnsearch.commands import command
from rnnsearch.tasks.given import given_problems, is_given
from rnnsearch.tasks.series.transforms import Transform
from rnnsearch.tasks.splits import TableTimeSplitConfig, column_of, split_problems
from rnnsearch.vocabulary import PATH, SAME_SCORES, Range, outside

REMEMBERED = (
    *("targets", "past", "known", "id", "transform", "scaler", "horizon", "context", "strategy"),
    *("channels", "segment", "quantiles", "anchor", "missing"),
)
"""Keys of the config that a trained model keeps: they decide how rows become a forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationConfig:
    """Rolling-origin validation: forecasts from origins that move through the validation part.

    One network is trained, on the training part alone, and is not trained again at an origin; it
    reads the true rows up to there. The last window ends with the validation part.
    """

    windows: Annotated[
        int,
        "Forecasts of each series, one horizon each, at least 2; their metrics are averaged, and "
        "their standard deviation is reported beside. 0 scores every forecast of the part.",
        Range(0, 1_000_000),
    ] = 0
    stride: Annotated[int, "Rows between two origins.", Range(1, 10_000_000_000, unit="rows")] = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesConfig:
    """Columns of a CSV or Parquet file, forecast from the rows before."""

    type: Literal["series"] = "series"
    path: Annotated[
        str | None, "A CSV (UTF-8, names in its first line) or a `.parquet` file.", PATH
    ] = None
    val_path: Annotated[
        str | None,
        "A table of the same columns with the validation part; `path` then holds the training "
        "part.",
        PATH,
    ] = None
    test_path: Annotated[
        str | None,
        "The same with the test part. Without `val_path` the validation part is the end of each "
        "series in `path`, the share `split.val` of it.",
        PATH,
    ] = None
    time: Annotated[
        str | tuple[str, ...] | None,
        "Column of the time, in whose order rows are read; or a list of columns that hold it "
        "together: a date and a time of day, or year, month, day and hour. None takes the order "
        "of the rows.",
    ] = None
    date_format: Annotated[
        str | None,
        "Where dates do not show it themselves: `dmy`, `mdy` or `ymd`, the order of day, month "
        "and year; or a pattern of Python's strptime. None leaves it to the dates.",
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None,
        "The decimal sign of numbers that are texts, where they do not show it themselves.",
    ] = None
    empty_values: Annotated[
        tuple[float, ...], "Numbers that mean an empty cell, such as -999.", Range(-1e18, 1e18)
    ] = ()
    id: Annotated[
        str | None, "Column that tells the series of a panel apart; None for a single series."
    ] = None
    skip_series: Annotated[tuple[str, ...], "Names of series of the panel that are left out."] = ()
    min_rows: Annotated[
        int, "Series of fewer rows are left out.", Range(0, 10_000_000_000, unit="rows")
    ] = 0
    targets: Annotated[tuple[str, ...], "Columns to forecast."] = ()
    past: Annotated[tuple[str, ...], "Columns known up to now."] = ()
    known: Annotated[tuple[str, ...], "Columns known ahead, such as holidays."] = ()
    horizon: Annotated[int, "Rows to forecast.", Range(1, 1_000_000, unit="rows")] = 1
    context: Annotated[
        int,
        "Rows that a model sees before its first forecast. Every trial is scored on the same "
        "rows, whatever its context.",
        Range(1, 1_000_000, unit="rows"),
        SAME_SCORES,
    ] = 24
    strategy: Annotated[
        Literal["recursive", "direct"],
        "`recursive` predicts one row and feeds the prediction back; `direct` predicts the whole "
        "horizon at once.",
        SAME_SCORES,
    ] = "recursive"
    channels: Annotated[
        Literal["together", "each"],
        "One network forecasts all targets `together`, or `each` of them by itself, which it then "
        "reads alone beside the past and known columns.",
        SAME_SCORES,
    ] = "together"
    segment: Annotated[
        int,
        "Rows that a network reads at one step; the context is a multiple of it. Above 1 for "
        "direct forecasts alone, whose network then remembers fewer steps.",
        Range(1, 1_000_000, unit="rows"),
        SAME_SCORES,
    ] = 1
    anchor: Annotated[
        Literal["none", "last"],
        "`last` learns the change against the last known row, `none` the value itself.",
        SAME_SCORES,
    ] = "none"
    transform: Annotated[
        Transform,
        "Of the targets, before they are scaled: models learn their `sqrt1p`, sqrt(1 + x), or "
        "`log1p`, log(1 + x), and their forecasts are turned back. For values from 0.",
        SAME_SCORES,
    ] = "none"
    scaler: Annotated[
        Literal["standard", "minmax", "robust", "none"],
        "Of every column, fitted on the training part of each series alone.",
        SAME_SCORES,
    ] = "standard"
    missing: Annotated[
        Literal["error", "ffill", "mask"],
        "Empty cells are an `error`, are filled from the row before (`ffill`), or are hidden from "
        "the model, which is told so by one more input a column (`mask`). A cell that was empty "
        "is never scored.",
    ] = "error"
    period: Annotated[
        int,
        "Rows of a season, for the seasonal baseline and MASE; 1 for none.",
        Range(1, 10_000_000_000, unit="rows"),
    ] = 1
    stride: Annotated[
        int, "Rows between two forecasts that are scored.", Range(1, 10_000_000_000, unit="rows")
    ] = 1
    validation: Annotated[ValidationConfig, "Scores the validation part in rolling windows."] = (
        field(default_factory=ValidationConfig)
    )
    quantiles: Annotated[
        tuple[float, ...],
        "That a model learns of every target, with the loss `quantile`; 0.5 among them, which "
        "then is the forecast. None of them learns the forecast alone.",
        Range(above=0, below=1),
    ] = ()
    interval: Annotated[
        float | None,
        "Share of the truth that intervals around the forecasts should hold; they are calibrated "
        "on errors in the validation part. With quantiles, those at its ends are among them. None "
        "reports none.",
        Range(above=0, below=1),
    ] = None
    order: Annotated[
        Literal["shuffled", "in_time"],
        "`shuffled` training windows, or parallel streams `in_time`, which a carried state needs.",
        SAME_SCORES,
    ] = "shuffled"
    split: Annotated[TableTimeSplitConfig, "By position in time."] = field(
        default_factory=TableTimeSplitConfig
    )

    @property
    def time_columns(self) -> tuple[str, ...]:
        """The columns that hold the time; none where rows are taken in their order."""
        if self.time is None:
            return ()
        return (self.time,) if isinstance(self.time, str) else self.time

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of numbers in the order in which every array of rows has them."""
        return (*self.targets, *self.past, *self.known)

    @property
    def direct(self) -> bool:
        """Whether the whole horizon is predicted at once, not row by row."""
        return self.strategy == "direct"

    @property
    def lead(self) -> int:
        """How many rows a network predicts at once, and so how far ahead `known` columns are read.

        The horizon of a direct forecast, 1 of a recursive one.
        """
        return self.horizon if self.direct else 1

    @property
    def answered(self) -> int:
        """How many targets one training sequence has: a single one where channels are `each`."""
        return 1 if self.channels == "each" else len(self.targets)

    @property
    def sequences_a_row(self) -> int:
        """How many training sequences begin at one row: one a target where channels are `each`."""
        return len(self.targets) // self.answered

    def points(self, forecasts: Any) -> Any:
        """The predicted values in what a model gives: of quantiles (the last axis) the median."""
        return forecasts[..., self.quantiles.index(0.5)] if self.quantiles else forecasts

    @classmethod
    def remembered(cls, manifest: Mapping[str, Any]) -> SeriesConfig:
        """What a trained model's manifest keeps of the config that it was trained with.

        Keys that shape no forecast (the path, the split) have their defaults. Manifests of older
        versions lack some keys, which then have their defaults too.
        """
        kept: dict[str, Any] = {
            key: tuple(manifest[key]) if isinstance(manifest[key], list) else manifest[key]
            for key in (*REMEMBERED, "time")
            if key in manifest
        }
        return cls(**kept)


def problems(config: SeriesConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    if mistakes := outside(config):
        return mistakes
    mistakes.extend(_reading_problems(config))
    mistakes.extend(_column_problems(config))
    mistakes.extend(_strategy_problems(config))
    mistakes.extend(_quantile_problems(config))
    if config.validation.windows == 1:
        mistakes.append(
            ("validation.windows", "must be at least 2, not 1; 0 scores every forecast.")
        )
    if not is_given(config):
        return mistakes + split_problems(config.split, ["train", "val"], rows=True)
    if not config.split.val and config.val_path is None:
        complaint = "must be above 0: the search selects on it, should no validation part be given."
        mistakes.append(("split.val", complaint))
    return mistakes + given_problems(config)


def _reading_problems(config: SeriesConfig) -> Iterator[tuple[str, str]]:
    """Problems of how the file and its targets are named, cells are read and series left out."""
    if config.path is None:
        yield "path", "is missing; name the CSV or Parquet file to forecast."
    if not config.targets:
        lists = f"; `{command('init', Path(config.path))}` lists them" if config.path else ""
        yield "targets", f"needs at least one column to forecast{lists}."
    form = config.date_format
    if form is not None and "%" not in form and form not in ("dmy", "mdy", "ymd"):
        yield (
            "date_format",
            "must be dmy, mdy, ymd, or a pattern of strptime such as '%d.%m.%Y %H:%M'.",
        )
    if form is not None and config.time is None:
        yield "date_format", "says how task.time is written, and there is none."
    for key in ("skip_series", "min_rows"):
        if getattr(config, key) and config.id is None:
            yield key, "is for a panel; name the column that tells its series apart in task.id."


def _column_problems(config: SeriesConfig) -> Iterator[tuple[str, str]]:
    """Columns with two roles: the name of a column stands under one key, once."""
    roles = [("time", name) for name in config.time_columns]
    roles += [] if config.id is None else [("id", config.id)]
    dividing = column_of(config.split)
    roles += [] if dividing is None else [("split.column", dividing)]
    roles += [(key, name) for key in ("targets", "past", "known") for name in getattr(config, key)]
    seen: dict[str, str] = {}
    for key, name in roles:
        if name in seen:
            yield key, f"names the column {name!r}, which task.{seen[name]} has too."
        seen.setdefault(name, key)


def _strategy_problems(config: SeriesConfig) -> Iterator[tuple[str, str]]:
    """Problems of what a recursive or direct forecast reads, and in which order it learns."""
    context, segment = config.context, config.segment
    if not config.direct and config.past:
        yield (
            "past",
            "are unknown beyond the first predicted row, so a recursive forecast cannot go "
            "on; use `strategy: direct`, or forecast them as targets too.",
        )
    if config.direct and config.known and context < config.horizon:
        yield (
            "context",
            f"of {context} rows is shorter than the horizon, {config.horizon}; a direct "
            "forecast reads the known columns of the horizon beside the context.",
        )
    if not config.direct and segment > 1:
        yield (
            "segment",
            "is for direct forecasts; a recursive one goes on row by row. Leave it out.",
        )
    elif context % segment:
        yield "segment", f"of {segment} rows does not divide the context, {context}."
    if config.order == "shuffled":
        return
    if config.channels == "each":
        yield "channels", "`each` has no one stream in time; leave task.order out."
    if config.direct:
        yield "order", "a direct forecast learns from shuffled windows; leave task.order out."
    elif config.id is not None:
        yield "order", "a panel has no one stream in time; leave task.order out."


def _quantile_problems(config: SeriesConfig) -> Iterator[tuple[str, str]]:
    """Quantiles that cannot be learned, and ends of the interval that are not among them."""
    quantiles, level = config.quantiles, config.interval
    rising = all(low < high for low, high in pairwise((0.0, *quantiles, 1.0)))
    if not quantiles:
        return
    if not rising or 0.5 not in quantiles:
        message = "must rise from above 0 to below 1, 0.5 among them, such as [0.1, 0.5, 0.9]."
        yield "quantiles", message
    elif not config.direct and config.horizon > 1:
        yield "quantiles", "of several rows ahead cannot be fed back; use `strategy: direct`."
    elif level is not None:
        ends = [(1 - level) / 2, (1 + level) / 2]
        absent = [end for end in ends if min(abs(one - end) for one in quantiles) > 1e-9]
        if absent:
            needed = " and ".join(f"{end:g}" for end in absent)
            yield "interval", f"of {level:g} needs {needed} among task.quantiles."
