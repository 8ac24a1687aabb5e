"""Holds the code of packs against that of their driver.

Nodes of a cluster that have rnnsearch installed import their own, and not that of whoever runs the
study. Where the two are not the same, messages between them may not fit, and what is trained is not
what the study's record says.
"""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from pathlib import Path

from rnnsearch import version
from rnnsearch.errors import ClusterError


@cache
def code_mark() -> str:
    """The version of the rnnsearch that this process imports, with a digest of its modules."""
    root = Path(version.__file__).parent
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return f"{version.__version__} (code {digest.hexdigest()})"


def check_same(drivers: str) -> None:
    """Refuse to train for a driver that has another code.

    Args:
        drivers: `code_mark()` of the driver; empty where packs share its machine, and so its code.

    Raises:
        ClusterError: They are not the same.
    """
    if drivers and drivers != code_mark():
        raise ClusterError(
            f"the node {platform.node()} has rnnsearch {code_mark()}, the driver {drivers}: "
            "install the same on every node, and start Ray there again"
        )
