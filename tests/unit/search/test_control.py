"""Whole studies on paper: every trial ends once, whatever happens to packs and drivers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from paper_pack import LOSS, METRIC, value_of
from rig import Rig, paper_spec

from rnnsearch.events import (
    EpochsReported,
    FinalistScored,
    PackLost,
    PackStarted,
    RungsChanged,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.goal import Goal
from rnnsearch.search.finalists import choose
from rnnsearch.space.trial import trial_config
from rnnsearch.training.config import TrialConfig


@pytest.fixture
def rigs(tmp_path: Path) -> Iterator[type]:
    """Makes rigs on one folder and closes their ledgers."""
    made: list[Rig] = []

    def make(*args: object, **kwargs: object) -> Rig:
        made.append(Rig(tmp_path, *args, **kwargs))  # type: ignore[arg-type]
        return made[-1]

    yield make  # type: ignore[misc]
    for rig in made:
        rig.end()


def reported(rig: Rig) -> Counter[tuple[int, int]]:
    return Counter(
        (event.number, epoch) for event in rig.notebook.of(EpochsReported) for epoch in event.epochs
    )


def test_a_study_runs_to_its_end(rigs) -> None:
    rig = rigs(paper_spec())
    rig.run()
    assert sum(rig.ledger.counts().values()) == 12
    assert set(rig.ledger.counts()) == {"complete", "pruned"}
    assert rig.control.phase == "over"
    assert rig.control.ending is None
    assert rig.control.error is None
    ended = Counter(event.number for event in rig.notebook.of(TrialEnded))
    assert ended == Counter(range(12))
    assert set(reported(rig).values()) == {1}
    assert len(rig.notebook.of(PackStarted)) == 2
    assert rig.notebook.of(RungsChanged)[-1].rungs[1] == 12


def test_the_ledger_has_the_curves_that_were_trained(rigs) -> None:
    rig = rigs(paper_spec())
    rig.run()
    for record in rig.ledger.trials():
        config = trial_config(rig.spec, record.params, record.seed)
        for epoch, value in record.values_by_epoch.items():
            assert value == value_of(config, epoch)
        assert record.best_value == min(record.values_by_epoch.values())


def test_trials_that_are_stopped_stop_at_rungs_and_the_others_complete(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=30"))
    rig.run()
    for record in rig.ledger.trials():
        assert record.epoch in ((9,) if record.state == "complete" else (1, 3))
    assert rig.ledger.counts()["pruned"] >= 15


def test_without_a_scheduler_every_trial_completes(rigs) -> None:
    rig = rigs(paper_spec("search.scheduler={type: none}"))
    rig.run()
    assert rig.ledger.counts() == {"complete": 12}


def test_slots_are_filled_and_never_overfilled(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=40"), slots=3)
    rig.run()
    assert max(rig.held) == 3


def test_few_trials_are_spread_over_the_packs(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=4", "search.finalists={top: 1, seeds: 1}"), slots=8)
    rig.run()
    started = Counter(event.pack for event in rig.notebook.of(TrialStarted))
    assert sorted(started.values()) == [2, 2]


def test_finalists_train_again_and_the_best_mean_wins(rigs) -> None:
    rig = rigs(paper_spec("search.finalists={top: 3, seeds: 4}"))
    rig.run()
    best = [record.number for record in rig.ledger.best(3)]
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
    assert [one.number for one in rig.ledger.best(12)] == order
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
    best = [record.number for record in rig.ledger.best(3)]
    assert rig.notebook.of(FinalistScored) == []
    kept = {path.name for path in rig.directory.checkpoints.iterdir()}
    assert kept == {f"trial-{number:04d}" for number in best}


def test_only_the_finalists_weights_stay_on_disk(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=30", "search.finalists={top: 2, seeds: 2}"))
    rig.run()
    best = {record.number for record in rig.ledger.best(2)}
    assert len(rig.saved) > 4, "some were saved and pushed out"
    left = sorted(path.name for path in rig.directory.checkpoints.iterdir())
    assert len(left) == 4
    assert {int(name.split("-")[1]) for name in left} == best


def test_a_pack_that_dies_costs_no_trial(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=20"))

    def each_turn(turn: int) -> None:
        if turn in (3, 6):
            rig.crash(next(iter(rig.workers)))

    rig.run(each_turn=each_turn)
    assert sum(rig.ledger.counts().values()) == 20
    assert set(rig.ledger.counts()) <= {"complete", "pruned"}
    assert len(rig.notebook.of(PackLost)) == 2
    assert rig.notebook.of(PackLost)[0].trials
    assert set(reported(rig).values()) == {1}, "a replay is not reported twice"
    assert Counter(event.number for event in rig.notebook.of(TrialEnded)) == Counter(range(20))
    again = [event for event in rig.notebook.of(TrialStarted) if event.attempt > 1]
    assert {event.number for event in again} >= set(rig.notebook.of(PackLost)[0].trials)


def test_losing_a_pack_twice_is_losing_it_once(rigs) -> None:
    rig = rigs(paper_spec())
    pack_id = rig.open_pack()
    rig.step(pack_id)
    rig.step(pack_id)
    rig.crash(pack_id)
    rig.control.lose_pack(pack_id, "again")
    rig.control.lose_pack("never seen", "the process died")
    assert len(rig.notebook.of(PackLost)) == 1


def test_a_trial_that_kills_its_packs_runs_alone_and_fails_alone(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=8"))
    companies: list[int] = []

    def each_turn(turn: int) -> None:
        for pack_id in list(rig.workers):
            if "3" in rig.papers[pack_id].epochs:
                companies.append(len(rig.papers[pack_id].epochs))
                rig.crash(pack_id)

    rig.run(each_turn=each_turn)
    assert rig.ledger.trial(3).state == "failed"
    assert companies[-1] == 1
    assert len(companies) == 4
    counts = rig.ledger.counts()
    assert sum(counts.values()) == 8
    assert counts["failed"] == 1


def test_diverged_and_refused_trials_leave_the_others_alone(rigs) -> None:
    wild = "training.learning_rate={choice: [0.1, 0.2, 0.5, 0.95]}"
    rig = rigs(paper_spec(wild, "search.num_trials=24", "search.scheduler={type: none}"))
    rig.run()
    states = {0.1: "complete", 0.2: "complete", 0.5: "failed", 0.95: "diverged"}
    for record in rig.ledger.trials():
        rate = record.params["training.learning_rate"]
        assert record.state == states[rate]
        if rate == 0.5:
            assert "cannot be learned" in record.reason
    assert set(rig.ledger.counts()) == {"complete", "failed", "diverged"}
    diverged = next(one for one in rig.ledger.trials() if one.state == "diverged")
    assert "step 150" in diverged.reason


@pytest.mark.parametrize("state", ["interrupted", "stopped"])
def test_draining_puts_trials_back_with_snapshots_and_resume_goes_on(
    rigs, state: str, monkeypatch
) -> None:
    monkeypatch.setattr("rnnsearch.search.endings.POLL_SECONDS", 0.0)
    wish: list[str] = []
    asked = {
        "interrupted" if state == "interrupted" else "should_stop": lambda: (wish or [None])[0]
    }
    rig = rigs(paper_spec("search.num_trials=20"), **asked)
    rig.run(each_turn=lambda turn: wish.append("SIGINT") if turn == 4 else None)
    assert rig.control.ending is not None
    assert rig.control.ending.state == state
    assert "running" not in rig.ledger.counts()
    waiting = [one for one in rig.ledger.trials() if one.state == "waiting"]
    assert waiting
    assert all(one.snapshot is not None for one in waiting if one.epoch)
    rig.control.settle()
    told = [event for event in rig.notebook.of(TrialEnded) if event.state == "waiting"]
    assert {event.number for event in told} == {one.number for one in waiting if one.attempts}
    curves = rig.ledger.curves()
    rig.end()

    second = rigs(paper_spec("search.num_trials=20"), resume=True)
    second.run()
    assert sum(second.ledger.counts().values()) == 20
    assert set(second.ledger.counts()) <= {"complete", "pruned"}
    for number, curve in curves.items():
        after = second.ledger.curves()[number]
        assert {epoch: after[epoch] for epoch in curve} == curve
    assert not set(reported(rig)) & set(reported(second)), "no epoch is reported twice"
    assert any(
        paper.started_from.get(str(one.number))
        for one in waiting
        for paper in second.papers.values()
    ), "some go on from their snapshots"


def test_a_driver_that_dies_loses_nothing(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=16"))
    for _ in range(2):
        rig.open_pack()
    for _ in range(4):
        for pack_id in list(rig.workers):
            rig.step(pack_id)
    rig.ledger.close_asking()  # ends its thread; nothing is settled, the last flush was the end
    rig.gone = True

    second = rigs(paper_spec("search.num_trials=16"), resume=True)
    second.run()
    assert sum(second.ledger.counts().values()) == 16
    assert set(second.ledger.counts()) <= {"complete", "pruned"}


def test_the_budget_ends_trials_beyond_the_grace_period_as_pruned(rigs) -> None:
    rig = rigs(
        paper_spec(
            "search.scheduler={type: none}",
            "search.num_trials=30",
            "search.finalists={top: 2, seeds: 1}",
        ),
        deadline=time.monotonic() + 60.0,
        search_deadline=None,
    )

    def each_turn(turn: int) -> None:
        if turn == 5:
            rig.control._endings._search_deadline = 0.0

    rig.run(each_turn=each_turn)
    assert rig.control.ending is not None
    assert rig.control.ending.state == "budget"
    pruned = [one for one in rig.ledger.trials() if one.state == "pruned"]
    assert pruned
    assert all("budget" in one.reason and one.epoch >= 1 for one in pruned)
    assert "running" not in rig.ledger.counts()
    assert rig.finalists is not None
    assert choose(rig.finalists.finalists, Goal.MINIMIZE) is not None
    assert len(list(rig.directory.checkpoints.iterdir())) == 2


def test_unfinished_reruns_are_left_out_at_the_deadline_which_is_said(rigs) -> None:
    rig = rigs(paper_spec("search.finalists={top: 2, seeds: 3}"), deadline=time.monotonic() + 60)

    def each_turn(turn: int) -> None:
        if rig.control.phase == "finalists":
            rig.control._endings.deadline = time.monotonic()

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
    assert rig.ledger.notes.finalists_told == tuple(sorted(one.number for one in first))
    rig.ledger.note(lambda notes: replace(notes, finalists_told=(first[0].number,)))
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
    best = rig.ledger.best(1)[0]
    rig.end()
    path = rig.directory.checkpoints / f"trial-{best.number:04d}"
    (path / "config.json").unlink()
    second = rigs(paper_spec("search.finalists={top: 2, seeds: 1}"), resume=True)
    second.run()
    assert second.saved == [path]


def test_packs_that_die_before_their_first_report_end_the_study(rigs) -> None:
    rig = rigs(paper_spec())
    deaths = 0
    while rig.control.wants_pack():
        rig.crash(rig.open_pack())
        deaths += 1
    assert deaths == 8
    assert "first report" in str(rig.control.error)
    assert set(rig.ledger.counts()) <= {"waiting"}


def test_an_error_in_a_hook_ends_the_study_at_the_next_reports(rigs) -> None:
    rig = rigs(paper_spec())

    def each_turn(turn: int) -> None:
        if turn == 3:
            rig.control.fail(OSError("the disk is full"))

    assert rig.run(each_turn=each_turn) <= 5
    rig.control.settle()
    assert "running" not in rig.ledger.counts()


def test_the_first_error_is_the_one_that_is_kept(rigs) -> None:
    rig = rigs(paper_spec())
    rig.control.fail(OSError("first"))
    rig.control.fail(OSError("second"))
    assert str(rig.control.error) == "first"


def test_packs_that_do_not_set_down_what_they_hold_become_overdue(rigs, monkeypatch) -> None:
    rig = rigs(paper_spec(), interrupted=lambda: "SIGINT")
    assert not rig.control.overdue()
    rig.control.poll()
    monkeypatch.setattr("rnnsearch.search.control.HARD_SECONDS", -1.0)
    assert rig.control.overdue()


def test_a_lost_update_is_made_good(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=6"), places=1)
    pack_id = rig.open_pack()
    lost = rig.control.take(pack_id, rig.workers[pack_id].step())
    assert lost is not None
    assert lost.boardings
    rig.run()
    assert sum(rig.ledger.counts().values()) == 6
    assert set(rig.ledger.counts()) <= {"complete", "pruned"}
