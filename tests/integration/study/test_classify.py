"""`rnnsearch classify`: texts and tables in, labels and chances out; and what it refuses."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from contracts.small_studies import finished, write_files

from rnnsearch.cli.app import main
from rnnsearch.study import Study
from rnnsearch.training.trained import TrainedModel

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("classify")
    write_files(root)
    for name in ("words", "walks", "sine"):
        finished(name, root / "studies", root)
    return root


@pytest.fixture
def say(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs `classify` here: its exit status, what it prints, and what it complains of."""
    monkeypatch.chdir(folder)

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["classify", *map(str, arguments)])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def champion(folder: Path, name: str) -> TrainedModel:
    return Study.open(name, storage=folder / "studies").result().load_model()


def test_texts_are_labelled_in_their_order(folder: Path, say: Said) -> None:
    texts = ["abba", "nonp", "abba", "-a\u2028b"]
    expected = champion(folder, "words").classify(texts)
    status, out, err = say("words", "--top", 2, "--", *texts)
    assert (status, err) == (0, "")
    lines = out.rstrip("\n").split("\n")
    assert [line.split("\t")[0] for line in lines] == texts
    for line, label, chances in zip(lines, expected.labels, expected.probabilities, strict=True):
        first, second = line.split("\t")[1].split(", ")
        assert first == f"{label} {chances.max():.2f}"
        assert second.split(" ")[1] == f"{np.sort(chances)[-2]:.2f}"
    assert expected.labels[0] == "ab"


def test_a_file_gives_its_lines_or_its_column(folder: Path, say: Said) -> None:
    texts = ["abba", "xyx", "abba"]
    (folder / "lines.txt").write_bytes("\ufeffabba\r\n\r\n xyx\r\nabba".encode())
    table = pd.DataFrame({"n": [1, 2, 3], "text": texts})
    table.to_csv(folder / "table.csv", sep=";", index=False)
    expected = champion(folder, "words").classify(texts)
    for file in ("lines.txt", "table.csv"):
        status, out, _ = say("words", "--file", file, "--format", "json")
        assert status == 0
        found = json.loads(out)
        assert [one["sequence"] for one in found] == texts
        assert [one["label"] for one in found] == list(expected.labels)
        for one, chances in zip(found, expected.probabilities, strict=True):
            named = dict(zip(expected.classes, chances.tolist(), strict=True))
            assert one["probabilities"] == pytest.approx(named)


def test_steps_are_put_in_the_order_of_time(folder: Path, say: Said) -> None:
    walks = pd.read_csv(folder / "walks.csv")
    expected = champion(folder, "walks").classify(walks).set_index("walk")
    mixed = walks.drop(columns="way").sample(frac=1, random_state=1)
    mixed.to_csv(folder / "mixed.csv", index=False, sep="\t")
    for file in ("walks.csv", "mixed.csv"):
        status, out, _ = say("walks", "--file", file, "--format", "json")
        assert status == 0
        found = json.loads(out)
        assert len(found) == 60
        assert all(one["label"] == expected["label"][one["sequence"]] for one in found)


REFUSED = {
    "nothing": (("words",), "needs something to label: rnnsearch classify words 'some text'"),
    "both": (("words", "a", "--file", "lines.txt"), "texts and a --file were given; give one"),
    "no such file": (("words", "--file", "nowhere.txt"), "there is no file nowhere.txt"),
    "a folder": (("words", "--file", "words"), "words is a folder"),
    "an empty file": (("words", "--file", "empty.txt"), "empty.txt is empty (0 bytes)"),
    "blank lines": (("words", "--file", "blank.txt"), "holds no text, one a line"),
    "a pipe": (("words", "--file", "pipe"), "it is a device or a pipe"),
    "no column": (("words", "--file", "walks.csv"), "'b', 'way'. A file that"),
    "latin-1": (("words", "--file", "latin.txt"), "latin.txt:2: byte 0xfc is no UTF-8"),
    "an empty text": (("words", " "), "sequence 0: nothing is left to read"),
    "texts for numbers": (("walks", "a"), "needs something to label: rnnsearch classify walks"),
    "no numbers": (("walks", "--file", "bad.csv"), "bad.csv:3: column 'b': 'x' is no number"),
    "a time twice": (("walks", "--file", "twice.csv"), "twice.csv:3: column 't': the sequence"),
    "no steps": (("walks", "--file", "lines.txt"), "has no column 'walk'"),
    "a wave": (("sine", "a"), "sine learned no labels; it predicts numbers"),
    "no study": (("nobody", "a"), "nobody"),
    "no class to show": (("words", "a", "--top", 0), "--top"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_labelled_is_refused(folder: Path, say: Said, case: str) -> None:
    (folder / "lines.txt").write_text("abba\nxyx\n")
    (folder / "empty.txt").touch()
    (folder / "blank.txt").write_text(" \n\n")
    (folder / "latin.txt").write_bytes("a\ngr\xfcn\n".encode("latin-1"))
    (folder / "bad.csv").write_text("walk,t,a,b\nw,0,1,1\nw,1,2,x\n")
    (folder / "twice.csv").write_text("walk,t,a,b\nw,0,1,1\nw,0,2,2\n")
    if not (folder / "pipe").exists():
        os.mkfifo(folder / "pipe")
    arguments, words = REFUSED[case]
    status, out, err = say(*arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
