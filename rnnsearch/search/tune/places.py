"""How many packs a study runs at once, and how many trials each holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rnnsearch.errors import ClusterError
from rnnsearch.space.spec import ResourcesConfig

MOST_SLOTS = 64
MOST_SLOTS_ON_GPU = 256
"""On a GPU a training step takes the same number of launches however many trials are in it."""
FEWEST_SLOTS = 4


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
    resources: ResourcesConfig, available: Mapping[str, float], trials: int, trial_bytes: int
) -> Places:
    """Settle the packs and slots that the space file leaves to `auto`.

    Packs are as many as the cluster's CPUs carry (and its GPUs, if a pack asks for one), and no
    more than there are trials. Slots are a third of a pack's share of the trials, so that stopped
    trials can be replaced, between `FEWEST_SLOTS` and `MOST_SLOTS` (`MOST_SLOTS_ON_GPU`), and no
    more than fill half of a pack's share of the cluster's memory. How many trials fit into a GPU's
    memory is found by the pack itself.

    Args:
        available: What `ray.cluster_resources()` returns.
        trials: How many trials are still to be run, at least 0.
        trial_bytes: Memory of the largest trial in bytes.

    Raises:
        ClusterError: The cluster has no room for a single pack.
    """
    fits = math.inf
    for unit, name, asked in (
        ("CPU", "cpus_per_pack", resources.cpus_per_pack),
        ("GPU", "gpus_per_pack", resources.gpus_per_pack),
    ):
        have = available.get(unit, 0.0)
        if asked > 0:
            fits = min(fits, math.floor(have / asked + 1e-9))
            if fits < 1:
                raise ClusterError(
                    f"resources.{name} asks for {asked:g} {unit}, and Ray has {have:g}. "
                    f"Lower resources.{name}, or give --address of a larger cluster."
                )
    if resources.packs == "auto":
        packs = max(1, min(trials, 1 if math.isinf(fits) else int(fits)))
    else:
        packs = resources.packs  # an autoscaler adds nodes for packs that do not fit now
    if resources.slots == "auto":
        most = MOST_SLOTS_ON_GPU if resources.gpus_per_pack > 0 else MOST_SLOTS
        slots = min(most, max(FEWEST_SLOTS, math.ceil(trials / (3 * packs))))
        memory = available.get("memory", math.inf)
        if math.isfinite(memory):
            slots = max(1, min(slots, int(memory / 2 / packs / max(1, trial_bytes))))
    else:
        slots = resources.slots
    return Places(packs, slots)
