"""The mean of the best trainings becomes the champion where it is better, and says so elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from paper_study import PaperStudy

from rnnsearch.cli.result import print_result
from rnnsearch.cli.tables import print_leaderboard
from rnnsearch.events import ChampionChosen
from rnnsearch.records.run_fields import champion_rows, ensemble_tags
from rnnsearch.search.ensemble_words import members_words
from rnnsearch.study.description import description
from rnnsearch.study.pictures import champion_title
from rnnsearch.study.result import StudyResult
from rnnsearch.study.trained_again import retraining_notes
from rnnsearch.tasks.load import load_data
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.ensemble import fused
from rnnsearch.training.trained import TrainedModel

Studies = Callable[..., PaperStudy]


def poor(config: TrialConfig, epoch: int) -> dict[str, float]:
    """What trainings report: so poor that the mean of their networks is better in truth."""
    rate = config.training.learning_rate
    return {"val_mse": 100 + rate + 1 / epoch, "val_rollout_rmse_1": 9.0, "val_rollout_rmse_5": 9.0}


def good(config: TrialConfig, epoch: int) -> dict[str, float]:
    """So good that it is not."""
    return {name: value / 1e6 for name, value in poor(config, epoch).items()}


def study_of(
    paper_study: Studies, curve: Callable[..., dict[str, float]], *more: str
) -> PaperStudy:
    study = paper_study("search.finalists.ensemble=3", "search.scheduler={type: none}", *more)
    study.curve = curve
    return study


def test_the_mean_of_the_best_trainings_wins_where_it_is_better(
    paper_study: Studies, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_of(paper_study, poor)
    study.run()

    (champion,) = study.heard.of(ChampionChosen)
    assert champion.fused
    result = StudyResult.read(study.spec, study.directory)
    best, second, *_ = sorted(result.trials, key=lambda one: one.params["training.learning_rate"])
    # Of two finalists with two seeds each, both of the best one, and the other's own.
    members = [(one["trial"], one["seed"]) for one in champion.ensemble["members"]]
    (rerun,) = result.rerun_seeds[best.number]
    several = [(best.number, best.seed), (best.number, rerun), (second.number, second.seed)]
    assert members == several[: len(members)]
    names = [f"trial-{best.number:04d}", f"trial-{best.number:04d}-seed-{rerun}"]
    names.append(f"trial-{second.number:04d}")
    models = [TrainedModel.load(study.directory.checkpoints / name) for name in names]
    data = load_data(models[0].config.task)
    means = [fused(models[:count], [0] * count, data).metrics["val_mse"] for count in (2, 3)]
    assert champion.ensemble["metrics"]["val_mse"] == min(means)
    assert len(members) == 2 + means.index(min(means))
    assert (champion.number, champion.seed) == (best.number, best.seed)
    assert champion.ensemble["single"] == best.best_value

    model = result.load_model()
    assert [one.number for one in model.members] == [one for one, _ in members]
    assert champion.val_metrics == champion.ensemble["metrics"] == model.evaluate("val")
    assert champion.test_metrics == model.evaluate("test")
    assert champion.seeds == (best.seed,)  # no member is scored on the test part
    assert list(study.ledger.notes.tested) == [Path(champion.path).name]  # type: ignore[union-attr]

    name = f"mean of {len(members)} trainings"
    first, *others = result.leaderboard()
    assert (first["kind"], first["name"], first["winner"]) == (
        "ensemble",
        name,
        True,
    )
    assert (first["rank"], first["value"]) == (None, champion.val_metrics["val_mse"])
    assert not any(row["winner"] for row in others)
    assert result.summary()["ensemble"] == champion.ensemble
    assert ensemble_tags(champion)["ensemble_members"] == ", ".join(f"{a}:{b}" for a, b in members)
    assert ("ensemble_val_mse", first["value"]) in [row[:2] for row in champion_rows(champion, 4)]
    print_result(result)
    print_leaderboard(result, 3)
    words = capsys.readouterr().out
    assert f"winner: {name}" in words
    assert "better than the 100.1 of the best finalist alone" in words
    assert "parameters of its best member: " in words
    assert "*: the winner, better on the validation part than the best finalist alone" in words
    assert champion_title(champion, study.spec) == f"study paper: {name}"
    assert f"**Winner**: {name}" in description(result, 8)
    assert f"trial {best.number} with 2 seeds (" in members_words(champion.ensemble)
    (note,) = retraining_notes(study.spec, study.spec, result, [])[1:]
    assert note.startswith(f"the champion is the {name}, and this is the configuration of its best")


def test_a_resumed_study_keeps_it_and_deletes_those_of_earlier_runs(paper_study: Studies) -> None:
    study = study_of(paper_study, poor)
    study.run()
    earlier = study.directory.checkpoints / "ensemble-00000000"
    earlier.mkdir()
    study.run()
    (champion,) = study.heard.of(ChampionChosen)
    assert not earlier.exists()
    assert Path(champion.path).is_dir()


def test_where_the_single_model_is_better_it_stays_and_the_mean_is_told(
    paper_study: Studies, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_of(paper_study, good)
    study.run()

    (champion,) = study.heard.of(ChampionChosen)
    assert not champion.fused
    tried = champion.ensemble
    assert 2 <= len(tried["members"]) <= 3
    assert tried["why"].startswith("val_mse ")
    assert ", worse than the 0.0001001 of the best finalist alone" in tried["why"]
    assert tried["metrics"]["val_mse"] > champion.val_metrics["val_mse"]
    assert not list(study.directory.checkpoints.glob("ensemble-*"))
    assert not TrainedModel.load(champion.path).members
    assert len(champion.seeds) == 2

    result = StudyResult.read(study.spec, study.directory)
    (row,) = (one for one in result.leaderboard() if one["kind"] == "ensemble")
    assert not row["winner"]
    assert row["state"] == "ensemble"
    assert row["reason"] == members_words(tried)
    print_result(result)
    words = capsys.readouterr().out
    count = len(tried["members"])
    assert f"not the winner is the mean of {count} trainings, trial {champion.number} " in words
    assert "winner: trial-" in words


def test_the_parameters_of_all_members_count(paper_study: Studies) -> None:
    study = study_of(paper_study, poor, "search.constraints=['parameters <= 200']")
    study.run()
    (champion,) = study.heard.of(ChampionChosen)
    assert not champion.fused
    # An LSTM of 4 units has 117.
    assert champion.ensemble["why"] == ("it breaks parameters <= 200: parameters 234 > 200")


def test_of_a_single_training_there_is_no_mean(paper_study: Studies) -> None:
    first: dict[float, int] = {}

    def once(config: TrialConfig, epoch: int) -> dict[str, float]:
        """No training with another seed comes to an end."""
        own = first.setdefault(config.training.learning_rate, config.seed)
        metrics = poor(config, epoch)
        return metrics if own == config.seed else {**metrics, "val_mse": float("inf")}

    study = study_of(paper_study, once, "search.finalists={top: 1, seeds: 2, ensemble: 2}")
    study.run()
    (champion,) = study.heard.of(ChampionChosen)
    assert not champion.fused
    assert champion.ensemble["members"] == ()
    assert "fewer than two trainings" in champion.ensemble["why"]
