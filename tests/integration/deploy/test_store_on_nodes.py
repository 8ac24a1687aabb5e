"""Real nodes over a real S3 server: one without credentials, one that joins, and one that goes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from contracts.s3 import S3, SECRET
from contracts.tracking_server import TrackingServer
from two_nodes import RAY, Cluster, family, head_alone

from rnnsearch.object_store.folder import ObjectFolder

STORAGE = "s3://studies/lab"
SPACE = """
name: long
task: {type: sine, num_points: 12, rollout: {steps: [1, 5]}}
model: {cell: lstm, hidden_size: 4}
training: {learning_rate: {loguniform: [1e-3, 1e-1]}, steps_per_epoch: 100, max_epochs: 100000}
search: {metric: val_mse, num_trials: 8, scheduler: {type: none}}
resources: {slots: 4}
"""
NO_KEY = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SHARED_CREDENTIALS_FILE": "/-"}


@pytest.fixture
def alone(records: TrackingServer) -> Iterator[Cluster]:
    with head_alone() as running:
        yield running


class Run:
    """A driver, whose lines are read as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.lines = process, list[str]()

    def line_with(self, words: str) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if words in line:
                return line
        raise AssertionError("".join(self.lines))


@contextmanager
def driven(alone: Cluster, space: Path, cache: Path) -> Iterator[Run]:
    study = [sys.executable, "-m", "rnnsearch", "run", str(space), "--address", alone.address]
    study += ["--storage", STORAGE, "--verbose"]
    path = ":".join(filter(None, sys.path))
    environment = {**alone.environment, "PYTHONPATH": path, "RNNSEARCH_CACHE": str(cache)}
    with subprocess.Popen(
        study, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        run = Run(process)
        try:
            yield run
        finally:
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=120)
            run.lines.append(rest)


@contextmanager
def command_lines_watched(lines: set[bytes]) -> Iterator[None]:
    """A context in which the command lines of all processes are gathered."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.5):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    lines.add(path.read_bytes())
                except OSError:
                    continue  # it has ended

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def holding(folder: Path, secret: str) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_packs_on_all_nodes_keep_snapshots_in_a_store(
    alone: Cluster, store: S3, tmp_path: Path
) -> None:
    space, cache = tmp_path / "long.yaml", tmp_path / "cache"
    space.write_text(SPACE)
    snapshots = ObjectFolder.at(f"{STORAGE}/long/snapshots")
    lines: set[bytes] = set()
    with command_lines_watched(lines):
        with alone.joined("127.0.0.4", **NO_KEY):
            with driven(alone, space, cache) as run:
                line = run.line_with("of 2 nodes cannot keep the packs' snapshots in")
                assert "The object store refuses" in line
                assert run.process.wait(60) == 2
            words = ("--address", alone.address, "--storage", STORAGE)
            done = alone.run(sys.executable, "-m", "rnnsearch", "doctor", *words)
            assert done.status == 1
            assert f"#2 cannot write to {STORAGE}: The object store refuses" in done.text
        space.write_text(SPACE.replace("name: long", "name: next"))
        snapshots = ObjectFolder.at(f"{STORAGE}/next/snapshots")
        with driven(alone, space, cache) as run:
            run.line_with("goes aboard pack-01-")
            with alone.joined("127.0.0.5", **NO_KEY) as node:
                line = run.line_with("keep no snapshots, so what they train is lost with them")
                assert "The object store refuses" in line
                for one in family(node):
                    one.kill()
                run.line_with("was lost")
            with alone.joined("127.0.0.6"):
                run.line_with("keep snapshots again")
                for _ in range(4):
                    run.line_with("goes aboard pack-03-")
                drained = ["--node-id", alone.nodes()["127.0.0.6"], "--reason-message", "a test"]
                drained += ["--reason", "DRAIN_NODE_REASON_PREEMPTION"]
                drained += ["--deadline-remaining-seconds", "300"]
                done = alone.run(RAY, "drain-node", "--address", alone.address, *drained)
                assert done.status == 0, done.text
                run.line_with("its node leaves the cluster)")
                handed = [name for name in snapshots.names() if name.startswith("pack-03-")]
                assert handed
            with alone.joined("127.0.0.7"):
                later = [run.line_with("goes aboard pack-") for _ in range(4)]
                assert not [line for line in later if re.search(r"pack-0[123]-", line)]
    logs = [path.read_text() for path in cache.rglob("next/logs/pack-0[4-9]-*.log")]
    assert logs
    assert not [text for text in logs if "starts again from its seed" in text]
    ray_folder = Path(alone.environment["RAY_TMPDIR"])
    assert not [line for line in lines if SECRET.encode() in line]
    for place in (cache, ray_folder):
        assert not holding(place, SECRET)
    assert SECRET not in "".join(run.lines)
    stored = ObjectFolder.at(STORAGE)
    assert not [name for name in stored.names() if SECRET.encode() in stored.read(name)]
