"""The nodes of a Ray cluster: which live, what each has, and which are about to leave."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

import ray

PATIENCE_SECONDS = 1.0
"""How long a node may take to accept a connection."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is alive.

    Attributes:
        node_id: Ray's id of it.
        resources: What it has in all, by Ray's names, such as `CPU`; what is taken is not left out.
        leaving: Whether it is being drained: it takes no new work, and ends soon.
        address: Host and port of the process of Ray's that runs the node.
    """

    node_id: str
    resources: Mapping[str, float]
    leaving: bool = False
    address: tuple[str, int] = ("", 0)


def nodes() -> list[Node]:
    """The nodes that are alive, as Ray's head knows them."""
    # Ray tells who is drained nowhere else; its own trainers ask there. pyproject.toml holds Ray to
    # this release.
    leaving = ray._private.state.state.get_draining_nodes()
    return [
        Node(
            one["NodeID"],
            dict(one["Resources"]),
            one["NodeID"] in leaving,
            (one["NodeManagerAddress"], one["NodeManagerPort"]),
        )
        for one in ray.nodes()
        if one["Alive"]
    ]


def answers(node: Node) -> bool:
    """Whether anybody listens at a node's address.

    Ray's head notices a node that died without a word only after its health checks have failed for
    some 15 seconds; a connection is refused at once.
    """
    try:
        with socket.create_connection(node.address, PATIENCE_SECONDS):
            return True
    except OSError:
        return False


def staying(known: list[Node]) -> list[Mapping[str, float]]:
    """What those of some nodes have that are not about to leave."""
    return [one.resources for one in known if not one.leaving]
