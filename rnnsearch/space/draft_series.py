"""The space file that `init` writes for a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rnnsearch.space.reading import Reading
from rnnsearch.space.roles import Answers
from rnnsearch.space.table_reading import infer

TABLE_ENDINGS = (".csv", ".tsv", ".parquet", ".pq")
"""A file that calls itself a table is taken for one."""

FORECASTS = 1500
"""About as many forecasts are scored an epoch; a longer validation part is scored in strides."""


def draft_table(path: Path, study: str, answers: Answers) -> tuple[list[str], Reading]:
    """The lines of a space file that forecasts a table, and what they rest on.

    Raises:
        DataError: The file cannot be read, or lacks a column that the user named.
    """
    found = infer(path, answers)
    return _lines(path, study, found, answers), found


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


def _lines(path: Path, study: str, found: Reading, answers: Answers) -> list[str]:
    def listed(names: Sequence[str]) -> str:
        return json.dumps(list(names), ensure_ascii=False)

    train, val = int(0.7 * found.rows), int(0.15 * found.rows)
    horizon = found.period if 1 < found.period <= 48 else 12
    horizon = answers.horizon or max(1, min(horizon, val // 2))
    context = max(2 * horizon, min(found.period, 168), 24)
    context = max(horizon, min(context, (train - horizon) // 3))
    windows = found.series * (train - context - horizon)
    batch = next(size for size in (64, 32, 16, 8, 4, 1) if windows >= 8 * size or size == 1)
    steps = windows // batch
    stride = max(1, found.series * val // FORECASTS)
    known = found.known if found.missing != "mask" else []
    past = found.past if found.missing != "mask" else [*found.past, *found.known]
    strategy = "direct" if horizon > 1 or past else "recursive"
    whole = f"{found.all_rows:,} rows"
    if found.series > 1:
        whole += f" of {found.series} series, the shortest of {found.rows:,}"
    season_said = "no season found"
    if found.period > 1:
        season_said = f"autocorrelation {found.correlation:.2f} at {found.period} rows"
    lines = [
        f"# Drafted by `rnnsearch init` from {path.name}: {whole}, {found.step} between rows.",
        "# Any field of task, model and training is a value or a distribution:",
        "#   {choice: [...]}, {uniform: [lo, hi]}, {loguniform: ...}, {int: ...}, {logint: ...}",
        "# `rnnsearch check` prints what this file means; `rnnsearch schema` is for editors.",
    ]
    lines += [f"# Left out: {name}: {why}" for name, why in found.left.items()]
    lines += [f"# Unsure: {question}" for question in found.unsure]
    if found.problem:
        lines.append(f"# This file does not run yet: {found.problem}")
        lines += [f"#   {name}: {column.kind}" for name, column in found.columns.items()]
    lines = [" ".join(line.split("\n")) for line in lines]
    lines += [
        f"name: {json.dumps(study)}",
        "task:",
        "  type: series",
        f"  path: {json.dumps(str(path.resolve()), ensure_ascii=False)}",
    ]
    if found.open_time:
        lines.append(f"  time: {json.dumps(found.open_time, ensure_ascii=False)}")
        lines.append("  # date_format: dmy           # or mdy, or ymd: the dates do not show it")
    if found.time:
        time = found.time[0] if len(found.time) == 1 else list(found.time)
        lines.append(f"  time: {json.dumps(time, ensure_ascii=False)}")
    if answers.date_format:
        lines.append(f"  date_format: {json.dumps(answers.date_format, ensure_ascii=False)}")
    if answers.decimal:
        lines.append(f"  decimal: {json.dumps(answers.decimal)}")
    if found.id is not None:
        lines.append(f"  id: {json.dumps(found.id, ensure_ascii=False)}    # each series by itself")
    if found.skip_series:
        lines.append(f"  skip_series: {listed(found.skip_series)}    # they never change")
    if found.min_rows:
        lines.append(f"  min_rows: {found.min_rows}    # shorter series are left out")
    lines.append(f"  targets: {listed(found.targets)}    # what to forecast; one or several")
    if past:
        lines.append(f"  past: {listed(past)}    # known up to now")
    if known:
        lines.append(f"  known: {listed(known)}    # known ahead, for the rows to forecast too")
    lines += [
        f"  horizon: {horizon}                   # rows to forecast",
        f"  context: {context}                  # rows before the first forecast",
        f"  strategy: {strategy}            # direct: all rows at once; recursive: row by row",
    ]
    if strategy == "direct":
        lines.append(
            "  anchor: {choice: [none, last]}   # last: the change since the last known row"
        )
    lines += [
        "  scaler: standard              # minmax | robust | none; fitted on the training part",
        f"  missing: {found.missing}                # error | ffill | mask",
        f"  period: {found.period}                   # rows of a season: {season_said}",
        f"  stride: {stride}                     # rows between two forecasts that are scored",
        "  split: {train: 0.7, val: 0.15, test: 0.15, gap: 0}    # by time",
        "model:",
        "  cell: {choice: [gru, lstm]}",
        f"  hidden_size: {{logint: [{'8, 32' if train < 1000 else '16, 64'}]}}",
        "  num_layers: {int: [1, 2]}",
        "  dropout: {uniform: [0.0, 0.4], when: {model.num_layers: {min: 2}}}",
        "training:",
        "  loss: {choice: [mse, huber]}",
        "  optimizer: adamw",
        "  learning_rate: {loguniform: [5e-4, 2e-2]}",
        f"  batch_size: {batch}",
        "  clip_norm: 1.0",
    ]
    if steps > 500 and strategy == "direct":
        lines.append(f"  steps_per_epoch: 500          # of {steps:,} that would show every window")
    lines += [
        "  max_epochs: 30",
        "search:",
        "  metric: val_mae               # in the data's units; `rnnsearch check` lists the others",
        "  num_trials: 40",
        '  time_budget: "10m"            # null for none',
        "  scheduler: {type: asha, grace_period: 3, reduction_factor: 3}    # in epochs",
        "  finalists: {top: 1, seeds: 1}",
    ]
    return lines
