"""The command `analyse`: what the search of a study did, and which parameters mattered."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import FormatOption, Storage, StudyName
from rnnsearch.cli.text import print_json, print_table
from rnnsearch.commands import DEFAULT_STORAGE, command
from rnnsearch.errors import InputError
from rnnsearch.space.words import duration
from rnnsearch.study.luck import regret_lines

if TYPE_CHECKING:
    from rnnsearch.search.analysis import Analysis
    from rnnsearch.study import StudyResult

SHOWN = 10
"""How many trials with repeated parameters are named; `--format json` has all."""


def analyse(
    name: StudyName,
    space: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the space file of the next search there: the study's, cut to its best "
            "trials, and wider where these lie at an end.",
        ),
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    format_: FormatOption = "text",
) -> None:
    """Tell what the search of a study did: how trials ended, how the best value fell or rose, which
    parameters mattered, and what to search next."""
    from rnnsearch.cli.advice import print_advice
    from rnnsearch.study import Study
    from rnnsearch.study.next_space import advice_of

    result = Study.open(name, storage=storage).result()
    if space is not None:
        _write_space(result, space)
        return
    analysis, advice = result.analysis(), advice_of(result)
    if format_ == "json":
        search = result.spec.search
        of = {"study": name, "metric": search.metric, "goal": search.goal}
        cost = result.regret()
        known = {} if cost is None else {"regret": asdict(cost)}
        print_json({**of, **asdict(analysis), **known, "advice": asdict(advice)})
    else:
        _print(result, analysis)
        print_advice(result, advice)
        if advice.best:
            again = command("analyse", name, "--space", f"{name}-next.yaml", storage=storage)
            print(f"\nthe space around the best trials:\n  {again}")


def _write_space(result: StudyResult, file: Path) -> None:
    """Write the space file of the next search."""
    from rnnsearch.disk import create_file, free_name
    from rnnsearch.study.next_space import next_space

    text = next_space(result)
    try:
        create_file(file, text)
    except FileExistsError:
        name, storage = result.directory.name, result.directory.storage
        again = command("analyse", name, "--space", free_name(file), storage=storage)
        raise InputError(f"{file} exists. Name another file: {again}") from None
    print(f"wrote {file}")
    print(f"next:\n  {command('check', file)}\n  {command('run', file)}")


def _print_best_over_time(analysis: Analysis, metric: str) -> None:
    """Print each step of the best value, and what the study would have given, had it ended
    earlier."""
    from rnnsearch.search.best_over_time import had_it_ended, improvements

    moments = analysis.best_so_far
    if not (steps := improvements(moments)):
        return
    print(f"\nbest {metric} so far:")
    print_table(
        [
            {
                "ended trials": one.ended,
                metric: one.best,
                "trial": one.number,
                "after": duration(one.wall_seconds),
                "training by then": duration(one.training_seconds),
            }
            for one in steps
        ]
    )
    by_time = had_it_ended(moments, lambda one: one.wall_seconds)
    by_training = had_it_ended(moments, lambda one: one.training_seconds)
    print("\nhad it ended after that share of its time, or of its training:")
    print_table(
        [
            {
                "share": f"{wall.share:.0%}",
                "time": duration(wall.spent),
                f"best {metric}": wall.moment and wall.moment.best,
                "training": duration(device.spent),
                "best by then": device.moment and device.moment.best,
            }
            for wall, device in zip(by_time, by_training, strict=True)
        ]
    )


def _print_front_over_time(analysis: Analysis) -> None:
    """Print how the front of a study of several goals grew."""
    if analysis.front_so_far:
        print("\nthe front, had it ended after that share of its time:")
        print_table(
            [
                {
                    "share": f"{one.share:.0%}",
                    "time": duration(one.seconds),
                    "ended trials": one.ended,
                    "front": one.front,
                    "hypervolume": f"{one.volume:.1%}",
                }
                for one in analysis.front_so_far
            ]
        )


def _print(result: StudyResult, analysis: Analysis) -> None:
    """Print an analysis as tables and notes, of which those without contents are left out."""
    metric = result.metric_name
    if analysis.states:
        print_table(
            [
                {
                    "state": row["state"],
                    "trials": row["trials"],
                    "epochs": row["epochs"],
                    "training": duration(row["seconds"]),
                    f"best {metric}": row["best"],
                    "median": row["median"],
                }
                for row in analysis.states
            ]
        )
    if analysis.stops:
        print()
        print_table(analysis.stops)
    for line in (*analysis.stopping, *regret_lines(result)):
        print(f"\n{line}")
    if analysis.full_epochs:
        print(f"\nepochs of the ended trials: {analysis.epochs:,}", end=", ")
        print(f"to the last {analysis.full_epochs:,}")
    if analysis.wall_seconds is not None:
        print(f"time: {duration(analysis.seconds)} of training, all trials together", end="; ")
        print(f"{duration(analysis.wall_seconds)} from the first start to the last end")
    if analysis.repeats:
        named = ", ".join(f"{row['number']} as {row['as']}" for row in analysis.repeats[:SHOWN])
        more = len(analysis.repeats) - SHOWN
        print(
            f"parameters drawn again, with another seed: {len(analysis.repeats)} trials "
            f"({named}{f' and {more} more' if more > 0 else ''})"
        )
    _print_best_over_time(analysis, metric)
    _print_front_over_time(analysis)
    if analysis.importances:
        print("\nimportance of the parameters, by all trials that had them:")
        print_table(
            [
                {
                    "parameter": row["param"],
                    "importance": f"{row['importance']:.0%}",
                    "interval": f"{row['low']:.0%} to {row['high']:.0%}",
                    "trials": row["trials"],
                }
                for row in analysis.importances
            ]
        )
    for text in analysis.warnings:
        print(f"note: {text}")
    for text in analysis.untold:
        print(f"cannot be told: {text}")
