"""A study whose ledger lies in PostgreSQL: server and driver are killed, another folder goes on.

Its password is in the environment alone, and is looked for everywhere else afterwards.
"""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from contracts.ledger_rows import check_ledger_rows
from contracts.postgres import PASSWORD, Postgres, served

from rnnsearch.errors import RnnsearchError
from rnnsearch.events import RANKED
from rnnsearch.search.database.answering import ANSWER_SECONDS
from rnnsearch.study import Study
from rnnsearch.study.result import StudyResult

TRIALS, SECONDS = 40, 900.0
SPACE = f"""
name: small
task: {{type: sine, num_points: 30, rollout: {{steps: [1, 5]}}}}
model: {{cell: rnn, hidden_size: {{int: [2, 16]}}}}
training:
  {{learning_rate: {{loguniform: [1.0e-4, 1.0e-1]}}, steps_per_epoch: 150, max_epochs: 12}}
search: {{metric: val_mse, num_trials: {TRIALS}, finalists: {{top: 2, seeds: 2}}}}
resources: {{packs: 1, slots: 4}}
"""
READING = (
    *(["studies"], ["trials", "small"], ["best", "small"], ["analyse", "small"]),
    *(["report", "small"], ["watch", "small"], ["compare", "small", "small-forked"]),
    *(["replay", "small", "--scheduler", "{type: median}"], ["repair", "small"]),
)
"""Commands that read a study; each of them opens the ledger."""


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with served() as server:
        yield server


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """Where Ray keeps its logs and its sockets, whose paths must be short."""
    with tempfile.TemporaryDirectory(prefix="rt", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def called(storage: Path, *words: object) -> list[str]:
    shown = (sys.executable, "-m", "rnnsearch", *map(str, words))
    return [*shown, "--storage", str(storage)]


def ended(result: StudyResult) -> dict[int, Any]:
    """What never changes again: parameters, seed, curve and end of trials that have ended."""
    return {
        one.number: (one.params, one.seed, dict(one.values_by_epoch), one.state, one.epoch)
        for one in result.trials
        if one.state in (*RANKED, "failed")
    }


def wait_for(storage: Path, trials: int, driver: subprocess.Popen[bytes]) -> dict[int, Any]:
    """Look at the study until so many trials have ended, and say which."""
    until = time.monotonic() + SECONDS
    while True:
        assert driver.poll() is None, "the driver ended"
        assert time.monotonic() < until
        try:
            seen = ended(Study.open("small", storage=storage).result())
        except RnnsearchError:  # none of it yet
            seen = {}
        if len(seen) >= trials:
            return seen
        time.sleep(0.2)


@contextmanager
def command_lines_watched(lines: set[bytes]) -> Iterator[None]:
    """Collect the command lines of all processes of the machine meanwhile."""
    over = Event()

    def look() -> None:
        while not over.wait(0.1):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    lines.add(path.read_bytes())
                except OSError:  # it has ended
                    continue

    thread = Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def holding(folder: Path, secret: str) -> list[Path]:
    """The files below a folder that hold a secret: pickles, databases and logs too."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if secret.encode() in path.read_bytes()]


def killed(postgres: Postgres, seconds: float) -> None:
    postgres.kill()
    time.sleep(seconds)
    postgres.start()


def crashed(postgres: Postgres, seconds: float) -> None:
    postgres.crash()
    time.sleep(seconds)
    postgres.start()


def frozen(postgres: Postgres, seconds: float) -> None:
    with postgres.frozen():
        time.sleep(2 * ANSWER_SECONDS + seconds)  # so long that the driver has said it


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("strike", [killed, crashed, frozen])
def test_server_and_driver_are_killed_and_another_folder_goes_on(
    tmp_path: Path,
    postgres: Postgres,
    ray_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    strike: Callable[[Postgres, float], None],
) -> None:
    space, first, second = tmp_path / "small.yaml", tmp_path / "first", tmp_path / "second"
    space.write_text(SPACE)
    monkeypatch.setenv("RNNSEARCH_LEDGER", postgres.uri)
    monkeypatch.setenv("RAY_TMPDIR", str(ray_folder))
    lines: set[bytes] = set()
    with command_lines_watched(lines), (tmp_path / "out").open("wb") as out:
        with subprocess.Popen(called(first, "run", space), stdout=out, stderr=out) as driver:
            wait_for(first, 5, driver)
            strike(postgres, 6.0)
            early = wait_for(first, 12, driver)
            driver.kill()
        assert driver.returncode == -signal.SIGKILL
        # Another head has the study's folder and the password, and nothing else.
        shutil.move(first, second)
        monkeypatch.delenv("RNNSEARCH_LEDGER")
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        with subprocess.Popen(called(second, "resume", "small"), stdout=out, stderr=out) as driver:
            late = wait_for(second, 25, driver)
            strike(postgres, 2.0)
            assert driver.wait(SECONDS) == 0, (tmp_path / "out").read_text()[-3000:]
        fork = called(second, "fork", "small", "--set", "search.num_trials=5")
        subprocess.run(fork, stdout=out, stderr=out, check=True)
        for words in READING:
            subprocess.run(called(second, *words), stdout=out, stderr=out, check=True)
    result = Study.open("small", storage=second).result()
    check(result, early, late)
    with closing(sqlite3.connect(second / "mlflow.db")) as database:
        check_ledger_rows(lambda sql: database.execute(sql).fetchall(), only(result, database))
    assert not list(second.glob("*/ledger.journal"))
    assert not [line for line in lines if PASSWORD.encode() in line]
    assert not [*holding(tmp_path, PASSWORD), *holding(ray_folder, PASSWORD)]
    assert "the database of the ledger" in (tmp_path / "out").read_text()


def check(result: StudyResult, *seen: Mapping[int, Any]) -> None:
    """No trial is lost, doubled or changed, and each curve is whole."""
    assert [one.number for one in result.trials] == list(range(TRIALS))
    now = ended(result)
    assert len(now) == TRIALS
    for before in seen:
        assert {number: now[number] for number in before} == before
    for one in result.trials:
        assert sorted(one.values_by_epoch) == list(range(1, one.epoch + 1)), one.number


def only(result: StudyResult, database: sqlite3.Connection) -> StudyResult:
    """The result, once the runs of the fork are out of the store."""
    ids = "select experiment_id from experiments where name <> 'small'"
    database.execute(f"update runs set lifecycle_stage = 'deleted' where experiment_id in ({ids})")
    return result


def test_the_folder_is_looked_through(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "tuner.pkl").write_bytes(b"\x80\x04" + PASSWORD.encode() + b"\x00")
    assert [path.name for path in holding(tmp_path, PASSWORD)] == ["tuner.pkl"]
