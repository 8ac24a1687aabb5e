"""Every command with arguments of any kind: words and an exit status, never a traceback.

The short form runs with the suite; the long one (`-m slow`) tries thousands.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnsearch.cli.app import app, main
from rnnsearch.events import ChampionChosen
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import loads
from rnnsearch.study.data import read_data

SPACE = "name: word\ntask: {type: text, path: words.txt, sample: 0}\ntraining: {seq_len: 4}\n"
COMMANDS: dict[str, Any] = {
    name: one
    for name, one in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    if name != "bench"  # which measures, for minutes
}

TEXTS = [
    *("", " ", "-", "--", "word", "word-2", "none", "../word", "/etc/passwd", "/dev/zero", "pipe"),
    *("/proc/self/mem", "x" * 300, "a/b", "words.txt", "word.yaml", "broken.yaml", "binary", "."),
    *(
        "models:/word/1",
        "models:/",
        "models:/a@b",
        "runs:/x",
        "é",
        "\udcff",
        "\n",
        "\x1b[2J",
        "a=b",
    ),
    *(
        "null",
        "a=b",
        "{}",
        "[",
        "task.type=",
        "task.type=sine",
        "model.cell=os:system",
        "=",
        "task=3",
    ),
    *("search.num_trials=0", "training.max_epochs=1e300", "model={hidden_size: {int: [1, 1e99]}}"),
]
NUMBERS = [*map(str, (0, 1, -1, 2, 7, 65535, 99999, 10**12, 10**40)), "1.5", "nan", "1e9", "x", ""]
PLACES = ["my studies", "none", "/dev/null", "/proc/none", "http://host/x", "", "words.txt", "é"]
"""Storages in which nothing can be made but where the test stands."""
URIS = [
    "",
    "x",
    "http://127.0.0.1:9",
    "http://:@/",
    "sqlite:///none.db",
    "ftp://a",
    "http://[",
    "é",
]
TIMES = ["10m", "0s", "-1m", "1e9h", "9" * 400 + "h", "", "m", "nan", "٣m"]


CHOICES = {
    "format_": ["text", "json"],
    "device": ["cpu"],
    "dtype": ["float32", "float64"],
    "cell": ["rnn", "gru", "lstm"],
}


class Scratch:
    """A folder with a study, a space file and files that are none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "words.txt").write_text("the end of the word the end of the word ")
        (folder / "word.yaml").write_text(SPACE)
        (folder / "broken.yaml").write_text("task: {type: sin\n")
        (folder / "binary").write_bytes(bytes(range(256)))
        os.mkfifo(folder / "pipe")
        self._made = folder / "made"
        spec = loads(SPACE, name="word", directory=folder)
        directory = StudyDirectory(self._made, "word")
        directory.create()
        directory.yaml.write_text(spec.yaml, encoding="utf-8")
        ledger = Ledger.create(directory, spec)
        read_data(spec, directory, ledger)
        assert ledger.ask() is not None
        ledger.report([(0, 1, 2.5)])
        ledger.finish(0, "complete", reason="", epoch=1)
        champion = ChampionChosen(1.0, 0, 5, "gone", {"val_nats": 2.5}, {})
        ledger.note(lambda notes: replace(notes, champion=champion))
        ledger.close()

    def restore(self) -> None:
        """Whatever the last command did to the studies is undone."""
        for name in ("my studies", "studies"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(self._made, self.folder / name)
        for path in self.folder.glob("*.yaml"):
            if path.name not in ("word.yaml", "broken.yaml"):
                path.unlink()


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    # Nothing is trained, no server is started and nobody is asked.
    monkeypatch.setattr("rnnsearch.study.running.drive", lambda *_, **__: None)
    monkeypatch.setattr("os.execve", lambda *_: sys.exit(0))
    monkeypatch.setattr("socketserver.BaseServer.serve_forever", lambda self: None)
    monkeypatch.setattr("rnnsearch.search.tune.cluster.check_address", lambda address: None)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return Scratch(tmp_path)


def value_of(parameter: Any, dice: random.Random) -> str:
    name = parameter.name or ""
    if name == "storage":
        return dice.choice(PLACES)
    if name in ("tracking_uri", "address"):
        return dice.choice(URIS)
    if name == "time_budget":
        return dice.choice(TIMES)
    if name == "output":
        return dice.choice(
            ["out.png", "out", "none/out.png", "words.txt", "binary", "/dev/full", ""]
        )
    if name in ("name", "study", "model") and dice.random() < 0.6:
        return "word"
    if name in ("file", "data") and dice.random() < 0.4:
        return dice.choice(["word.yaml", "words.txt"])
    if parameter.min is not None or name in ("temperature", "steps", "trials"):
        return dice.choice(NUMBERS)
    if name in CHOICES and dice.random() < 0.8:
        return dice.choice(CHOICES[name])
    return dice.choice(TEXTS)


def line_of(command: Any, dice: random.Random) -> list[str]:
    words: list[str] = []
    for parameter in command.params:
        required = parameter.required and dice.random() < 0.97
        if not required and dice.random() > 0.25:
            continue
        if type(parameter).__name__ == "TyperArgument":
            words.append(value_of(parameter, dice))
        elif getattr(parameter, "is_flag", False):
            words.append(dice.choice(parameter.opts))
        else:
            words += [dice.choice(parameter.opts), value_of(parameter, dice)]
    if dice.random() < 0.05:
        words.insert(dice.randrange(len(words) + 1), dice.choice(TEXTS))
    return words


def answers(name: str, seed: int, scratch: Scratch) -> None:
    dice = random.Random(seed)
    words = [name, *line_of(COMMANDS[name], dice)]
    scratch.restore()
    with pytest.raises(SystemExit) as left:
        main(words)
    allowed: tuple[Any, ...] = (0, 1, 2) if name in TELLING else (0, 2)
    assert left.value.code in (None, *allowed), words


TELLING = ("flush", "watch", "reproduce")
"""Commands that tell an outcome by the exit status 1, such as records that still wait."""
HEAVY = ("kernels", "explain", "classify", "export", "flush", "reproduce")
LIGHT = [name for name in COMMANDS if name not in HEAVY]
"""What answers in a moment; the others import or compute more, or start a process."""


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(LIGHT), seed=st.integers(0, 2**40))
def test_a_command_line_of_any_kind(name: str, seed: int, scratch: Scratch) -> None:
    answers(name, seed, scratch)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", list(COMMANDS))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**40))
def test_each_command_with_anything(name: str, seed: int, scratch: Scratch) -> None:
    answers(name, seed, scratch)
