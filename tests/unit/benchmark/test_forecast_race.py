"""What counts of a contender's run, and how runs become a table."""

from __future__ import annotations

from typing import Any

import pytest


def line(what: str, time: float, trial: str, value: float) -> dict[str, Any]:
    return {"what": what, "time": time, "trial": trial, "value": value}


def run(who: str, trials: list[tuple[float, float]], **more: Any) -> Any:
    from forecast.race import Run

    given: dict[str, Any] = {
        "problem": "sunspots",
        "who": who,
        "round": 1,
        "seconds": 60.0,
        "imported": None,
        "reports": [],
        "trials": trials,
        "wall": 61.0,
        "champion": None,
    }
    return Run(**{**given, **more})


def test_the_deadline_ends_trials_that_run_with_the_best_that_they_reported() -> None:
    from forecast.race import in_time

    over = [line("report", 1, "a", 9.0), line("trial", 2, "a", 9.0)]
    running = [line("report", 3, "b", 7.0), line("report", 4, "b", 8.0)]
    late = [line("report", 11, "b", 1.0), line("trial", 12, "b", 1.0), line("trial", 13, "c", 2.0)]
    kept = in_time([*over, *running, *late], 10.0)
    assert kept == [*over, *running, line("trial", 10.0, "b", 7.0)]


def test_a_target_is_reached_by_an_ended_trial_and_earlier_by_a_report() -> None:
    one = run("optuna", [(20.0, 15.0), (40.0, 13.0)], reports=[(10.0, 15.0), (30.0, 13.5)])
    assert one.until(14.0) == 40.0
    assert one.until(14.0, reported=True) == 30.0
    assert one.until(12.0) is None
    assert one.best == 13.0


def test_rounds_that_never_came_to_a_target_are_later_than_all_others() -> None:
    from forecast.comparing import interval

    assert interval([3.0, None, 5.0], "never") == "5 (3, never)"
    assert interval([3.0, None], "never") == "never (3, never)"
    assert interval([3.0, 5.0, 4.0, 6.0]) == "4.5 (3, 6)"
    assert interval([None, None, 2.0], "never") == "never (2, never)"
    assert interval([7.25]) == "7.25"


def test_who_reports_no_epochs_is_not_in_their_table() -> None:
    from forecast.comparing import times

    runs = [
        run("neuralforecast", [(30.0, 14.1)]),
        run("rnnsearch", [(25.0, 13.9)], reports=[(12.0, 13.9)]),
    ]
    ended = times(runs, reported=False)
    assert [row["who"] for row in ended] == ["rnnsearch", "neuralforecast"]
    assert ended[1]["s to 14.29"] == "30"
    assert ended[1]["s to 14"] == "not in 60"
    assert times(runs, reported=True) == [
        {
            "who": "rnnsearch",
            "s to 15.44": "12",
            "s to 14.29": "12",
            "s to 14": "12",
            "s to 13.8": "not in 60",
        }
    ]


def test_a_validation_error_that_its_forecasts_do_not_have_is_said() -> None:
    from forecast.comparing import contradictions

    fits = run("ray", [(9.0, 14.0)], judged={"val": 14.01, "test": 18.0})
    wrong = run("optuna", [(9.0, 14.0)], judged={"val": 14.4, "test": 18.0})
    ours = run("rnnsearch", [(9.0, 14.0)], judged={"val": 14.4, "test": 18.0})
    (said,) = contradictions([fits, wrong, ours])
    assert said.startswith("optuna, round 1: 14 by itself, 14.4")


def test_a_kept_run_is_read_as_it_was(tmp_path: Any) -> None:
    from forecast.race import read

    runs = [
        run("ray", [(9.0, 14.0)], judged={"val": 14.0}),
        run("optuna", [], reports=[(1.0, 2.0)]),
    ]
    file = tmp_path / "runs.jsonl"
    assert read(file) == []
    file.write_text("".join(f"{one.to_json()}\n" for one in runs))
    assert read(file) == runs


@pytest.mark.parametrize("name", ["sunspots", "etth1"])
def test_a_trial_in_plain_torch_learns_and_is_loaded_with_what_it_learned(
    name: str, tmp_path: Any
) -> None:
    from dataclasses import replace

    import numpy as np
    from forecast.plain import Trial, load
    from forecast.problems import PROBLEMS, Data

    problem = replace(PROBLEMS[name], sizes=(400, 60, 60), horizon=min(PROBLEMS[name].horizon, 12))
    wave = 50 + 40 * np.sin(np.arange(520)[:, None] / 4 + np.arange(len(problem.columns)))
    data = Data(problem, wave)
    params = {
        "task.context": 24,
        "task.segment": 12 if problem.horizon > 1 else 1,
        "task.transform": "sqrt1p" if name == "sunspots" else "none",
        "model.cell": "lstm",
        "model.hidden_size": 16,
        "training.learning_rate": 1e-2,
        "training.weight_decay": 1e-3,
        "training.schedule": "cosine" if name == "sunspots" else "constant",
        "training.seq_len": 50,
        "training.batch_size": 2 if name == "sunspots" else 64,
        "training.clip_norm": 1.0,
        "training.max_epochs": 8,
    }
    trial = Trial(problem, data, params, 0)
    values = list(trial.epochs())
    assert values[-1] < 0.3 * data.baselines()["the last row again"]["val"]
    trial.save(tmp_path / "trial.pt")
    again = load(problem, data, tmp_path / "trial.pt")
    assert data.score("val", again.forecasts("val")) == values[-1]
    assert (again.forecasts("test") == trial.forecasts("test")).all()
