"""Runs of a study of several goals, as a person sees them."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from paper_study import SPACE, PaperStudy

from rnnsearch.cli.result import print_result
from rnnsearch.cli.tables import print_leaderboard
from rnnsearch.errors import InputError, SpaceFileError
from rnnsearch.events import ChampionChosen, CheckpointSaved, TrialEnded
from rnnsearch.models.weights import parameter_count
from rnnsearch.records.run_fields import ending_tags, summary_rows
from rnnsearch.search.control import Control
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.trial_columns import TrialColumns
from rnnsearch.search.warm_start import check_alike
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.stopping.hypervolume import hypervolume
from rnnsearch.study.audience import Watch
from rnnsearch.study.keepsakes import leaderboard_table
from rnnsearch.study.result import StudyResult
from rnnsearch.study.running import Places, run_once
from rnnsearch.training.config import TrialConfig

Studies = Callable[..., PaperStudy]

SIZED = (
    "model.hidden_size={int: [1, 40]}",
    "training.learning_rate=0.01",
    "search.goals=[parameters]",
    "search.num_trials=20",
)


def larger_is_better(config: TrialConfig, epoch: int) -> dict[str, float]:
    """The larger a network is, the better, but for every third size, which is worse."""
    size = config.model.hidden_size  # type: ignore[union-attr]
    value = 1.0 / size + 1.0 / epoch + (0.5 if size % 3 == 0 else 0.0)
    return {"val_mse": value, "val_rollout_rmse_1": value, "val_rollout_rmse_5": 1.0}


def sized_study(paper_study: Studies, *more: str) -> PaperStudy:
    study = paper_study(*SIZED, *more)
    study.curve = larger_is_better
    return study


def parameters_of(study: PaperStudy, trial: TrialRecord) -> int:
    config = trial_config(study.spec, trial.params, trial.seed)
    return parameter_count(config.model, input_size=1, output_size=1, symbolic=False)


def front_by_hand(study: PaperStudy) -> set[int]:
    """Trials that no other one beats in value and size, by comparing each with each."""
    assert study.ledger is not None
    ended = [one for one in study.ledger.trials() if one.state in ("complete", "pruned")]
    points = {one.number: (one.best_value or 0.0, parameters_of(study, one)) for one in ended}
    return {
        number
        for number, (value, size) in points.items()
        if not any(
            one[0] <= value and one[1] <= size and one != (value, size) for one in points.values()
        )
    }


def test_small_and_large_models_are_both_in_the_front(
    paper_study: Studies, capsys: pytest.CaptureFixture[str]
) -> None:
    study = sized_study(paper_study)
    study.run()

    assert study.ledger is not None
    trials = study.ledger.trials()
    for trial in trials:
        assert trial.goals == {"parameters": parameters_of(study, trial)}
    result = StudyResult.read(study.spec, study.directory)
    first = {number for number, front in result.fronts().items() if front == 1}
    assert first == front_by_hand(study)
    sizes = [trial.params["model.hidden_size"] for trial in trials if trial.number in first]
    assert min(sizes) < 10 < 20 < max(sizes)
    # Whoever was stopped at a rung was beaten there, or crowded out by those beside it.
    assert any(trial.reason.startswith("stopped by ASHA") for trial in trials)

    rows = [row for row in result.leaderboard() if row["kind"] == "trial"]
    assert [row["front"] for row in rows] == sorted(row["front"] for row in rows)
    assert rows[0]["goals"] == {"parameters": parameters_of(study, trials[rows[0]["number"]])}
    front = result.summary()["front"]
    assert {one["number"] for one in front} == first
    assert [one["number"] for one in front if one["winner"]] == [
        study.heard.of(ChampionChosen)[0].number
    ]
    # The weights of the whole front are on disk, and those of no trial beside it.
    assert all(one["checkpoint"] for one in front)
    kept = {int(path.name.split("-")[1]) for path in study.directory.checkpoints.iterdir()}
    assert kept == first
    champion = study.heard.of(ChampionChosen)[0]
    assert {one["number"] for one in champion.front} == first - {champion.number}
    for one in champion.front:
        values = {"val_mse": trials[one["number"]].best_value, **trials[one["number"]].goals}
        assert one["values"] == values
        assert Path(one["path"]).name == f"trial-{one['number']:04d}"
    assert study.run().champion == champion, "a resume chooses and tells the same again"
    assert len(study.heard.of(ChampionChosen)) == 1
    json.dumps(result.summary())
    growth = result.analysis().front_so_far
    volumes = [one.volume for one in growth]
    assert volumes == sorted(volumes)
    assert 0 < volumes[1] < volumes[-1] == 1
    assert (growth[-1].ended, growth[-1].front) == (20, len(first))

    ended = {event.number: event.numbers for event in study.heard.of(TrialEnded)}
    assert ended[rows[0]["number"]]["goal_parameters"] == rows[0]["goals"]["parameters"]
    print_leaderboard(result, 20)
    board = capsys.readouterr().out
    assert "number of parameters  front" in board.splitlines()[0]
    assert f" {rows[0]['goals']['parameters']:.0f}  " in board.splitlines()[1]
    assert "front 1: trials that no other beats in every goal" in board
    assert "*: the winner, the finalist that is best by val_mse, by the mean over its" in board
    print_result(result)
    printed = capsys.readouterr().out
    words = f"front: {len(first)} of 20 trials that no other beats in every goal"
    assert words in printed
    assert printed.partition(words)[2].count("trial-00") == len(first)


def test_a_study_that_died_and_went_on_has_the_same_front_as_one_that_did_not(
    paper_study: Studies,
) -> None:
    study = sized_study(paper_study, "search.goals=[parameters, val_rollout_rmse_1]")

    class Killed(BaseException):
        pass

    def kill(turn: int, control: Control) -> None:
        if turn == 9:
            study.ledger.flush()  # type: ignore[union-attr]
            raise Killed

    with pytest.raises(Killed):
        study.run(each_turn=kill)
    assert study.ledger is not None
    before = {one.number: one for one in study.ledger.trials()}
    assert 0 < sum(one.ended is not None for one in before.values()) < 20
    study.run()
    trials = study.ledger.trials()
    assert len(trials) == 20
    for trial in trials:
        assert trial.goals["val_rollout_rmse_1"] == trial.best_value
        if before.get(trial.number) is not None and before[trial.number].ended is not None:
            assert trial.goals == before[trial.number].goals
    result = StudyResult.read(study.spec, study.directory)
    assert {one for one, front in result.fronts().items() if front == 1} == front_by_hand(study)


def test_weights_of_the_front_that_were_lost_are_trained_again(paper_study: Studies) -> None:
    study = sized_study(paper_study, "search.finalists={top: 2, seeds: 1}")
    study.run()
    front = front_by_hand(study)
    assert study.ledger is not None
    trials = {number: study.ledger.trial(number) for number in front}
    finalists = {int(key.split(":")[0]) for key in study.ledger.notes.finalists}
    lost = sorted(front - finalists)[:2]
    assert len(lost) == 2
    for number in lost:
        shutil.rmtree(study.directory.checkpoints / f"trial-{number:04d}")
    study.run()

    for number in lost:
        kept = [one for one in study.heard.of(CheckpointSaved) if one.number == number]
        assert len(kept) == 2
        assert [one.metrics["val_mse"] for one in kept] == [trials[number].best_value] * 2
        now = study.ledger.trial(number)
        assert (now.state, now.epoch, now.attempts) == (
            trials[number].state,
            trials[number].epoch,
            trials[number].attempts,
        )
    assert {int(path.name.split("-")[1]) for path in study.directory.checkpoints.iterdir()} == front
    assert {int(key.split(":")[0]) for key in study.ledger.notes.finalists} == finalists


def widest_by_hand(points: dict[int, tuple[float, float]], first: int, count: int) -> set[int]:
    """One point, then again and again that which makes the area of all the largest."""
    columns = [
        [math.log(value) for value in column] for column in zip(*points.values(), strict=True)
    ]
    parts = {
        number: tuple(
            (math.log(value) - min(column)) / (max(column) - min(column))
            for value, column in zip(point, columns, strict=True)
        )
        for number, point in points.items()
    }
    chosen = [first]
    while len(chosen) < count:
        chosen.append(
            max(
                points.keys() - chosen,
                key=lambda one: hypervolume([parts[each] for each in (*chosen, one)], (1.1, 1.1)),
            )
        )
    return set(chosen)


@pytest.mark.parametrize("choose", ["metric", "knee", "parameters <= 300", "parameters <= 1"])
def test_the_champion_follows_from_the_stated_rule(paper_study: Studies, choose: str) -> None:
    study = sized_study(paper_study, f"search.choose={choose}", "search.finalists.top=4")
    study.run()

    assert study.ledger is not None
    finalists = {int(key.split(":")[0]) for key in study.ledger.notes.finalists}
    assert len(finalists) == 4
    assert finalists <= front_by_hand(study)
    sizes = {one: parameters_of(study, study.ledger.trial(one)) for one in finalists}
    values = {one: study.ledger.trial(one).best_value or 0.0 for one in finalists}
    (champion,) = study.heard.of(ChampionChosen)
    front = {one: study.ledger.trial(one) for one in front_by_hand(study)}
    points = {
        one: (trial.best_value or 0.0, parameters_of(study, trial)) for one, trial in front.items()
    }
    if choose == "metric":
        best = min(points, key=lambda one: points[one])
        assert finalists == widest_by_hand(points, best, 4)
        assert champion.number == min(finalists, key=lambda one: values[one])
    elif choose == "parameters <= 300":
        keeping = [one for one in finalists if sizes[one] <= 300]
        assert 0 < len(keeping) < 4
        assert champion.number == min(keeping, key=lambda one: values[one])
    elif choose == "parameters <= 1":
        assert champion.number == min(finalists, key=lambda one: sizes[one])
    else:
        assert min(sizes.values()) < sizes[champion.number] < max(sizes.values())


def test_another_rule_is_replayed_on_the_values_of_all_goals(paper_study: Studies) -> None:
    study = sized_study(paper_study)
    study.run()
    study.directory.yaml.write_text(study.spec.yaml)
    result = StudyResult.read(study.spec, study.directory)
    again = result.replay({"type": "asha", "grace_period": 3, "reduction_factor": 3})
    assert again.replayed.stopped == again.recorded.stopped == 12
    bolder = result.replay({"type": "asha", "grace_period": 1, "reduction_factor": 6})
    assert bolder.replayed.epochs < again.replayed.epochs
    with pytest.raises(SpaceFileError, match="median knows of one goal alone"):
        result.replay("median")

    table = TrialColumns(result.leaderboard(), result.trials, result.spec)
    fronts = table.column("front")
    assert (fronts.kind, fronts.values) == ("number", sorted(fronts.values))
    sizes = [value for value in table.column("parameters").values if value is not None]
    assert sizes == [row["goals"]["parameters"] for row in table.rows if row["kind"] == "trial"]
    kept = leaderboard_table(table.rows, "val_mse")
    assert [*kept["columns"][9:12]] == ["front", "parameters", "winner"]
    assert kept["data"][0][9:11] == [1, sizes[0]]
    (words,) = result.analysis().stopping
    assert words.startswith("best values, importances and ranges are by val_mse alone")
    assert words.endswith("the front by it and parameters")
    other = replace(study.spec.search, goals=("parameters", "maximize val_rollout_rmse_5"))
    analysis = replace(result, spec=replace(study.spec, search=other)).analysis()
    assert analysis.stopping[0].endswith("the front by it and parameters, val_rollout_rmse_5")


def test_what_tells_of_one_goal_is_refused(paper_study: Studies) -> None:
    study, alone = sized_study(paper_study), loads(SPACE, name="paper", directory=Path())
    with pytest.raises(InputError, match="has the other goals none, and the new one parameters"):
        check_alike(study.spec, alone, "other", "fork")
    nowhere = Places(address=None, tracking_uri=None, record=None, ledger=None, sinks={})
    with pytest.raises(InputError, match="finish --stopped says what stopping cost by one goal"):
        run_once(
            study.spec,
            study.directory,
            nowhere,
            Watch(study.heard, lambda text: None, lambda done, total: None),
            resumed=True,
            more_trials=0,
            notes=(),
            allow_changed_script=False,
            finish_stopped=5,
        )


def test_values_in_goals_are_metrics_of_runs_and_no_tags() -> None:
    numbers = {"stopped_rung": 3.0, "goal_parameters": 97.0}
    end = TrialEnded(9.0, 1, "pruned", "stopped", 3, 0.5, 0.5, 2, 1.5, numbers=numbers)
    assert summary_rows(end, "val_mse")[-1] == ("goal_parameters", 97.0, 9.0, 3)
    assert ending_tags(end)["stopped_rung"] == "3"
    assert "goal_parameters" not in ending_tags(end)
