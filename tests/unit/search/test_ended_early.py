"""However a study ends early, the best model that it has is its champion, and says what it is."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from paper_study import PaperStudy
from rig import Notebook

from rnnsearch.errors import NoUsableTrialError
from rnnsearch.events import ChampionChosen, EpochsReported, Event, TrialEnded
from rnnsearch.search.control import Control
from rnnsearch.search.endings import Endings
from rnnsearch.search.tally import Tally
from rnnsearch.training.trained import TrainedModel

Studies = Callable[..., PaperStudy]

TWO_EPOCHS = 2
"""The turn in which every trial aboard ends its second epoch, one less than the grace period."""


def after(turn: int, act: Callable[[], None]) -> Callable[[int, Control], None]:
    return lambda now, control: act() if now == turn else None


def budget(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What lets the time run out."""
    over: list[bool] = []
    monkeypatch.setattr(Endings, "search_over", lambda self: bool(over))
    monkeypatch.setattr(Endings, "over", lambda self: bool(over))
    return lambda: over.append(True)


def control_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def best_of_heard(heard: Notebook, epoch: int) -> tuple[int, float]:
    """Trial and value of the best epoch up to one, over all trials that were reported."""
    return min(
        (
            (event.number, metrics["val_mse"])
            for event in heard.of(EpochsReported)
            for at, metrics in zip(event.epochs, event.metrics, strict=True)
            if at <= epoch
        ),
        key=lambda one: (one[1], one[0]),
    )


@pytest.mark.parametrize("how", ["budget", "interrupted", "stopped", "failed"])
def test_before_the_first_rung_the_best_epoch_of_all_is_the_champion(
    paper_study: Studies,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setattr("rnnsearch.search.endings.POLL_SECONDS", 0.0)
    study = paper_study()
    acts = {
        "budget": budget(monkeypatch),
        "interrupted": control_c,
        "stopped": study.directory.stop.touch,
    }
    tally = Tally()
    if how == "failed":

        def fail(turn: int, control: Control) -> None:
            if turn == TWO_EPOCHS:
                control.fail(OSError("the disk is full"))

        with pytest.raises(OSError, match="disk is full"):
            study.run(each_turn=fail, tally=tally)
    else:
        outcome = study.run(each_turn=after(TWO_EPOCHS, acts[how]), tally=tally)
        assert outcome.state == how
    assert study.ledger.counts() == {"waiting": 8}, "all of them go on at the next resume"
    (champion,) = study.heard.of(ChampionChosen)
    rates = {one.number: one.params["training.learning_rate"] for one in study.ledger.trials()}
    number = min(rates, key=lambda number: rates[number])
    assert (champion.number, champion.val_metrics["val_mse"]) == (number, rates[number] + 1 / 2)
    assert champion.unfinished == "epoch 2 of 9; not compared at a rung"
    assert champion.test_metrics["test_mse"] > 0
    model = TrainedModel.load(Path(champion.path))
    assert model.epoch == 2
    assert model.config.seed == study.ledger.trial(number).seed
    assert study.ledger.notes.champion.unfinished == champion.unfinished
    steps = sum(event.training_steps for event in study.heard.of(EpochsReported))
    told = 1 if how == "failed" else 2  # after an error nothing is told, and all is written down
    assert tally.training_steps == steps == 8 * told * 100


def test_without_a_finalist_the_search_has_the_whole_budget(
    paper_study: Studies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search may use the quarter of the budget that is kept for the finalists, as long as there
    is none.
    """
    monkeypatch.setattr(Endings, "search_over", lambda self: True)
    monkeypatch.setattr(Endings, "over", lambda self: False)
    study = paper_study()
    outcome = study.run()
    assert outcome.state == "budget"
    assert {one.epoch for one in study.ledger.trials()} == {3}
    (champion,) = study.heard.of(ChampionChosen)
    assert len(champion.seeds) == 2, "it was trained again in the rest of the time"


def test_a_resume_goes_on_from_there_and_crowns_another(
    paper_study: Studies,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        study = paper_study()
        study.run(each_turn=after(TWO_EPOCHS, budget(patch)))
    outcome = study.run()
    assert outcome.state == "complete"
    first, last = study.heard.of(ChampionChosen)
    assert (first.unfinished, last.unfinished) == ("epoch 2 of 9; not compared at a rung", "")
    assert len(last.seeds) == 2
    reported = [
        (event.number, epoch) for event in study.heard.of(EpochsReported) for epoch in event.epochs
    ]
    assert len(set(reported)) == len(reported), "what was trained is not trained again"


def test_who_came_beyond_the_grace_period_comes_before_a_better_one_who_did_not(
    paper_study: Studies,
) -> None:
    study = paper_study("resources.packs=1", "training.max_epochs=3", "search.seed=2")
    study.curve = lambda config, epoch: {"val_mse": config.training.learning_rate}
    started: list[int] = []

    def once_others_have_two_epochs(turn: int, control: Control) -> None:
        if len(started) < 3 and study.heard.of(TrialEnded):
            started.append(turn)
            if len(started) == 2:
                control_c()

    study.run(each_turn=once_others_have_two_epochs)
    rates = {one.number: one.best_value for one in study.ledger.trials() if one.epoch >= 1}
    early = [one.number for one in study.ledger.trials() if 1 <= one.epoch < 3]
    (champion,) = study.heard.of(ChampionChosen)
    ripe = {number: rate for number, rate in rates.items() if number not in early}
    assert min(rates, key=lambda number: rates[number]) in early, "else this shows nothing"
    assert champion.number == min(ripe, key=lambda number: ripe[number])


def test_a_trial_in_training_wins_over_one_that_was_stopped_and_is_worse(
    paper_study: Studies,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = paper_study()
    ended: list[int] = []

    def once_some_have_ended(turn: int, control: Control) -> None:
        if not ended and study.heard.of(TrialEnded):
            ended.append(turn)
            control_c()

    study.run(each_turn=once_some_have_ended)
    assert study.ledger.counts()["pruned"]
    (champion,) = study.heard.of(ChampionChosen)
    number, value = best_of_heard(study.heard, 9)
    assert (champion.number, champion.val_metrics["val_mse"]) == (number, value)
    assert study.ledger.trial(number).state == "waiting"
    assert champion.unfinished.endswith("of 9; still in training")


def test_a_trial_beyond_grace_that_the_budget_ended_says_so(
    paper_study: Studies,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = paper_study("search.scheduler={type: none}")
    study.run(each_turn=after(5, budget(monkeypatch)))
    (champion,) = study.heard.of(ChampionChosen)
    assert study.ledger.trial(champion.number).state == "pruned"
    assert champion.unfinished == "epoch 5 of 9, where the time budget ran out"


def test_a_listener_that_fails_for_ever_costs_no_model(paper_study: Studies) -> None:
    study = paper_study()

    def hear(event: Event) -> None:
        study.heard.on_event(event)
        if len(study.heard.of(EpochsReported)) > 12:
            raise OSError("the listener's disk is full")

    class Failing:
        on_event = staticmethod(hear)

    with pytest.raises(OSError, match="listener's disk"):
        study.run(listener=Failing)
    assert Path(study.ledger.notes.champion.path).is_dir()
    heard = study.heard = Notebook()
    study.run()
    assert heard.of(ChampionChosen)[-1].unfinished == ""


def test_a_second_signal_leaves_at_once_and_a_resume_crowns(paper_study: Studies) -> None:
    study = paper_study()

    def twice(turn: int, control: Control) -> None:
        if turn == TWO_EPOCHS:
            control_c()
            control_c()

    with pytest.raises(KeyboardInterrupt):
        study.run(each_turn=twice)
    assert study.heard.of(ChampionChosen) == []
    assert study.ledger.counts() == {"waiting": 8}
    study.run()
    assert len(study.heard.of(ChampionChosen)) == 1


def test_only_where_nothing_finished_an_epoch_is_there_nothing(
    paper_study: Studies,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = paper_study()
    with pytest.raises(NoUsableTrialError, match=": the time budget ran out"):
        study.run(each_turn=after(0, budget(monkeypatch)))
    assert study.heard.of(ChampionChosen) == []
    assert study.ledger.notes.champion is None


def test_snapshots_that_cannot_be_used_are_said_and_passed_over(paper_study: Studies) -> None:
    study = paper_study()
    study.run(each_turn=after(TWO_EPOCHS, control_c))
    (first,) = study.heard.of(ChampionChosen)
    whole = {path: path.read_bytes() for path in sorted(study.directory.snapshots.glob("*.snap"))}
    assert len(whole) == 2
    champions = set()
    for path, content in whole.items():
        said: list[str] = []
        path.write_bytes(content[:-9])
        study.heard = Notebook()
        study.directory.stop.touch()
        study.run(stage=said.append)
        assert any("checksum" in text for text in said)
        champions.add(study.ledger.notes.champion.number)
        path.write_bytes(content)
    assert len(champions) == 2
    assert first.number in champions
