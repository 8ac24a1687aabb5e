"""Every configuration of a space, for samplers that try them all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from rnnsearch.sampling.sampler import MOST_LISTED
from rnnsearch.space.conditions import Space, in_order
from rnnsearch.space.corners import walk
from rnnsearch.space.words import label


def configurations_of(space: Space, points: int | None) -> Sequence[Mapping[str, Any]] | None:
    """The params of every configuration, in the order of the file; see `Start.listing`.

    Args:
        points: Values of each range; None for all of those that it has.
    """
    order = in_order(space.parameters)
    sampled = {key: space.parameters[key].distribution for key in order}
    if points is None and any(math.isinf(one.count) for one in sampled.values()):
        return None
    options = {
        key: one.values() if points is None else one.cut(points) for key, one in sampled.items()
    }
    # Only fields under a `when` can make it fewer than the product of all.
    walked = walk(order, options, space.parameters, dict(space.values))
    several = [
        {key: label(known[key]) for key in order if key in known}
        for known in islice(walked, MOST_LISTED + 1)
    ]
    return None if len(several) > MOST_LISTED else several
