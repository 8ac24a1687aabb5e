"""What is printed of luck: seed noise, who left a race, and the regret of stopping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contracts.hand_made import SPACE, champion, record, result, spec

from rnnsearch.search.ledger.finished import Finished
from rnnsearch.study import StudyResult
from rnnsearch.study.luck import finalist_lines, regret_lines


def study(tmp_path: Path, reruns: dict[int, list[float]], space: str = SPACE) -> StudyResult:
    trials = [record(number, best=number / 10) for number in range(4)]
    return replace(result(tmp_path, trials), spec=spec(space), reruns=reruns)


def test_the_share_of_seed_noise_is_told(tmp_path: Path) -> None:
    (line,) = finalist_lines(study(tmp_path, {0: [0.2, 0.1], 1: [0.0, 0.2]}))
    assert line == (
        "seed noise: 100% of the variance among 2 finalists (0.1 between seeds); their order is "
        "mostly the luck of the seed"
    )


def test_who_left_the_race_is_told_with_its_seeds(tmp_path: Path) -> None:
    space = SPACE.replace("num_trials: 10", "num_trials: 10, finalists: {race: true, seeds: 4}")
    reruns = {0: [0.0, 0.01, 0.0], 3: [0.31]}
    noise, race = finalist_lines(study(tmp_path, reruns, space))
    assert noise.startswith("seed noise: 0% of the variance")
    assert noise.endswith("their order is mostly their own")
    assert race == "race: trial 3 got 2 of 4 seeds; after these it could hardly win any more"


def test_of_one_finalist_nothing_is_told(tmp_path: Path) -> None:
    assert list(finalist_lines(study(tmp_path, {0: [0.2, 0.1]}))) == []
    assert list(finalist_lines(study(tmp_path, {}))) == []


def test_the_regret_of_stopping_is_told(tmp_path: Path) -> None:
    trials = [
        record(0, best=0.125),
        *(replace(record(number, "pruned", 0.9), epoch=5) for number in range(1, 4)),
    ]
    finished = {
        1: Finished(state="complete", value=0.1, epoch=9),
        2: Finished(state="complete", value=0.5, epoch=9),
        3: Finished(state="diverged"),
    }
    found = replace(result(tmp_path, trials, won_by=champion(0, 0.125)), finished=finished)
    assert list(regret_lines(found)) == [
        "stopped trials trained to the end: 3 of 3; 1 better than the champion (33%, 95% interval "
        "6% to 79%), 1 in the best 1% of the other trials, 1 in the best 10%",
        "regret of stopping: the best of them beats the champion by 0.025 in val_mse; the median "
        "one is 0.375 worse than it, and gained 0.6 after its stop",
    ]
    assert list(regret_lines(replace(found, finished={}))) == []
