"""The keys of a space file that say what is forecast of a table, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from rnnsearch.tasks.custom_metrics import MetricPaths
from rnnsearch.tasks.folds import ValidationConfig as FoldsConfig
from rnnsearch.tasks.series.transforms import Transform
from rnnsearch.tasks.splits import TableTimeSplitConfig
from rnnsearch.vocabulary import PATH, SAME_SCORES, NeverSampled, Range

REMEMBERED = (
    *("targets", "past", "known", "id", "transform", "scaler", "horizon", "context", "strategy"),
    *("channels", "segment", "quantiles", "anchor", "missing"),
    *("categories", "static", "calendar", "spacing"),
)
"""Keys of the config that a trained model keeps: they decide how rows become a forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationConfig(FoldsConfig):
    """Rolling-origin validation, or folds of a panel.

    In windows, forecasts come from origins that move through the validation part. One network is
    trained, on the training part alone, and is not trained again at an origin; it reads the true
    rows up to there. The last window ends with the validation part.
    """

    folds: Annotated[
        int,
        "For panels of short series. 0 validates on the validation part. From 2 on the series are "
        "dealt to so many folds, whole ones, without a validation part: a trial is a network for "
        "each, trained on the others; held-out series are scaled by the first half of their rows "
        "before the test part, and scored on the second. Its metrics are the means over the folds. "
        "Its model is one more network, which is trained on all of them, to the median of the "
        "folds' best epochs.",
        Range(0, 100, unit="folds"),
        NeverSampled("trials are compared on the same folds"),
    ] = 0
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
    categories: Annotated[
        tuple[str, ...],
        "Columns of texts, codes or truth values, each value an input of its own (one-hot). A "
        "value that training did not see is read as the mean of what it saw. They are known up to "
        "now, unless `known` or `static` names them too, or they are the `id`.",
    ] = ()
    static: Annotated[
        tuple[str, ...],
        "Columns of a panel that have one value in each series: numbers, or `categories`. They are "
        "read at every row, and rows to forecast need not have them.",
    ] = ()
    calendar: Annotated[
        tuple[str, ...],
        "Inputs from the dates of `time`, known ahead: any of `minute` (of an hour), `hour` (of a "
        "day), `weekday`, `monthday`, `yearday` and `month`, each as the sine and cosine of its "
        "cycle.",
        SAME_SCORES,
    ] = ()
    spacing: Annotated[
        Literal["even", "given"],
        "`even` takes all rows as one step apart; `given` makes the time since the row before an "
        "input, known ahead, for rows that are not evenly spaced.",
        SAME_SCORES,
    ] = "even"
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
    validation: Annotated[
        ValidationConfig,
        "Scores the validation part in rolling windows, or the series of a panel in turn.",
    ] = field(default_factory=ValidationConfig)
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
    metrics: MetricPaths = ()
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
    def past_numbers(self) -> tuple[str, ...]:
        """The columns of numbers that are known up to now."""
        return tuple(name for name in self.past if name not in self.categories)

    @property
    def known_numbers(self) -> tuple[str, ...]:
        """The columns of numbers that are known ahead."""
        return tuple(name for name in self.known if name not in self.categories)

    @property
    def static_numbers(self) -> tuple[str, ...]:
        """The columns of numbers that have one value in each series."""
        return tuple(name for name in self.static if name not in self.categories)

    @property
    def past_categories(self) -> tuple[str, ...]:
        """The categories that are known up to now: all that have no other role."""
        others = {*self.targets, *self.known, *self.static, *self.time_columns, self.id}
        return tuple(name for name in self.categories if name not in others)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of numbers that are scaled series by series, in the order in which
        every array of rows has them."""
        return (*self.targets, *self.past_numbers, *self.known_numbers)

    @property
    def measured(self) -> int:
        """How many of `columns` are measured up to now, and not known ahead."""
        return len(self.targets) + len(self.past_numbers)

    @property
    def coded(self) -> tuple[str, ...]:
        """Names of the columns that `inputs` makes something of, in the order in which tables have
        them behind `columns`: statics that are numbers, then categories."""
        return (*self.static_numbers, *self.categories)

    @property
    def reads_times(self) -> bool:
        """Whether the times of rows are inputs."""
        return bool(self.calendar) or self.spacing == "given"

    @property
    def looks_ahead(self) -> bool:
        """Whether a network reads what is known of later rows."""
        return bool(self.known) or self.reads_times

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
