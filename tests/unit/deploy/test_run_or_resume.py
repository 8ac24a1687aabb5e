"""`deploy/run_or_resume.sh`, with a command line on paper: which of the two it calls."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnsearch.search.directory import StudyDirectory
from tests.contracts.s3 import BUCKET, S3, served

ROOT = Path(__file__).parents[3]
PYTHON = f"""#!/bin/sh
# Calls of the command line are told; all others are real.
if [ "$1" = -m ]; then shift 2; echo "$@"; else exec '{sys.executable}' "$@"; fi
"""


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with served() as running:
        yield running


@pytest.fixture
def environment(tmp_path: Path, server: S3) -> dict[str, str]:
    """Of another machine than the one on which the study was begun."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    ours = {"PATH": path, "PYTHONPATH": str(ROOT), "RNNSEARCH_CACHE": str(tmp_path / "cache")}
    return {**os.environ, **server.environment, **ours, "RAY_ADDRESS": "10.0.0.1:6379"}


def called(environment: dict[str, str], storage: str) -> subprocess.CompletedProcess[str]:
    words = ["bash", str(ROOT / "deploy" / "run_or_resume.sh"), "a b.yaml", "sine", storage]
    return subprocess.run(
        [*words, "--trials", "9"], env=environment, capture_output=True, text=True, check=False
    )


def run(storage: str) -> str:
    return f"run a b.yaml --name sine --storage {storage} --address 10.0.0.1:6379 --trials 9\n"


def resume(storage: str) -> str:
    return f"resume sine --storage {storage} --address 10.0.0.1:6379\n"


def test_a_folder(tmp_path: Path, environment: dict[str, str]) -> None:
    storage = str(tmp_path / "two words")
    assert called(environment, storage).stdout == run(storage)
    (tmp_path / "two words" / "sine").mkdir(parents=True)
    assert called(environment, storage).stdout == run(storage), "it was killed as it was made"
    (tmp_path / "two words" / "sine" / "study.yaml").write_text("name: sine\n")
    assert called(environment, storage).stdout == resume(storage)


def test_an_object_store(
    tmp_path: Path, server: S3, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = f"s3://{BUCKET}/studies"
    assert called(environment, storage).stdout == run(storage)
    for name, value in {**server.environment, "RNNSEARCH_CACHE": str(tmp_path / "first")}.items():
        monkeypatch.setenv(name, value)
    directory = StudyDirectory(Path(storage), "sine")
    mirror = directory.mirror
    assert mirror is not None
    directory.create()
    mirror.claim(print)
    assert called(environment, storage).stdout == run(storage), "it was killed as it was made"
    directory.yaml.write_text("name: sine\n")
    mirror.push()
    mirror.release()
    assert called(environment, storage).stdout == resume(storage)
    server.refusing = 503
    try:
        done = called(environment, storage)
    finally:
        server.refusing = None
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
