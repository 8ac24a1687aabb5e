"""What was tried, what became of it, and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from rnnsearch.report.blocks import Block, Listed, Table, Text
from rnnsearch.report.sections.importances import UNTOLD
from rnnsearch.report.subject import Subject
from rnnsearch.space.words import duration, short_params

TOP = 15
"""Rows of the leaderboard; the winner and baselines stand in it wherever they are."""
REASONS = 5
"""Reasons of failed and diverged trials that are told, the most frequent first."""


def contents(subject: Subject) -> Iterator[Block]:
    analysis, metric = subject.analysis, subject.metric_name
    if not subject.trials:
        yield Text("No trial has begun yet.")
        return
    rows: list[list[object]] = [
        [
            row["state"],
            row["trials"],
            row["epochs"],
            duration(row["seconds"]),
            row["best"],
            row["median"],
        ]
        for row in analysis.states
    ]
    heads = ["state", "trials", "epochs", "training", f"best {metric}", "median"]
    yield Table(heads, rows, caption="What became of the trials")
    yield Table(["figure", "value"], list(_costs(subject)), caption="What it cost")
    yield _board(subject)
    if remarks := list(_remarks(subject)):
        yield Listed(remarks)


def _costs(subject: Subject) -> Iterator[list[object]]:
    analysis, run = subject.analysis, subject.run
    if analysis.started is not None:
        yield ["first start", f"{datetime.fromtimestamp(analysis.started):%Y-%m-%d %H:%M}"]
    if analysis.wall_seconds is not None:
        yield ["from the first start to the last end", duration(analysis.wall_seconds)]
    yield ["training of all trials together", duration(analysis.seconds)]
    yield ["epochs of ended trials", f"{analysis.epochs:,}"]
    if analysis.full_epochs:
        saved = 1 - analysis.epochs / analysis.full_epochs
        yield ["saved by stopping early", f"{saved:.0%} of {analysis.full_epochs:,} epochs"]
    if run is None:
        return
    yield ["training steps of the last run", f"{run.training_steps:,}"]
    if run.trials_per_hour:
        yield ["trials an hour in the last run", f"{run.trials_per_hour:,.0f}"]
    if run.pack_utilisation is not None:
        yield [
            "packs (training processes) busy, until the last trial had begun",
            f"{run.pack_utilisation:.0%}",
        ]
    yield ["processor time of the sampler", f"{run.sampler_seconds:.1f} s"]
    yield ["processor time of all else beside training", f"{run.driver_seconds:.1f} s"]


def _board(subject: Subject) -> Table:
    """The best trials, with the baselines in their places."""
    kept = [
        (place, row)
        for place, row in enumerate(subject.board)
        if place < TOP or row["kind"] != "trial" or row["winner"]
    ]
    means = any(row["seeds"] for _, row in kept)
    rows: list[list[object]] = []
    for _, row in kept:
        ranked = row["value"] is not None  # the others stand behind in the order of their numbers
        cells: list[object] = [row["rank"] if ranked else None, row["name"], row["value"]]
        cells += [row["mean"]] if means else []
        rows.append([*cells, row["best_epoch"], row["state"], short_params(row["params"])])
    heads = ["rank", "trial", subject.metric_name]
    heads += ["mean of seeds"] if means else []
    hidden = len(subject.board) - len(kept)
    caption = "The best trials, with the baselines in their places"
    return Table(
        [*heads, "at epoch", "state", "parameters"],
        rows,
        caption=f"{caption}; {hidden:,} more are not shown" if hidden else caption,
        marked=[place for place, (_, row) in enumerate(kept) if row["winner"]],
    )


def _remarks(subject: Subject) -> Iterator[str]:
    if subject.refused:
        yield subject.refused[0].upper() + subject.refused[1:]
    bad = [one for one in subject.trials if one.state in ("diverged", "failed")]
    reasons = Counter(one.reason.split(" at step ")[0].splitlines()[0] for one in bad if one.reason)
    for reason, count in reasons.most_common(REASONS):
        yield f"{count:,} × {reason}"
    if len(reasons) > REASONS:
        yield f"and {len(reasons) - REASONS} more reasons"
    if repeats := len(subject.analysis.repeats):
        yield f"{repeats:,} trials have the parameters of an earlier one, with another seed"
    for text in subject.analysis.untold:
        if not text.startswith(UNTOLD):  # which has a section of its own
            yield f"It cannot be told: {text}"
