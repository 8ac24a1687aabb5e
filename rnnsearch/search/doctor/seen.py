"""Whether every node that packs may be placed on sees the study's folder, before they are."""

from __future__ import annotations

import contextlib
import uuid
from pathlib import Path

from rnnsearch.disk import create_file
from rnnsearch.errors import StorageError
from rnnsearch.search.doctor import probes
from rnnsearch.search.doctor.finding import Nodes, Silent
from rnnsearch.search.doctor.storage import SHARE


def check_seen(nodes: Nodes, folder: Path) -> None:
    """Write a file in a study's folder, and have every node read it.

    A pack on a node that sees another folder of that name would train, and its snapshots would be
    lost with it. A node that gives no answer is left out: it is told of once a pack cannot start
    there.

    Raises:
        StorageError: Some nodes do not see it; the text names them.
    """
    token = uuid.uuid4().hex
    path = folder / f".seen-{token[:12]}"
    create_file(path, token)
    try:
        answers = nodes.ask(probes.read, str(folder), [path.name])
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
    read = {name: one[path.name] for name, one in answers.items() if not isinstance(one, Silent)}
    blind = [name for name, text in read.items() if text != token]
    if blind:
        raise StorageError(
            f"{', '.join(blind)} of {len(nodes.names)} nodes "
            f"{'do' if len(blind) > 1 else 'does'} not see the study's folder {folder}, where "
            f"packs keep their snapshots. Please {SHARE}. `rnnsearch doctor --address auto` looks "
            "at all nodes."
        )
