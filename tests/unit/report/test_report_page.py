"""The report of a study: whole, by itself, safe from its own texts, and honest where it fails."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from contracts import hand_made
from contracts.small_studies import finished, write_files
from reported import Page, parsed

from rnnsearch import Study
from rnnsearch.charts.chart import plotly_script
from rnnsearch.cli.app import app
from rnnsearch.errors import DataError
from rnnsearch.figures.curves import Curves
from rnnsearch.report.blocks import Table
from rnnsearch.report.page import page
from rnnsearch.report.section import Section
from rnnsearch.report.table import OF_A_STUDY, OF_SEVERAL
from rnnsearch.search.ledger.finished import Finished
from rnnsearch.study import StudyResult
from rnnsearch.study.reporting import champion_figures, subject_of
from rnnsearch.tasks.base import Score

WILD = "</script></title><img src=x onerror=alert(1)>{{ 7*7 }}%{x}"
TRIALS = [
    hand_made.record(0, "complete", 0.25, {1: 0.5, 2: 0.25}),
    hand_made.record(1, "pruned", 0.75, {1: 0.75}),
    hand_made.record(2, "diverged"),
    hand_made.record(3, "running"),
]


@pytest.fixture(scope="module")
def sine(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    folder = tmp_path_factory.mktemp("files")
    write_files(folder)
    return finished("sine", folder / "studies", folder).result()


@pytest.fixture(scope="module")
def shown(sine: StudyResult) -> Page:
    return parsed(page([subject_of(sine)]))


def made(folder: Path, trials: Sequence[object] = TRIALS, **more: object) -> Page:
    return parsed(page([subject_of(hand_made.result(folder, trials, **more))]))  # type: ignore[arg-type]


def test_the_contents_lead_to_every_section(shown: Page) -> None:
    links = [named["href"] for tag, named in shown.tags if tag == "a"]
    assert links == [f"#{anchor}" for anchor in shown.sections]
    told = {"question", "data", "winner", "pictures", "cost", "history", "curves", "use"}
    assert told <= shown.sections.keys()
    assert not [text for text in shown.sections.values() if "could not be made" in text]


def test_it_asks_no_network_for_anything(shown: Page) -> None:
    assert shown.loaded() == []
    policy = next(named["content"] for tag, named in shown.tags if "http-equiv" in named)
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    own = [script for script in shown.scripts if len(script) < 1e6]
    assert not [script for script in own if "http" in script]
    assert sum(len(script) for script in shown.scripts) < len(plotly_script()) + 100_000


def test_it_tells_the_winner_its_rivals_and_how_to_use_it(shown: Page, sine: StudyResult) -> None:
    assert sine.champion is not None
    assert f"{sine.champion.val_metrics['val_mse']:.4g}" in shown.sections["winner"]
    assert "persistence" in shown.sections["winner"]
    assert "TrainedModel.load(" in shown.sections["use"]
    assert "on its own predictions: phase portrait" in shown.sections["pictures"]


def test_its_commands_are_commands(sine: StudyResult) -> None:
    section = next(one for one in OF_A_STUDY if one.anchor == "use")
    filled = section.fill(subject_of(sine))
    assert filled is not None
    lines = [
        line
        for block in filled.blocks
        if "in a shell" in getattr(block, "title", "")
        for line in block.lines  # type: ignore[union-attr]
        if line.startswith("rnnsearch ")
    ]
    assert {line.split()[1] for line in lines} >= {
        "best",
        "trials",
        "report",
        "reproduce",
        "retrain",
        "run",
    }
    group = typer.main.get_command(app)
    for line in lines:
        name, *rest = shlex.split(line)[1:]
        group.commands[name].make_context(name, rest)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["name", "note", "column", "value"])
def test_no_text_of_a_person_becomes_a_part_of_the_page(tmp_path: Path, text: str) -> None:
    wild = WILD
    trials = TRIALS
    if text == "value":
        trials = [replace(one, params={"model.cell": wild}, reason=wild) for one in TRIALS]
    seen = made(
        tmp_path,
        trials,
        baselines=[Score(wild if text == "name" else "mean", {"val_mse": 0.3})],
        notes=[wild if text == "note" else "plain"],
        won_by=hand_made.champion(0, 0.25, text=wild if text == "column" else ""),
    )
    plain = made(
        tmp_path,
        won_by=hand_made.champion(0, 0.25, text="x" if text == "column" else ""),
        baselines=[Score("mean", {"val_mse": 0.3})],
        notes=["plain"],
    )
    assert [tag for tag, _ in seen.tags if tag == "img"] == []
    assert not [named for _, named in seen.tags if "onerror" in named]
    assert len(seen.scripts) <= len(plain.scripts)
    assert ("{{ 7*7 }}" in "".join(seen.sections.values())) or text == "value"
    for script in seen.scripts[:-3]:
        json.loads(script)


def test_a_section_that_fails_says_so_and_the_others_are_there(tmp_path: Path) -> None:
    seen = made(tmp_path, won_by=hand_made.champion(0, 0.25))  # its checkpoint is nowhere
    assert "could not be made" in seen.sections["pictures"]
    assert "checkpoint" in seen.sections["pictures"]
    assert "The winner's weights do not lie at" in seen.sections["use"]
    assert "rank" in seen.sections["cost"]


def test_a_mistake_in_a_section_is_told_with_its_place() -> None:
    def wrong(about: object) -> list[object]:
        raise ZeroDivisionError("three of nothing")

    def refused(about: object) -> list[object]:
        raise DataError("table.csv is gone")

    filled = Section("x", "X", wrong).fill(None)  # type: ignore[arg-type]
    assert filled is not None
    assert filled.problem == "ZeroDivisionError: three of nothing"
    assert "in wrong" in filled.trace
    filled = Section("x", "X", refused).fill(None)  # type: ignore[arg-type]
    assert filled is not None
    assert (filled.problem, filled.trace) == ("table.csv is gone", "")


def test_before_the_first_trial_has_ended_it_says_what_is_missing(tmp_path: Path) -> None:
    seen = made(tmp_path, [])
    assert "No trial has a value yet" in seen.sections["winner"]
    assert "No trial has begun yet" in seen.sections["cost"]
    assert not [text for text in seen.sections.values() if "could not be made" in text]
    waiting = made(tmp_path, [hand_made.record(0, "running"), hand_made.record(1, "failed")])
    assert "No trial has a value yet" in waiting.sections["history"]
    assert not [text for text in waiting.sections.values() if "could not be made" in text]


def test_a_study_that_samples_nothing(tmp_path: Path) -> None:
    trials = [replace(TRIALS[0], params={})]
    seen = made(tmp_path, trials, space="task: {type: sine}\ntraining: {max_epochs: 2}\n")
    assert "Nothing was sampled" in seen.sections["winner"]
    assert "a single training" in seen.sections["question"]
    assert not {"parallel", "slices", "contour"} & seen.sections.keys()


def test_a_study_of_a_training_script(tmp_path: Path) -> None:
    space = """
task: {type: script, function: "unit.training.test_script_trials:walk", metric: val_mse}
training: {max_epochs: 9}
"""
    seen = made(tmp_path, [replace(TRIALS[0], params={})], space=space)
    assert "reads its data by itself" in seen.sections["data"]
    assert not [text for text in seen.sections.values() if "could not be made" in text]


def test_a_report_from_files_draws_the_losses_as_at_the_end(sine: StudyResult) -> None:
    (loss,) = (one for one in champion_figures(sine) if one.name == "loss")
    assert isinstance(loss.drawing, Curves)
    assert loss.drawing.axes[0].label == "squared units of the wave"


def test_the_best_value_beside_others_is_that_of_all_trials(tmp_path: Path) -> None:
    trials = [hand_made.record(0, best=0.375), hand_made.record(1, best=0.125)]
    trials = [replace(one, ended=float(one.number)) for one in trials]
    won = hand_made.result(tmp_path, trials, won_by=hand_made.champion(0, 0.375))
    winners = parsed(page([subject_of(won), subject_of(won)])).sections["winners"]
    after = winners.split("best value of a trial")[1].split("best baseline")[0]
    assert after.count("0.125") == 2


def test_several_studies_stand_side_by_side(tmp_path: Path) -> None:
    one = hand_made.result(tmp_path, TRIALS, won_by=hand_made.champion(0, 0.25))
    other = replace(
        one, spec=hand_made.spec(hand_made.SPACE.replace("sine", "sine, num_points: 90"))
    )
    text = page([subject_of(one), subject_of(other)])
    seen = parsed(text)
    assert seen.sections.keys() == {section.anchor for section in OF_SEVERAL}
    assert "their tasks differ in task.num_points" in seen.sections["questions"]
    assert not [text for text in seen.sections.values() if "could not be made" in text]


def test_studies_of_different_metrics_get_no_common_axis(tmp_path: Path) -> None:
    one = hand_made.result(tmp_path, TRIALS)
    other = hand_made.result(tmp_path, [], space=hand_made.TEXT_SPACE)
    seen = parsed(page([subject_of(one), subject_of(other)]))
    assert "judged by different metrics" in seen.sections["questions"]
    assert "no common axis" in seen.sections["progress"]


def test_the_same_study_reports_from_its_files(sine: StudyResult) -> None:
    again = Study.open("sine", storage=sine.directory.storage).result()
    assert parsed(page([subject_of(again)])).sections.keys()


def test_a_configuration_is_told_in_words_and_no_programming_language(tmp_path: Path) -> None:
    space = hand_made.SPACE.replace("sine", "sine, starts: [0, 3]")
    question = made(tmp_path, space=space).sections["question"]
    assert "task.starts0, 3" in question.replace("\n", "")
    assert "[0, 3]" not in question.split("The whole space file")[0]
    assert "Epochs at most" in question


def test_a_row_that_needs_all_the_width_is_stacked_where_that_is_narrow() -> None:
    rows = [["lr", "x" * 70]]
    assert Table(["a", "b"], rows).stacked()
    three = Table(["a", "where", "what"], [["lr", "x" * 40, "y" * 40], ["b", "", ""]])
    assert [three.named(column) for column in range(3)] == [False, True, False]
    assert not Table(["a", "b"], [["lr", "x" * 7]]).stacked()
    assert Table(["a", "n"], [["b", 12345], ["c", True], ["d", 0.123456]]).cells() == [
        *(["b", "12,345"], ["c", "true"], ["d", "0.1235"])
    ]


def test_short_texts_stay_in_a_line_and_long_ones_get_room() -> None:
    rows = [[0, "trial-0000-rnn", "x" * 30, "hidden_size=8 " * 6], [1, "", "", ""]]
    assert Table(["rank", "trial", "how", "parameters"], rows).styles() == [
        *("number", "short", "", "long")
    ]


def test_what_is_due_to_luck_and_to_stopping_and_what_was_not_trained_is_told(
    tmp_path: Path,
) -> None:
    trials = [hand_made.record(n, best=n / 10, curve={9: n / 10}) for n in range(4)]
    stopped = replace(hand_made.record(4, "pruned", 0.5, {5: 0.5}), seconds=1.0)
    finished_one = Finished(state="complete", value=0.05, epoch=9)
    result = replace(
        hand_made.result(tmp_path, [*trials, stopped], won_by=hand_made.champion(0, 0.1)),
        reruns={0: [0.2, 0.1], 1: [0.0, 0.2]},
        finished={4: finished_one},
        refused={"parameters <= 50000": 17},
    )
    sections = parsed(page([subject_of(result)])).sections
    assert "Seed noise: 100% of the variance among 2 finalists" in sections["winner"]
    assert "Stopped trials trained to the end: 1 of 1; 1 better than" in sections["survival"]
    assert "Regret of stopping: the best of them beats the champion by 0.05" in sections["survival"]
    refused = "Proposals not trained: 17 that break parameters <= 50000"
    assert refused in sections["cost"]
    assert "it takes 20" in sections["advice"]


def test_what_to_search_next_is_advised(tmp_path: Path) -> None:
    space = hand_made.SPACE.replace(
        "choice: [rnn, lstm]}", "choice: [rnn, lstm]}, hidden_size: {int: [4, 8]}"
    )
    trials = [
        replace(
            hand_made.record(n, best=0.1 + n / 100, curve={8: 1.0, 9: 0.1 + n / 100}),
            params={"model.cell": "rnn" if n % 2 else "lstm", "model.hidden_size": 8 - n // 6},
        )
        for n in range(24)
    ]
    rival = [Score("persistence", {"val_mse": 0.01})]
    advice = made(tmp_path, trials, space=space, baselines=rival).sections["advice"]
    assert "The best trials lie at an end of the range" in advice
    assert "model.hidden_size" in advice
    assert "24 of 24 complete trials were still getting better at the last epoch" in advice
    assert "No trial beats the baseline persistence (0.01)." in advice
    assert "--space wave-next.yaml" in advice


def test_a_metric_is_called_as_its_column_is(tmp_path: Path) -> None:
    """A name in MLflow cannot hold every sign that a column's name may hold."""
    rows = "".join(f"{t},{t % 7 + 0.5},{t % 5}\n" for t in range(80))
    file = tmp_path / "towns.csv"
    file.write_text("t,Köln,Bonn\n" + rows, encoding="utf-8")
    task = f"type: series, path: {file}, time: t, targets: [Köln, Bonn], context: 8, horizon: 2"
    search = "{metric: val_mae/K_ln, num_trials: 3}"
    sections = made(tmp_path, space=f"task: {{{task}}}\nsearch: {search}").sections
    label = "val_mae of Köln"
    assert f"Judged by {label}, of which lower is better" in sections["question"]
    assert f"best {label}" in sections["cost"]
    assert f"with {label} 0.25" in sections["winner"]
