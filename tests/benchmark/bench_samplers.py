"""What samplers find with few and with many trials at once, on spaces with a known loss.

    rnnsearch bench samplers [--at-once 1 8 48 200] [--trials 200] [--seeds 20] [--only tpe ...]
    rnnsearch bench samplers --table [--once] [--spaces sine ...]
    rnnsearch bench samplers --cost [--at-once 1000 4000 16000 64000] [--only tpe ...]
    rnnsearch bench samplers --goals [--table] [--only random nsga2 tpe ...]

Trials of 27 epochs train side by side, each at a pace of its own, and report every epoch; a rule as
`asha` is stops those that are not in the best third at epochs 3 and 9. Values waver and curves fall
at paces of their own. A study has `--trials`, or twice as many as train at once. A row has the
share of all configurations that are better than the best one that was tried, in percent, as the
median over the seeds with its 95 % interval: of random search about 70 by the number of trials.
`tpe, ended alone` is Optuna's TPE as it stands, multivariate, in groups, with the constant liar;
`tpe, crowding` is ours with Optuna's 24 candidates, and no even trials after the first; `tpe, few`
is Optuna's with 4, and `tpe, few, even` has even trials too.

With `--table` the spaces are those of the table of recurrent trainings instead, trials train as
long as it says, and the rule is the default one; `trainings` is the device time in full trainings.
There the share is of the rows, and each configuration comes back to one of them: what a sampler
proposes twice, it has tried once, and 150 random trials try a third of the rows of `labels`. With
`--once` whoever comes to a row that was tried gets the nearest that was not.

With `--cost` nothing is searched: a row has the processor time of a proposal beside as many trials
that run as train at once and as many that have ended, as the mean of `--proposals`, with the
longest one, and the first one by itself.

With `--goals` a configuration costs its size as well, trials are stopped by MO-ASHA, and a row has
how much of the volume that a front could fill that of the study fills. With `--table` random rows
of it are stopped with `of: best` and `of: last`: what the complete ones fill of what all would
have, how many of the front were stopped, and the epochs that were trained.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from bench_table import NAMES, opened
from measured import keep
from optuna.trial import TrialState
from planted_spaces import PLANTED, Planted
from sampler_cost import cost_row

from rnnsearch.sampling.even import EvenTrials
from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.table import samplers
from rnnsearch.sampling.tpe import CANDIDATES, EVERY, STARTUP, stock

EPOCHS, RUNGS, FACTOR = 27, (3, 9), 3
NOISE, PACES = 0.02, 0.3
RESAMPLES = 2000
Make = Callable[[Start], Any]
Share = Callable[[Make, int, int, int], tuple[float, float | None]]
"""By a sampler, trials, trials at once and a seed: the share that is better, and full trainings."""


def makers() -> dict[str, Make]:
    """The samplers that are compared, by name."""
    names = ("random", "qmc", "tpe", "cmaes", "nsga2", "gp")
    ours: dict[str, Make] = {name: samplers()[name]().make for name in names}
    return {
        **ours,
        "tpe, ended alone": lambda start: stock(STARTUP, start.run_seed),
        "tpe, crowding": crowding,
        "tpe, few": lambda start: stock(STARTUP, start.run_seed, CANDIDATES),
        "tpe, few, even": lambda start: EvenTrials(
            stock(STARTUP, start.run_seed, CANDIDATES), start, EVERY
        ),
    }


def crowding(start: Start) -> Any:
    """TPE that proposes the best of many, and has no even trials after the first."""
    from rnnsearch.sampling.incremental import IncrementalTPE

    return EvenTrials(IncrementalTPE(STARTUP, start.run_seed), start, sys.maxsize)


def best(planted: Planted, make: Make, trials: int, at_once: int, seed: int) -> float:
    """The least loss of the configurations that a study tried."""
    start = Start(
        seed=seed,
        run_seed=seed + 1000,
        space=planted.space,
        trials=trials,
        conditional=frozenset(planted.when),
    )
    study = optuna.create_study(sampler=make(start))
    dice = random.Random(seed)
    scale = float(np.median(planted.losses))
    losses: list[float] = []
    rungs: dict[int, list[float]] = {rung: [] for rung in RUNGS}
    aboard: list[tuple[float, int, int]] = []
    ways: list[tuple[optuna.Trial, float, float, float]] = []

    def board(now: float) -> None:
        trial = study.ask()
        params = planted.drawn(lambda name, one: trial._suggest(name, one))
        losses.append(planted.loss(params))
        level = losses[-1] + scale * dice.gauss(0, NOISE)
        fall, pace = (math.exp(dice.gauss(0, PACES)) for _ in range(2))
        ways.append((trial, level, scale * fall, pace))
        heapq.heappush(aboard, (now + pace, len(ways) - 1, 1))

    for _ in range(min(at_once, trials)):
        board(0.0)
    while aboard:
        now, at, epoch = heapq.heappop(aboard)
        trial, level, fall, pace = ways[at]
        value = level + fall / epoch
        trial.report(value, epoch)
        if epoch in rungs:
            rungs[epoch].append(value)
        if epoch == EPOCHS:
            study.tell(trial, value)
        elif epoch in rungs and value > np.percentile(rungs[epoch], 100 / FACTOR):
            study.tell(trial, state=TrialState.PRUNED)
        else:
            heapq.heappush(aboard, (now + pace, at, epoch + 1))
            continue
        if len(ways) < trials:
            board(now)
    return min(losses)


def on_planted(space: str) -> Share:
    """How a study on a space with a known loss ends."""
    planted = PLANTED[space]
    return lambda make, trials, at_once, seed: (
        planted.better(best(planted, make, trials, at_once, seed)),
        None,
    )


def on_table(space: str, once: bool) -> Share:
    """The same on a space of the table."""
    from table.at_once import ended
    from table.course import Size

    table = opened(space)
    return lambda make, trials, at_once, seed: ended(
        table, make, Size(trials, at_once), seed, once=once
    )


def of_goals(space: str) -> Share:
    """What the front of a study of two goals fills, in the place of the share that is better."""
    from two_goals import filled

    return lambda make, trials, at_once, seed: (filled(space, make, trials, at_once, seed), None)


def row(
    space: str,
    share: Share,
    name: str,
    make: Make,
    trials: int,
    at_once: int,
    seeds: int,
    what: str = "better, %",
) -> dict[str, Any]:
    """The median over the seeds with its interval."""
    ends = [share(make, trials, at_once, seed) for seed in range(seeds)]
    shares = [better for better, _ in ends]
    trainings = [one for _, one in ends if one is not None]
    drawn = np.random.RandomState(0).choice(shares, (RESAMPLES, seeds))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return {
        "space": space,
        "at once": at_once,
        "trials": trials,
        "sampler": name,
        what: f"{np.median(shares):.2g} ({low:.2g} to {high:.2g})",
        **({"trainings": round(float(np.mean(trainings)))} if trainings else {}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="rnnsearch bench samplers", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    everybody = makers()
    parser.add_argument("--only", nargs="+", choices=everybody, default=list(everybody)[:4])
    parser.add_argument("--table", action="store_true", help="on the table's spaces")
    parser.add_argument("--once", action="store_true", help="each row of the table is tried once")
    parser.add_argument("--spaces", nargs="+", metavar="SPACE", help="some of them")
    parser.add_argument("--at-once", nargs="+", type=int, default=[1, 8, 48, 200])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--cost", action="store_true", help="the time of a proposal alone")
    parser.add_argument("--goals", action="store_true", help="of two goals")
    parser.add_argument("--proposals", type=int, help="else an eighth of those that run")
    parser.add_argument("--json", type=Path, help="add the rows to this file")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    rows = []
    known = NAMES if arguments.table else tuple(PLANTED)
    what = "filled, %" if arguments.goals else "better, %"
    if arguments.cost and arguments.table:
        parser.error("--cost takes the made-up spaces, not those of --table")
    for space in arguments.spaces or known:
        if space not in known and not (
            arguments.table and space.startswith("lcbench_") and not arguments.once
        ):
            parser.error(f"no space {space}: {', '.join(known)}")
        share = (
            on_table(space, arguments.once)
            if arguments.table
            else of_goals(space)
            if arguments.goals
            else on_planted(space)
        )
        for at_once in arguments.at_once:
            if arguments.cost:
                proposals = arguments.proposals or max(300, at_once // 8)
                for name in arguments.only:
                    one = cost_row(space, name, everybody[name], at_once, proposals)
                    rows.append(one)
                    print(*one.values(), sep="  ", flush=True)
                continue
            if arguments.goals and arguments.table:
                from stopped_fronts import rows_of

                some = rows_of(opened(space), arguments.trials, at_once, arguments.seeds)
                rows += some
                print(*(tuple(one.values()) for one in some), sep="\n", flush=True)
                continue
            trials = max(arguments.trials, 2 * at_once)
            for name in arguments.only:
                one = row(
                    space, share, name, everybody[name], trials, at_once, arguments.seeds, what
                )
                rows.append(one)
                print(*one.values(), sep="  ", flush=True)
    keep(arguments.json, "samplers", rows)


if __name__ == "__main__":
    main()
