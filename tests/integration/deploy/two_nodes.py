"""A Ray head and more nodes on this machine, with a token, a home and a `/tmp/ray` of their own.

All are children of the test and end with it. Their addresses are loopback ones.
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
    """Running nodes with one CPU each.

    Attributes:
        address: Of the head, for drivers.
        jobs: Of the Jobs server.
        environment: Of a user of the cluster, token included.
        stand: Where nodes stand, an empty folder: a pack finds the project only where the job
            brings it.
    """

    address: str
    jobs: str
    environment: Mapping[str, str]
    stand: Path

    @contextmanager
    def joined(self, ip: str, *options: str, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
        """A further node, for the time of the context.

        Args:
            options: Further ones of `ray start`.
            changes: What its environment has otherwise.
        """
        start = ["--address", self.address, "--node-ip-address", ip, *options]
        environment = {**self.environment, **changes}
        with _node(start, _free_ports(2), environment, self.stand) as process:
            wait(lambda: ip in self.nodes(), f"the node {ip} did not join")
            yield process

    def nodes(self) -> dict[str, str]:
        """Ray's ids of the nodes that are alive, by their addresses."""
        token = Path(self.environment["HOME"], ".ray", "auth_token").read_text()
        asked = Request(f"{self.jobs}/nodes?view=summary")
        asked.add_header("Authorization", f"Bearer {token}")
        try:
            with urlopen(asked, timeout=10) as answer:
                nodes = json.load(answer)["data"]["summary"]
        except OSError:
            return {}
        alive = [node for node in nodes if node["raylet"].get("state") == "ALIVE"]
        return {node["ip"]: node["raylet"]["nodeId"] for node in alive if "ip" in node}

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
    with head_alone() as cluster, cluster.joined(SECOND):
        yield cluster


@contextmanager
def head_alone() -> Iterator[Cluster]:
    # short, since the paths of Unix sockets are
    folder = Path(tempfile.mkdtemp(prefix="rs-", dir="/tmp"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        environment = _environment(folder)
        made = [RAY, "get-auth-token", "--generate"]
        subprocess.run(made, env=environment, check=True, capture_output=True)
        ports = _free_ports(5)
        gcs, dashboard = ports[:2]
        stand = folder / "stand"
        stand.mkdir()
        cluster = Cluster(f"{HEAD}:{gcs}", f"http://127.0.0.1:{dashboard}", environment, stand)
        head = ["--head", "--node-ip-address", HEAD, "--port", str(gcs)]
        head += ["--dashboard-host", "127.0.0.1", "--dashboard-port", str(dashboard)]
        head += ["--ray-client-server-port", str(ports[2]), "--disable-usage-stats"]
        stack.enter_context(_node(head, ports[3:5], environment, stand))
        wait(lambda: bool(cluster.nodes()), "the head did not start")
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
) -> Iterator[subprocess.Popen[bytes]]:
    command = [RAY, "start", "--block", "--num-cpus", "1", *options]
    command += ["--dashboard-agent-listen-port", str(ports[0])]
    command += ["--dashboard-agent-grpc-port", str(ports[1])]
    command += ["--min-worker-port", "0", "--max-worker-port", "0"]
    with (
        (stand.parent / f"{ports[0]}.log").open("w") as log,
        subprocess.Popen(command, env=environment, cwd=stand, stdout=log, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            everyone = family(process)
            process.terminate()
            for left in psutil.wait_procs(everyone, timeout=10)[1]:
                left.kill()


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """A process and all below it; empty once it has ended."""
    try:
        first = psutil.Process(process.pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def wait(condition: Callable[[], bool], what: str) -> None:
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
