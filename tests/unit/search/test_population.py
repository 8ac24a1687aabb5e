"""Trials that go on as copies of others: the real control, stages, ledger and packs' workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from paper_pack import METRIC
from rig import Rig, paper_spec

from rnnsearch.events import TrialEnded, TrialStarted
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.training.changes import CHANGES, current
from rnnsearch.training.config import TrialConfig

RUNGS = (3, 6)


def curve(config: TrialConfig, epoch: int) -> Mapping[str, float]:
    """The best is whose rates of all its epochs are small: what it depends on is its schedule."""
    rates = [current(config, one).training.learning_rate for one in range(epoch)]
    return {METRIC: sum(rates) / epoch + 1.0 / epoch}


def spec(*overrides: str) -> StudySpec:
    scheduler = "search.scheduler={type: pbt, perturbation_interval: 3, quantile_fraction: 0.25}"
    return paper_spec(scheduler, *overrides)


Make = Callable[..., Rig]


@pytest.fixture
def population(tmp_path: Path) -> Iterator[Make]:
    """Makes rigs, each on a folder of its own; `before` is a rig whose driver was killed."""
    made: list[Rig] = []

    def make(*overrides: str, before: Rig | None = None, **how: Any) -> Rig:
        folder = tmp_path / str(len(made))
        if before is not None:
            before.gone = True
            folder = before.directory.storage
        how = {"curve": curve, **how}
        made.append(Rig(folder, spec(*overrides), resume=before is not None, **how))
        return made[-1]

    yield make
    for rig in made:
        rig.end()


def lineage(rig: Rig) -> list[Any]:
    """All that decisions left in the ledger, whatever its trials are numbered."""
    return [
        (
            (one.parent, one.parent_epoch, one.replaces, one.params, one.seed),
            (one.state, one.values_by_epoch, one.reason),
        )
        for one in rig.ledger.trials()
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The lineage of a study in one pack that has room for all."""
    rig = Rig(tmp_path_factory.mktemp("whole"), spec(), places=1, slots=50, curve=curve)
    rig.run()
    rig.end()
    return lineage(rig)


def copies(rig: Rig) -> list[TrialRecord]:
    return [one for one in rig.ledger.trials() if one.parent is not None]


def test_at_each_rung_the_worst_go_on_as_copies_of_the_best(population: Make) -> None:
    rig = population(slots=12)
    rig.run()
    assert [(one.parent_epoch) for one in copies(rig)] == [3] * 3 + [6] * 3
    assert rig.ledger.num_trials == 18
    assert rig.ledger.counts() == {"complete": 12, "pruned": 6}
    for epoch in RUNGS:
        made = [one for one in copies(rig) if one.parent_epoch == epoch]
        there = [
            one
            for one in rig.ledger.trials()
            if epoch in one.values_by_epoch and one.parent_epoch < epoch
        ]
        ranked = sorted(there, key=lambda one: one.values_by_epoch[epoch])
        assert len(ranked) == 12
        assert {one.parent for one in made} <= {one.number for one in ranked[:3]}
        assert {one.replaces for one in made} == {one.number for one in ranked[-3:]}
        for loser in ranked[-3:]:
            assert (loser.state, loser.epoch) == ("pruned", epoch)
            assert loser.reason.startswith(f"replaced at epoch {epoch}: ")
            assert "of 12; a copy of trial " in loser.reason


def test_a_copy_has_its_parents_seed_params_and_curve_and_one_change_more(population: Make) -> None:
    rig = population(slots=12)
    rig.run()
    for one in copies(rig):
        parent = rig.ledger.trial(one.parent)
        own = {key: value for key, value in one.params.items() if key != CHANGES}
        assert one.seed == parent.seed
        assert own.items() <= parent.params.items()
        before = list(dict(parent.params).get(CHANGES, {}).items())
        assert list(one.params[CHANGES].items())[: len(before)] == before
        ((text, rate),) = list(one.params[CHANGES].items())[len(before) :]
        assert text == f"learning_rate@{one.parent_epoch}"
        assert 0.001 <= rate <= 0.4
        config = trial_config(rig.spec, one.params, one.seed)
        for epoch, value in one.values_by_epoch.items():
            assert value == curve(config, epoch)[METRIC]
        assert sorted(one.values_by_epoch) == list(range(1, one.epoch + 1))


def test_a_copy_goes_on_from_the_state_of_its_parent(population: Make) -> None:
    for places, slots in ((1, 12), (2, 6)):
        rig = population(places=places, slots=slots)
        rig.run()
        began = {
            int(trial_id): epoch
            for paper in rig.papers.values()
            for trial_id, epoch in paper.started_from.items()
            if ":" not in trial_id
        }
        assert {began[one.number] for one in copies(rig)} == set(RUNGS)
        assert all(began[one.number] == one.parent_epoch for one in copies(rig))
        assert set(rig.reported().values()) == {1}, "no epoch is trained twice"


@pytest.mark.parametrize(("places", "slots"), [(2, 6), (1, 5), (2, 2)])
def test_what_is_decided_does_not_depend_on_packs_and_slots(
    population: Make, whole: list[Any], places: int, slots: int
) -> None:
    other = population(places=places, slots=slots)
    other.run()
    assert lineage(other) == whole
    assert max(other.held) <= slots


def test_others_that_wait_for_a_slot_get_it_while_one_waits_for_them(population: Make) -> None:
    rig = population("search.finalists={top: 1, seeds: 1}", places=1, slots=2)
    rig.run()
    began = [e for paper in rig.papers.values() for e in paper.started_from.items()]
    assert all(epoch in (0, 3, 6) for _, epoch in began)
    assert set(rig.reported().values()) == {1}, "who left came back with its state"
    ended = [event.number for event in rig.notebook.of(TrialEnded)]
    assert sorted(ended) == list(range(18)), "each ends once"


@pytest.mark.parametrize(
    ("places", "slots", "turn"),
    [(1, 12, 2), (1, 12, 5), (1, 12, 6), (1, 12, 8), (2, 3, 8), (2, 3, 11), (2, 3, 15), (2, 3, 19)],
)
def test_after_a_kill_it_goes_on_to_the_same_end(
    population: Make, whole: list[Any], places: int, slots: int, turn: int
) -> None:
    rig = population(places=places, slots=slots)
    for _ in range(turn):
        while rig.control.wants_pack():
            rig.open_pack()
        for pack_id in list(rig.workers):
            rig.step(pack_id)
    again = population(before=rig, places=places, slots=slots)
    again.run()
    assert lineage(again) == whole


def test_a_pack_that_dies_while_others_wait_for_its_trials(
    population: Make, whole: list[Any]
) -> None:
    rig = population(places=2, slots=6)

    def each_turn(turn: int) -> None:
        if turn in (2, 5, 9, 12):
            rig.crash(next(iter(rig.workers)))

    rig.run(each_turn=each_turn)
    assert lineage(rig) == whole


def test_one_that_diverges_is_replaced_at_the_next_rung(population: Make) -> None:
    rig = population("training.learning_rate={uniform: [0.001, 1.2]}", slots=12)
    rig.run()
    diverged = [one for one in rig.ledger.trials() if one.state == "diverged"]
    assert diverged
    assert all(one.epoch < 3 for one in diverged)
    replaced = {one.replaces for one in copies(rig) if one.parent_epoch == 3}
    assert replaced >= {one.number for one in diverged}
    assert rig.ledger.counts()["complete"] == 12


def test_extended_it_begins_another_population(population: Make) -> None:
    rig = population("search.num_trials=4", slots=12)
    rig.run()
    before = lineage(rig)
    rig.end()
    again = population("search.num_trials=4", before=rig, slots=12)
    again.ledger.extend(4)
    again.run()
    assert lineage(again)[: len(before)] == before
    later = again.ledger.trials()[len(before) :]
    assert [one.parent for one in later][:4] == [None] * 4
    assert len(later) == len(before)
    assert {one.parent for one in later[4:]} <= {one.number for one in later}


def test_finalists_train_the_schedule_with_other_seeds(population: Make) -> None:
    seen: dict[int, TrialConfig] = {}

    def watched(config: TrialConfig, epoch: int) -> Mapping[str, float]:
        seen[config.seed] = config
        return curve(config, epoch)

    rig = population(slots=12, curve=watched)
    rig.run()
    assert rig.finalists is not None
    for finalist in rig.finalists.finalists:
        record = rig.ledger.trial(finalist.number)
        own, other = finalist.seeds
        assert own == record.seed
        assert seen[other] == trial_config(rig.spec, record.params, other)
        assert finalist.values[other] == record.best_value
    assert any(one.training.changes for one in seen.values())


def test_listeners_hear_of_what_a_copy_is_one(population: Make) -> None:
    rig = population(slots=12)
    rig.run()
    started = {event.number: event for event in rig.notebook.of(TrialStarted)}
    for one in rig.ledger.trials():
        event = started[one.number]
        told = (event.parent, event.parent_epoch, event.replaces)
        assert told == (one.parent, one.parent_epoch, one.replaces)
        assert event.params == one.params


def test_a_copy_that_came_to_nothing_better_is_no_finalist(population: Make) -> None:
    def rising(config: TrialConfig, epoch: int) -> Mapping[str, float]:
        return {METRIC: config.training.learning_rate + epoch}

    rig = population("search.finalists={top: 6, seeds: 1}", slots=12, curve=rising)
    rig.run()
    equal = [
        one for one in copies(rig) if one.best_value == rig.ledger.trial(one.parent).best_value
    ]
    assert len(equal) == 6
    assert not set(rig.shelf.best()) & {one.number for one in equal}
    again = population("search.finalists={top: 6, seeds: 1}", before=rig, curve=rising)
    assert again.shelf.best() == rig.shelf.best()


def test_one_without_a_finite_value_at_a_rung_holds_up_nobody(population: Make) -> None:
    def torn(config: TrialConfig, epoch: int) -> Mapping[str, float]:
        broken = epoch == 3 and config.training.learning_rate > 0.3
        return {METRIC: float("nan")} if broken else curve(config, epoch)

    rig = population(slots=12, curve=torn)
    rig.run()
    diverged = {one.number for one in rig.ledger.trials() if one.state == "diverged"}
    assert diverged
    assert {one.replaces for one in copies(rig) if one.parent_epoch == 3} >= diverged
