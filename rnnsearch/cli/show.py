"""The command `show`: one trial, its curve, where it stood, why it ended, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnsearch.cli.options import MOST, FormatOption, Storage, StudyName
from rnnsearch.cli.sparkline import curve_lines
from rnnsearch.cli.text import print_json, print_table, print_wrapped, screen_width
from rnnsearch.commands import DEFAULT_STORAGE, command
from rnnsearch.space.words import duration, listed, short

if TYPE_CHECKING:
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.search.rung_places import RungPlace
    from rnnsearch.study import StudyResult

INDENT = "  "
INDENT = "  "
CURVE_ROWS = 20
"""The most epochs of a curve that are printed."""


def show(
    name: StudyName,
    trial: Annotated[int, typer.Argument(metavar="TRIAL", min=0, max=MOST, help="Its number.")],
    storage: Storage = DEFAULT_STORAGE,
    format_: FormatOption = "text",
) -> None:
    """Show one trial: its curve, where it stood at each rung, why it ended, its parameters, seeds
    and cost."""
    from rnnsearch.study import Study

    result = Study.open(name, storage=storage).result()
    record = trial_of(result, trial)
    if format_ == "json":
        print_json(_as_json(record, result))
    else:
        print_trial(record, result)


def trial_of(result: StudyResult, number: int) -> TrialRecord:
    """The trial of that number.

    Raises:
        InputError: The study has none.
    """
    from rnnsearch.errors import InputError

    record = next((record for record in result.trials if record.number == number), None)
    if record is None:
        name, storage = result.directory.name, result.directory.storage
        last = max((record.number for record in result.trials), default=-1)
        there = f"its trials run from 0 to {last}" if last >= 0 else "it has none yet"
        raise InputError(
            f"the study {name!r} has no trial {number}; {there}. "
            f"See them all: {command('trials', name, storage=storage)}"
        )
    return record


def places_of(record: TrialRecord, result: StudyResult) -> list[RungPlace]:
    """Where a trial stood at the rungs of its study, and at the last epoch of a complete one."""
    from rnnsearch.search.rung_places import rung_places

    spec = result.spec
    epochs = [*spec.stopping_rule().rungs, int(spec.values["training.max_epochs"])]
    return rung_places(record, result.trials, epochs, spec.search.goal)


def _as_json(record: TrialRecord, result: StudyResult) -> dict[str, Any]:
    """The fields of the record, and what the study knows of it beside that."""
    won, fields = result.champion, asdict(record)
    if not result.spec.search.goals:
        del fields["goals_by_epoch"]
    return {
        **fields,
        "ran_on": [stay._asdict() for stay in record.ran_on],
        "metric": result.spec.search.metric,
        "rungs": [asdict(place) for place in places_of(record, result)],
        "reruns": dict(result.rerun_seeds.get(record.number, {})),
        "winner": won is not None and won.number == record.number,
    }


def print_trial(record: TrialRecord, result: StudyResult) -> None:
    """Print one trial: how it ended, its curves and numbers, its parameters, and what goes on."""
    metric = result.metric_name
    reason = f", {record.reason}" if record.reason else ""
    print_wrapped([f"{record.name}: {record.state}{reason}"])
    if record.parent is not None:
        print_wrapped(
            [
                f"a copy of trial {record.parent} after epoch {record.parent_epoch}, in the place "
                f"of trial {record.replaces}; until there the curve is that of its parent"
            ],
            INDENT,
        )
    screen = screen_width()
    curves = {metric: record.values_by_epoch, "train_loss": record.losses_by_epoch}
    for line in curve_lines(curves, screen=None if screen is None else screen - len(INDENT)):
        print(INDENT + line)
    if record.best_value is not None:
        print(f"  best {metric}: {short(record.best_value)} at epoch {record.best_epoch}")
    facts = [
        *_goals(record, result),
        *_ranks(record, result),
        *_costs(record, result),
        *_finalist(record, result),
    ]
    print_wrapped(facts, INDENT)
    for key, value in record.params.items():
        print(f"  {key}: {short(value)}")
    epochs = sorted(record.values_by_epoch)
    if epochs:
        kept = thinned(epochs, record.best_epoch)
        losses = record.losses_by_epoch
        print_table(
            [
                {
                    "epoch": epoch,
                    metric: record.values_by_epoch[epoch],
                    **({"train_loss": losses.get(epoch)} if losses else {}),
                }
                for epoch in kept
            ]
        )
        if len(kept) < len(epochs):
            print(f"({len(kept)} of {len(epochs)} epochs; --format json has all)")
    print("\nnext:", *_next_commands(record, result), sep="\n  ")


def _next_commands(record: TrialRecord, result: StudyResult) -> Iterator[str]:
    """What a person may want to do now, as command lines that run as they are printed."""
    name, storage = result.directory.name, result.directory.storage
    won = result.champion
    if won is None:
        yield command("trials", name, storage=storage)
    elif won.number == record.number:
        yield command("best", name, storage=storage)
        yield command("retrain", name, storage=storage)
    else:
        yield command("compare", f"{name}:{record.number}", f"{name}:best", storage=storage)
    if record.epoch or "diverged_epoch" in record.attributes:
        yield command("reproduce", name, record.number, storage=storage)


def _ranks(record: TrialRecord, result: StudyResult) -> Iterator[str]:
    """Where it stood at the rungs, among all trials that came there until now."""
    if places := places_of(record, result):
        ranks = [f"epoch {one.epoch}: {one.rank} of {one.trials}" for one in places]
        yield f"rank by {result.metric_name}, of all that came there by now: {listed(ranks)}"


def _goals(record: TrialRecord, result: StudyResult) -> Iterator[str]:
    """Its values in the goals beside the metric, and its front."""
    if record.goals:
        yield ", ".join(f"{name}: {short(value)}" for name, value in record.goals.items())
    if (front := result.fronts().get(record.number)) is not None:
        unbeaten = ": no other trial beats it in every goal" if front == 1 else ""
        yield f"in front {front} of its study{unbeaten}"


def _costs(record: TrialRecord, result: StudyResult) -> Iterator[str]:
    """Its seed and attempts, what its training took, and what computed it."""
    from rnnsearch.search.ran_on import in_words

    steps = record.attributes.get("training_steps")
    crashes = f", {record.crashes} of which crashed" if record.crashes else ""
    text = f"seed {record.seed}, attempt {record.attempts}{crashes}, {record.epoch} epochs"
    if steps:
        text += f", {steps:,} training steps"
    if record.seconds is not None:
        total = sum(trial.seconds or 0.0 for trial in result.trials)
        share = f" ({record.seconds / total:.1%} of the study's)" if total else ""
        text += f", {record.seconds:.1f} s of training{share}"
    yield text
    if where := in_words(record.ran_on):
        yield where
    if kernel := record.attributes.get("kernel"):
        yield f"computed by: {kernel}"
    if record.started is not None and record.ended is not None:
        yield f"from its proposal to its end: {duration(max(0.0, record.ended - record.started))}"


def _finalist(record: TrialRecord, result: StudyResult) -> Iterator[str]:
    """What its trainings with other seeds gave, and whether it won."""
    from rnnsearch.search.finalist import mean_of

    reruns, won = result.rerun_seeds.get(record.number, {}), result.champion
    if reruns and record.best_value is not None:
        seeds = ", ".join(f"seed {seed}: {short(value)}" for seed, value in reruns.items())
        mean = mean_of([record.best_value, *reruns.values()])
        yield f"a finalist, trained again: {seeds}; mean {short(mean)} of {1 + len(reruns)}"
    if won is None:
        return
    own = [one["seed"] for one in won.ensemble.get("members", ()) if one["trial"] == record.number]
    if won.fused and own:
        seeds = f"seed{'s' if len(own) > 1 else ''} {listed([str(seed) for seed in own])}"
        yield f"a member of the winner, the mean of several trainings, with {seeds}: {won.path}"
    elif won.number == record.number:
        yield f"the winner; its training with seed {won.seed} is kept in {won.path}"


def thinned(epochs: list[int], best: int | None) -> list[int]:
    """At most `CURVE_ROWS` epochs, evenly spread, with the first, the last and the best among
    them."""
    if len(epochs) <= CURVE_ROWS:
        return epochs
    steps = CURVE_ROWS - 2
    kept = {epochs[round(place * (len(epochs) - 1) / steps)] for place in range(steps + 1)}
    return sorted(kept | ({best} if best in epochs else set()))
