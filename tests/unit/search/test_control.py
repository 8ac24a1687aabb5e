"""Whole studies on paper: every trial ends once, whatever happens to packs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from paper_pack import value_of
from rig import paper_spec

from rnnsearch.events import (
    PackLost,
    PackStarted,
    RungsChanged,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.search.fleet import Fleet
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.left_snapshots import LeftSnapshots
from rnnsearch.search.pack_news import LEAVING_NODE
from rnnsearch.space.trial import trial_config


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
    assert set(rig.reported().values()) == {1}
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


def test_a_pack_that_gains_nothing_by_company_is_given_few(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=40"), slots=9, enough=2)
    rig.run()
    assert max(rig.held) == 2
    assert sum(rig.ledger.counts().values()) == 40


def test_few_trials_are_spread_over_the_packs(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=4", "search.finalists={top: 1, seeds: 1}"), slots=8)
    rig.run()
    started = Counter(event.pack for event in rig.notebook.of(TrialStarted))
    assert sorted(started.values()) == [2, 2]


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
    assert set(rig.reported().values()) == {1}, "a replay is not reported twice"
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


def test_packs_that_die_before_their_first_report_end_the_study(rigs) -> None:
    rig = rigs(paper_spec())
    deaths = 0
    while rig.control.wants_pack():
        rig.crash(rig.open_pack())
        deaths += 1
    assert deaths == 8
    assert "first report" in str(rig.control.error)
    assert set(rig.ledger.counts()) <= {"waiting"}


def test_a_lost_update_is_made_good(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=6"), places=1)
    pack_id = rig.open_pack()
    lost = rig.control.take(pack_id, rig.workers[pack_id].train_slice())
    assert lost is not None
    assert lost.boardings
    rig.run()
    assert sum(rig.ledger.counts().values()) == 6
    assert set(rig.ledger.counts()) <= {"complete", "pruned"}


def test_a_pack_on_a_node_that_leaves_hands_over_its_trials_with_a_snapshot(rigs) -> None:
    rig = rigs(paper_spec("search.scheduler={type: none}"), places=1)
    rig.control.wants_pack()
    first = rig.open_pack()
    rig.workers[first].node_id = "node-a"
    for _ in range(3):
        rig.step(first)
    aboard = {job.number for job in rig.control.fleet.books[first].aboard.values()}
    assert aboard
    rig.control.fleet.leave_nodes(frozenset({"node-a"}))
    for _ in range(3):
        if first in rig.workers:
            rig.step(first)
    assert first not in rig.workers
    lost = rig.notebook.of(PackLost)
    assert [(one.reason, set(one.trials)) for one in lost] == [(LEAVING_NODE, aboard)]
    waiting = [rig.ledger.trial(number) for number in aboard]
    assert {one.state for one in waiting} == {"waiting"}
    assert all(one.snapshot and not one.crashes for one in waiting)
    rig.run()
    rig.end()
    assert not [pair for pair, count in rig.reported().items() if count > 1]


def test_a_node_that_dies_is_no_crash_of_its_trials(rigs) -> None:
    rig = rigs(paper_spec("search.num_trials=4"), places=1)
    for _ in range(4):
        rig.control.wants_pack()
        pack = rig.open_pack()
        rig.step(pack)
        rig.step(pack)
        del rig.workers[pack]
        rig.control.lose_pack(pack, "its node has died", node_died=True)
    assert {one.crashes for one in rig.ledger.trials()} == {0}
    assert len(rig.notebook.of(PackLost)) == 4
    rig.run()
    rig.end()
    assert "failed" not in rig.ledger.counts()


def test_packs_that_are_too_many_end_once_they_are_empty(rigs) -> None:
    rig = rigs(paper_spec(), places=3)
    seen: list[tuple[str, int]] = []

    def shrink(turn: int) -> None:
        if turn == 3:
            rig.control.fleet.resize(1)
        seen.append((rig.control.phase, rig.control.live))

    rig.run(each_turn=shrink)
    rig.end()
    assert ("search", 3) in seen
    assert ("finalists", 1) in seen
    assert "failed" not in rig.ledger.counts()


def test_a_pack_of_a_kind_that_is_too_many_ends_though_another_kind_has_places(rigs) -> None:
    rig = rigs(paper_spec(), places=2)
    fleet = rig.control.fleet
    fleet.resize(2, plain=1)
    for _ in range(2):
        assert rig.control.wants_pack()
        rig.open_pack()
    asking, plain = fleet.books
    fleet.resize(2, plain=2)  # the node with the GPU has gone, and another without one has come
    assert rig.control.unneeded(asking)
    assert not rig.control.unneeded(plain)
    assert rig.control.wants_pack()


def test_a_pack_holds_what_its_node_has_room_for(rigs) -> None:
    rig = rigs(paper_spec(), places=2, slots=4)
    rig.control.fleet.resize(2, rooms={"small": 1})
    for name, slots in (("small", 1), ("large", 4)):
        pack = rig.open_pack()
        rig.workers[pack].node_id = name
        rig.step(pack)
        assert len(rig.control.fleet.books[pack].aboard) == slots
    assert [one.slots for one in rig.notebook.of(PackStarted)] == [1, 4]


def test_a_place_more_brings_a_pack_more(rigs) -> None:
    rig = rigs(paper_spec(), places=1, slots=2)
    rig.run(each_turn=lambda turn: rig.control.fleet.resize(3) if turn == 2 else None)
    rig.end()
    assert len(rig.packs) == 3


def test_what_packs_hold_is_counted_as_it_changes(rigs) -> None:
    """Through refills, finalists whose weights are on the way, and packs that die."""
    rig = rigs(paper_spec("search.num_trials=40"), places=3)
    counted: list[int] = []

    def count_anew(turn: int) -> None:
        books = rig.control.fleet.books.values()
        coming = [one.keep_weights for book in books for _, one in book.leaving.values()]
        counted.append(sum(len(book.aboard) for book in books) + sum(coming))
        assert rig.control.holding() == counted[-1], turn
        if turn in (3, 9, 20) and rig.workers:
            rig.crash(next(iter(rig.workers)))

    rig.run(each_turn=count_anew)
    assert rig.control.holding() == 0
    assert len(set(counted)) > 5
    assert rig.control.phase == "over"


def test_no_report_has_the_driver_go_through_all_packs_or_trials(
    rigs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a thousand packs with 64 trials each, it would do little else."""

    looks: list[str] = []
    rig = rigs(paper_spec("search.num_trials=30", "search.finalists={top: 1, seeds: 1}"))
    for kind, name in ((Fleet, "aboard"), (Ledger, "trials"), (Ledger, "counts")):
        whole = getattr(kind, name)

        def look(one: object, whole: Callable[[object], object] = whole) -> object:
            looks.append(rig.control.phase)
            return whole(one)

        monkeypatch.setattr(kind, name, look)
    rig.run()
    assert rig.control.phase == "over"
    assert "search" not in looks
    assert looks.count("stopped") == 1, "the looks are counted"


def test_a_lost_pack_takes_its_snapshot_along_and_a_stopped_one_waits_for_that(rigs) -> None:
    rig = rigs(paper_spec())
    gone: list[str] = []
    rig.control.left_snapshots = LeftSnapshots(gone.append)
    packs = [rig.open_pack() for _ in range(2)]
    for pack_id in packs:
        rig.control.fleet.books[pack_id].snapshot = f"{pack_id}.snap"
    rig.control.lose_pack(packs[0], None)
    assert gone == []
    rig.control.lose_pack(packs[1], "the process died")
    assert gone == [f"{pack_id}.snap" for pack_id in packs]
