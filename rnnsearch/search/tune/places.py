"""How many packs a study runs at once, and how many trials each holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnsearch.errors import ClusterError
from rnnsearch.space.spec import ResourcesConfig

if TYPE_CHECKING:
    from rnnsearch.search.tune.nodes import Node

MOST_SLOTS = 64
MOST_SLOTS_ON_GPU = 256
"""On a GPU a training step takes the same number of launches however many trials are in it."""
FEWEST_SLOTS = 4


SLICE_SECONDS = 2.0
REPORT_SECONDS = 0.005
"""What a report costs the driver, Ray Tune's loop included; `rnnsearch bench driver` measures it.
Of reports that come faster than that, each waits for those before it, and slots with it."""
WAIT_SECONDS = 7e-7
"""And what it takes Ray for each pack that it waits for beside the one that reports."""


@dataclass(frozen=True, slots=True)
class Places:
    """How many packs a study runs at once, and how many trials each holds.

    Attributes:
        packs: Packs at a time.
        slots: Trials that a pack holds at most.
        plain: How many of the packs ask for no GPU, where the others do.
    """

    packs: int
    slots: int
    plain: int = 0


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
    nodes for those that wait. Where packs may do without a GPU, nodes with one are filled first,
    and packs that no node has room for wait for one. Slots are a third of a pack's share of the
    trials, so that stopped trials can be replaced, between `FEWEST_SLOTS` and `MOST_SLOTS`
    (`MOST_SLOTS_ON_GPU`), and no more than fill half of a pack's share of the memory of its node,
    on the node that has most of it; `rooms` has the others. How many trials fit into a GPU's memory
    is found by the pack itself.

    Args:
        nodes: What each node has in all, by Ray's names.
        trials: How many trials are still to be run, at least 0.
        trial_bytes: Memory of the largest trial in bytes.
        together: How many trials must be aboard at a time; any pack may hold them all, if the
            memory allows it. 0 where it may be any number.

    Raises:
        ClusterError: The cluster has no room for a single pack, or not for so many trials.
    """
    asked = needs(resources)
    fits = sum(_fits(node, asked) for node in nodes)
    fits_plain = sum(_fits_plain(node, resources) for node in nodes)
    if resources.packs != "auto":
        packs = resources.packs  # an autoscaler adds nodes for packs that do not fit now
    elif resources.max_packs is not None:
        packs = max(1, min(resources.max_packs, math.ceil(trials / FEWEST_SLOTS)))
    else:
        packs = max(1, min(trials, fits + fits_plain))
    if not fits + fits_plain and (resources.packs != "auto" or resources.max_packs is None):
        raise ClusterError(_no_room(nodes, asked, resources.cpus_without_gpu))
    if resources.slots == "auto":
        most = MOST_SLOTS_ON_GPU if resources.gpus_per_pack > 0 else MOST_SLOTS
        slots = together or min(most, max(FEWEST_SLOTS, math.ceil(trials / (3 * packs))))
        if together:  # the same on every node
            memory = sum(node.get("memory", math.inf) for node in nodes)
            bounds = [_holds(memory, packs, trial_bytes)] if nodes else []
        else:
            bounds = [
                bound for one in nodes if (bound := _room(resources, one, packs, trial_bytes))
            ]
        slots = min(slots, max(bounds, default=slots))
    else:
        slots = resources.slots
    if packs * slots < together:
        raise ClusterError(
            f"{packs} packs of {slots} slots hold fewer trials than search.virtual_workers trains "
            f"at a time: {together}. Give it more packs or slots (resources), more memory, or "
            "start the study anew with fewer virtual workers."
        )
    return Places(packs, slots, min(fits_plain, max(0, packs - fits)))


def rooms(
    resources: ResourcesConfig, nodes: Sequence[Node], packs: int, trial_bytes: int
) -> dict[str, int]:
    """How many trials a pack holds at most by the node that it is on, where that bounds it.

    Args:
        packs: How many there are in all.
        trial_bytes: Memory of the largest trial in bytes.
    """
    if resources.slots != "auto":
        return {}
    bounds = {one.node_id: _room(resources, one.resources, packs, trial_bytes) for one in nodes}
    return {name: bound for name, bound in bounds.items() if 0 < bound < MOST_SLOTS_ON_GPU}


def needs(resources: ResourcesConfig, *, plain: bool = False) -> dict[str, float]:
    """What a pack asks Ray for, by Ray's names.

    Args:
        plain: Whether it is one that asks for no GPU, where the others do.
    """
    if plain:
        return {"CPU": resources.cpus_without_gpu or 0.0}
    return {"CPU": resources.cpus_per_pack, "GPU": resources.gpus_per_pack}


def slice_length(packs: int) -> float:
    """How long a pack trains between two reports at most: with many packs so long that reports
    take half of the driver's time."""
    return max(SLICE_SECONDS, 2 * packs * (REPORT_SECONDS + packs * WAIT_SECONDS))


def _fits(node: Mapping[str, float], asked: Mapping[str, float]) -> int:
    """How many packs a node carries; what asks for a part of a GPU has it from one GPU alone."""
    shares = []
    for unit, each in asked.items():
        has = node.get(unit, 0.0)
        if unit == "GPU" and 0 < each < 1:
            shares.append(math.floor(has + 1e-9) * math.floor(1 / each + 1e-9))
        elif each > 0:
            shares.append(math.floor(has / each + 1e-9))
    return min(shares)


def _fits_plain(node: Mapping[str, float], resources: ResourcesConfig) -> int:
    """How many packs a node carries that ask for no GPU, where the others do."""
    if resources.cpus_without_gpu is None or node.get("GPU", 0.0) > 0:
        return 0
    return _fits(node, needs(resources, plain=True))


def _room(
    resources: ResourcesConfig, node: Mapping[str, float], packs: int, trial_bytes: int
) -> int:
    """How many trials a pack on a node holds at most; 0 where it has no place for a pack."""
    plain = _fits_plain(node, resources)
    here = min(packs, plain or _fits(node, needs(resources)))
    if not here:
        return 0
    bound = _holds(node.get("memory", math.inf), here, trial_bytes)
    if plain:
        bound = min(bound, MOST_SLOTS)
    return min(bound, MOST_SLOTS_ON_GPU)


def _holds(memory: float, packs: int, trial_bytes: int) -> int:
    """How many trials each of some packs holds that share half of a memory."""
    if not math.isfinite(memory):
        return MOST_SLOTS_ON_GPU
    return max(1, int(memory / 2 / packs / max(1, trial_bytes)))


def _no_room(
    nodes: Sequence[Mapping[str, float]], asked: Mapping[str, float], plain: float | None
) -> str:
    """Why no node carries a single pack, with the remedy."""
    if plain is not None:
        most = max((one.get("CPU", 0.0) for one in nodes if not one.get("GPU")), default=0.0)
        return (
            f"{_no_room(nodes, asked, None)} Nor has a node without a GPU the {plain:g} CPU that "
            f"resources.cpus_without_gpu asks for: the most is {most:g}."
        )
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
