"""What the runs of all contenders come to: tables of medians, and the curves as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib.figure import Figure

from forecast.problems import PROBLEMS, Data
from forecast.race import CONTENDERS, OURS, Run

COLOURS = dict(
    zip(CONTENDERS, ("#c02030", "#1f77b4", "#009fb0", "#e07b00", "#2c9c3e"), strict=True)
)
NEVER = "not in {:g}"


def by_contender(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """The runs of each contender, in the order of `CONTENDERS`."""
    ordered = sorted(runs, key=lambda one: (CONTENDERS.index(one.who), one.round))
    return {who: list(some) for who, some in groupby(ordered, key=lambda one: one.who)}


def interval(values: Sequence[float | None], never: str = "") -> str:
    """The median with the lowest and the highest; a None counts as later than all."""
    known = sorted(math.inf if value is None else value for value in values)
    if not known:
        return ""

    def word(value: float) -> str:
        return never if math.isinf(value) else f"{value:.4g}"

    # Half of an even number of rounds may be too late: its median is one of them, the worse.
    middle = median(known) if math.isfinite(known[-1]) else known[len(known) // 2]
    if len(known) == 1:
        return word(middle)
    return f"{word(middle)} ({word(known[0])}, {word(known[-1])})"


def times(runs: Sequence[Run], *, reported: bool) -> list[dict[str, Any]]:
    """Seconds to each target, a row a contender.

    Args:
        reported: Whether an epoch's report counts, and not only the end of its trial.
    """
    rows = []
    for who, some in by_contender(runs).items():
        if reported and not any(run.reports for run in some):
            continue
        never = NEVER.format(some[0].seconds)
        row: dict[str, Any] = {"who": who}
        for target in PROBLEMS[some[0].problem].targets:
            row[f"s to {target:g}"] = interval(
                [run.until(target, reported=reported) for run in some], never
            )
        rows.append(row)
    return rows


def outcomes(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """What each contender had in the end, a row a contender."""
    rows = []
    for who, some in by_contender(runs).items():
        firsts = [run.trials[0][0] if run.trials else None for run in some]
        counted = [len(run.trials) for run in some]
        rows.append(
            {
                "who": who,
                "rounds": len(some),
                "s to imports": interval([run.imported for run in some if run.imported]),
                "s to the first ended trial": interval(firsts, NEVER.format(some[0].seconds)),
                "ended trials": interval(counted),
                "best validation error": interval([run.best for run in some], "none"),
                "champion, validation": interval([run.judged.get("val") for run in some], "none"),
                "champion, test": interval([run.judged.get("test") for run in some], "none"),
                "s to the end of the command": interval([run.wall for run in some]),
            }
        )
    return rows


def baselines(data: Data) -> list[dict[str, Any]]:
    """Rivals without a search."""
    return [
        {"baseline": name, "validation": f"{scores['val']:.4g}", "test": f"{scores['test']:.4g}"}
        for name, scores in data.baselines().items()
    ]


def contradictions(runs: Sequence[Run], tolerance: float = 0.005) -> list[str]:
    """Runs of rivals whose own validation error is not that of their forecasts.

    Ours is left out: its champion is chosen by the mean of seeds, and may be another trial.
    """
    return [
        f"{run.who}, round {run.round}: {run.best:.5g} by itself, {run.judged['val']:.5g} by its "
        "forecasts"
        for run in runs
        if run.who != OURS
        and run.best is not None
        and run.judged
        and abs(run.judged["val"] / run.best - 1) > tolerance
    ]


def draw(runs: Mapping[str, Sequence[Run]], path: Path) -> None:
    """Write a PNG: the best error of ended trials over time, a panel a problem, a line a round."""
    figure = Figure(figsize=(5.5 * len(runs), 4.2), layout="constrained")
    panels = figure.subplots(1, len(runs), squeeze=False)[0]
    for panel, (name, some) in zip(panels, runs.items(), strict=True):
        problem = PROBLEMS[name]
        lowest = min((run.best for run in some if run.best is not None), default=0.0)
        top = problem.targets[0]
        for who, mine in by_contender(some).items():
            for place, run in enumerate(mine):
                label = who if place == 0 else None
                style = {"color": COLOURS[who], "label": label}
                panel.step(*_steps(run.trials, run.seconds), where="post", linewidth=1.6, **style)
                style["label"] = None
                if run.reports:
                    points = _steps(run.reports, run.seconds)
                    panel.step(*points, where="post", linewidth=0.8, linestyle=":", **style)
        for target in problem.targets:
            panel.axhline(target, color="0.8", linewidth=0.7, zorder=0)
        margin = 0.1 * (top - lowest)
        panel.set(
            title=f"{name}: best so far, validation",
            xlabel="seconds since the command",
            ylabel=problem.said,
            ylim=(lowest - margin, top + margin),
        )
        panel.set_xlim(0, max(run.seconds for run in some))
    handles: dict[str, Any] = {}
    for panel in panels:
        lines, names = panel.get_legend_handles_labels()
        handles.update(zip(names, lines, strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=110)


def _steps(points: Sequence[tuple[float, float]], end: float) -> tuple[list[float], list[float]]:
    """The places at which the best so far changes, and the end."""
    seconds: list[float] = []
    best: list[float] = []
    for at, value in points:
        if not best or value < best[-1]:
            seconds.append(at)
            best.append(value)
    if best:
        seconds.append(end)
        best.append(best[-1])
    return seconds, best
