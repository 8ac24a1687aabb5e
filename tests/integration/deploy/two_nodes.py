"""A Ray head and a second node on this machine, with a token, a home and a `/tmp/ray` of their own.

Both are children of the test and end with it. Their addresses are loopback ones.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil

from rnnsearch.training.kernels import compiled

PROJECT = Path(__file__).resolve().parents[3]
HEAD, SECOND = "127.0.0.2", "127.0.0.3"
RAY = str(Path(sys.executable).with_name("ray"))


@dataclass(frozen=True)
class Done:
    """A command that has ended.

    Attributes:
        text: Standard output and standard error together.
    """

    status: int
    text: str

    def json(self) -> dict[str, Any]:
        """The one line that is a JSON object."""
        [line] = [line for line in self.text.splitlines() if line.startswith("{")]
        found: dict[str, Any] = json.loads(line)
        return found


@dataclass(frozen=True)
class Cluster:
    """Two running nodes with one CPU each.

    Attributes:
        address: Of the head, for drivers.
        jobs: Of the Jobs server.
        environment: Of a user of the cluster, token included.
    """

    address: str
    jobs: str
    environment: Mapping[str, str]

    def run(self, *command: str, cwd: Path = PROJECT, **environment: str) -> Done:
        """Run a command as a user of the cluster, until it ends."""
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=500,
            check=False,
        )
        return Done(done.returncode, done.stdout)

    def job(self, verb: str, *arguments: str, cwd: Path = PROJECT, **environment: str) -> Done:
        """`ray job VERB` on this cluster's Jobs server."""
        options = ["--address", self.jobs, "--log-style", "record", "--log-color", "false"]
        return self.run(RAY, "job", verb, *options, *arguments, cwd=cwd, **environment)


@contextmanager
def two_nodes() -> Iterator[Cluster]:
    # short, since the paths of Unix sockets are
    folder = Path(tempfile.mkdtemp(prefix="rs-", dir="/tmp"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        environment = _environment(folder)
        made = [RAY, "get-auth-token", "--generate"]
        subprocess.run(made, env=environment, check=True, capture_output=True)
        ports = _free_ports(8)
        gcs, dashboard = ports[:2]
        cluster = Cluster(f"{HEAD}:{gcs}", f"http://127.0.0.1:{dashboard}", environment)
        # nodes stand in an empty folder: a pack finds the project only where the job brings it
        stand = folder / "stand"
        stand.mkdir()
        head = ["--head", "--node-ip-address", HEAD, "--port", str(gcs)]
        head += ["--dashboard-host", "127.0.0.1", "--dashboard-port", str(dashboard)]
        head += ["--ray-client-server-port", str(ports[2]), "--disable-usage-stats"]
        stack.enter_context(_node(head, ports[3:5], environment, stand))
        _wait(lambda: _nodes(cluster) == 1, "the head did not start")
        second = ["--address", cluster.address, "--node-ip-address", SECOND]
        stack.enter_context(_node(second, ports[5:7], environment, stand))
        _wait(lambda: _nodes(cluster) == 2, "the second node did not join")
        yield cluster


def _environment(folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("RAY_") and name not in ("PYTHONPATH", "PYTEST_CURRENT_TEST")
    }
    kernels = Path(compiled.__file__).parent / "__pycache__"
    # where deploy/runtime_env.yaml has kernels compiled: those that other tests compiled
    (folder / "home" / ".cache").mkdir(parents=True)
    (folder / "home" / ".cache" / "numba").symlink_to(kernels)
    return {
        **kept,
        "PATH": os.pathsep.join([str(Path(RAY).parent), kept["PATH"]]),
        "HOME": str(folder / "home"),
        "RAY_TMPDIR": str(folder),
        "RAY_AUTH_MODE": "token",
        "RAY_USAGE_STATS_ENABLED": "0",
        "NUMBA_CACHE_DIR": str(kernels),
    }


@contextmanager
def _node(
    options: list[str], ports: list[int], environment: Mapping[str, str], stand: Path
) -> Iterator[None]:
    command = [RAY, "start", "--block", "--num-cpus", "1", *options]
    command += ["--dashboard-agent-listen-port", str(ports[0])]
    command += ["--dashboard-agent-grpc-port", str(ports[1])]
    command += ["--min-worker-port", "0", "--max-worker-port", "0"]
    with (
        (stand.parent / f"{ports[0]}.log").open("w") as log,
        subprocess.Popen(command, env=environment, cwd=stand, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            everyone = [psutil.Process(process.pid)]
            everyone += everyone[0].children(recursive=True)
            process.terminate()
            for left in psutil.wait_procs(everyone, timeout=10)[1]:
                left.kill()


def _nodes(cluster: Cluster) -> int:
    """How many nodes are alive, as the dashboard sees it."""
    token = Path(cluster.environment["HOME"], ".ray", "auth_token").read_text()
    asked = Request(f"{cluster.jobs}/nodes?view=summary")
    asked.add_header("Authorization", f"Bearer {token}")
    try:
        with urlopen(asked, timeout=10) as answer:
            nodes = json.load(answer)["data"]["summary"]
    except OSError:
        return 0
    return sum(node["raylet"].get("state") == "ALIVE" for node in nodes)


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(what)
        time.sleep(0.3)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("0.0.0.0", 0))
        return [one.getsockname()[1] for one in sockets]
