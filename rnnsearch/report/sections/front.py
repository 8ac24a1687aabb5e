"""The front of a study of several goals, a chart for each goal beside the metric."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rnnsearch.charts.front import GoalPoint, front_chart
from rnnsearch.report.blocks import Block, Grid, Table, Text
from rnnsearch.report.subject import Subject
from rnnsearch.space.goals import chosen_words, other_goals
from rnnsearch.space.words import duration

MOST = 30
"""Rows of the table."""


def contents(subject: Subject) -> Iterator[Block]:
    goals = [one.name for one in other_goals(subject.spec.search.goals)]
    front = [row for row in subject.board if row.get("front") == 1]
    if not front:
        return
    yield Text(
        f"{len(front):,} trials that no other one beats in every goal. The winner is"
        f"{chosen_words(subject.spec).removeprefix(',')}."
    )
    charts = []
    for name in goals:
        points = [
            GoalPoint(
                str(row["name"]),
                row["goals"][name],
                row["value"],
                row["front"] == 1,
                bool(row["winner"]),
            )
            for row in subject.board
            if row.get("front") and math.isfinite(row["goals"].get(name, math.nan))
        ]
        if points:
            charts.append(
                front_chart(points, across=name, metric=subject.metric_label, goal=subject.goal)
            )
    yield Grid(charts, "Blue: the front; grey: trials that another one beats in every goal.")
    rows = [
        [row["name"], row["value"], *(row["goals"].get(name) for name in goals), row["state"]]
        for row in front[:MOST]
    ]
    hidden = len(front) - len(rows)
    caption = "The front" + (f"; {hidden} more trials are not shown" if hidden else "")
    yield Table(["trial", subject.spec.search.metric, *goals, "state"], rows, caption=caption)
    grown = [
        [
            f"{one.share:.0%}",
            duration(one.seconds),
            one.ended,
            one.front,
            f"{one.volume:.1%}",
        ]
        for one in subject.analysis.front_so_far
    ]
    heads = ["after", "time", "ended trials", "front", "hypervolume"]
    yield Table(
        heads, grown, caption="Had it ended earlier: the part dominated of what the front dominates"
    )
