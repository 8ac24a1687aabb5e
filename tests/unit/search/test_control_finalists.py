"""Studies on paper from the best trials to the one that wins."""

from __future__ import annotations

import time
from dataclasses import replace

from paper_pack import LOSS, METRIC
from rig import paper_spec

from rnnsearch.events import (
    FinalistScored,
)
from rnnsearch.goal import Goal
from rnnsearch.search.finalist import choose
from rnnsearch.training.config import TrialConfig


def test_finalists_train_again_and_the_best_mean_wins(rigs) -> None:
    rig = rigs(paper_spec("search.finalists={top: 3, seeds: 4}"))
    rig.run()
    best = [record.number for record in rig.best(3)]
    assert rig.finalists is not None
    assert [each.number for each in rig.finalists.finalists] == best
    scored = rig.notebook.of(FinalistScored)
    assert sorted(event.number for event in scored) == sorted(best)
    assert all(len(event.values) == len(set(event.seeds)) == 4 for event in scored)
    chosen = choose(rig.finalists.finalists, Goal.MINIMIZE)
    for each in rig.finalists.finalists:
        paths, left_out = rig.finalists.trained(each)
        assert (tuple(paths), left_out) == (each.seeds, [])
        assert all((path / "config.json").is_file() for path in paths.values())
    assert chosen is not None
    assert chosen[0] == best[0]
    assert sum(rig.ledger.counts().values()) == 12, "reruns are no trials"


def tied(config: TrialConfig, epoch: int) -> dict[str, float]:
    """Equal in the metric from the second epoch on; the own loss is lowest at the fourth."""
    loss = config.training.learning_rate + abs(epoch - 4)
    return {METRIC: 1.0 if epoch > 1 else 2.0, LOSS: loss}


def test_ties_are_broken_by_the_own_loss_from_the_epoch_to_the_champion(rigs) -> None:
    none = "search.scheduler={type: none}"
    rig = rigs(paper_spec(none, "search.finalists={top: 2, seeds: 2}"), curve=tied)
    rig.run()
    records = rig.ledger.trials()
    assert all((one.best_epoch, one.best_value) == (4, 1.0) for one in records)
    rates = {one.number: one.params["training.learning_rate"] for one in records}
    assert {one.number: one.best_loss for one in records} == rates
    order = sorted(rates, key=lambda number: rates[number])
    assert order[0] != 0, "the first to arrive is another"
    assert rig.shelf.best() == order[:2]
    assert [one.number for one in rig.best(12)] == order
    assert choose(rig.finalists.finalists, Goal.MINIMIZE)[0] == order[0]
    rig.end()
    second = rigs(paper_spec(none, "search.finalists={top: 2, seeds: 2}"), resume=True)
    second.run()
    assert second.finalists.finalists == rig.finalists.finalists


def test_a_trial_that_was_put_back_keeps_the_best_of_its_equal_epochs(rigs) -> None:
    wish: list[str] = []
    how = {"interrupted": lambda: (wish or [None])[0], "curve": tied}
    spec = paper_spec("search.scheduler={type: none}")
    rig = rigs(spec, **how)
    rig.run(each_turn=lambda turn: wish.append("SIGINT") if turn == 7 else None)
    back = {one.number for one in rig.ledger.trials() if one.epoch > 4 and one.state == "waiting"}
    assert back
    rig.end()
    second = rigs(spec, resume=True, curve=tied)
    second.run()
    assert {second.ledger.trial(number).best_epoch for number in back} == {4}


def test_with_one_seed_nothing_is_trained_again(rigs) -> None:
    rig = rigs(paper_spec("search.finalists={top: 3, seeds: 1}"))
    rig.run()
    best = [record.number for record in rig.best(3)]
    assert rig.notebook.of(FinalistScored) == []
    kept = {path.name for path in rig.directory.checkpoints.iterdir()}
    assert kept == {f"trial-{number:04d}" for number in best}


def test_only_the_finalists_weights_stay_on_disk(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=30", "search.finalists={top: 2, seeds: 2}"))
    rig.run()
    best = {record.number for record in rig.best(2)}
    assert len(rig.saved) > 4, "some were saved and pushed out"
    left = sorted(path.name for path in rig.directory.checkpoints.iterdir())
    assert len(left) == 4
    assert {int(name.split("-")[1]) for name in left} == best


def test_unfinished_reruns_are_left_out_at_the_deadline_which_is_said(rigs) -> None:
    rig = rigs(paper_spec("search.finalists={top: 2, seeds: 3}"), deadline=time.monotonic() + 60)

    def each_turn(turn: int) -> None:
        if rig.control.phase == "finalists":
            rig.control.endings.deadline = time.monotonic()

    rig.run(each_turn=each_turn)
    assert rig.finalists is not None
    assert choose(rig.finalists.finalists, Goal.MINIMIZE) is not None, (
        "the search's own seed counts"
    )
    for each in rig.finalists.finalists:
        paths, left_out = rig.finalists.trained(each)
        assert tuple(paths) == each.seeds[:1]
        why = "not trained to its end, the time budget ran out"
        assert left_out == [f"seed {seed}: {why}" for seed in each.seeds[1:]]


def test_finalists_that_were_trained_are_not_trained_again(rigs) -> None:
    rig = rigs(paper_spec())
    rig.run()
    rig.end()
    second = rigs(paper_spec(), resume=True)
    second.run()
    assert second.packs == []
    assert second.notebook.events == []
    assert rig.finalists is not None
    assert second.finalists is not None
    assert second.finalists.finalists == rig.finalists.finalists


def test_scores_that_a_killed_driver_did_not_tell_are_told_by_the_next(rigs) -> None:
    rig = rigs(paper_spec())
    rig.run()
    first = rig.notebook.of(FinalistScored)
    rig.end()
    assert rig.ledger.notes.announced_finalists == tuple(sorted(one.number for one in first))
    rig.ledger.note(lambda notes: replace(notes, announced_finalists=(first[0].number,)))
    rig.ledger.flush()
    for expected in ([first[1]], []):
        later = rigs(paper_spec(), resume=True)
        later.run()
        later.end()
        later.ledger.flush()
        told = [replace(one, time=0.0) for one in later.notebook.of(FinalistScored)]
        assert told == [replace(one, time=0.0) for one in expected]


def test_a_finalist_whose_weights_were_lost_is_trained_once_more(rigs) -> None:
    rig = rigs(paper_spec("search.finalists={top: 2, seeds: 1}"))
    rig.run()
    best = rig.best(1)[0]
    rig.end()
    path = rig.directory.checkpoints / f"trial-{best.number:04d}"
    (path / "config.json").unlink()
    second = rigs(paper_spec("search.finalists={top: 2, seeds: 1}"), resume=True)
    second.run()
    assert second.saved == [path]


def apart(config: TrialConfig, epoch: int) -> dict[str, float]:
    """The learning rate tells how good a trial is, its seed a little."""
    value = 10 * config.training.learning_rate + 1e-3 * (config.seed % 7) + 1 / epoch
    return {METRIC: value, LOSS: value}


def test_in_a_race_who_cannot_win_any_more_gets_no_further_seed(rigs) -> None:
    space = paper_spec("search.finalists={top: 3, seeds: 6, race: true}")
    rig = rigs(space, curve=apart)
    rig.run()
    assert rig.finalists is not None
    seeds = [len(each.scored()) for each in rig.finalists.finalists]
    assert seeds == [6, 2, 2]
    assert len(rig.ledger.notes.finalists) == 7, "5 more seeds of the best, 1 of each other one"
    rig.end()
    second = rigs(space, curve=apart, resume=True)
    second.run()
    assert [len(each.scored()) for each in second.finalists.finalists] == seeds
    assert choose(second.finalists.finalists, Goal.MINIMIZE) == choose(
        rig.finalists.finalists, Goal.MINIMIZE
    )


def test_a_race_that_is_interrupted_goes_on(rigs) -> None:
    space = paper_spec("search.finalists={top: 3, seeds: 4, race: true}")
    wish: list[str] = []
    rig = rigs(space, interrupted=lambda: (wish or [None])[0], curve=tied)

    def interrupt(turn: int) -> None:
        if rig.ledger.notes.finalists:
            wish.append("SIGINT")

    rig.run(each_turn=interrupt)
    assert 0 < len(rig.ledger.notes.finalists) < 9
    rig.end()
    second = rigs(space, curve=tied, resume=True)
    second.run()
    assert [len(each.scored()) for each in second.finalists.finalists] == [4, 4, 4], "all are equal"
