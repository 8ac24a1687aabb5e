"""Keeps the driver's credentials out of what Ray Tune sends to packs."""

from __future__ import annotations


def withhold_credentials() -> None:
    """Have Ray Tune hand none of the driver's AWS variables to packs.

    Tune (2.60, `ray.tune.execution.class_cache`) copies the keys of Amazon's services from the
    driver's environment into the runtime environment of every actor. Ray writes that environment
    into its logs and shows it on its dashboard, and a node's own credentials would be replaced by
    those of the driver. A pack has those of its node.
    """
    from ray.tune.execution import class_cache

    class_cache.ENV_VARS_TO_PROPAGATE = {
        name for name in class_cache.ENV_VARS_TO_PROPAGATE if not name.startswith("AWS_")
    }
