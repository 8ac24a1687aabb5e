"""A Ray cluster of a head and nodes for one study of the storm, whose nodes come and go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "integration" / "deploy"))

from two_nodes import RAY, Cluster, family, head_alone

MOST = 2


class Nodes:
    """The cluster; at its head one pack has room, and one on each of up to `MOST` nodes."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._places = count(4)
        self._joined: dict[str, ExitStack] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._start()

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Nodes]:
        nodes = cls()
        try:
            nodes.join()
            yield nodes
        finally:
            nodes.end()

    @property
    def address(self) -> str:
        return self._cluster.address

    def environment(self) -> Mapping[str, str]:
        """Variables of whoever uses the cluster."""
        kept = {name: self._cluster.environment[name] for name in ("PATH", "HOME", "RAY_TMPDIR")}
        names = ("RAY_AUTH_MODE", "RAY_USAGE_STATS_ENABLED", "NUMBA_CACHE_DIR")
        return kept | {name: self._cluster.environment[name] for name in names}

    def everyone(self) -> list[psutil.Process]:
        """All processes of the cluster."""
        return [one for process in self._processes.values() for one in family(process)]

    def alive(self) -> bool:
        """Whether the head is there."""
        return bool(self._cluster.nodes())

    def full(self) -> bool:
        return len(self._joined) >= MOST

    def join(self) -> bool:
        """Add a node; False where it does not come, since the head has been killed, say."""
        ip = f"127.0.0.{next(self._places)}"
        stack = ExitStack()
        try:
            process = stack.enter_context(self._cluster.joined(ip))
        except RuntimeError as error:
            print(error, flush=True)
            return False
        self._processes[ip], self._joined[ip] = process, stack
        return True

    def joined(self) -> list[str]:
        return sorted(self._joined)

    def kill(self, ip: str) -> None:
        """A machine that loses its power: all of its processes at once."""
        for one in family(self._processes[ip]):
            one.kill()
        self._leave(ip)

    def drain(self, ip: str) -> bool:
        """A machine that is preempted with a notice, and is gone after a while."""
        words = ["--address", self.address, "--node-id", self._cluster.nodes().get(ip, "")]
        words += ["--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "a storm"]
        done = self._cluster.run(RAY, "drain-node", *words, "--deadline-remaining-seconds", "15")
        return done.status == 0

    def end_node(self, ip: str) -> None:
        self._leave(ip)

    def again(self) -> None:
        """Another cluster, where the head of this one is gone."""
        self.end()
        self._stack = ExitStack()
        self._start()
        self.join()

    def end(self) -> None:
        for ip in self.joined():
            self._leave(ip)
        self._stack.close()

    def _start(self) -> None:
        self._cluster: Cluster = self._stack.enter_context(head_alone())

    def _leave(self, ip: str) -> None:
        self._processes.pop(ip)
        self._joined.pop(ip).close()
