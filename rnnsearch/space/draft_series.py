"""The space file that `init` writes for a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.space.drafts import filled
from rnnsearch.space.reading import Reading
from rnnsearch.space.roles import Answers
from rnnsearch.space.table_reading import infer

TABLE_ENDINGS = (".csv", ".tsv", ".parquet", ".pq")
"""A file that calls itself a table is taken for one."""

FORECASTS = 1500
"""About as many forecasts are scored an epoch; a longer validation part is scored in strides."""


def draft_table(path: Path, study: str, answers: Answers) -> tuple[str, Reading]:
    """A space file that forecasts a table, and what they rest on.

    Raises:
        DataError: The file cannot be read, or lacks a column that the user named.
    """
    found = infer(path, answers)
    written = json.dumps(str(path.resolve()), ensure_ascii=False)
    return filled("series", path, study, {"path": written, **_values(found, answers)}), found


def screen(found: Reading) -> list[str]:
    """What was taken, left out and guessed, line by line, for a person to see at once."""

    def said(names: Sequence[str]) -> str:
        return ", ".join(names) or "none"

    lines = ["taken:"] if found.targets or found.said else []
    if found.targets:
        lines += [
            f"  time: {' and '.join(found.time) or 'the order of the rows'}, {found.step} apart",
            f"  id: {found.id or 'none'}" + (f", {found.series:,} series" if found.id else ""),
            f"  target: {said(found.targets)}",
            f"  known ahead: {said(found.known)}",
            f"  known up to now: {said(found.past)}",
        ]
    lines += [f"  {note}" for note in found.said]
    if found.left:
        lines += ["left out:", *(f"  {name}: {why}" for name, why in found.left.items())]
    if found.unsure:
        lines += ["unsure; say it with these options of `rnnsearch init`:"]
        lines += [f"  {question}" for question in found.unsure]
    return lines


def _values(found: Reading, answers: Answers) -> dict[str, Any]:
    """What the `$names` of the draft stand for."""
    train, val = int(0.7 * found.rows), int(0.15 * found.rows)
    horizon = found.period if 1 < found.period <= 48 else 12
    horizon = answers.horizon or max(1, min(horizon, val // 2))
    context = max(2 * horizon, min(found.period, 168), 24)
    context = max(horizon, min(context, (train - horizon) // 3))
    windows = found.series * (train - context - horizon)
    batch = next(size for size in (64, 32, 16, 8, 4, 1) if windows >= 8 * size or size == 1)
    steps = windows // batch
    direct = horizon > 1 or bool(_past(found))
    whole = f"{found.all_rows:,} rows"
    if found.series > 1:
        whole += f" of {found.series} series, the shortest of {found.rows:,}"
    season = "no season found"
    if found.period > 1:
        season = f"autocorrelation {found.correlation:.2f} at {found.period} rows"
    anchor = "  anchor: {choice: [none, last]}   # last: the change since the last known row"
    shortened = f"  steps_per_epoch: 500          # of {steps:,} that would show every window"
    return {
        "rows": whole,
        "step": found.step,
        "remarks": _lines(_remarks(found)),
        "columns": _lines(_columns(found, answers)),
        "horizon": horizon,
        "context": context,
        "strategy": "direct" if direct else "recursive",
        "anchor": _lines([anchor] if direct else []),
        "missing": found.missing,
        "period": found.period,
        "season": season,
        "stride": max(1, found.series * val // FORECASTS),
        "hidden": "8, 32" if train < 1000 else "16, 64",
        "batch": batch,
        "shortened": _lines([shortened] if steps > 500 and direct else []),
    }


def _past(found: Reading) -> list[str]:
    """Columns that are known up to now; of masked cells nothing is known ahead."""
    return [*found.past, *found.known] if found.missing == "mask" else found.past


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _remarks(found: Reading) -> list[str]:
    """What a person should know of the data, as comments."""
    lines = [f"# Left out: {name}: {why}" for name, why in found.left.items()]
    lines += [f"# Unsure: {question}" for question in found.unsure]
    if found.problem:
        lines.append(f"# This file does not run yet: {found.problem}")
        lines += [f"#   {name}: {column.kind}" for name, column in found.columns.items()]
    return [" ".join(line.split("\n")) for line in lines]


def _columns(found: Reading, answers: Answers) -> Iterator[str]:
    """The keys that say how the table is read, and which column is what."""

    def told(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    if found.open_time:
        yield f"  time: {told(found.open_time)}"
        yield "  # date_format: dmy           # or mdy, or ymd: the dates do not show it"
    if found.time:
        yield f"  time: {told(found.time[0] if len(found.time) == 1 else found.time)}"
    if answers.date_format:
        yield f"  date_format: {told(answers.date_format)}"
    if answers.decimal:
        yield f"  decimal: {told(answers.decimal)}"
    if found.id is not None:
        yield f"  id: {told(found.id)}    # each series by itself"
    if found.skip_series:
        yield f"  skip_series: {told(found.skip_series)}    # they never change"
    if found.min_rows:
        yield f"  min_rows: {found.min_rows}    # shorter series are left out"
    yield f"  targets: {told(found.targets)}    # what to forecast; one or several"
    if past := _past(found):
        yield f"  past: {told(past)}    # known up to now"
    if found.known and found.missing != "mask":
        yield f"  known: {told(found.known)}    # known ahead, for the rows to forecast too"
