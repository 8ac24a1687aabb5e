"""A study's result as HTML, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from rnnsearch.space.words import short, short_params
from rnnsearch.tasks.base import Score

TOP = 10
"""The most rows of the leaderboard; baselines and the winner are among them wherever they stand."""


def winner_html(
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    baselines: Sequence[Score],
    metric: str,
) -> str:
    """The winner beside the baselines: a row for each metric, that of the study first."""
    heads = ["", f"winner: {name}", *(one.name for one in baselines)]
    names = sorted(metrics, key=lambda one: one != metric)
    rows = [[one, metrics[one], *(rival.metrics.get(one) for rival in baselines)] for one in names]
    sampled = short_params(params)
    return table(heads, rows) + (f"<p>parameters: {escape(sampled)}</p>" if sampled else "")


def leaderboard_html(board: Sequence[Mapping[str, Any]], metric: str) -> str:
    """The best trials, with the baselines in their places; empty where there are none."""
    left = [row for row in board[TOP:] if row["kind"] != "trial" or row["winner"]]
    shown = [*board[:TOP], *left]
    columns = ("rank", "name", "value", "best_epoch", "state")
    rows = [[*(row[one] for one in columns), short_params(row["params"])] for row in shown]
    heads = ["rank", "trial", metric, "at epoch", "state", "parameters"]
    return table(heads, rows) if rows else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; `heads` may be empty."""
    above = "".join(f"<th>{escape(one)}</th>" for one in heads)
    lines = [f"<tr>{above}</tr>"] if heads else []
    lines += [
        "<tr>" + "".join(f"<td>{escape(short(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    ]
    return f"<table>{''.join(lines)}</table>"
