"""How many packs a study runs at once, and how many trials each holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnsearch.errors import ClusterError
from rnnsearch.space.spec import ResourcesConfig

MOST_SLOTS = 64
MOST_SLOTS_ON_GPU = 256
"""On a GPU a training step takes the same number of launches however many trials are in it."""
FEWEST_SLOTS = 4


SLICE_SECONDS = 2.0
REPORT_SECONDS = 0.005
"""What a report costs the driver, Ray Tune's loop included; `rnnsearch bench driver` measures it.
Of reports that come faster than that, each waits for those before it, and slots with it."""


@dataclass(frozen=True, slots=True)
class Places:
    """How many packs a study runs at once, and how many trials each holds.

    Attributes:
        packs: Packs at a time.
        slots: Trials that a pack holds at most.
    """

    packs: int
    slots: int


def plan(
    resources: ResourcesConfig,
    nodes: Sequence[Mapping[str, float]],
    trials: int,
    trial_bytes: int,
    together: int = 0,
) -> Places:
    """Settle the packs and slots that the space file leaves to `auto`.

    Packs are as many as the CPUs of the nodes carry (and the GPUs, if a pack asks for one), and no
    more than there are trials. With `max_packs` they are as many as the trials fill with
    `FEWEST_SLOTS` each, up to that number, whether the nodes have room or not: an autoscaler adds
    nodes for those that wait. Slots are a third of a pack's share of the trials, so that stopped
    trials can be replaced, between `FEWEST_SLOTS` and `MOST_SLOTS` (`MOST_SLOTS_ON_GPU`), and no
    more than fill half of a pack's share of the cluster's memory. How many trials fit into a GPU's
    memory is found by the pack itself.

    Args:
        nodes: What each node has in all, by Ray's names.
        trials: How many trials are still to be run, at least 0.
        trial_bytes: Memory of the largest trial in bytes.
        together: How many trials must be aboard at a time; any pack may hold them all, if the
            memory allows it. 0 where it may be any number.

    Raises:
        ClusterError: The cluster has no room for a single pack, or not for so many trials.
    """
    asked = {"CPU": resources.cpus_per_pack, "GPU": resources.gpus_per_pack}
    fits = sum(_fits(node, asked) for node in nodes)
    if resources.packs != "auto":
        packs = resources.packs  # an autoscaler adds nodes for packs that do not fit now
    elif resources.max_packs is not None:
        packs = max(1, min(resources.max_packs, math.ceil(trials / FEWEST_SLOTS)))
    elif fits:
        packs = max(1, min(trials, fits))
    if not fits and (resources.packs != "auto" or resources.max_packs is None):
        raise ClusterError(_no_room(nodes, asked))
    if resources.slots == "auto":
        most = MOST_SLOTS_ON_GPU if resources.gpus_per_pack > 0 else MOST_SLOTS
        slots = together or min(most, max(FEWEST_SLOTS, math.ceil(trials / (3 * packs))))
        memory = sum(node.get("memory", math.inf) for node in nodes)
        if nodes and math.isfinite(memory):
            slots = max(1, min(slots, int(memory / 2 / packs / max(1, trial_bytes))))
    else:
        slots = resources.slots
    if packs * slots < together:
        raise ClusterError(
            f"{packs} packs of {slots} slots hold fewer trials than search.virtual_workers trains "
            f"at a time: {together}. Give it more packs or slots (resources), more memory, or "
            "start the study anew with fewer virtual workers."
        )
    return Places(packs, slots)


def slice_length(packs: int) -> float:
    """How long a pack trains between two reports at most: with many packs so long that reports
    take half of the driver's time."""
    return max(SLICE_SECONDS, 2 * packs * REPORT_SECONDS)


def _fits(node: Mapping[str, float], asked: Mapping[str, float]) -> int:
    """How many packs a node carries."""
    shares = [node.get(unit, 0.0) / each for unit, each in asked.items() if each > 0]
    return math.floor(min(shares) + 1e-9)


def _no_room(nodes: Sequence[Mapping[str, float]], asked: Mapping[str, float]) -> str:
    """Why no node carries a single pack, with the remedy."""
    for unit, each in asked.items():
        most = max((node.get(unit, 0.0) for node in nodes), default=0.0)
        if each > 0 and most < each - 1e-9:
            key = f"resources.{unit.lower()}s_per_pack"
            where = "no node of the cluster" if len(nodes) > 1 else "Ray"
            has = f"has more than {most:g}" if len(nodes) > 1 else f"has {most:g}"
            return (
                f"{key} asks for {each:g} {unit}, and {where} {has}. "
                f"Lower {key}, or give --address of a larger cluster."
            )
    wanted = " and ".join(f"{each:g} {unit}" for unit, each in asked.items() if each > 0)
    return (
        f"A pack asks for {wanted}, and no single node of the cluster has both. "
        "Lower resources.cpus_per_pack, or give --address of another cluster."
    )
