"""The end of a run from a hand-made result."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

from contracts.hand_made import SPACE, TEXT_SPACE, champion, figures, record, result

from rnnsearch.cli.result import print_result, what_is_left
from rnnsearch.study import StudyResult
from rnnsearch.tasks.base import Score

AR = Score("AR(8)", {"val_mse": 0.3, "test_mse": 0.4})
PERSISTENCE = Score("persistence", {"val_mse": 0.6})


def printed(study: StudyResult) -> list[str]:
    out = io.StringIO()
    with redirect_stdout(out):
        print_result(study)
    return out.getvalue().splitlines()


def test_winner_stands_beside_the_baselines_best_first(tmp_path: Path) -> None:
    picture = tmp_path / "champion.png"
    picture.touch()
    study = result(
        tmp_path,
        [record(0, best=0.2), record(1, "pruned", 0.9)],
        won_by=replace(champion(0, 0.125), figure=str(picture)),
        run=figures(),
        baselines=[PERSISTENCE, AR],
        notes=["no held-out part"],
    )
    lines = printed(study)
    assert "study wave: 1 complete, 1 pruned" in lines
    assert "complete after 1m15s; 12,345 training steps, 4,321 trials an hour" in lines
    assert "note: no held-out part" in lines
    table = next(at for at, line in enumerate(lines) if "winner: trial-0000-rnn" in line)
    assert lines[table].split("  ")[-2:] == ["baseline: AR(8)", "baseline: persistence"]
    assert lines[table + 1].split() == ["val_mse", "0.125", "0.3", "0.6"]
    assert lines[table + 2].split() == ["train_loss", "0.5"]
    assert lines[table + 3].split() == ["test_mse", "0.25", "0.4"]
    assert "parameters: cell=rnn" in lines
    assert f"picture: {picture}" in lines
    assert "registered: models:/wave/1" in lines
    assert not any(line.startswith("warning") for line in lines)


def test_an_unfinished_winner_says_how_far_it_came(tmp_path: Path) -> None:
    won_by = replace(champion(0, 0.125), unfinished="epoch 2 of 50; not compared at a rung")
    trials = [record(0, "waiting", 0.125)]
    study = result(tmp_path, trials, won_by=won_by, run=figures("budget", "the time ran out"))
    lines = printed(study)
    assert "the winner is unfinished: epoch 2 of 50; not compared at a rung" in lines
    assert study.summary()["best"]["unfinished"] == won_by.unfinished
    assert lines[lines.index("next:") + 1].startswith("  rnnsearch resume wave")


def test_a_run_that_failed_says_what_it_leaves_to_use(tmp_path: Path) -> None:
    won_by = replace(champion(0, 0.125), unfinished="epoch 2 of 50; still in training")
    trials = [record(0, "waiting", 0.125)]
    failed = result(tmp_path, trials, won_by=won_by, run=figures("failed", "no space left"))
    assert what_is_left(failed) == (
        "the best model until then: trial-0000-rnn, epoch 2 of 50; still in training\n"
        "registered: models:/wave/1\n"
    )
    nothing = result(tmp_path, trials, run=figures("failed", "no space left"))
    assert what_is_left(nothing) == ""
    assert what_is_left(result(tmp_path, trials, won_by=won_by, run=figures())) == ""


def test_the_mean_over_the_seeds_stands_beside_the_winner(tmp_path: Path) -> None:
    won_by = replace(
        champion(0, 0.125),
        seeds=(7, 8, 9),
        by_seed={"val_mse": (0.125, 0.25, 0.375), "test_mse": (0.25, 0.5, 0.75)},
        mean={"val_mse": 0.25, "test_mse": 0.5},
        std={"val_mse": 0.125, "test_mse": 0.25},
    )
    study = result(tmp_path, [record(0)], won_by=won_by, run=figures(), baselines=[AR])
    lines = printed(study)
    table = next(at for at, line in enumerate(lines) if "winner: trial-0000-rnn" in line)
    assert "winner: trial-0000-rnn  mean of its 3 seeds  baseline: AR(8)" in lines[table]
    assert lines[table + 1].split() == ["val_mse", "0.125", "0.25", "±", "0.125", "0.3"]
    assert lines[table + 2].split() == ["train_loss", "0.5"]
    assert lines[table + 3].split() == ["test_mse", "0.25", "0.5", "±", "0.25", "0.4"]
    assert lines[table + 1].index("±") == lines[table + 3].index("±")
    assert "± is the sample standard deviation over the seeds" in lines
    assert study.summary()["best"]["test"] == {
        "test_mse": {"mean": 0.5, "std": 0.25, "seeds": {7: 0.25, 8: 0.5, 9: 0.75}}
    }


def test_a_seed_that_is_left_out_is_said(tmp_path: Path) -> None:
    won_by = replace(champion(0, 0.125), seeds=(7,), left_out=("seed 8: diverged",))
    lines = printed(result(tmp_path, [record(0)], won_by=won_by, run=figures()))
    assert "left out of the mean: seed 8: diverged" in lines
    assert not any("±" in line for line in lines)


def test_a_challenger_and_the_time_of_a_request_are_said(tmp_path: Path) -> None:
    won_by = replace(champion(0, 0.125), request_seconds=0.00312, request="9 rows, asked once")
    run = replace(figures(), champion_alias="challenger", champion_words="it is worse")
    study = result(tmp_path, [record(0)], won_by=won_by, run=run)
    lines = printed(study)
    assert "a request: 3.12 ms (9 rows, asked once, no server)" in lines
    assert "registered: models:/wave/1, the challenger: it is worse" in lines
    assert any(line.startswith("to make it the champion: rnnsearch promote") for line in lines)
    summary = study.summary()
    assert (summary["champion_alias"], summary["request_seconds"]) == ("challenger", 0.00312)


def test_a_winner_that_beats_no_baseline_is_called_so(tmp_path: Path) -> None:
    study = result(tmp_path, [record(0)], won_by=champion(0, 0.5), run=figures(), baselines=[AR])
    assert "warning: no recurrent model beats the best baseline on val_mse" in printed(study)


def test_judged_by_training_a_winner_meets_its_rivals_on_the_test_part(tmp_path: Path) -> None:
    by_heart = Score("n-gram", {"train_mse": 0.0, "test_mse": 0.4})
    won_by = champion(0, 0.2, metric="train_mse")
    space = SPACE.replace("val_mse", "train_loss")
    study = result(tmp_path, [record(0)], space=space, won_by=won_by, baselines=[by_heart])
    study = replace(
        study, spec=replace(study.spec, search=replace(study.spec.search, metric="train_mse"))
    )
    assert not any(line.startswith("warning") for line in printed(study))
    study = replace(study, baselines=[Score("n-gram", {"train_mse": 0.0, "test_mse": 0.2})])
    assert "warning: no recurrent model beats the best baseline on test_mse" in printed(study)


def test_interrupted_shows_the_best_so_far_and_how_to_go_on(tmp_path: Path) -> None:
    study = result(
        tmp_path,
        [record(0, "waiting", 0.5), record(1, "pruned", 0.25), record(2, "diverged", 0.1)],
        run=figures("interrupted", "interrupted by SIGINT"),
        baselines=[AR, PERSISTENCE],
    )
    lines = printed(study)
    assert "best val_mse so far: 0.25 (trial-0001-rnn)" in lines
    assert "best baseline: 0.3 (AR(8))" in lines
    assert lines[-2:] == [
        f"  rnnsearch resume wave --storage {tmp_path}",
        f"  rnnsearch trials wave --storage {tmp_path}",
    ]


def test_of_a_single_configuration_no_search_is_spoken(tmp_path: Path) -> None:
    won_by = champion(0, 0.1, "", "train_nats")
    study = result(tmp_path, [record(0)], space=TEXT_SPACE, won_by=won_by, run=figures())
    lines = printed(study)
    assert "complete after 1m15s; 12,345 training steps" in lines
    assert not any("extend" in line or "resume" in line for line in lines)


def test_missing_records_are_said(tmp_path: Path) -> None:
    run = figures(pending_records=12, records_problem="MLflow does not answer")
    lines = printed(result(tmp_path, [record(0)], run=run))
    assert "MLflow lacks 12 records: MLflow does not answer" in lines


def test_a_study_that_has_only_begun(tmp_path: Path) -> None:
    lines = printed(result(tmp_path, []))
    assert "study wave: no trial" in lines
    assert f"  rnnsearch trials wave --storage {tmp_path}" in lines


def test_an_earlier_winner_is_not_said_to_be_this_one(tmp_path: Path) -> None:
    run = replace(
        figures(),
        champion_uri=None,
        champion_problem="no such checkpoint",
        champion_before="models:/wave/1, trial 3",
    )
    lines = printed(result(tmp_path, [record(0)], won_by=champion(0, 0.1), run=run))
    assert "this winner is not registered: no such checkpoint" in lines
    assert "registered is an earlier winner: models:/wave/1, trial 3" in lines
    assert not any(line.startswith("registered: ") for line in lines)


def test_records_that_wait_are_said_with_what_mends_it(tmp_path: Path) -> None:
    run = figures(
        pending_records=61,
        records_problem="the MLflow experiment 'wave' (id 1) was deleted",
        records_remedy="bring it back",
        records_commands=["mlflow experiments restore --experiment-id 1"],
    )
    lines = printed(result(tmp_path, [record(0)], run=run))
    said = lines.index("MLflow lacks 61 records: the MLflow experiment 'wave' (id 1) was deleted")
    assert lines[said + 2 : said + 6] == [
        "To mend it: bring it back.",
        "Then write them:",
        "  mlflow experiments restore --experiment-id 1",
        f"  rnnsearch flush wave --storage {tmp_path}",
    ]


def test_records_that_were_refused_do_not_wait(tmp_path: Path) -> None:
    run = figures(refused_records=2, records_problem="MLflow refused trial 3: run deleted")
    lines = printed(result(tmp_path, [record(0)], run=run))
    assert any("all but 2 of the records" in line for line in lines)
    assert not any("resume" in line for line in lines)


def test_a_picture_of_an_earlier_run_is_said_to_be_one(tmp_path: Path) -> None:
    study = result(tmp_path, [record(0)], run=figures(started=1e12))
    study.directory.create()
    (study.directory.figures / "study.png").touch()
    lines = printed(study)
    assert any("picture of the study, as an earlier run left it: " in line for line in lines)
