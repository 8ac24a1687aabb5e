"""The space file that `init` writes for a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.commands import command
from rnnsearch.space.drafts import filled
from rnnsearch.space.findings import TableFindings
from rnnsearch.space.roles import Answers
from rnnsearch.space.sequence_findings import SequenceFindings
from rnnsearch.space.table_reading import FOLDS, infer
from rnnsearch.tasks.series.inputs.calendar import CYCLES

TABLE_ENDINGS = (".csv", ".tsv", ".parquet", ".pq")
"""A file whose name ends so is taken for a table."""

FORECASTS = 1500
"""About so many forecasts are scored an epoch; of a longer validation part every nth is."""


SHORT = 100
"""Of a shorter series the validation part is a dozen rows or so at most."""

FEW_ROWS = 10_000
"""In more rows than these a validation part holds enough forecasts, however short series are."""


def draft_table(
    path: Path, study: str, answers: Answers, others: Sequence[str] = ()
) -> tuple[str, TableFindings]:
    """Write a space file that forecasts a table, and give the findings that it rests on.

    Args:
        others: What else the table may be, each with the command that takes it so.

    Raises:
        DataError: The file cannot be read, or lacks a column that the user named.
    """
    findings = infer(path, answers)
    findings.others += dict.fromkeys((*others, *_told_of_series(path, findings)))
    written = json.dumps(str(path.resolve()), ensure_ascii=False)
    return filled("series", path, study, {"path": written, **_values(findings, answers)}), findings


def _told_of_series(path: Path, findings: TableFindings) -> Iterator[str]:
    """What a table of short series may also be, where each of them has one number of something."""
    if findings.id is None or not findings.folds:
        return
    for name in findings.static:
        if findings.columns[name].kind == "number":
            one = SequenceFindings(findings.columns, "value", name, id=findings.id)
            yield f"{one.as_words()}: {command('init', path, *one.options())}"


def screen(findings: TableFindings) -> list[str]:
    """Lines that show a person what was taken, left out and guessed."""

    def listed(names: Sequence[str]) -> str:
        return ", ".join(names) or "none"

    lines = ["taken:"] if findings.targets or findings.notes else []
    if findings.targets:
        time = " and ".join(findings.time) or "the order of the rows"
        several = f", {findings.series:,} series" if findings.id else ""
        past = findings.past or _past_categories(findings)
        ahead = "  (known ahead: --known NAME)" if past else ""
        lines += [
            f"  time: {time}, {findings.step} apart",
            f"  id: {findings.id or 'none'}{several}",
            f"  target: {listed(findings.targets)}",
            f"  known ahead: {listed([*findings.known, *findings.known_categories])}",
            f"  known up to now: {listed([*findings.past, *_past_categories(findings)])}{ahead}",
        ]
        named = {
            "categories": findings.categories,
            "one value in each series": findings.static,
            "from the dates": findings.calendar,
        }
        lines += [f"  {what}: {listed(names)}" for what, names in named.items() if names]
    lines += [f"  {note}" for note in findings.notes]
    if findings.left:
        lines += ["left out:", *(f"  {name}: {why}" for name, why in findings.left.items())]
    if findings.unsure:
        lines += ["unsure; say it with these options of `rnnsearch init`:"]
        lines += [f"  {question}" for question in findings.unsure]
    if findings.others:
        lines += ["it may also be:", *(f"  {words}" for words in findings.others)]
    return lines


def _values(findings: TableFindings, answers: Answers) -> dict[str, Any]:
    """The texts and numbers for the `$names` in the template of the draft."""
    train, val = int(0.7 * findings.rows), int(0.15 * findings.rows)
    if findings.folds:  # which join train and val
        train += val
    horizon = findings.period if 1 < findings.period <= 48 else 12
    horizon = answers.horizon or max(1, min(horizon, val // 2))
    context = max(2 * horizon, min(findings.period, 168), 24)
    context = max(horizon, min(context, (train - horizon) // 3))
    windows = findings.series * (train - context - horizon)
    batch = next(size for size in (64, 32, 16, 8, 4, 1) if windows >= 8 * size or size == 1)
    steps = windows // batch
    direct = horizon > 1 or bool(_past(findings)) or bool(_past_categories(findings))
    whole = f"{findings.all_rows:,} rows"
    if findings.series > 1:
        whole += f" of {findings.series} series, the shortest of {findings.rows:,}"
    season = "no season found"
    if findings.period > 1:
        season = f"autocorrelation {findings.correlation:.2f} at {findings.period} rows"
    anchor = "  anchor: {choice: [none, last]}   # last: the change since the last known row"
    shortened = f"  steps_per_epoch: 500          # of {steps:,} that would show every window"
    return {
        "rows": whole,
        "step": findings.step,
        "remarks": _lines(_remarks(findings)),
        "columns": _lines(_columns(findings, answers)),
        "horizon": horizon,
        "context": context,
        "strategy": "direct" if direct else "recursive",
        "anchor": _lines([anchor] if direct else []),
        "missing": findings.missing,
        "period": findings.period,
        "season": season,
        "stride": max(1, findings.series * val // FORECASTS),
        "hidden": "8, 32" if train < 1000 else "16, 64",
        "batch": batch,
        "shortened": _lines([shortened] if steps > 500 and direct else []),
    }


def _past(findings: TableFindings) -> list[str]:
    """The columns known up to now; with masked cells, those known ahead are among them."""
    return [*findings.past, *findings.known] if findings.missing == "mask" else findings.past


def _short(findings: TableFindings) -> bool:
    """Whether the series of a panel are many enough for folds, and too short for parts."""
    return findings.series >= 2 * FOLDS and findings.rows < SHORT and findings.all_rows < FEW_ROWS


def _past_categories(findings: TableFindings) -> list[str]:
    """The categories that are known up to now."""
    others = (*findings.known_categories, *findings.static)
    return [name for name in findings.categories if name not in others]


def _lines(lines: Iterable[str]) -> str:
    """Lines as one text, which is empty where there are none."""
    return "".join(f"{line}\n" for line in lines)


def _remarks(findings: TableFindings) -> list[str]:
    """Comment lines on the data: what is left out, unsure or wrong."""
    lines = [f"# Left out: {name}: {why}" for name, why in findings.left.items()]
    lines += [f"# Unsure: {question}" for question in findings.unsure]
    lines += [f"# It may also be {words}" for words in findings.others]
    if findings.problem:
        lines.append(f"# This file does not run yet: {findings.problem}")
        lines += [f"#   {name}: {column.kind}" for name, column in findings.columns.items()]
    return [" ".join(line.split("\n")) for line in lines]


def _columns(findings: TableFindings, answers: Answers) -> Iterator[str]:
    """The lines of the keys that say how the table is read, and which column is what."""

    def quoted(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    if findings.open_time:
        yield f"  time: {quoted(findings.open_time)}"
        yield "  # date_format: dmy           # or mdy, or ymd: the dates do not show it"
    if findings.time:
        yield f"  time: {quoted(findings.time[0] if len(findings.time) == 1 else findings.time)}"
    if answers.date_format:
        yield f"  date_format: {quoted(answers.date_format)}"
    if answers.decimal:
        yield f"  decimal: {quoted(answers.decimal)}"
    if findings.id is not None:
        yield f"  id: {quoted(findings.id)}    # each series by itself"
    if findings.skip_series:
        yield f"  skip_series: {quoted(findings.skip_series)}    # they never change"
    if findings.min_rows:
        yield f"  min_rows: {findings.min_rows}    # shorter series are left out"
    yield f"  targets: {quoted(findings.targets)}    # what to forecast; one or several"
    if past := _past(findings):
        yield f"  past: {quoted(past)}    # known up to now"
    known = [] if findings.missing == "mask" else findings.known
    if known := [*known, *findings.known_categories]:
        yield f"  known: {quoted(known)}    # known ahead, for the rows to forecast too"
    if findings.categories:
        more = ", known up to now where no other key names them" * bool(_past_categories(findings))
        yield f"  categories: {quoted(findings.categories)}    # texts, an input a value{more}"
    if findings.static:
        yield f"  static: {quoted(findings.static)}    # one value in each series"
    if findings.uneven:
        yield "  spacing: given                # the time since the row before is an input"
    if findings.folds or _short(findings):
        off = "" if findings.folds else "# "
        yield f"  {off}validation: {{folds: {FOLDS}}}    # short series: no row is set aside to"
        yield "  #   validate on, whole series are held out in turn. A trial in folds costs about"
        yield "  #   as much as five"
    if findings.calendar:
        names = ", ".join(name for name in CYCLES if name not in findings.calendar)
        yield f"  calendar: [{', '.join(findings.calendar)}]    # from the dates; also {names}"
