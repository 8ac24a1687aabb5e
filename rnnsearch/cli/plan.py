"""The command `plan`: what a study will take, before it runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import FormatOption, SetOption, SpaceFile, Trials
from rnnsearch.commands import command
from rnnsearch.space.words import duration

if TYPE_CHECKING:
    from rnnsearch.search.planning.interval import Interval
    from rnnsearch.search.planning.plan import Plan
    from rnnsearch.space.spec import StudySpec


def plan(
    file: SpaceFile,
    set_: SetOption = None,
    trials: Trials = None,
    seconds: Annotated[
        float, typer.Option(min=1, max=3600, help="How long the calibration may take.")
    ] = 20.0,
    cpus: Annotated[
        float | None,
        typer.Option(min=0.001, max=1e6, help="Cores of the cluster; without it this machine's."),
    ] = None,
    format_: FormatOption = "text",
) -> None:
    """Tell what a study will take: dimensions, trials at each rung, memory, kernels, time.

    Some configurations are trained for a few seconds on one core of this machine, and nothing is
    kept.
    """
    from rnnsearch.cli.text import print_json
    from rnnsearch.errors import InputError
    from rnnsearch.search.planning.plan import plan_study
    from rnnsearch.search.planning.room import room
    from rnnsearch.space.describe import describe
    from rnnsearch.space.load import load

    sets = [*(set_ or ()), *([] if trials is None else [f"search.num_trials={trials}"])]
    spec = load(file, sets)
    if spec.resources.gpus_per_pack > 0:
        raise InputError(
            "plan measures on the CPU alone, and resources.gpus_per_pack asks for a GPU. What the "
            "study takes on a CPU: "
            + command("plan", file, *_again(sets), "--set", "resources.gpus_per_pack=0")
        )
    notes = (*describe(spec).notes, *_of_goals(spec))
    planned = plan_study(spec, room(cpus), seconds)
    if planned is None:
        raise InputError(
            "not one of the first configurations could be trained for a single step in that time; "
            "give it more: " + command("plan", file, *_again(sets), "--seconds", 6 * seconds)
        )
    if format_ == "json":
        print_json({"study": spec.name, "notes": notes, **asdict(planned)})
    else:
        _print(spec, notes, planned)


def _of_goals(spec: StudySpec) -> list[str]:
    if not spec.search.goals:
        return []
    metric = spec.search.metric
    return [f"who comes to a rung is reckoned by {metric} alone; by fronts as many go on there"]


def _again(sets: list[str]) -> list[str]:
    return [word for one in sets for word in ("--set", one)]


def _print(spec: StudySpec, notes: tuple[str, ...], planned: Plan) -> None:
    search, places = spec.search, planned.places
    print(f"{spec.name}: {search.num_trials:,} trials in {len(spec.parameters)} dimensions")
    for note in notes:
        print(f"  note: {note}")
    called = "trials that come to epoch"
    print(f"\n{called:<28} expected   four times in five")
    for rung, count in planned.rungs.items():
        print(f"{rung:>28} {count.expected:>9,.0f}   {count.low:,.0f} to {count.high:,.0f}")
    print(f"{'epochs in all':>28} {_row(planned.epochs)}")
    print(f"\npacks: {places.packs} at once, each with up to {places.slots} trials", end="")
    if planned.trial_bytes:
        print(f"; the largest trial takes about {_megabytes(planned.trial_bytes)}", end="")
    print()
    for kernel, share in planned.kernels.items():
        print(f"  {share:.0%} of the configurations: {kernel}")
    print(
        f"an epoch of a trial: {_seconds(planned.epoch_seconds)} of a pack's time, by "
        f"{planned.measured} of {planned.calibrated} configurations that were trained for moments"
    )
    if planned.reruns:
        print(f"finalists: {planned.reruns} more trainings to the last epoch")
    hours = planned.device_seconds.times(1 / 3600)
    print(f"device time: {hours.expected:.2g} h ({hours.low:.2g} to {hours.high:.2g}) of all packs")
    wall = planned.wall_seconds
    print(
        f"wall time: {duration(wall.expected)} ({duration(wall.low)} to {duration(wall.high)}), "
        "with start and end"
    )
    if planned.cut and search.time_budget is not None:
        print(f"  search.time_budget ends it: {duration(search.time_budget)}")
    if search.stop_when_done:
        print("  search.stop_when_done may end it before, which is not counted here")


def _row(interval: Interval) -> str:
    return f"{interval.expected:>9,.0f}   {interval.low:,.0f} to {interval.high:,.0f}"


def _seconds(interval: Interval) -> str:
    return f"{interval.expected:.2g} s ({interval.low:.2g} to {interval.high:.2g})"


def _megabytes(size: int) -> str:
    return f"{max(1, round(size / 2**20)):,} MB"
