"""How many packs a study runs at once, and how many trials each holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rnnsearch.errors import ClusterError
from rnnsearch.space.spec import ResourcesConfig

MOST_SLOTS = 64
MOST_SLOTS_ON_GPU = 256
"""A step of a GPU costs the same launches however many trials are in it."""
FEWEST_SLOTS = 4


@dataclass(frozen=True, slots=True)
class Places:
    """How many packs a study runs at once, and how many trials each holds."""

    packs: int
    slots: int


def plan(
    resources: ResourcesConfig, available: Mapping[str, float], trials: int, trial_bytes: int
) -> Places:
    """Settle what the space file leaves to `auto`.

    Packs: as many as the cluster's CPUs (and GPUs, if a pack asks for one) carry, and no more
    than there are trials. Slots: a third of a pack's share of the trials, so that ASHA has
    something to refill, between 4 and 64 (256 on a GPU), and no more than fill half of a pack's
    share of the cluster's memory. Of a GPU's own memory the pack itself sees how many it holds.

    Args:
        available: `ray.cluster_resources()`.
        trials: Trials still to be run, at least 0.
        trial_bytes: What the largest trial takes.

    Raises:
        ClusterError: Not one pack fits.
    """
    fits = math.inf
    for unit, name, wanted in (
        ("CPU", "cpus_per_pack", resources.cpus_per_pack),
        ("GPU", "gpus_per_pack", resources.gpus_per_pack),
    ):
        have = available.get(unit, 0.0)
        if wanted > 0:
            fits = min(fits, math.floor(have / wanted + 1e-9))
            if fits < 1:
                raise ClusterError(
                    f"resources.{name} asks for {wanted:g} {unit}, and Ray has {have:g}. "
                    f"Lower resources.{name}, or give --address of a larger cluster."
                )
    if resources.packs == "auto":
        packs = max(1, min(trials, 1 if math.isinf(fits) else int(fits)))
    else:
        packs = resources.packs  # more than fit now is the demand that an autoscaler answers
    if resources.slots == "auto":
        most = MOST_SLOTS_ON_GPU if resources.gpus_per_pack > 0 else MOST_SLOTS
        slots = min(most, max(FEWEST_SLOTS, math.ceil(trials / (3 * packs))))
        memory = available.get("memory", math.inf)
        if math.isfinite(memory):
            slots = max(1, min(slots, int(memory / 2 / packs / max(1, trial_bytes))))
    else:
        slots = resources.slots
    return Places(packs, slots)
