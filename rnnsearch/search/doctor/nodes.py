"""The nodes that the doctor asks: this machine alone, or all of a Ray cluster."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rnnsearch.search.doctor import probes
from rnnsearch.search.doctor.finding import Silent
from rnnsearch.search.tune.cluster import ray_session

ASK_SECONDS = 60.0
"""How long a node may take; the first question starts a process there."""


class ThisMachine:
    """This process, in the place of a cluster."""

    def __init__(self) -> None:
        self.names = [platform.node()]
        self.resources: Mapping[str, Mapping[str, float]] = {}

    def ask(self, function: Any, *arguments: Any) -> dict[str, Any]:
        return {self.names[0]: function(*arguments)}

    def ask_one(self, name: str, function: Any, *arguments: Any) -> Any:
        return function(*arguments)


class RayNodes:
    """The live nodes of the cluster that this process is in.

    Attributes:
        places: The address, as HOST:PORT, at which Ray's daemon of each node listens.
    """

    def __init__(self) -> None:
        import ray

        here = ray.get_runtime_context().get_node_id()
        alive = [node for node in ray.nodes() if node["Alive"]]
        alive.sort(key=lambda node: node["NodeID"] != here)
        self._ids: dict[str, str] = {}
        self.places: dict[str, str] = {}
        resources = {}
        for node in alive:
            host, number = str(node["NodeManagerHostname"]), 1
            name = host
            while name in self._ids:
                number += 1
                name = f"{host}#{number}"
            self._ids[name] = node["NodeID"]
            self.places[name] = f"{node['NodeManagerAddress']}:{node['NodeManagerPort']}"
            resources[name] = node["Resources"]
        self.names = list(self._ids)
        self.resources = resources

    def ask(self, function: Any, *arguments: Any) -> dict[str, Any]:
        calls = {name: self._call(name, function, arguments) for name in self.names}
        return within(ASK_SECONDS, calls, _answer)

    def ask_one(self, name: str, function: Any, *arguments: Any) -> Any:
        return _answer(self._call(name, function, arguments), ASK_SECONDS)

    def _call(self, name: str, function: Any, arguments: tuple[Any, ...]) -> Any:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        there = NodeAffinitySchedulingStrategy(self._ids[name], soft=False)
        options = {"num_cpus": 0, "max_retries": 0, "scheduling_strategy": there}
        return ray.remote(function).options(**options).remote(*arguments)


def within(
    seconds: float,
    calls: Mapping[str, Any],
    answer: Callable[[Any, float], Any],
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """The answers to calls that were made at once, by the names of the calls.

    Args:
        seconds: How long all together may take.
        answer: Gives the answer to a call, and waits for it for so many seconds.
    """
    until = clock() + seconds
    return {name: answer(call, max(0.0, until - clock())) for name, call in calls.items()}


def _answer(call: Any, seconds: float) -> Any:
    """What a node answered, or `Silent`."""
    import ray
    from ray.exceptions import GetTimeoutError, RayError

    try:
        return ray.get(call, timeout=seconds)
    except GetTimeoutError:
        return Silent(f"it gave no answer for {ASK_SECONDS:.0f} s")
    except RayError as error:
        return Silent(str(error).strip().splitlines()[-1])


@contextmanager
def cluster_nodes(address: str, log_file: Path) -> Iterator[RayNodes]:
    """A context in which this process is in the cluster, and its nodes can be asked.

    Raises:
        ClusterError: The cluster cannot be reached, or refuses us.
    """
    with ray_session(address, log_file):
        from ray import cloudpickle

        cloudpickle.register_pickle_by_value(probes)
        try:
            yield RayNodes()
        finally:
            cloudpickle.unregister_pickle_by_value(probes)


def dashboard_address() -> str | None:
    """HOST:PORT of the dashboard of the cluster that this process is in; None where none runs."""
    import ray

    url = ray._private.worker.global_worker.node.address_info.get("webui_url")
    return str(url) if url else None
