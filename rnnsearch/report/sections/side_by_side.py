"""Several studies side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnsearch.charts.progress import ALONG, progress_chart
from rnnsearch.charts.winners import winners_chart
from rnnsearch.commands import command
from rnnsearch.report.blocks import Block, Code, Drawn, Table, Text
from rnnsearch.report.sections.history import way_of
from rnnsearch.report.subject import Subject
from rnnsearch.space.words import duration, short


def questions(subjects: Sequence[Subject]) -> Iterator[Block]:
    heads = ["", *(one.name for one in subjects)]
    rows: list[list[object]] = [
        ["task", *(str(one.spec.values["task.type"]) for one in subjects)],
        ["metric", *(one.metric_name for one in subjects)],
        ["better is", *(one.goal.side for one in subjects)],
        ["sampled parameters", *(len(one.spec.parameters) for one in subjects)],
        ["trials asked for", *(one.spec.search.num_trials for one in subjects)],
        ["epochs of a trial", *(one.max_epochs for one in subjects)],
        ["state", *(one.state for one in subjects)],
    ]
    yield Table(heads, rows)
    if why := incomparable(subjects):
        yield Text(f"Their values cannot be compared: {why}.", warning=True)


def incomparable(subjects: Sequence[Subject]) -> str:
    """Why the values of the studies mean different things; empty where they do not."""
    metrics = {one.spec.search.metric for one in subjects}
    if len(metrics) > 1:
        return f"they are judged by different metrics, {', '.join(sorted(metrics))}"
    if len({one.spec.values["task.type"] for one in subjects}) > 1:
        return "they are studies of different tasks"
    prints = [known for one in subjects if (known := _prints(one)) is not None]
    if any(one != prints[0] for one in prints):
        return "they learned from different data"
    tasks = [
        {key: str(value) for key, value in one.spec.values.items() if key.startswith("task.")}
        for one in subjects
    ]
    differing = sorted(
        {key for one in tasks for key in one if any(other.get(key) != one[key] for other in tasks)}
    )
    return f"their tasks differ in {', '.join(differing)}" if differing else ""


def _prints(subject: Subject) -> dict[str, str] | None:
    """The hashes of the data that a study was started on; None where they are not known."""
    prints = subject.fingerprints
    return None if prints is None else {path: one.sha256 for path, one in prints.items()}


def winners(subjects: Sequence[Subject]) -> Iterator[Block]:
    judged = [one.spec.search.metric for one in subjects]
    every = (name for one in subjects for name in _metrics(one))
    names = sorted(dict.fromkeys(every), key=lambda name: name not in judged)
    rows: list[list[object]] = [
        [
            "winner",
            *(one.best.name if one.best and one.champion else "none yet" for one in subjects),
        ],
        ["seeds", *(len(one.champion.seeds) if one.champion else None for one in subjects)],
        ["best value of a trial", *map(_best_value, subjects)],
        ["best baseline", *(_best_baseline(one) for one in subjects)],
    ]
    labels = {name: label for one in subjects for name, label in one.labels.items()}
    rows += [
        [labels.get(name, name), *(_metrics(one).get(name) for one in subjects)] for name in names
    ]
    yield Table(
        ["", *(one.name for one in subjects)],
        rows,
        caption="Of several seeds the mean and the spread",
    )


def _best_value(subject: Subject) -> float | None:
    """The best value of all trials that ended, whichever of them won."""
    rows = subject.analysis.best_so_far
    return rows[-1].best if rows else None


def _best_baseline(subject: Subject) -> str:
    """The best baseline on the study's metric, with its value; empty where there is none."""
    return next((f"{short(value)} ({name})" for name, value in subject.rivals.items()), "")


def _metrics(subject: Subject) -> dict[str, object]:
    """The metrics of a champion, of several seeds as mean and spread."""
    won = subject.champion
    if won is None:
        return {}
    metrics: dict[str, object] = {**won.val_metrics, **won.test_metrics}
    for name, mean in won.mean.items():
        if (std := won.std.get(name)) is not None:
            metrics[name] = f"{short(mean)} ± {short(std, 2)}"
    return metrics


def progress(subjects: Sequence[Subject]) -> Iterator[Block]:
    if len({one.spec.search.metric for one in subjects}) > 1:
        yield Text("They are judged by different metrics, so there is no common axis.")
        return
    ways = [way for one in subjects if (way := way_of(one)) is not None]
    if not ways:
        yield Text("No trial has ended with a value yet.")
        return
    label, goal = subjects[0].metric_label, subjects[0].goal
    for along in ALONG:
        yield Drawn(progress_chart(ways, metric=label, goal=goal, along=along))


def curves(subjects: Sequence[Subject]) -> Iterator[Block]:
    if len({one.spec.search.metric for one in subjects}) > 1:
        return
    known = {
        f"{one.name}: trial {one.best.number}": one.best.values_by_epoch
        for one in subjects
        if one.best is not None and one.best.values_by_epoch
    }
    if known:
        yield Drawn(winners_chart(known, metric=subjects[0].metric_label, goal=subjects[0].goal))


def parameters(subjects: Sequence[Subject]) -> Iterator[Block]:
    """What each winner has, sampled or given, of what was sampled in any of the studies."""
    keys = list(dict.fromkeys(key for one in subjects for key in one.spec.parameters))
    rows: list[list[object]] = []
    for key in keys:
        cells: list[object] = [key]
        for one in subjects:
            sampled = one.best.params.get(key) if one.best is not None else None
            given = one.spec.values.get(key)
            cells.append(
                sampled
                if sampled is not None
                else ""
                if given is None
                else f"{short(given)} (given)"
            )
        rows.append(cells)
    if rows:
        yield Table(["parameter", *(one.name for one in subjects)], rows)


def costs(subjects: Sequence[Subject]) -> Iterator[Block]:
    states = list(dict.fromkeys(row["state"] for one in subjects for row in one.analysis.states))
    counts = [{row["state"]: row["trials"] for row in one.analysis.states} for one in subjects]
    rows: list[list[object]] = [
        [f"trials, {state}", *(one.get(state, 0) for one in counts)] for state in states
    ]
    rows += [
        ["epochs of ended trials", *(one.analysis.epochs for one in subjects)],
        ["training, all trials", *(duration(one.analysis.seconds) for one in subjects)],
        [
            "first start to last end",
            *(
                "" if one.analysis.wall_seconds is None else duration(one.analysis.wall_seconds)
                for one in subjects
            ),
        ],
    ]
    yield Table(["", *(one.name for one in subjects)], rows)


def reports(subjects: Sequence[Subject]) -> Iterator[Block]:
    lines = [
        command("report", one.name, "--open", "--storage", str(one.directory.storage))
        for one in subjects
    ]
    yield Code("The whole report of each, in a shell", lines)
