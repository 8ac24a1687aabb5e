"""The winner, its seeds, and the baselines beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rnnsearch.events import ChampionChosen
from rnnsearch.report.blocks import Block, Code, Listed, Table, Text
from rnnsearch.report.subject import Subject
from rnnsearch.search.bounded import champion_breaks
from rnnsearch.search.ensemble_words import ensemble_name, ensemble_words
from rnnsearch.space.words import given_text, short

MOST_BASELINES = 4
"""Baselines that have a column; the best ones."""


def contents(subject: Subject) -> Iterator[Block]:
    best, won = subject.best, subject.champion
    if best is None:
        yield Text("No trial has a value yet, so there is no winner.")
        return
    if won is None:
        yield Text(
            f"There is no winner yet. The best so far is {best.name}, {best.state} after "
            f"{best.epoch:,} epochs, with {subject.metric_name} {short(best.best_value)} at epoch "
            f"{best.best_epoch}."
        )
    else:
        seeds = f", trained with {len(won.seeds)} seeds" if len(won.seeds) > 1 else ""
        if won.fused:
            yield Text(f"The winner is the {ensemble_name(won.ensemble)} of finalists.")
        else:
            yield Text(f"{best.name}{seeds}; the training with seed {won.seed} is kept.")
        if told := ensemble_words(won.ensemble):
            yield Text(f"{told[0].upper()}{told[1:]}.")
        yield from _figures(subject, won)
    if best.params:
        rows = [[key, given_text(value)] for key, value in best.params.items()]
        fused = ", its best member" if won is not None and won.fused else ""
        yield Table(["parameter", "value"], rows, caption=f"Parameters of {best.name}{fused}")
    else:
        yield Text("Nothing was sampled: the configuration is that of the space file.")
    if won is not None and won.text:
        yield Code("What it says", won.text.splitlines())


def _figures(subject: Subject, won: ChampionChosen) -> Iterator[Block]:
    """The table of metrics, and what is to be said of it."""
    metric, best = subject.spec.search.metric, subject.best
    ordered = list(subject.rivals)
    by_name = {one.name: one for one in subject.baselines}
    names = [*ordered, *(name for name in by_name if name not in ordered)]
    rivals = [by_name[name] for name in names]
    metrics = {**won.test_metrics, **won.val_metrics}
    rows_of = sorted(won.val_metrics, key=lambda name: name != metric)
    rows_of += [name for name in won.test_metrics if name not in won.val_metrics]
    several = len(won.seeds) > 1
    heads = ["metric", "winner"]
    heads += [f"mean ± spread of {len(won.seeds)} seeds"] if several else []
    heads += [one.name for one in rivals[:MOST_BASELINES]]
    rows: list[list[object]] = []
    for name in rows_of:
        row: list[object] = [subject.labels.get(name, name), metrics[name]]
        if several:
            mean, std = won.mean.get(name), won.std.get(name)
            spread = f" ± {short(std, 2)}" if std is not None else ""
            row.append(f"{short(mean)}{spread}" if mean is not None else "")
        rows.append([*row, *(one.metrics.get(name) for one in rivals[:MOST_BASELINES])])
    caption = "Metrics of the winner" + (" and of the best baselines" if rivals else "")
    yield Table(heads, rows, caption=caption, marked=[0])
    if several:
        yield _seeds(won, metric, subject.labels)
    if broken := champion_breaks(subject.spec, subject.trials, won):
        yield Text(f"{broken[0].upper()}{broken[1:]}.", warning=True)
    remarks = []
    if several:
        remarks.append(
            "The spread is the sample standard deviation over the seeds. The mean is "
            "the honest figure: the single training was picked because it was the best."
        )
    if won.unfinished:
        remarks.append(f"The winner is unfinished: {won.unfinished}.")
    if won.left_out:
        remarks.append(f"Left out of the mean: {'; '.join(won.left_out)}.")
    if len(rivals) > MOST_BASELINES:
        remarks.append(f"Other baselines: {', '.join(one.name for one in rivals[4:])}.")
    remarks += [f"{one[0].upper()}{one[1:]}." for one in subject.luck]
    if remarks:
        yield Listed(remarks)
    tested = metric.replace("train_", "test_", 1)
    judge = tested if tested in metrics else metric
    goal = subject.goal
    values = [one.metrics[judge] for one in rivals if judge in one.metrics]
    if best is not None and judge in metrics and values:
        beaten = all(goal.better(metrics[judge], value) for value in values)
        if not beaten:
            what = subject.labels.get(judge, judge)
            yield Text(f"No recurrent model beats the best baseline on {what}.", warning=True)


def _seeds(won: ChampionChosen, metric: str, labels: Mapping[str, str]) -> Table:
    """The study's metric and its fellow on the test part, a row for each seed."""
    fellow = metric.replace("val_", "test_", 1).replace("train_", "test_", 1)
    names = [name for name in dict.fromkeys((metric, fellow)) if name in won.by_seed]
    rows = [
        [
            str(seed) + (" (kept)" if seed == won.seed else ""),
            *(won.by_seed[name][place] for name in names),
        ]
        for place, seed in enumerate(won.seeds)
    ]
    heads = [labels.get(name, name) for name in names]
    return Table(["seed", *heads], rows, caption="Each seed by itself")
