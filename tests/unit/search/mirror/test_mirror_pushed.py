"""What a driver writes into its folder gets to the store, in an order that a loss survives."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from contracts.remotes import MemoryRemote
from machines import Machine, listed

from rnnsearch.errors import StorageError, StoreAwayError, StudyLockedError
from rnnsearch.search.mirror.index import INDEX

Machines = Callable[[str], Machine]


@pytest.fixture
def driver(machine: Machines) -> Machine:
    driver = machine("a")
    driver.write("study.yaml")
    driver.drive()
    return driver


def test_what_this_run_alone_needs_stays_here(driver: Machine, remote: MemoryRemote) -> None:
    stays = ["lock", "stop", "snapshots/p.snap", "scratch/x", "outbox/scratch/y", "outbox/pulse"]
    stays += ["outbox/writer.lock", "leaderboard.json.new", ".seen-1", "ledger.journal"]
    goes = [
        "leaderboard.json",
        "code/modules/my/task.py",
        "figures/study.png",
        "outbox/000001.open",
    ]
    for name in (*stays, *goes):
        driver.write(name)
    driver.mirror.push()
    assert sorted(remote.files) == sorted([INDEX, "study.yaml", *goes])
    assert all(remote.files[name] == name.encode() for name in goes)


def test_only_what_has_changed_is_written(driver: Machine, remote: MemoryRemote) -> None:
    driver.write("leaderboard.json", "one")
    driver.mirror.push()
    remote.calls.clear()
    driver.write("study.yaml")  # as it was
    driver.mirror.push()
    assert remote.calls == []
    driver.write("leaderboard.json", "two")
    driver.mirror.push()
    driver.mirror.push()
    assert remote.calls == ["write leaderboard.json", f"write {INDEX}"]
    assert remote.files["leaderboard.json"] == b"two"


def test_another_process_here_writes_what_the_last_one_had_not(
    driver: Machine, remote: MemoryRemote
) -> None:
    driver.write("leaderboard.json", "not pushed")
    again = driver.process()
    remote.calls.clear()
    again.claim(driver.lines.append)
    again.push()
    assert not again.fetched
    assert [call for call in remote.calls if "leaderboard" in call] == ["write leaderboard.json"]
    assert not [call for call in remote.calls if "yaml" in call]


def test_how_far_the_records_are_follows_the_segments_and_the_list_follows_all(
    driver: Machine, remote: MemoryRemote
) -> None:
    driver.write("outbox/000001.closed")
    driver.mirror.push()
    (driver.root / "outbox/000001.closed").unlink()
    for name in ("outbox/state.json", "outbox/000002.open", "zeal"):
        driver.write(name)
    remote.calls.clear()
    driver.mirror.push()
    *first, state, index, gone = remote.calls
    assert sorted(first) == ["write outbox/000002.open", "write zeal"]
    assert (state, index) == ("write outbox/state.json", f"write {INDEX}")
    assert gone == "remove outbox/000001.closed"


def test_a_checkpoint_goes_as_a_whole(driver: Machine, remote: MemoryRemote) -> None:
    driver.checkpoint("trial-0001", "epoch 3")
    driver.mirror.push()
    before = dict(remote.files)
    # Half of its replacement: the description of the old weights is gone, the new one not there.
    (driver.root / "checkpoints/trial-0001/config.json").unlink()
    driver.write("checkpoints/trial-0001/weights.safetensors", "epoch 5")
    driver.mirror.push()
    assert (
        remote.files["checkpoints/trial-0001/weights.safetensors"]
        == (before["checkpoints/trial-0001/weights.safetensors"])
    )
    driver.checkpoint("trial-0001", "epoch 5")
    driver.mirror.push()
    assert remote.files["checkpoints/trial-0001/config.json"] == b"config.json of epoch 5"
    shutil.rmtree(driver.root / "checkpoints/trial-0001")
    driver.mirror.push()
    assert sorted(remote.files) == [INDEX, "study.yaml"]


@pytest.mark.parametrize("left", range(6))
def test_an_outage_in_the_middle_is_made_up_for(
    driver: Machine, remote: MemoryRemote, left: int
) -> None:
    driver.write("gone")
    driver.mirror.push()
    (driver.root / "gone").unlink()
    for name in ("one", "two", "outbox/state.json"):
        driver.write(name)
    remote.left = left
    if left < 5:
        with pytest.raises(StoreAwayError):
            driver.mirror.push()
        remote.away, remote.left = False, 10**9
    driver.mirror.push()
    assert listed(remote) == ["one", "outbox/state.json", "study.yaml", "two"]
    assert sorted(remote.files) == sorted([INDEX, *listed(remote)])


def test_what_the_database_keeps_is_forgotten_once_all_is_there(
    driver: Machine, remote: MemoryRemote
) -> None:
    forgotten: list[int] = []
    marks = iter((7, 9))
    driver.mirror.mark, driver.mirror.pushed = lambda: next(marks), forgotten.append
    driver.write("outbox/000001.open")
    remote.left = 0
    with pytest.raises(StoreAwayError):
        driver.mirror.push()
    assert forgotten == []
    remote.away, remote.left = False, 10**9
    driver.mirror.push()
    assert forgotten == [9]


def test_logs_are_pushed_now_and_then(driver: Machine, remote: MemoryRemote) -> None:
    for text, now, logs, there in (
        ("a", 0.0, False, "a"),
        ("ab", 5.0, False, "a"),
        ("abc", 30.0, False, "abc"),
        ("abcd", 31.0, True, "abcd"),
    ):
        driver.write("logs/ray.log", text)
        driver.now = now
        driver.mirror.push(logs=logs)
        assert remote.files["logs/ray.log"].decode() == there, now


def test_whose_study_was_taken_over_pushes_no_more(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    other = machine("b")
    other.drive()
    before = dict(remote.files)
    driver.write("leaderboard.json", "late")
    with pytest.raises(StudyLockedError, match="taken over by another driver"):
        driver.mirror.push()
    driver.mirror.push()
    assert remote.files == before


def test_a_folder_that_is_gone_takes_nothing_of_the_store_along(
    driver: Machine, remote: MemoryRemote
) -> None:
    before = dict(remote.files)
    shutil.rmtree(driver.root)
    with pytest.raises(StorageError, match="is gone"):
        driver.mirror.push()
    assert remote.files == before


def test_a_wish_to_stop_reaches_the_driver(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    driver.mirror.hear_stop()
    assert not (driver.root / "stop").exists()
    machine("b").mirror.ask_to_stop()
    driver.mirror.hear_stop()
    assert (driver.root / "stop").exists()
    assert "stop" not in remote.files


def test_a_wish_that_came_too_late_stops_no_later_run(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    driver.mirror.release()
    machine("b").mirror.ask_to_stop()
    driver.drive()
    assert "stop" not in remote.files
