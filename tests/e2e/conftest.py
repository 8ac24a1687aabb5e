"""Studies that several tests look at, each run once: a start of Ray costs seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e.command import SPACES, Said, rnnsearch


@dataclass(frozen=True)
class Finished:
    """A study that was run, and what the command said."""

    name: str
    storage: Path
    said: Said

    @property
    def folder(self) -> Path:
        return self.storage / self.name


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One storage folder, so one MLflow database, for the studies of the session."""
    return tmp_path_factory.mktemp("storage")


@pytest.fixture(scope="session")
def hello(storage: Path) -> Finished:
    """hello.yaml as it is, the result as JSON."""
    file = SPACES / "hello.yaml"
    curves = ("--tensorboard", storage.parent / "curves")
    said = rnnsearch("run", file, "--storage", storage, "--format", "json", *curves)
    assert said.status == 0, said.err
    return Finished("hello", storage, said)


@pytest.fixture(scope="session")
def sine(storage: Path) -> Finished:
    """A short sine study, the result as text."""
    options = ["training.max_epochs=6", "search.finalists={top: 2, seeds: 2}"]
    sets = [word for option in options for word in ("--set", option)]
    file = SPACES / "sine.yaml"
    curves = ("--tensorboard", storage.parent / "curves")
    said = rnnsearch("run", file, "--storage", storage, "--trials", 4, *sets, *curves)
    assert said.status == 0, said.err
    return Finished("sine", storage, said)
