"""`rnnsearch predict` for numbers of sequences, labels of time steps, and arrays."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from contracts.small_studies import finished, trained_alone, write_files

from rnnsearch.cli.app import main
from rnnsearch.errors import ModelError
from rnnsearch.space.load import loads
from rnnsearch.study import Study
from rnnsearch.training.trained import TrainedModel

Said = Callable[..., tuple[int, str, str]]

SMALL = """
model: {cell: gru, hidden_size: 4}
training: {learning_rate: {uniform: [0.01, 0.03]}, batch_size: 4, steps_per_epoch: 5, max_epochs: 1}
search: {num_trials: 1, scheduler: {type: none}, finalists: {top: 1, seeds: 1}}
"""
TASKS = {
    "life": "type: value, path: steps.csv, id: run, time: t, features: [a, b], target: life",
    "acts": "type: tags, path: steps.csv, id: run, time: t, features: [a, b], label: act",
    "texts": "type: value, path: texts.csv, text: word, target: score",
    "each": "type: arrays, path: each.npz",
}


def comma(number: float) -> str:
    return f"{number:.3f}".replace(".", ",")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, draw = tmp_path_factory.mktemp("sequences"), np.random.default_rng(5)
    write_files(root)
    rows = [
        f"r{run};{comma(t / 2)};{comma(draw.normal())};{comma(draw.normal())};{run};{'ud'[t % 2]}"
        for run in range(30)
        for t in range(2 + run % 3)
    ]
    draw.shuffle(rows)
    (root / "steps.csv").write_text("\n".join(["run;t;a;b;life;act", *rows]) + "\n")
    words = ["".join(draw.choice(list("abc"), 5)) + "d" * at for at in range(30)]
    lines = [f"{word},{word.count('a')}" for word in words]
    (root / "texts.csv").write_text("\n".join(["word,score", *lines]) + "\n")
    x = draw.normal(size=(30, 4, 2))
    np.savez(root / "each.npz", x=x, y=x.cumsum(1))
    for name, task in TASKS.items():
        spec = loads(f"name: {name}\ntask: {{{task}}}" + SMALL, name=name, directory=root)
        trained_alone(spec, root / "studies")
    finished("arrays", root / "studies", root)
    return root


@pytest.fixture
def say(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs `predict` here: its exit status, what it prints, and what it complains of."""
    monkeypatch.chdir(folder)

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["predict", *map(str, arguments)])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def champion(folder: Path, name: str) -> TrainedModel:
    return Study.open(name, storage=folder / "studies").result().load_model()


def cells(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "steps.csv", sep=";", decimal=",")


def test_a_number_for_each_sequence_of_a_file(folder: Path, say: Said) -> None:
    model, rows = champion(folder, "life"), cells(folder)
    status, _, err = say("life", "steps.csv", "--out", "lives.csv")
    assert status == 0, err
    predicted = pd.read_csv(folder / "lives.csv", sep=";", decimal=",")  # as the file is written
    assert predicted["life"].dtype == float
    assert list(predicted.columns) == ["run", "life"]
    assert list(predicted["run"]) == list(dict.fromkeys(rows["run"]))
    own = rows[rows["run"] == "r7"].sort_values("t")[["a", "b"]].to_numpy()
    alone = predicted[predicted["run"] == "r7"]["life"].iloc[0]
    assert alone == pytest.approx(model.predict([own])[0], rel=1e-5)
    frame = model.predictions(rows.drop(columns=["life", "act"]))
    np.testing.assert_allclose(frame["life"], predicted["life"], rtol=1e-5)


def test_a_number_for_each_text(folder: Path, say: Said) -> None:
    (folder / "new.txt").write_text("abba\n\ncab\n")
    status, out, err = say("texts", "new.txt", "--format", "json")
    assert status == 0, err
    rows = json.loads(out)
    assert [row["word"] for row in rows] == ["abba", "cab"]
    expected = champion(folder, "texts").predict(["abba", "cab"])
    assert [row["score"] for row in rows] == pytest.approx(expected.tolist())


def test_a_label_for_each_row_of_a_file(folder: Path, say: Said) -> None:
    model = champion(folder, "acts")
    status, _, err = say("acts", "steps.csv", "--out", "acts.csv")
    assert status == 0, err
    labelled = pd.read_csv(folder / "acts.csv", sep=";", dtype=str)
    assert list(labelled.columns) == ["run", "t", "label", "p_d", "p_u"]
    as_written = pd.read_csv(folder / "steps.csv", sep=";", dtype=str)
    pd.testing.assert_frame_equal(labelled[["run", "t"]], as_written[["run", "t"]])
    rows = cells(folder)
    own = rows[rows["run"] == "r8"].sort_values("t")
    (labels,) = model.classify([own[["a", "b"]].to_numpy()]).labels
    assert tuple(labelled["label"][own.index]) == labels
    frame = model.predictions(rows.drop(columns=["life", "act"]))
    assert list(frame.columns) == list(labelled.columns)
    assert list(frame["t"]) == list(rows["t"])
    assert list(frame["label"]) == list(labelled["label"])


def test_answers_for_arrays(folder: Path, say: Said) -> None:
    model, draw = champion(folder, "arrays"), np.random.default_rng(2)
    x, lengths = draw.normal(size=(9, 2)), np.array([2, 4, 3])
    np.savez(folder / "new.npz", x=x, lengths=lengths)
    status, _, err = say("arrays", "new.npz", "--out", "new.csv")
    assert status == 0, err
    answers = pd.read_csv(folder / "new.csv")
    assert list(answers.columns) == ["sequence", "label", "p_False", "p_True"]
    expected = model.classify([x[:2], x[2:6], x[6:]])
    np.testing.assert_allclose(answers[["p_False", "p_True"]], expected.probabilities, rtol=1e-5)
    assert list(answers["label"].astype(str)) == list(expected.labels)
    pd.testing.assert_frame_equal(
        model.predictions([x[:2], x[2:6], x[6:]]).round(6),
        model.predictions(folder / "new.npz").round(6),
    )
    status, out, err = say("arrays", "arrays.npz", "--format", "json")
    assert status == 0, err
    assert [row["part"] for row in json.loads(out)][::30] == ["train", "val", "test"]


def test_answers_for_each_time_step(folder: Path, say: Said) -> None:
    status, out, err = say("each", "each.npz", "--format", "json")
    assert status == 0, err
    rows = json.loads(out)
    assert list(rows[0]) == ["sequence", "time_step", "y0", "y1"]
    assert [row["time_step"] for row in rows[:5]] == [0, 1, 2, 3, 0]
    x = np.load(folder / "each.npz")["x"]
    expected = champion(folder, "each").predict(x)[1, 2]
    assert [rows[6]["y0"], rows[6]["y1"]] == pytest.approx(expected.tolist(), rel=1e-5)


REFUSED = {
    "no file of numbers": (("life",), "gives each sequence a number; give a file of time steps"),
    "no file of labels": (("acts",), "labels each step of a sequence; give a file"),
    "no file of texts": (("texts",), "give a file of texts, one a line"),
    "no file of arrays": (("arrays",), "give an .npz file that holds them under x"),
    "a lacking column": (("acts", "texts.csv"), "texts.csv has no column 'run'"),
    "no inputs": (("arrays", "events.npz"), "holds no x; it holds train, val, test"),
    "another width": (("arrays", "wide.npz"), "wide.npz: sequence 0 must be numbers of shape"),
    "no arrays": (("arrays", "texts.csv"), "no .mat and no .npz file"),
    "no such option": (("life", "steps.csv", "--steps", 3), "--steps is nothing for life"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_answered_is_refused(folder: Path, say: Said, case: str) -> None:
    np.savez(folder / "wide.npz", x=np.zeros((2, 3, 5)))
    arguments, words = REFUSED[case]
    status, out, err = say(*arguments)
    assert (status, out) == (2, ""), err
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize("name", [*TASKS, "arrays"])
def test_other_commands_say_which_one_answers(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit):
        main(["rollout", name, "--steps", "3"])
    printed = capsys.readouterr().err
    assert f"rnnsearch predict {name} " in printed
    verb, *words = shlex.split(printed[printed.index("predict ") :].splitlines()[0])
    with pytest.raises(SystemExit) as ended:
        main([verb, *words])
    assert ended.value.code in (0, None), capsys.readouterr().err


def test_arrays_are_no_table(folder: Path) -> None:
    with pytest.raises(ModelError, match="answers for arrays"):
        champion(folder, "arrays").predictions(cells(folder))
