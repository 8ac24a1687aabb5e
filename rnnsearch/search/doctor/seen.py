"""Whether every node that packs may be placed on can keep snapshots, before any is placed."""

from __future__ import annotations

from rnnsearch.errors import StorageError
from rnnsearch.object_store.address import is_object_store
from rnnsearch.search.doctor.finding import Nodes, Silent
from rnnsearch.search.doctor.storage import SHARE
from rnnsearch.search.snapshot_place import REFUSALS, place_at


def why_unusable(place: str, mark: str) -> str:
    """Why packs of this machine could keep no snapshots at a place; empty where they can.

    Args:
        place: A folder, or an address in an object store.
        mark: What the driver has marked it with.
    """
    here = place_at(place)
    if why := here.why_unseen(mark):
        return why
    try:
        here.try_out()
    except REFUSALS as error:
        return str(error)
    return ""


def check_seen(nodes: Nodes, place: str, mark: str) -> None:
    """Have every node look at the place of a study's snapshots, and write there.

    A pack on a node that sees another folder of that name would train, and its snapshots would be
    lost with it; so would those of one that has no credentials for an object store. A node that
    gives no answer is left out: it is told of once a pack cannot start there.

    Args:
        place: A folder, or an address in an object store.
        mark: What the driver has marked it with.

    Raises:
        StorageError: Some nodes cannot use it; the text names them.
    """
    answers = nodes.ask(why_unusable, place, mark)
    reasons = {name: why for name, why in answers.items() if why and not isinstance(why, Silent)}
    if not reasons:
        return
    many = f"{', '.join(reasons)} of {len(nodes.names)} nodes"
    first = next(iter(reasons.values()))
    look = "`rnnsearch doctor --address auto` looks at all nodes."
    if is_object_store(place):
        raise StorageError(f"{many} cannot keep the packs' snapshots in {place}: {first} {look}")
    raise StorageError(
        f"{many} {'do' if len(reasons) > 1 else 'does'} not see the study's folder {place}, where "
        f"packs keep their snapshots, or cannot write there: {first}. Please {SHARE}. {look}"
    )
