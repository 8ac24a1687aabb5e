"""A node is drained while the object store hangs: nothing waits for ever, and it is said."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rig import Rig, paper_spec

from rnnsearch.errors import StoreAwayError
from rnnsearch.events import PackLost, SnapshotsKept
from rnnsearch.object_store.address import StoreAddress
from rnnsearch.object_store.folder import ObjectFolder
from rnnsearch.search.in_time import InTime
from rnnsearch.search.messages import Update
from rnnsearch.search.pack_news import LEAVING_NODE, UNSAVED
from rnnsearch.search.snapshot_place import StorePlace
from rnnsearch.search.tune import pack_worker
from tests.contracts.object_folders import OnThisDisk


class FreezingStore:
    """A store that takes every connection, and answers none while it is frozen."""

    def __init__(self, root: Path) -> None:
        self._inner = OnThisDisk(root)
        self.thawed = threading.Event()
        self.thawed.set()
        self.place = StorePlace(ObjectFolder(StoreAddress.of("s3://b/f"), 0.0, self), 0.2)

    def __call__(self, address: StoreAddress) -> Any:
        self.thawed.wait()
        return self._inner(address)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FreezingStore]:
    store = FreezingStore(tmp_path / "bucket")
    monkeypatch.setattr(pack_worker, "place_at", lambda text: store.place)
    yield store
    store.thawed.set()


def drained(rig: Rig, pack: str) -> None:
    """Have the node of a pack leave, and turn until the pack has gone."""
    rig.control.fleet.leave_nodes(frozenset({rig.control.fleet.books[pack].node_id}))
    for _ in range(5):
        if pack in rig.workers:
            rig.step(pack)
    assert pack not in rig.workers


def test_a_drained_pack_hands_over_without_its_last_snapshot_and_says_so(
    rigs: Any, store: FreezingStore
) -> None:
    rig = rigs(paper_spec("search.num_trials=3", "search.scheduler={type: none}"), places=1)
    pack = rig.open_pack()
    rig.workers[pack].node_id = "a"
    for _ in range(3):
        rig.step(pack)
    seq = rig.control.fleet.books[pack].seq
    rig.workers[pack].apply(Update(seq + 1, limits=dict.fromkeys("012", 9), snapshot_now=True))
    rig.control.fleet.books[pack].seq += 1
    rig.step(pack)
    before = rig.control.fleet.books[pack].snapshot
    assert before
    rig.step(pack)

    store.thawed.clear()
    drained(rig, pack)
    (lost,) = rig.notebook.of(PackLost)
    assert lost.trials == [0, 1, 2]
    assert lost.reason.startswith(f"{LEAVING_NODE}; {UNSAVED}: The object store of s3://b/f hangs")
    assert rig.notebook.of(SnapshotsKept)[0].trouble.startswith("The object store of s3://b/f")
    waiting = [rig.ledger.trial(number) for number in range(3)]
    assert {(one.state, one.snapshot, one.crashes) for one in waiting} == {("waiting", before, 0)}

    store.thawed.set()
    rig.run()
    assert rig.ledger.counts() == {"complete": 3}
    assert set(rig.reported().values()) == {1}


def test_a_drain_in_peace_says_nothing_of_snapshots(rigs: Any, store: FreezingStore) -> None:
    rig = rigs(paper_spec("search.num_trials=3"), places=1)
    pack = rig.open_pack()
    rig.workers[pack].node_id = "a"
    rig.step(pack)
    rig.step(pack)
    drained(rig, pack)
    assert [one.reason for one in rig.notebook.of(PackLost)] == [LEAVING_NODE]
    assert store.place.read(rig.ledger.trial(0).snapshot)


def test_nothing_overtakes_what_hangs() -> None:
    thawed, done = threading.Event(), []
    in_time = InTime(0.05, "the store")

    def slow() -> None:
        thawed.wait()
        done.append("old")

    with pytest.raises(StoreAwayError, match=r"the store hangs: .* for 0\.05 s"):
        in_time.do(slow)
    with pytest.raises(StoreAwayError, match="still hangs"):
        in_time.do(lambda: done.append("new"))
    assert done == []
    thawed.set()
    while not done:
        pass
    while in_time._hangs is not None and in_time._hangs.is_alive():
        pass
    in_time.do(lambda: done.append("new"))
    assert done == ["old", "new"]
    with pytest.raises(ZeroDivisionError):
        in_time.do(lambda: 1 / 0)


def test_nothing_overtakes_what_hangs_when_the_waiting_was_interrupted() -> None:
    thawed, main = threading.Event(), threading.main_thread().ident
    in_time = InTime(60.0, "the store")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    def slow() -> None:
        assert main is not None
        signal.pthread_kill(main, signal.SIGUSR1)
        thawed.wait()

    before = signal.signal(signal.SIGUSR1, interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            in_time.do(slow)
        with pytest.raises(StoreAwayError, match="still hangs"):
            in_time.do(lambda: None)
    finally:
        signal.signal(signal.SIGUSR1, before)
        thawed.set()
