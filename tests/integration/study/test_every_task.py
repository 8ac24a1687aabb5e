"""Of each task: what a study says at its end is what its model answers when it is asked, and what
is printed as a command runs as it is printed, from the folder that it is printed in."""

from __future__ import annotations

import os
import re
import shlex
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts.small_studies import TASKS, finished, write_files

from rnnsearch.cli import training
from rnnsearch.cli.app import main
from rnnsearch.study import Study
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.series.panels import shown_origins
from rnnsearch.tasks.streams import derive
from rnnsearch.training.trained import TrainedModel

STORAGE = "my studies; $HOME"
"""A folder that a shell would not take as it stands."""

COMMAND = re.compile(r"(?<!from )rnnsearch (?:[a-z]+) .*?(?=`|$)", re.M)

Finished = Callable[[str], Study]
Said = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("every-task")
    write_files(root)
    (root / STORAGE).mkdir()
    (root / STORAGE / "mlflow.db").touch()
    return root


@pytest.fixture(scope="module")
def study(folder: Path) -> Finished:
    return cache(lambda name: finished(name, folder / STORAGE, folder))


def said(study: Study) -> tuple[str, TrainedModel]:
    result = study.result()
    return result.winner().text, result.load_model()


@pytest.mark.parametrize("name", ["words", "walks", "sign"])
def test_a_classifiers_words_are_its_answers_and_its_accuracy(study: Finished, name: str) -> None:
    text, model = said(study(name))
    data = load_data(model.config.task)
    lines = text.splitlines()
    part, labels = data.sequences["val"], data.labels["val"]
    assert len(lines) == min(8, len(labels))
    everything = []
    for at in range(len(labels)):
        if name == "words":
            everything.append(data.shown("val", at))
        else:
            everything.append(data.encoder.scaler.undo(part[at]))
    answered = model.classify(everything)
    shown = {}
    for at, one in enumerate(everything):
        key = one if name == "words" else f"sequence {at} of val"
        shown[key] = answered.labels[at], answered.probabilities[at].max(), int(labels[at])
    for line in lines:
        what, guess, chance, verdict = re.match(r"(.*): (\S+) \((.*)\), (.*)", line).groups()
        label, probability, truth = shown[what]
        assert (guess, float(chance)) == (label, pytest.approx(probability, abs=0.0051))
        right = label == answered.classes[truth]
        assert verdict == ("right" if right else f"it is {answered.classes[truth]}")
    accuracy = model.evaluate("val", data)["val_accuracy"]
    right = sum(
        answered.classes[label] == one for one, label in zip(answered.labels, labels, strict=True)
    )
    assert accuracy == right / len(labels) == model.metrics["val_accuracy"]
    if len(labels) == len(lines):
        assert accuracy * len(lines) == sum(line.endswith("), right") for line in lines)


@pytest.mark.parametrize(
    "name", ["one-step", "recursive", "direct", "each", "quantiles", "roots", "panel"]
)
def test_a_forecasters_words_are_its_forecasts(study: Finished, name: str) -> None:
    text, model = said(study(name))
    data = load_data(model.config.task)
    config = data.config
    first = int(shown_origins(data)[0])
    rows = data.values[first - config.context : first + config.horizon].copy()
    targets_and_past = len(config.targets) + len(config.past)
    rows[config.context :, :targets_and_past] = np.nan
    found = model.forecast(rows[None], None, data.names[0])[0, :, 0]
    numbers = re.findall(r"(-?[\d.]+) \((-?[\d.]+)\)", text)
    assert [float(one) for one, _ in numbers] == pytest.approx(found, rel=2e-4)
    truth = data.values[first : first + config.horizon, 0]
    assert [float(true) for _, true in numbers] == pytest.approx(truth, rel=1e-4)
    assert model.picture(None, data)["prediction"][: len(found)] == pytest.approx(found, rel=1e-4)


def test_a_sum_that_is_said_is_the_one_that_is_predicted(study: Finished) -> None:
    text, model = said(study("adding"))
    numbers, marks = load_data(model.config.task).arrays["val"]
    flags = np.zeros_like(numbers[0])
    flags[marks[0]] = 1
    answer = model.predict(np.stack([numbers[0], flags], axis=-1)[None])[0, -1, 0]
    assert float(text.rsplit(" ", 1)[1]) == pytest.approx(answer, abs=0.00051)


def test_what_is_copied_is_the_likeliest_of_what_is_predicted(study: Finished) -> None:
    text, model = said(study("copy"))
    inputs, targets = load_data(model.config.task).arrays["val"]
    likely = model.predict(inputs[:1].astype(np.int64))[0, -4:].argmax(axis=-1)
    assert text == f"{' '.join(map(str, targets[0, -4:]))} -> {' '.join(map(str, likely))}"


def test_a_text_goes_on_as_sample_does(study: Finished) -> None:
    for name in ("text", "bytes"):
        text, model = said(study(name))
        assert text == text[:16] + model.sample(text[:16], 20, 0.8, derive(0, "sample"))
    text, model = said(study("hello"))
    likely = model.predict(np.array([model.vocabulary().encode("hello")]))[0].argmax(axis=-1)
    assert text == f"hello -> {model.vocabulary().decode(likely.tolist())}"


@pytest.mark.parametrize("name", ["sine", "wave", "wave-last", "lorenz"])
def test_a_drawn_rollout_is_the_models(study: Finished, name: str) -> None:
    _, model = said(study(name))
    arrays = model.picture(9)
    assert arrays is not None
    if name == "lorenz":  # a rollout needs all three of its numbers, and one is drawn
        data = load_data(model.config.task)
        start = data.bounds["val"][0]
        history = data.values[start : start + 10]
    else:
        history = arrays["truth"][arrays["warmup"]][:, None]
    rolled = model.rollout(history[None].astype(np.float32), 9)[0, :, 0]
    assert arrays["prediction"] == pytest.approx(rolled, rel=1e-3, abs=1e-5)


def test_a_rollout_is_drawn_from_the_state_that_it_is_scored_from(study: Finished) -> None:
    _, model = said(study("carried"))
    assert model.carried is not None
    for arrays in (model.picture(), model.panels().shown[0].arrays()):  # type: ignore[union-attr]
        error = arrays["prediction"] - arrays["truth"][1:21]
        scored = model.metrics["val_rollout_rmse_20"]
        assert np.sqrt(np.mean(error**2)) == pytest.approx(scored, rel=1e-4)


def test_custom_tasks_are_asked_as_they_were_trained(study: Finished) -> None:
    for name, metric in (("own", "val_mse"), ("own-classes", "val_accuracy")):
        _, model = said(study(name))
        found = model.config.task.evaluate(model.predict, "val")
        assert found[metric] == pytest.approx(model.metrics[metric], rel=1e-5)


@pytest.mark.parametrize("name", TASKS)
def test_a_champion_is_scored_as_it_was_trained(study: Finished, name: str) -> None:
    _, model = said(study(name))
    found = model.evaluate("val")
    assert found == {key: model.metrics[key] for key in found}


@pytest.fixture
def say(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs the command line here, but for trainings and servers, which are only named."""
    monkeypatch.chdir(folder)

    def drive(study: Study, *_: Any) -> None:
        print(f"would train {study.directory.name} with {study.more_trials} more")

    def execve(path: str, arguments: list[str], environment: Any) -> None:
        print(f"would start {path} {arguments}")

    monkeypatch.setattr(training, "drive", drive)
    monkeypatch.setattr(os, "execve", execve)

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return run


def commands_in(text: str) -> list[list[str]]:
    found = [one.strip() for one in COMMAND.findall(text)]
    return [shlex.split(one)[1:] for one in found]


@pytest.mark.parametrize("name", TASKS)
def test_what_comes_next_runs(
    name: str, study: Finished, say: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    study(name)
    status, text = say("best", name, "--storage", STORAGE)
    assert status == 0, text
    printed = commands_in(text)
    verbs = [one[0] for one in printed]
    assert verbs[:2] == ["extend", "trials"]
    assert verbs[-1] == "ui"
    used = {"text": "sample", "bytes": "sample", "hello": "sample", "words": "classify"}
    used["arrays"] = "predict"
    silent = ("adding", "copy", "events", "own", "own-classes", "own-whole", "sign")
    wanted = used.get(name, "classify" if name == "walks" else "rollout")
    exported = [] if name.startswith("own") else ["export"]
    assert verbs[2:-1] == ([] if name in silent else [wanted]) + exported
    for one in printed:
        if one[0] == "export":
            continue  # it takes long, and every task is exported in tests of its own
        status, said = say(*one)
        assert status == 0, (one, said)
        assert said
    assert f"checkpoint: {STORAGE}/{name}/checkpoints/trial-0000" in text
    blocks = re.findall(r"^(with rnnsearch|in plain torch):\n((?:(?:  .*)?\n)+)", text, re.M)
    assert [title for title, _ in blocks] == ["with rnnsearch", "in plain torch"]
    for _, lines in blocks:
        exec(compile(textwrap.dedent(lines), name, "exec"), {})
    assert "tensor(" in capsys.readouterr().out


SILENT = ("a sum has no rollout", "events pick none")
"""Refusals without a command that would do instead."""

REFUSED = {
    "a text has no rollout": ("text", "rollout", ()),
    "a sum has no rollout": ("adding", "rollout", ()),
    "a wave writes nothing": ("sine", "sample", ("--prompt", "a")),
    "labels go on with nothing": ("words", "rollout", ()),
    "labels write nothing": ("walks", "sample", ("--prompt", "a")),
    "a text labels nothing": ("hello", "classify", ("a",)),
    "a wave labels nothing": ("wave", "classify", ("a",)),
    "nothing to label": ("words", "classify", ()),
    "no steps to label": ("walks", "classify", ()),
    "events pick none": ("events", "rollout", ()),
    "arrays go on with nothing": ("arrays", "rollout", ()),
    "no such trial": ("sine", "show", (7,)),
    "no driver to stop": ("sine", "stop", ()),
}


@pytest.mark.parametrize("case", REFUSED)
def test_remedies_run(case: str, study: Finished, say: Said) -> None:
    name, verb, words = REFUSED[case]
    study(name)
    status, text = say(verb, name, *words, "--storage", STORAGE)
    assert status == 2, text
    assert "Traceback" not in text
    printed = commands_in(text)
    assert bool(printed) is (case not in SILENT), text
    for one in printed:
        status, said = say(*one)
        assert status == 0, (one, said)


def test_a_taken_name_and_a_drafted_file(study: Finished, folder: Path, say: Said) -> None:
    study("sine")
    (folder / "sine.yaml").write_text("task: {type: sine}\nsearch: {num_trials: 1}\n")
    status, text = say("run", "sine.yaml", "--name", "sine", "--storage", STORAGE)
    assert status == 2
    assert [one[0] for one in commands_in(text)] == ["resume", "extend"]
    (folder / "a text.txt").write_text("the cat sat on the mat. " * 50)
    drafts = [say("init", "a text.txt"), say("init", "a text.txt")]
    assert [status for status, _ in drafts] == [0, 2]
    for _, said in ((0, text), *drafts):
        for one in commands_in(said):
            status, again = say(*one)
            assert status == 0, (one, again)


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (("rollout", "sine", "--steps"), 1_000_000),
        (("sample", "text", "--prompt", "a", "--length"), 1_000_000),
        (("sample", "text", "--prompt", "a", "--seed"), 2**63 - 1),
        (("classify", "words", "a", "--top"), 1_000_000),
        (("trials", "sine", "--top"), 1_000_000),
        (("show", "sine"), 1_000_000),
        (("extend", "sine", "--trials"), 1_000_000),
        (("run", "sine.yaml", "--trials"), 1_000_000),
        (("retrain", "sine", "--seeds"), 1_000_000),
        (("ui", "--port"), 65_535),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else None,
)
def test_every_count_has_an_upper_end(arguments: tuple[str, ...], most: int, say: Said) -> None:
    for number in (most + 1, 10**30):
        status, text = say(*arguments, number)
        assert status == 2, text
        assert f"{most:,}" in text
        assert "Traceback" not in text
