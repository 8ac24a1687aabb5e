"""What a study knows its data by: content alone, and in words that say what has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from unit.tasks.custom_examples.custom_tasks import Echo

from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.fingerprint import Fingerprint, changes, fingerprint
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.memory.copying import CopyConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig

HOURS = [f"2024-01-{1 + hour // 24:02d} {hour % 24:02d}:00" for hour in range(200)]


def taken(config: TaskConfig) -> Fingerprint:
    found = fingerprint(config, load_data(config))
    assert found is not None
    # It is kept as JSON in a note and in a checkpoint.
    assert Fingerprint.from_json(found.to_json()) == found
    return found


def table(folder: Path, rows: int = 100) -> TaskConfig:
    lines = [f"{time},{np.sin(at / 3):.4f}" for at, time in enumerate(HOURS[:rows])]
    (folder / "load.csv").write_text("\n".join(["time,y", *lines, ""]))
    path = str(folder / "load.csv")
    return SeriesConfig(path=path, time="time", targets=("y",), horizon=3, context=5)


def text(folder: Path, more: str = "") -> TaskConfig:
    (folder / "novel.txt").write_text("the end of the word " * 30 + more)
    return TextConfig(path=str(folder / "novel.txt"))


def classes(folder: Path, more: str = "") -> TaskConfig:
    for name in ("Czech", "Irish"):
        names = [f"{name}{at}" for at in range(20)]
        (folder / f"{name}.txt").write_text("\n".join(names) + more)
    return LabelsConfig(path=str(folder))


def labelled(folder: Path, more: str = "") -> TaskConfig:
    rows = [f"word{at},{'ab'[at % 2]}" for at in range(40)]
    (folder / "names.csv").write_text("\n".join(["text,label", *rows]) + more)
    return LabelsConfig(path=str(folder / "names.csv"), text="text", label="label")


def events(folder: Path, steps: int = 8) -> TaskConfig:
    parts = {part: np.eye(steps)[None] for part in ("train", "val", "test")}
    np.savez(folder / "keys.npz", **parts)  # type: ignore[arg-type]
    return EventsConfig(path=str(folder / "keys.npz"))


@dataclass(frozen=True)
class Filed(Echo):
    """A custom task that names a file, of whose content its batches show nothing."""

    path: str = ""


def own(folder: Path, more: str = "") -> TaskConfig:
    (folder / "numbers.txt").write_text("1 2 3" + more)
    return Filed(path=str(folder / "numbers.txt"))  # type: ignore[return-value]


KINDS: dict[str, Callable[[Path], TaskConfig]] = {
    one.__name__: one for one in (table, text, classes, labelled, events, own)
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_content_elsewhere_and_later_is_the_same_data(kind: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    first, second = taken(KINDS[kind](here)), taken(KINDS[kind](there))
    for path in there.iterdir():
        os.utime(path, (1, 1))
    assert first.sha256 == second.sha256
    assert changes(first, second) == ""


@pytest.mark.parametrize(
    ("kind", "args", "said"),
    [
        (table, (104,), "rows 100, now 104; last time 2024-01-05 03:00, now 2024-01-05 07:00"),
        (text, ("more",), "symbols 600, now 604"),
        (classes, ("\nnew",), "changed: Czech.txt, Irish.txt; sequences 40, now 42"),
        (labelled, ("\nnew,a",), "sequences 40, now 41"),
        (events, (9,), "steps 24, now 27"),
        (own, (" 4",), "as long as before, with other content"),
    ],
)
def test_what_has_changed_is_said(
    kind: Callable[..., TaskConfig], args: tuple[object], said: str, tmp_path: Path
) -> None:
    before = taken(kind(tmp_path))
    after = changes(before, taken(kind(tmp_path, *args)))
    place, _, what = after.partition(": ")
    assert what == said
    assert Path(place).exists()


def test_files_that_come_and_go_are_named(tmp_path: Path) -> None:
    before = taken(classes(tmp_path))
    (tmp_path / "Irish.txt").rename(tmp_path / "Erse.txt")
    after = taken(LabelsConfig(path=str(tmp_path)))
    assert changes(before, after).endswith("new: Erse.txt; gone: Irish.txt")


def test_a_cell_that_is_mended_is_a_change(tmp_path: Path) -> None:
    config = table(tmp_path)
    before = taken(config)
    path = tmp_path / "load.csv"
    path.write_text(path.read_text().replace("0.0000", "0.0001", 1))
    assert changes(before, taken(config)).endswith("as long as before, with other content")


@pytest.mark.parametrize("config", [SineConfig(), CopyConfig(), TextConfig(text="hello " * 9)])
def test_what_the_config_makes_needs_none(config: TaskConfig) -> None:
    assert fingerprint(config, load_data(config)) is None


@dataclass(frozen=True)
class Restless(Echo):
    """A custom task that ignores its seed, so that every call draws another batch."""

    def batch(self, generator: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
        return super().batch(np.random.default_rng(), size)


@dataclass(frozen=True)
class Hashed(Echo):
    """A custom task with a method `sha256` of its own, which its version decides."""

    version: int = 1

    def sha256(self) -> str:
        return f"version {self.version}"


def test_an_own_task_that_is_never_the_same_cannot_be_checked() -> None:
    found = taken(Restless())  # type: ignore[arg-type]
    assert found.sha256 == ""
    assert changes(found, taken(Restless())) == ""  # type: ignore[arg-type]


def test_an_own_task_may_say_itself_what_its_data_is() -> None:
    first, second = taken(Hashed()), taken(Hashed(version=2))  # type: ignore[arg-type]
    assert first.sha256 == "version 1"
    assert changes(first, second) == "the task's own data: its sequences are others"


def test_held_out_sequences_of_an_own_task_are_its_data_too() -> None:
    """Two tasks draw equal batches and ask a network about other held-out sequences, so a study on
    one must not be reopened on the other."""
    shown = Echo.evaluate

    @dataclass(frozen=True)
    class Judged(Echo):
        shift: float = 0.0

        def evaluate(self, predict, part):  # type: ignore[no-untyped-def]
            return shown(self, lambda fed: predict(fed + self.shift), part)

    first, second = taken(Judged()), taken(Judged(shift=1.0))  # type: ignore[arg-type]
    assert first.sha256 != second.sha256
