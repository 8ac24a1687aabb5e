"""Examines whether studies can run: on this machine, or on the cluster that it belongs to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rnnsearch.cached_store import address_of
from rnnsearch.errors import ClusterError, StorageError
from rnnsearch.records.run_store import BlockedError
from rnnsearch.records.tracking_uri import TrackingStore, choose_store, sqlite_path
from rnnsearch.search.directory import local_storage
from rnnsearch.search.doctor.database import check_database
from rnnsearch.search.doctor.doors import check_dashboard, check_ports, check_token
from rnnsearch.search.doctor.finding import Finding, Nodes
from rnnsearch.search.doctor.machines import check_clocks, check_gpus, check_versions
from rnnsearch.search.doctor.nodes import ThisMachine, cluster_nodes, dashboard_address
from rnnsearch.search.doctor.storage import check_storage
from rnnsearch.search.doctor.stores import check_store
from rnnsearch.search.tune.cluster import check_address
from rnnsearch.study.ledger_choice import asked_ledger
from rnnsearch.study.mirroring import check_ledger_of_store, check_records_of_store


def examine(
    address: str | None, storage: Path, tracking_uri: str | None, ledger: str | None
) -> Iterator[Finding]:
    """Look at everything that a study needs; each finding comes as soon as it is known.

    Args:
        address: A Ray cluster that this machine belongs to; None for this machine alone.
        ledger: The database of new studies' ledgers, as `--ledger` names it.
    """
    if address is None:
        yield from check_token(os.environ, None)
        yield from _examine(ThisMachine(), storage, tracking_uri, ledger)
        return
    try:
        head = check_address(address)
    except ClusterError as error:
        text, _, remedy = str(error).partition("\n")
        yield Finding("cluster", "fail", text, remedy.strip())
        yield from check_versions(ThisMachine())
        return
    with (
        tempfile.TemporaryDirectory(prefix="rnnsearch-doctor-") as folder,
        cluster_nodes(head, Path(folder) / "ray.log") as nodes,
    ):
        yield Finding("cluster", "ok", f"{head}: {len(nodes.names)} nodes")
        yield from check_token(os.environ, head)
        yield from check_dashboard(dashboard_address())
        yield from check_ports(nodes, nodes.places, head)
        yield from check_clocks(nodes)
        yield from _examine(nodes, storage, tracking_uri, ledger)


def _examine(
    nodes: Nodes, storage: Path, tracking_uri: str | None, ledger: str | None
) -> Iterator[Finding]:
    yield from check_versions(nodes)
    yield from check_gpus(nodes)
    place = local_storage(storage)
    asked = asked_ledger(ledger)
    store = address_of(place)
    if store is None:
        yield from check_storage(nodes, place, lock=asked is None)
    else:
        yield from check_store(nodes, store)
    if asked is not None:
        yield check_database(asked[0])
    else:
        yield from _refused("ledger", partial(check_ledger_of_store, place, None))
    records = choose_store(place, tracking_uri)
    missing = list(_refused("tracking", partial(check_records_of_store, place, records)))
    yield from missing or [_tracking(records)]


def _refused(check: str, look: Callable[[], None]) -> Iterator[Finding]:
    """What a study in an object store lacks beside it; nothing where the storage is a folder."""
    try:
        look()
    except StorageError as error:
        yield Finding(check, "fail", str(error))


def _tracking(store: TrackingStore) -> Finding:
    """Whether the MLflow store answers that a new study would have."""
    from rnnsearch.records.mlflow.reaching import trouble_of

    trouble = trouble_of(store)
    if isinstance(trouble, BlockedError):
        remedy = "; ".join([trouble.remedy, *trouble.commands])
        return Finding("tracking", "fail", trouble.reason, remedy)
    if trouble is not None:
        remedy = "start the server, or name another one with --tracking-uri; a study runs without "
        remedy += "it, and its records wait in the storage"
        return Finding("tracking", "warn", trouble.reason, remedy)
    path = sqlite_path(store.uri)
    text = f"{store.shown}: it answers"
    if path is not None and not path.exists():
        text = f"{path} is made by the first study"
    return Finding("tracking", "ok", text)
