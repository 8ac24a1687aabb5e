"""Runs of the best trials alone: which there are, whoever is killed in between, and their ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import record_stream as stream
from hypothesis import given, settings
from hypothesis import strategies as some
from paper_store import PaperStore

from rnnsearch.errors import InputError
from rnnsearch.events import CheckpointSaved, Event, FinalistScored, StoppedFinished, TrialEnded
from rnnsearch.records.mover import Mover
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.record_rule import check_record
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.writer_state import WriterState

TRIALS = 30


class Killed(BaseException):
    """The writer dies here."""


class Mortal(PaperStore):
    """Dies at its n-th write, before or after it is done."""

    def __init__(self) -> None:
        super().__init__()
        self.left = -1

    def create(self, *given: object, **more: object) -> str:
        made = super().create(*given, **more)  # type: ignore[arg-type]
        self._count()
        return made

    def end(self, *given: object) -> None:
        self._count()
        super().end(*given)  # type: ignore[arg-type]

    def remove(self, run_id: str) -> None:
        if run_id in self.runs:
            super().remove(run_id)
        self._count()

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


def value(number: int) -> float:
    """Distinct best values, in no order."""
    return ((number * 17) % 31) / 31.0


def trial(number: int) -> Iterable[Event]:
    yield stream.begin(number)
    yield stream.epochs(number, 1, 3)
    yield stream.epochs(number, 4, stream.EPOCHS)
    best = value(number)
    yield replace(stream.finish(number, stream.state_of(number)), best_value=best, value=best)


def ranking(numbers: Iterable[int]) -> list[int]:
    ranked = [one for one in numbers if stream.state_of(one) in ("complete", "pruned")]
    return sorted(ranked, key=lambda one: (value(one), one))


def interleaved(numbers: Sequence[int]) -> list[Event]:
    """Trials four by four, as packs report them."""
    events: list[Event] = []
    for first in range(0, len(numbers), 4):
        for turn in zip(*(trial(one) for one in numbers[first : first + 4]), strict=True):
            events += turn
    return events


def write(folder: Path, store: PaperStore, rule: str) -> WriterState:
    """Move the outbox as a writer process does."""
    state = WriterState.load(folder)
    run = StudyRun(store, state, "sine")
    mover = Mover(folder, Tracker(run, None, rule, folder / "held"))
    while mover.gather() or mover.waiting:
        mover.flush()
    return state


def told(folder: Path, events: Iterable[Event]) -> None:
    box = Outbox(folder)
    for event in events:
        box.on_event(event)
    box.close()


def ended(numbers: Iterable[int]) -> Event:
    return replace(stream.ended(), ranking=ranking(numbers)[:100])


def trials_of(store: PaperStore) -> dict[int, str]:
    return {number: store.runs[key].name for number, key in store.trials("").items()}


def check(store: PaperStore, best: Sequence[int]) -> None:
    """The best have one whole run each, with its rank; nobody else has one."""
    runs = [one for one in store.runs.values() if "rnnsearch.trial" in one.tags]
    by_number = {int(run.tags["rnnsearch.trial"]): run for run in runs}
    assert len(runs) == len(by_number), "a trial has two runs"
    assert set(by_number) == set(best)
    for rank, number in enumerate(best, start=1):
        run = by_number[number]
        assert [step for step, _ in run.curve("val_mse")] == list(range(1, stream.EPOCHS + 1))
        assert run.tags["rank"] == f"{rank:04d}"
        assert run.status == "FINISHED"


@settings(max_examples=12, deadline=None)
@given(deaths=some.lists(some.integers(1, 40), max_size=4), cut=some.integers(1, 80))
def test_the_best_alone_have_runs_whoever_dies(
    tmp_path_factory: pytest.TempPathFactory, deaths: list[int], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    store = Mortal()
    events = [stream.started(), *interleaved(range(TRIALS))]
    told(folder, events[:cut])
    for left in deaths:
        store.left = left
        with suppress(Killed):
            write(folder, store, "top:5")
    store.left = -1
    write(folder, store, "top:5")
    told(folder, [*events[cut:], ended(range(TRIALS))])
    state = write(folder, store, "top:5")
    best = ranking(range(TRIALS))[:5]
    check(store, best)
    assert sum(state.counts.values()) == TRIALS
    assert not list((folder / "held").glob("*"))


def test_a_trial_that_breaks_a_constraint_comes_behind_all_that_keep_them(tmp_path: Path) -> None:
    """At every moment, not only at the end: what is left out once has no run any more."""

    def breaking(event: Event) -> Event:
        if isinstance(event, TrialEnded) and event.number % 3 == 0:
            return replace(event, violations={"val_mae <= 1": 0.01})
        return event

    numbers = range(TRIALS)
    order = ranking(numbers)
    best = sorted(order, key=lambda one: one % 3 == 0)
    kept = sum(one % 3 > 0 for one in order) + 2
    assert best[:kept] != order[:kept]
    store = PaperStore()
    events = [stream.started(), *map(breaking, interleaved(numbers))]
    told(tmp_path, [*events, replace(stream.ended(), ranking=best)])
    write(tmp_path, store, f"top:{kept}")
    check(store, best[:kept])
    (study,) = (one for one in store.runs.values() if one.tags["rnnsearch.kind"] == "study")
    assert min(value for _, value in study.curve("best_val_mse")) == value(best[0])
    tags = {run.tags.get("violates") for run in store.runs.values()}
    assert tags == {None, "val_mae <= 1"}


def test_an_extended_study_has_the_best_of_all_its_trials(tmp_path: Path) -> None:
    store = PaperStore()
    told(tmp_path, [stream.started(), *interleaved(range(8)), ended(range(8))])
    write(tmp_path, store, "top:4")
    check(store, ranking(range(8))[:4])
    (tmp_path / "held").mkdir(exist_ok=True)
    (tmp_path / "held" / "3.jsonl").touch()  # as a writer that was killed left it
    more = interleaved(range(8, TRIALS))
    told(tmp_path, [stream.started(resumed=True), *more, ended(range(TRIALS))])
    write(tmp_path, store, "top:4")
    check(store, ranking(range(TRIALS))[:4])
    assert not list((tmp_path / "held").glob("*"))


def test_a_trial_that_waits_between_two_runs_of_the_driver_is_whole(tmp_path: Path) -> None:
    store = PaperStore()
    first = [stream.started(), stream.begin(0), stream.epochs(0, 1, 3)]
    put_back = replace(stream.finish(0, "waiting", 3), best_value=None)
    told(tmp_path, [*first, put_back, replace(stream.ended("interrupted"), ranking=[])])
    write(tmp_path, store, "top:4")
    assert trials_of(store) == {}
    rest = [stream.begin(0, attempt=2), stream.epochs(0, 4, 8), stream.finish(0, "complete")]
    told(tmp_path, [stream.started(resumed=True), *rest, ended([0])])
    write(tmp_path, store, "top:4")
    check(store, [0])


def test_finalists_scores_go_to_their_runs_and_those_of_nobody_are_left_out(
    tmp_path: Path,
) -> None:
    store = PaperStore()
    best, *_, last = ranking(range(8))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "config.json").write_text("{}")
    late: list[Event] = []
    for number in (best, last):
        late.append(CheckpointSaved(0.0, number, 7, str(tmp_path / "weights"), {}))
        late.append(FinalistScored(0.0, number, (7, 8), (0.1, 0.2)))
        late.append(StoppedFinished(0.0, number, "complete", 0.1, 9, 5))
    told(tmp_path, [stream.started(), *interleaved(range(8)), *late, ended(range(8))])
    write(tmp_path, store, "top:2")
    check(store, ranking(range(8))[:2])
    run = store.runs[store.trials("")[best]]
    assert run.tags["finalist"] == "true"
    assert "checkpoint/seed-7/config.json" in run.files


def test_all_have_runs_and_the_best_have_ranks_that_change(tmp_path: Path) -> None:
    store = PaperStore()
    told(tmp_path, [stream.started(), *interleaved(range(8)), ended(range(8))])
    write(tmp_path, store, "all")
    told(
        tmp_path,
        [stream.started(resumed=True), *interleaved(range(8, TRIALS)), ended(range(TRIALS))],
    )
    state = write(tmp_path, store, "all")
    assert set(store.trials("")) == set(range(TRIALS))
    ranks = {
        number: store.runs[key].tags["rank"]
        for number, key in store.trials("").items()
        if "rank" in store.runs[key].tags
    }
    best = ranking(range(TRIALS))
    assert ranks == {number: f"{rank:04d}" for rank, number in enumerate(best, start=1)}
    assert set(state.leaders) == set(best)


def test_a_rank_is_taken_from_a_trial_that_fell(tmp_path: Path) -> None:
    store = PaperStore()
    told(tmp_path, [stream.started(), *interleaved(range(4)), replace(ended([]), ranking=[0, 1])])
    write(tmp_path, store, "all")
    told(tmp_path, [stream.started(resumed=True), replace(stream.ended(), ranking=[2])])
    write(tmp_path, store, "all")
    ranked = {number: store.runs[key].tags.get("rank") for number, key in store.trials("").items()}
    assert ranked == {0: None, 1: None, 2: "0001", 3: None}


@pytest.mark.parametrize(("before", "after", "kept"), [("all", "top:3", 3), ("all", "none", 0)])
def test_a_rule_that_is_changed_holds_for_what_is_there(
    tmp_path: Path, before: str, after: str, kept: int
) -> None:
    store = PaperStore()
    told(tmp_path, [stream.started(), *interleaved(range(8)), ended(range(8))])
    write(tmp_path, store, before)
    told(tmp_path, [stream.started(resumed=True), *interleaved(range(8, 12)), ended(range(12))])
    write(tmp_path, store, after)
    assert set(store.trials("")) == set(ranking(range(12))[:kept])


def test_equal_values_are_parted_by_the_loss_and_then_by_the_number(tmp_path: Path) -> None:
    store = PaperStore()
    losses = [0.3, 0.1, 0.2, 0.1]
    events: list[Event] = []
    for number, loss in enumerate(losses):
        *others, end = trial(number)
        assert isinstance(end, TrialEnded)
        events += [*others, replace(end, state="complete", best_value=1.0, best_loss=loss)]
    told(tmp_path, [stream.started(), *events, replace(stream.ended(), ranking=None)])
    write(tmp_path, store, "top:2")
    assert set(store.trials("")) == {1, 3}


@pytest.mark.parametrize("rule", ["", "top", "top:0", "top:-1", "top:1.5", "best", "top:99999999"])
def test_what_is_no_rule(rule: str) -> None:
    with pytest.raises(InputError, match="--record top:200"):
        check_record(rule)
