"""The table to forecast, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from rnnsearch.commands import command
from rnnsearch.tasks.series.transforms import Transform
from rnnsearch.tasks.splits import TimeSplitConfig, split_problems
from rnnsearch.vocabulary import PATH, SAME_SCORES, Range, outside


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
    split: Annotated[TimeSplitConfig, "By position in time."] = field(
        default_factory=TimeSplitConfig
    )

    @property
    def time_columns(self) -> tuple[str, ...]:
        """The columns that hold the time; none where rows are taken in their order."""
        if self.time is None:
            return ()
        return (self.time,) if isinstance(self.time, str) else self.time

    @property
    def lead(self) -> int:
        """How many rows ahead of a target the columns known ahead are shown."""
        return self.horizon if self.strategy == "direct" else 1


def problems(config: SeriesConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    if found := outside(config):
        return found
    if config.path is None:
        found.append(("path", "is missing; name the CSV or Parquet file to forecast."))
    if not config.targets:
        lists = f"; `{command('init', Path(config.path))}` lists them" if config.path else ""
        found.append(("targets", f"needs at least one column to forecast{lists}."))
    found += _reading_problems(config)
    found += _column_problems(config) + _strategy_problems(config) + _quantile_problems(config)
    if config.validation.windows == 1:
        message = "must be at least 2, not 1; 0 scores every forecast."
        found.append(("validation.windows", message))
    return found + split_problems(config.split, ["train", "val"], rows=True)


def _reading_problems(config: SeriesConfig) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    order = config.date_format
    if order is not None and "%" not in order and order not in ("dmy", "mdy", "ymd"):
        message = "must be dmy, mdy, ymd, or a pattern of strptime such as '%d.%m.%Y %H:%M'."
        found.append(("date_format", message))
    if order is not None and config.time is None:
        found.append(("date_format", "says how task.time is written, and there is none."))
    found.extend(
        (key, "is for a panel; name the column that tells its series apart in task.id.")
        for key in ("skip_series", "min_rows")
        if getattr(config, key) and config.id is None
    )
    return found


def _column_problems(config: SeriesConfig) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    for key in ("time", "id", "targets", "past", "known"):
        value: str | tuple[str, ...] | None = getattr(config, key)
        names = () if value is None else (value,) if isinstance(value, str) else value
        for name in names:
            if name in seen:
                found.append((key, f"names the column {name!r}, which task.{seen[name]} has too."))
            seen.setdefault(name, key)
    return found


def _strategy_problems(config: SeriesConfig) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if config.strategy == "recursive" and config.past:
        found.append(
            (
                "past",
                "are unknown beyond the first predicted row, so a recursive forecast cannot go "
                "on; use `strategy: direct`, or forecast them as targets too.",
            )
        )
    if config.strategy == "direct" and config.known and config.context < config.horizon:
        found.append(
            (
                "context",
                f"of {config.context} rows is shorter than the horizon, {config.horizon}; a direct "
                "forecast reads the known columns of the horizon beside the context.",
            )
        )
    if config.strategy == "recursive" and config.segment > 1:
        message = "is for direct forecasts; a recursive one goes on row by row. Leave it out."
        found.append(("segment", message))
    elif config.segment > 1 and config.context % config.segment:
        found.append(
            ("segment", f"of {config.segment} rows does not divide the context, {config.context}.")
        )
    if config.channels == "each" and config.order == "in_time":
        message = "`each` has no one stream in time; leave task.order out."
        found.append(("channels", message))
    if config.strategy == "direct" and config.order == "in_time":
        message = "a direct forecast learns from shuffled windows; leave task.order out."
        found.append(("order", message))
    elif config.id is not None and config.order == "in_time":
        message = "a panel has no one stream in time; leave task.order out."
        found.append(("order", message))
    return found


def _quantile_problems(config: SeriesConfig) -> list[tuple[str, str]]:
    quantiles, level = config.quantiles, config.interval
    found: list[tuple[str, str]] = []
    rising = all(low < high for low, high in pairwise((0.0, *quantiles, 1.0)))
    if quantiles and not (rising and 0.5 in quantiles):
        message = "must rise from above 0 to below 1, 0.5 among them, such as [0.1, 0.5, 0.9]."
        found.append(("quantiles", message))
    elif quantiles and config.strategy == "recursive" and config.horizon > 1:
        message = "of several rows ahead cannot be fed back; use `strategy: direct`."
        found.append(("quantiles", message))
    if level is None:
        return found
    if quantiles and not found:
        ends = [(1 - level) / 2, (1 + level) / 2]
        absent = [end for end in ends if min(abs(one - end) for one in quantiles) > 1e-9]
        if absent:
            said = " and ".join(f"{end:g}" for end in absent)
            found.append(("interval", f"of {level:g} needs {said} among task.quantiles."))
    return found
