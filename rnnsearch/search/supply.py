"""What a cluster has for packs now: its nodes, what of them is free, and what is coming."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Supply:
    """Resources by Ray's names of them, such as `GPU`.

    Attributes:
        nodes: What each live node has in all.
        free: What of all nodes together is free.
        starting: How many nodes the autoscaler has asked for that are not there yet.
        refused: Why the last node could not be had, in the cloud's words; empty where none was.
    """

    nodes: Sequence[Mapping[str, float]] = ()
    free: Mapping[str, float] = field(default_factory=dict)
    starting: int = 0
    refused: str = ""

    def not_free(self, needs: Mapping[str, float]) -> list[str]:
        """What a pack needs and the whole cluster has not free now."""
        return [name for name, need in _asked(needs) if not _enough(self.free, name, need)]

    def on_no_node(self, needs: Mapping[str, float]) -> list[tuple[str, float]]:
        """What a pack needs and no node has, however free; with the most that one has of it."""
        return [
            (name, max((node.get(name, 0.0) for node in self.nodes), default=0.0))
            for name, need in _asked(needs)
            if not any(_enough(node, name, need) for node in self.nodes)
        ]

    def holds(self, needs: Mapping[str, float]) -> bool:
        """Whether a single node has all that a pack needs, were it empty."""
        return any(
            all(_enough(node, name, need) for name, need in _asked(needs)) for node in self.nodes
        )


def _asked(needs: Mapping[str, float]) -> list[tuple[str, float]]:
    return [(name, need) for name, need in needs.items() if need > 0]


def _enough(have: Mapping[str, float], name: str, need: float) -> bool:
    return have.get(name, 0.0) >= need - 1e-9
