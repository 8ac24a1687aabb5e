"""Studies on paper that end early, by a wish, a budget, a death or an error, and go on later."""

from __future__ import annotations

import time

import pytest
from rig import paper_spec

from rnnsearch.events import (
    TrialEnded,
)
from rnnsearch.goal import Goal
from rnnsearch.search.finalist import choose


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
    assert not set(rig.reported()) & set(second.reported()), "no epoch is reported twice"
    assert any(
        paper.started_from.get(str(one.number))
        for one in waiting
        for paper in second.papers.values()
    ), "some go on from their snapshots"


def test_why_a_trial_ended_is_told_in_numbers_and_kept(rigs) -> None:
    wild = "training.learning_rate={choice: [0.1, 0.2, 0.4, 0.95]}"
    spec = paper_spec(wild, "search.num_trials=20", "search.scheduler.grace_period=2")
    rig = rigs(spec)
    rig.run()
    told = {event.number: event for event in rig.notebook.of(TrialEnded)}
    pruned = [event for event in told.values() if event.state == "pruned"]
    diverged = [event for event in told.values() if event.state == "diverged"]
    assert pruned
    assert diverged
    for event in pruned:
        numbers = event.numbers
        assert f"at epoch {numbers['stopped_rung']:.0f}:" in event.reason
        assert f"among {numbers['stopped_trials']:.0f}" in event.reason
        assert numbers["stopped_value"] > numbers["stopped_threshold"]
        assert 1 < numbers["stopped_rank"] <= numbers["stopped_trials"]
    for event in diverged:
        assert set(event.numbers) == {
            *("diverged_epoch", "diverged_step", "diverged_gradient_norm")
        }
        assert event.numbers["diverged_epoch"] == 2
    rig.end()
    trials = rigs(spec, resume=True).ledger.trials()
    assert [trial.numbers for trial in trials] == [told[one.number].numbers for one in trials]


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
            rig.control.endings.search_deadline = 0.0

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
    monkeypatch.setattr("rnnsearch.search.phases.HARD_SECONDS", -1.0)
    assert rig.control.overdue()
