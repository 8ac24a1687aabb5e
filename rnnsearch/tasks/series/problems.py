"""What is wrong with the keys of a table, before any file is read."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

from rnnsearch.commands import command
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.folds import folds_problems
from rnnsearch.tasks.given import given_problems, is_given
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.inputs.calendar import CYCLES
from rnnsearch.tasks.splits import column_of, split_problems
from rnnsearch.vocabulary import outside


def problems(config: SeriesConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types; no file is read.

    Returns:
        Pairs of a key below `task` (`split.train`) and what is wrong with its value.
    """
    if mistakes := outside(config):
        return mistakes
    mistakes.extend(_reading_problems(config))
    mistakes.extend(_column_problems(config))
    mistakes.extend(_input_problems(config))
    mistakes.extend(_strategy_problems(config))
    mistakes.extend(_quantile_problems(config))
    mistakes.extend(_validation_problems(config))
    folds = config.validation.folds
    if not is_given(config):
        needed: list[Part] = ["train"] if folds else ["train", "val"]
        return mistakes + split_problems(config.split, needed, rows=True)
    if not config.split.val and config.val_path is None and not folds:
        complaint = "must be above 0: the search selects on it, should no validation part be given."
        mistakes.append(("split.val", complaint))
    return mistakes + given_problems(config)


def _validation_problems(config: SeriesConfig) -> Iterator[tuple[str, str]]:
    """Windows that are one, and folds beside what goes with a validation part alone."""
    validation = config.validation
    if validation.windows == 1:
        yield "validation.windows", "must be at least 2, not 1; 0 scores every forecast."
    yield from folds_problems(validation)
    if validation.folds < 2:
        return
    if config.id is None:
        yield (
            "validation.folds",
            "are dealt of the series of a panel; name the column that tells them apart in task.id. "
            "A single series is validated on its last rows: leave the folds out, and take "
            "task.validation.windows for several origins.",
        )
    elif config.id in config.categories:
        yield (
            "categories",
            f"names {config.id!r}, the series, which no network knows that a fold holds out; take "
            "it out, or leave task.validation.folds out.",
        )
    if validation.windows:
        yield "validation.windows", "score a validation part, and with folds there is none."
    if config.interval is not None:
        yield (
            "interval",
            "is calibrated on a validation part that the model never saw, and with folds there is "
            "none; take task.quantiles, or leave task.validation.folds out.",
        )


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
    keys = ("targets", "past", "known", "static")
    roles += [(key, name) for key in keys for name in getattr(config, key)]
    seen: dict[str, str] = {}
    for key, name in roles:
        if name in seen:
            yield key, f"names the column {name!r}, which task.{seen[name]} has too."
        seen.setdefault(name, key)
    for name in config.categories:
        if seen.get(name) == "targets":
            yield "categories", f"names {name!r}, which is to be forecast: a target holds numbers."
        elif seen.get(name) in ("time", "split.column"):
            yield "categories", f"names the column {name!r}, which task.{seen[name]} has too."
    if len(set(config.categories)) < len(config.categories):
        yield "categories", "names a column twice."


def _input_problems(config: SeriesConfig) -> Iterator[tuple[str, str]]:
    """Inputs that need what the table has not: dates, a time, or several series."""
    unknown = [name for name in config.calendar if name not in CYCLES]
    if unknown:
        near = get_close_matches(unknown[0].lower(), CYCLES, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        names = ", ".join(CYCLES)
        yield "calendar", f"has no {unknown[0]!r}; it takes any of {names}.{meant}"
    if len(set(config.calendar)) < len(config.calendar):
        yield "calendar", "names an input twice."
    if config.time is None:
        if config.calendar:
            yield "calendar", "is made from dates; name their column in task.time."
        if config.spacing == "given":
            yield "spacing", "`given` is the time between rows; name its column in task.time."
    if config.static and config.id is None:
        yield "static", "is for a panel; name the column that tells its series apart in task.id."


def _strategy_problems(config: SeriesConfig) -> Iterator[tuple[str, str]]:
    """Problems of what a recursive or direct forecast reads, and in which order it learns."""
    context, segment = config.context, config.segment
    if not config.direct and (config.past or config.past_categories):
        yield (
            "past" if config.past else "categories",
            "are unknown beyond the first predicted row, so a recursive forecast cannot go "
            "on; use `strategy: direct`, or "
            + ("forecast them as targets too." if config.past else "name them in task.known too."),
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
