"""Why trials wait: each reason with packs on paper, and a full disk that is waited out."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contracts.broken_disk import BrokenDisk
from ray.autoscaler.v2.schema import ClusterStatus, LaunchRequest
from ray.exceptions import RpcError
from rig import Rig, paper_spec

from rnnsearch.errors import DataError, LedgerAwayError, StorageError
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.silence import LONGEST_TURN, Silence
from rnnsearch.search.supply import Supply
from rnnsearch.search.tune.looks import Looks
from rnnsearch.search.tune.supplies import asked_what_is_coming, coming
from rnnsearch.search.waits import DATABASE_SECONDS, DISK_SECONDS, SLOW_SAMPLER, Wait, Waits
from rnnsearch.search.why_waiting import why_waiting
from rnnsearch.space.spec import ResourcesConfig

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, paper_spec(), places=2, slots=4)
    yield rig
    rig.end()


def why(
    rig: Rig,
    pending: int = 0,
    script: bool = False,
    free: Mapping[str, float] | None = None,
    **supply: Any,
) -> str | None:
    seen = Supply(**{"nodes": [{"GPU": 1.0, "CPU": 8.0}], "free": free or {}, **supply})
    needs = {"GPU": 1.0, "CPU": 2.0}
    wait = why_waiting(rig.control, pending, script=script, needs=needs, supply=seen)
    return None if wait is None else f"{wait.kind}: {wait.text}"


def test_packs_that_have_no_place_yet(rig: Rig) -> None:
    assert why(rig) is None  # there is none
    rig.open_pack()
    assert why(rig, 1, free={"CPU": 8.0}) == (
        "resources: no free GPU: the pack cannot start (each asks for 1 GPU and 2 CPU)"
    )
    rig.open_pack()
    assert "no free GPU and no free CPU: 2 of 2 packs" in str(why(rig, 2, free={"GPU": 0.5}))
    assert "no node with room: 1 of 2 packs" in str(why(rig, 1, free={"GPU": 1.0, "CPU": 2.0}))


def test_a_resource_that_no_node_has_is_named(rig: Rig) -> None:
    rig.open_pack()
    assert why(rig, 1, nodes=[{"CPU": 8.0}, {"CPU": 1.0}]) == (
        "resources: no node has 1 GPU (the most is 0): the pack cannot start before one joins "
        "(each asks for 1 GPU and 2 CPU)"
    )
    rig.open_pack()
    apart = str(why(rig, 2, nodes=[{"CPU": 8.0}, {"CPU": 1.0, "GPU": 4.0}]))
    assert apart.startswith("resources: no node has 1 GPU and 2 CPU together: 2 of 2 packs cannot")
    half = str(why(rig, 2, nodes=[{"CPU": 1.0, "GPU": 0.5}]))
    assert "no node has 1 GPU (the most is 0.5) and 2 CPU (the most is 1)" in half


def test_nodes_that_are_coming_and_one_that_is_refused(rig: Rig) -> None:
    rig.open_pack()
    rig.open_pack()
    assert why(rig, 1, starting=2, nodes=[]) == (
        "resources: 2 nodes are starting: 1 of 2 packs cannot start before"
    )
    assert "a node is starting: 2 of 2" in str(why(rig, 2, starting=1))
    reason = "InsufficientInstanceCapacity"
    for nodes in ([{"CPU": 8.0}], [{"CPU": 8.0, "GPU": 1.0}]):
        text = str(why(rig, 1, nodes=nodes, refused=reason))
        assert text.endswith(f"; the last node could not be had: {reason}")


def test_what_both_autoscalers_tell_of_nodes_that_are_coming() -> None:
    launch = LaunchRequest("g5.xlarge", "gpu", 2, LaunchRequest.Status.PENDING, 0)
    failed = replace(launch, state=LaunchRequest.Status.FAILED, failed_ts_s=9, details="no spot\n-")
    earlier = replace(failed, failed_ts_s=1, details="quota")
    second = ClusterStatus(pending_launches=[launch], failed_launches=[failed, earlier])
    assert coming(second, None) == (2, "no spot")
    report = {"pending_launches": {"gpu": 1}, "pending_nodes": [["10.0.0.9", "gpu", "setting-up"]]}
    first = json.dumps({"autoscaler_report": report}).encode()
    assert coming(ClusterStatus(), first) == (2, "")
    assert coming(ClusterStatus(), b"{}") == (0, "")


def test_a_head_that_does_not_answer_ends_no_study() -> None:
    def silent() -> object:
        raise RpcError("Deadline Exceeded")

    assert asked_what_is_coming(silent, lambda: None) == (0, "")


def test_packs_whose_processes_start(rig: Rig) -> None:
    rig.open_pack()
    assert why(rig) == "starting: Ray is starting the pack's process"
    rig.open_pack()
    assert why(rig) == "starting: Ray is starting the processes of 2 packs"


def test_kernels_compile_until_the_first_epoch(rig: Rig) -> None:
    pack = rig.open_pack()
    rig.step(pack)
    assert "first epoch: packs at work; cells that are new" in str(why(rig))
    assert why(rig, script=True) == "first epoch: packs at work; no epoch has ended yet"
    rig.control.waits.compiling = lambda: ["gru", "rnn_tanh"]
    assert "kernels: kernels compile (gru, rnn_tanh), once on a machine" in str(why(rig))
    while rig.control.tally.first_report is None:
        rig.step(pack)
    assert why(rig) is None


def test_a_second_pack_without_a_place_counts_while_trials_are_left(rig: Rig) -> None:
    pack = rig.open_pack()
    while rig.control.tally.first_report is None:
        rig.step(pack)
    rig.open_pack()
    assert str(why(rig, 1)).startswith("resources: no free GPU and no free CPU: 1 of 2 packs")
    rig.ledger.close_asking()
    assert str(why(rig, 1)).startswith("last trials: nothing is left to propose; the last ")


def test_a_silent_pack_is_named(tmp_path: Path) -> None:
    clock = Clock()
    rig = Rig(tmp_path, paper_spec(), silence=Silence(600.0, clock))
    pack = rig.open_pack()
    while rig.control.tally.first_report is None:
        rig.step(pack)
    for _ in range(7):
        clock.sleep(LONGEST_TURN)
        rig.control.lose_hung()
    assert "has not reported for 35 s; it is given up after 600 s" in str(why(rig))
    assert str(why(rig)).startswith("silence: pack-01-")
    rig.step(pack)
    assert why(rig) is None
    rig.end()


def test_a_trial_that_must_be_alone(rig: Rig) -> None:
    pack = rig.open_pack()
    while rig.control.tally.first_report is None:
        rig.step(pack)
    job = next(iter(rig.control.fleet.books[pack].aboard.values()))
    rig.control.fleet.alone.append(job)
    assert "alone: trial" in str(why(rig))
    rig.control.fleet.alone.clear()


def test_packs_that_hand_over(tmp_path: Path) -> None:
    rig = Rig(tmp_path, paper_spec(), interrupted=lambda: "SIGINT")
    rig.open_pack()
    rig.control.poll()
    assert why(rig) == "draining: the run ends; packs hand over what they hold"
    rig.end()


def test_a_reason_is_told_once_it_has_held_for_a_while() -> None:
    clock = Clock()
    waits = Waits(clock)
    waits.publish(Wait("starting", "Ray is starting 2"))
    assert waits.reason() is None
    clock.sleep(2.0)
    waits.publish(Wait("starting", "Ray is starting 1"))  # still the same reason
    clock.sleep(1.0)
    assert waits.reason() == "Ray is starting 1"
    waits.publish(Wait("kernels", "kernels compile"))
    assert waits.reason() is None
    with waits.held_up(SLOW_SAMPLER):
        clock.sleep(3.0)
        assert waits.reason() == SLOW_SAMPLER.text
    assert waits.reason() == "kernels compile"
    waits.publish(None)
    assert waits.reason() is None


def test_a_head_that_does_not_answer_comes_before_all_else() -> None:
    clock = Clock()
    waits = Waits(clock)
    waits.publish(Wait("kernels", "kernels compile"))
    waits.note_head(True)
    clock.sleep(2.0)
    waits.note_head(True)
    clock.sleep(1.0)
    assert waits.reason() == "Ray's head does not answer; it is waited for"
    waits.note_head(False)
    assert waits.reason() == "kernels compile"


def test_a_slow_sampler_is_the_reason_while_a_pack_waits_for_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    rig.control.waits = Waits(clock)
    ask, reasons = Ledger.ask, list[str | None]()

    def slow(self: Ledger) -> Any:
        clock.sleep(4.0)
        reasons.append(rig.control.waits.reason())
        return ask(self)

    monkeypatch.setattr(Ledger, "ask", slow)
    rig.step(rig.open_pack())
    assert set(reasons) == {SLOW_SAMPLER.text}
    assert rig.control.waits.reason() is None


def test_a_full_disk_of_the_ledger_is_waited_out_and_no_trial_is_lost(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, clock = BrokenDisk(), Clock()
    monkeypatch.setattr("rnnsearch.disk.os", disk)
    reasons: list[str | None] = []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        reasons.append(rig.control.waits.reason())
        if clock.now > 5:
            disk.mend()

    rig.control.waits = Waits(clock, sleep)

    def fill(turn: int) -> None:
        if turn == 3:
            disk.room = 10

    rig.run(each_turn=fill)
    full = f"{rig.directory.ledger}: No space left on device"
    assert f"the disk of the ledger is full ({full}); make room there" in reasons
    assert rig.control.error is None
    assert rig.control.waits.reason() is None
    assert rig.ledger.counts().keys() <= {"complete", "pruned"}


@pytest.mark.parametrize("how", ["too long", "stopped", "another refusal"])
def test_a_full_disk_is_not_waited_out_for_ever(how: str) -> None:
    clock, calls = Clock(), list[int]()

    def write() -> None:
        calls.append(1)
        error = FULL if how != "another refusal" or len(calls) < 3 else OSError(errno.EIO, "gone")
        raise StorageError("Cannot write the ledger.") from error

    waits = Waits(clock, clock.sleep)
    with pytest.raises(StorageError):
        waits.outlast(write, "the ledger", lambda: how == "stopped")
    expected = {"too long": DISK_SECONDS + 1, "stopped": 2, "another refusal": 3}
    assert len(calls) == expected[how]


@pytest.mark.parametrize("error", [DataError("x", "y"), OSError(errno.EACCES, "no")])
def test_what_is_no_full_disk_is_raised_at_once(error: Exception) -> None:
    def write() -> None:
        raise error

    with pytest.raises(type(error)):
        Waits().outlast(write, "the ledger", lambda: False)


def test_ray_is_asked_what_is_free_now_and_then_while_packs_are_pending(rig: Rig) -> None:
    clock, asked = Clock(), list[float]()
    rig.control.waits = waits = Waits(clock)
    rig.open_pack()

    def ask() -> Supply:
        asked.append(clock.now)
        return Supply([{"CPU": 1.0}], {"CPU": 0.0})

    looks = Looks(rig.control, ResourcesConfig(), script=False, ask=ask, clock=clock)
    for _ in range(70):
        looks.look(1)
        clock.sleep(0.1)
    assert asked == [0.0, pytest.approx(5.0, abs=1.1)]
    assert waits.reason() == "no free CPU: the pack cannot start (each asks for 1 CPU)"
    clock.sleep(2.0)
    looks.look(0)
    assert len(asked) == 2


def test_packs_start_no_more_as_soon_as_one_reports(rig: Rig) -> None:
    clock = Clock()
    rig.control.waits = waits = Waits(clock)
    pack = rig.open_pack()
    looks = Looks(rig.control, ResourcesConfig(), script=False, clock=clock)
    looks.look(0)
    clock.sleep(5.0)
    assert waits.reason() == "Ray is starting the pack's process"
    rig.step(pack)
    assert waits.reason() is None
    waits.publish(Wait("resources", "no free CPU"))
    clock.sleep(5.0)
    rig.step(rig.open_pack())
    assert waits.reason() == "no free CPU", "others wait still"


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_database_that_is_away_is_waited_for_and_told_of(comes_back: bool) -> None:
    clock, calls, reasons = Clock(), list[int](), list[str | None]()
    waits = Waits(clock, clock.sleep)

    def write() -> None:
        calls.append(1)
        reasons.append(waits.reason())
        if not comes_back or len(calls) < 10:
            raise LedgerAwayError("the database, db, does not answer: refused", "Bring it back.")

    if comes_back:
        waits.outlast(write, "the ledger", lambda: False)
        assert len(calls) == 10
    else:
        with pytest.raises(LedgerAwayError):
            waits.outlast(write, "the ledger", lambda: False)
        assert len(calls) == DATABASE_SECONDS + 1
    assert reasons[-1] == (
        "the database, db, does not answer: refused; it is asked again until it does"
    )
    assert waits.reason() is None
