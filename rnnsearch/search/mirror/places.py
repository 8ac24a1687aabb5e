"""Which studies lie in an object store: mirrors by the folders of this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rnnsearch.cached_store import address_of
from rnnsearch.object_store.folder import ObjectFolder
from rnnsearch.search.mirror.index import INDEX
from rnnsearch.search.mirror.mirror import Mirror

PATIENCE_SECONDS = 10.0
"""How long a store that does not answer is asked again, each time that something is asked of it."""


class Announced:
    """What has been fetched is told here, in lines for a person; a command prints them."""

    tell: Callable[[str], None] = staticmethod(lambda text: None)


_mirrors: dict[Path, Mirror] = {}


def remote_of(storage: Path) -> ObjectFolder | None:
    """The folder in an object store for which a storage folder stands; None of an ordinary one."""
    address = address_of(storage)
    return None if address is None else ObjectFolder.at(address, PATIENCE_SECONDS)


def mirror_of(root: Path) -> Mirror | None:
    """The mirror of a study's folder, the same for all of this process; None of an ordinary one."""
    if root not in _mirrors:
        remote = remote_of(root.parent)
        if remote is None:
            return None
        _mirrors[root] = Mirror(remote.joined(root.name), root)
    return _mirrors[root]


def names_in(storage: Path) -> list[str] | None:
    """The names of the studies in an object store; None where the storage is an ordinary folder."""
    remote = remote_of(storage)
    if remote is None:
        return None
    files = (name.split("/") for name in remote.sizes())
    return sorted({parts[0] for parts in files if parts[1:] == [INDEX]})
