"""The number of packs follows a cluster's nodes."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from rnnsearch.search.tune.growth import LOOK_SECONDS, Growth
from rnnsearch.search.tune.nodes import Node, answers
from rnnsearch.space.spec import ResourcesConfig


class Told:
    """In the place of the fleet: remembers what it was told."""

    def __init__(self, need: int) -> None:
        self.trials = need
        self.places = self.plain = 0
        self.rooms: Mapping[str, int] = {}
        self.leaving: frozenset[str] = frozenset()

    def resize(self, places: int, plain: int = 0, rooms: Mapping[str, int] | None = None) -> None:
        self.places, self.plain, self.rooms = places, plain, rooms or {}

    def leave_nodes(self, node_ids: frozenset[str]) -> None:
        self.leaving = node_ids

    def need(self) -> int:
        return self.trials


class Cluster:
    """Nodes that come and go, and a clock that a test sets."""

    def __init__(self, *nodes: Node) -> None:
        self.nodes = list(nodes)
        self.now = 0.0
        self.silent: set[str] = set()

    def watched(self, told: Told, resources: ResourcesConfig, trial_bytes: int = 0) -> Growth:
        return Growth(
            told,
            resources,
            told.need,
            trial_bytes,
            ask=lambda: self.nodes,
            answers=lambda one: one.node_id not in self.silent,
            clock=lambda: self.now,
        )

    def look(self, growth: Growth) -> None:
        self.now += LOOK_SECONDS
        growth.look()


def node(name: str, cpus: float = 2.0, *, leaving: bool = False) -> Node:
    return Node(name, {"CPU": cpus}, leaving)


def test_a_node_that_joins_gets_packs_and_one_that_is_drained_gives_them_up() -> None:
    told, cluster = Told(60), Cluster(node("a"))
    growth = cluster.watched(told, ResourcesConfig())
    cluster.look(growth)
    assert told.places == 2
    cluster.nodes.append(node("b", 3.0))
    cluster.look(growth)
    assert (told.places, told.leaving) == (5, frozenset())
    cluster.nodes[0] = node("a", leaving=True)
    cluster.look(growth)
    assert (told.places, told.leaving) == (3, {"a"})


def test_the_last_trials_leave_places_for_the_finalists() -> None:
    told, cluster = Told(60), Cluster(node("a"), node("b"))
    growth = cluster.watched(told, ResourcesConfig())
    told.trials = 1
    cluster.look(growth)
    assert told.places == 4


def test_without_room_one_pack_goes_on_asking() -> None:
    told, cluster = Told(60), Cluster()
    growth = cluster.watched(told, ResourcesConfig())
    cluster.look(growth)
    assert told.places == 1


def test_an_autoscaler_is_asked_for_what_the_trials_fill() -> None:
    told, cluster = Told(100), Cluster()
    growth = cluster.watched(told, ResourcesConfig(max_packs=16))
    cluster.look(growth)
    assert told.places == 16
    told.trials = 9
    cluster.look(growth)
    assert told.places == 3


def test_a_number_in_the_file_stays() -> None:
    told, cluster = Told(60), Cluster(node("a"))
    growth = cluster.watched(told, ResourcesConfig(packs=5))
    cluster.look(growth)
    assert told.places == 5


def test_nodes_without_a_gpu_have_packs_of_their_own() -> None:
    told, cluster = Told(60), Cluster(Node("g", {"CPU": 8.0, "GPU": 1.0}))
    resources = ResourcesConfig(gpus_per_pack=0.5, cpus_per_pack=2.0, cpus_without_gpu=1.0)
    growth = cluster.watched(told, resources)
    cluster.look(growth)
    assert (told.places, told.plain, told.rooms) == (2, 0, {})
    cluster.nodes.append(node("c", 3.0))
    cluster.look(growth)
    assert (told.places, told.plain, told.rooms) == (5, 3, {"c": 64})
    del cluster.nodes[0]
    cluster.look(growth)
    assert (told.places, told.plain) == (3, 3)


def test_a_node_with_little_memory_has_packs_that_hold_less() -> None:
    small = Node("s", {"CPU": 2.0, "memory": 8e9})
    large = Node("l", {"CPU": 2.0, "memory": 80e9})
    told, cluster = Told(1000), Cluster(small, large)
    growth = cluster.watched(told, ResourcesConfig(), 10**8)
    cluster.look(growth)
    assert (told.places, told.rooms) == (4, {"s": 20, "l": 200})


def test_nodes_are_asked_for_every_few_seconds_alone() -> None:
    told, cluster = Told(60), Cluster(node("a"))
    growth = cluster.watched(told, ResourcesConfig())
    growth.look()
    assert told.places == 0


def test_a_node_that_is_not_listed_has_died() -> None:
    cluster = Cluster(node("a"), node("c"))
    growth = cluster.watched(Told(1), ResourcesConfig())
    assert growth.has_died("b")
    assert not growth.has_died("a")
    cluster.silent.add("c")  # Ray's head has not noticed yet
    assert growth.has_died("c")
    assert not growth.has_died("")  # the pack never reported, so nobody knows where it was


def test_a_node_answers_while_somebody_listens_there() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        one = Node("a", {}, address=listening.getsockname())
        assert answers(one)
    assert not answers(one)
