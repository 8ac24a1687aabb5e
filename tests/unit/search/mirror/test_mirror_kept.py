"""The thread that pushes: it outlasts a store that is away, and says so once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from contracts.remotes import MemoryRemote
from machines import Machine

from rnnsearch.errors import StoreAwayError
from rnnsearch.search.mirror import keeping
from rnnsearch.search.mirror.keeping import Keeper

Machines = Callable[[str], Machine]
AGAIN = "rnnsearch flush small"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PUSH_SECONDS", 0.005)
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.005)


@pytest.fixture
def driver(machine: Machines) -> Machine:
    driver = machine("a")
    driver.write("study.yaml")
    driver.mirror.claim(driver.lines.append)
    return driver


def until(met: Callable[[], bool]) -> None:
    for _ in range(2000):
        if met():
            return
        time.sleep(0.005)
    raise AssertionError("never")


def test_an_outage_is_told_of_once_and_made_up_for(driver: Machine, remote: MemoryRemote) -> None:
    keeper = Keeper(driver.mirror, driver.lines.append)
    keeper.start()
    assert "study.yaml" in remote.files
    remote.away = True
    driver.write("leaderboard.json")
    until(lambda: len(driver.lines) == 1)
    time.sleep(0.05)
    remote.away = False
    until(lambda: "leaderboard.json" in remote.files and len(driver.lines) == 2)
    assert driver.lines == [
        "the study goes on, and its files wait on this machine: the object store does not answer",
        "s3://bucket/studies/small answers again, and has all files",
    ]
    assert keeper.close(1.0, AGAIN)
    assert len(driver.lines) == 2


def test_the_end_waits_and_then_says_what_is_lacking(driver: Machine, remote: MemoryRemote) -> None:
    keeper = Keeper(driver.mirror, driver.lines.append)
    keeper.start()
    remote.away = True
    driver.write("leaderboard.json")
    driver.write("champion.yaml")
    assert not keeper.close(0.02, AGAIN)
    assert driver.lines[-1] == (
        f"s3://bucket/studies/small lacks 2 files (0.0 MB), which lie in {driver.root}. Once it "
        f"answers, this pushes them from here: {AGAIN}"
    )
    remote.away = False
    again = driver.process()
    again.claim(driver.lines.append)
    Keeper(again, driver.lines.append).start()
    assert {"leaderboard.json", "champion.yaml"} <= remote.files.keys()


def test_a_store_that_is_away_at_the_beginning_is_an_error(
    driver: Machine, remote: MemoryRemote
) -> None:
    remote.away = True
    with pytest.raises(StoreAwayError):
        Keeper(driver.mirror, driver.lines.append).start()


def test_the_end_does_not_wait_for_a_study_that_another_has(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    keeper = Keeper(driver.mirror, driver.lines.append)
    keeper.start()
    machine("b").mirror.claim(print)
    driver.write("leaderboard.json")
    assert not keeper.close(3600.0, AGAIN)
    assert driver.lines == [
        "the study in s3://bucket/studies/small was taken over by another driver, so this one "
        "pushes no more to it"
    ]
