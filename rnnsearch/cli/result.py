"""Print the result of a study: its winner beside the baselines, its pictures, and what to do
next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.cli.front import print_front
from rnnsearch.cli.next_steps import next_commands
from rnnsearch.cli.registered import registered_lines
from rnnsearch.cli.text import print_table
from rnnsearch.cli.waiting import waiting_lines
from rnnsearch.commands import shown
from rnnsearch.errors import NoUsableTrialError
from rnnsearch.events import ENDED
from rnnsearch.goal import Judge
from rnnsearch.space.constraints import refused_words
from rnnsearch.space.words import duration, short, short_params
from rnnsearch.study.luck import finalist_lines, regret_lines

if TYPE_CHECKING:
    from rnnsearch.study import Champion, StudyResult

RATE_SECONDS = 1.0
"""A rate of trials is printed if they took at least so long."""


def print_result(result: StudyResult, *, verbose: bool = False) -> None:
    """Print what a study has found so far, and the commands with which one can go on.

    Args:
        verbose: Also print what the run cost.
    """
    from rnnsearch.search.analysis import rule_remarks

    counts = ", ".join(f"{n} {state}" for state, n in result.counts().items() if n)
    print(f"\nstudy {result.directory.name}: {counts or 'no trial'}")
    if result.run is not None:
        print(_how_it_went(result))
        if verbose:
            print(_what_it_cost(result))
        if (spent := spent_of(result)) and (verbose or math.isfinite(result.spec.pack_seconds())):
            print(spent)
    remarks = rule_remarks(result.trials, result.spec)
    for line in filter(None, (*remarks, refused_words(result.refused))):
        print(line)
    for note in result.notes:
        print(f"note: {note}")
    if result.champion is not None:
        print()
        _print_winner(result, result.champion)
    else:
        _print_best_so_far(result)
    print_front(result)
    study_picture = result.directory.figures / "study.png"
    for what, file in (
        ("picture of the study", study_picture),
        ("report", result.directory.report),
    ):
        if file.exists():
            older = result.run is not None and file.stat().st_mtime < result.run.started
            left = ", as an earlier run left it" if older else ""
            print(f"{what}{left}: {shown(file)}")
    if result.run is not None:
        for line in waiting_lines(result.directory, result.run):
            print(line)
    print("\nnext:")
    for line in next_commands(result):
        print(f"  {line}")


def spent_of(result: StudyResult) -> str:
    """The time of the packs and its cost, over all runs, beside their limits; empty if unknown."""
    if not result.pack_seconds:
        return ""
    spec, hours = result.spec, result.pack_seconds / 3600
    limit = spec.search.max_device_hours
    parts = [f"packs took {hours:.3g}" + ("" if limit is None else f" of {limit:g}") + " hours"]
    if spec.pack_price:
        limit = spec.search.max_cost
        cost = f"{hours * spec.pack_price:.3g}" + ("" if limit is None else f" of {limit:g}")
        parts.append(f"which cost {cost}")
    return ", ".join(parts)


def what_is_left(result: StudyResult) -> str:
    """Lines about the model that can be used after a run that failed; empty where there is none."""
    run, champion = result.run, result.champion
    if run is None or champion is None or run.state != "failed":
        return ""
    what = f"{result.best_trial.name}, {champion.unfinished or 'trained to its end'}"
    lines = [f"the best model until then: {what}"]
    lines += registered_lines(run, result.directory.storage)
    return "".join(f"{line}\n" for line in lines)


def _how_it_went(result: StudyResult) -> str:
    """How the last run ended, how long it took, and its rate of trials."""
    assert result.run is not None
    run = result.run
    text = run.state + (f" ({run.reason})" if run.reason else "")
    text += f" after {duration(run.wall_seconds)}; {run.training_steps:,} training steps"
    ended = sum(trial.state in ENDED for trial in result.trials)
    # The rate of a very short run means nothing. Trials of earlier runs make it look longer.
    lasted = ended / run.trials_per_hour * 3600.0 if run.trials_per_hour else 0.0
    if result.spec.parameters and lasted >= RATE_SECONDS:
        text += f", {run.trials_per_hour:,.0f} trials an hour"
    return text


def _what_it_cost(result: StudyResult) -> str:
    """The processor time that the driver took for each trial, and how busy the packs were."""
    assert result.run is not None
    run = result.run
    trials = max(1, len(result.trials))
    parts = [
        f"the driver's processor time a trial: sampler {run.sampler_seconds / trials * 1e3:.1f} ms",
        f"all else {run.driver_seconds / trials * 1e3:.1f} ms",
    ]
    if run.first_report_seconds is not None:
        parts.append(f"first report after {run.first_report_seconds:.1f} s")
    if run.pack_utilisation is not None:
        parts.append(f"packs busy {run.pack_utilisation:.0%} until the last refill")
    return "; ".join(parts)


def _print_winner(result: StudyResult, champion: Champion) -> None:
    """Print the winner beside the baselines: a row for each metric, that of the study first."""
    from rnnsearch.search.bounded import champion_breaks
    from rnnsearch.search.ensemble_words import ensemble_words

    best = result.best_trial
    metric = result.spec.search.metric
    cost = result.spec.search.goal.cost

    judge_by = Judge(metric, result.spec.search.goal, result.tie_break)
    rivals = sorted(result.baselines, key=lambda one: judge_by.of(one.metrics))
    names = sorted(champion.val_metrics, key=lambda name: name != metric)
    names += [name for name in champion.test_metrics if name not in champion.val_metrics]
    metrics = {**champion.test_metrics, **champion.val_metrics}
    over_seeds = _over_seeds(champion, names)
    print_table(
        [
            {
                "": result.labels.get(name, name),
                f"winner: {result.winner_name()}": metrics[name],
                **{title: cells[name] for title, cells in over_seeds.items()},
                **{f"baseline: {one.name}": one.metrics.get(name) for one in rivals},
            }
            for name in names
        ],
    )
    if over_seeds:
        print("± is the sample standard deviation over the seeds")
    for line in (*finalist_lines(result), *regret_lines(result)):
        print(line)
    if told := ensemble_words(champion.ensemble):
        print(told)
    if broken := champion_breaks(result.spec, result.trials, champion):
        print(f"warning: {broken}")
    if champion.unfinished:
        print(f"the winner is unfinished: {champion.unfinished}")
    if champion.left_out:
        print(f"left out of the mean: {'; '.join(champion.left_out)}")
    whose = " of its best member" if champion.fused else ""
    print(f"\nparameters{whose}: {short_params(best.params) or 'nothing was sampled'}")
    if (schedule := result.directory.schedule).is_file():
        print(f"its schedule, to be trained from the beginning: {shown(schedule)}")
    # Where the study's metric is of the training part, a baseline may know that part by heart.
    tested = metric.replace("train_", "test_", 1)
    judge = tested if tested in metrics else metric
    values = [one.metrics[judge] for one in rivals if judge in one.metrics]
    if judge in metrics and any(cost(value) <= cost(metrics[judge]) for value in values):
        what = result.labels.get(judge, judge)
        print(f"warning: no recurrent model beats the best baseline on {what}")
    if champion.request_seconds is not None:
        print(f"a request: {champion.request_seconds * 1e3:.3g} ms ({champion.request}, no server)")
    elif champion.request:
        print(f"a request: {champion.request}")
    if champion.text:
        print(f"it says:\n{champion.text}")
    if champion.figure and Path(champion.figure).is_file():
        print(f"picture: {shown(Path(champion.figure))}")
    if result.run is not None and result.run.champion_uri:
        print(*registered_lines(result.run, result.directory.storage), sep="\n")
    elif result.run is not None and result.run.champion_problem:
        print(f"this winner is not registered: {result.run.champion_problem}")
        if result.run.champion_before:
            print(f"registered is an earlier winner: {result.run.champion_before}")


def _over_seeds(champion: Champion, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """A column of the table: the mean of each metric over the winner's seeds, and the spread.

    Returns:
        The column's title, and its cells by metric; empty where there is a single seed.
    """
    if not champion.std:
        return {}
    title = f"mean of its {len(champion.seeds)} seeds"
    means = {name: short(champion.mean.get(name)) for name in names}
    spreads = {name: short(champion.std.get(name)) for name in names}
    left, right = (max(map(len, cells.values())) for cells in (means, spreads))
    cells = {
        name: f"{means[name]:>{left}} ± {spreads[name]:<{right}}" if means[name] else ""
        for name in names
    }
    return {title: {name: cell.rjust(len(title)) for name, cell in cells.items()}}


def _print_best_so_far(result: StudyResult) -> None:
    """Print the best trial and the best baseline of a study that has no winner yet."""
    metric = result.metric_name
    try:
        best = result.best_trial
    except NoUsableTrialError:
        return
    print(f"best {metric} so far: {short(best.best_value)} ({best.name})")
    for row in result.leaderboard():
        if row["kind"] == "baseline":
            print(f"best baseline: {short(row['value'])} ({row['name']})")
            return
