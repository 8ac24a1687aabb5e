"""Keeps a study's packs in step with a cluster that grows and shrinks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from rnnsearch.errors import ClusterError
from rnnsearch.search.tune.nodes import Node, answers, nodes, staying
from rnnsearch.search.tune.places import plan, rooms
from rnnsearch.space.spec import ResourcesConfig

LOOK_SECONDS = 3.0


class Resizable(Protocol):
    """What is told of the cluster: the fleet, or in a test what stands for it."""

    def resize(self, places: int, plain: int = 0, rooms: Mapping[str, int] = ...) -> None: ...
    def leave_nodes(self, node_ids: frozenset[str]) -> None: ...


class Growth:
    """Looks at the cluster's nodes every few seconds, from within Tune's loop.

    A node that joined gets packs, and the packs of one that is drained hand over their trials while
    it still stands. Where the space file sets the number of packs, that stays.

    Args:
        fleet: Is told how many packs may live, and which nodes leave.
        resources: What a pack asks for, and how many there may be.
        need: How many trials there are, waiting or aboard. For those that there are now packs stay,
            for the finalists when the last trials train, but where `max_packs` asks an autoscaler
            for nodes.
        trial_bytes: Memory of the largest trial, where it bounds what a pack holds; else 0.
        ask: Asks Ray for the nodes.
        answers: Whether a node of those can still be reached.
        clock: Gives seconds that never fall.
    """

    def __init__(
        self,
        fleet: Resizable,
        resources: ResourcesConfig,
        need: Callable[[], int],
        trial_bytes: int = 0,
        *,
        ask: Callable[[], list[Node]] = nodes,
        answers: Callable[[Node], bool] = answers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fleet, self._resources, self._need = fleet, resources, need
        self._least = 0 if resources.max_packs is not None else need()
        self._trial_bytes = trial_bytes
        self._ask, self._answers, self._clock = ask, answers, clock
        self._looked = clock()

    def look(self) -> None:
        """Look, unless the last look was a moment ago."""
        now = self._clock()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        known = self._ask()
        self._fleet.leave_nodes(frozenset(one.node_id for one in known if one.leaving))
        need = max(self._least, self._need())
        try:
            places = plan(self._resources, staying(known), need, 0)
        except ClusterError:
            # No node that stays has room: one pack goes on asking Ray, until one joins.
            self._fleet.resize(1)
        else:
            room = rooms(self._resources, known, places.packs, self._trial_bytes)
            self._fleet.resize(places.packs, places.plain, room)

    def has_died(self, node_id: str) -> bool:
        """Whether a node is gone, whether Ray's head has noticed already or not."""
        known = [one for one in self._ask() if one.node_id == node_id]
        return bool(node_id) and not any(self._answers(one) for one in known)
