"""What lies in the store gets to a machine that lacks it, and an old folder is brought up to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pytest
from contracts.remotes import MemoryRemote
from machines import Machine

from rnnsearch.errors import StorageError
from rnnsearch.search.mirror.index import INDEX, Entry

Machines = Callable[[str], Machine]


@pytest.fixture
def driver(machine: Machines) -> Machine:
    driver = machine("a")
    for name in ("study.yaml", "ledger.json", "outbox/000001.closed", "figures/study.png"):
        driver.write(name)
    driver.checkpoint("trial-0003", "epoch 1")
    driver.drive()
    return driver


def test_another_machine_has_the_same_files(driver: Machine, machine: Machines) -> None:
    other = machine("b")
    other.look()
    assert other.files() == driver.files()
    (line,) = other.lines
    assert line.startswith("fetched 6 files (0.0 MB) of s3://bucket/studies/small to ")
    other.look()
    assert other.lines == [line], "nothing has changed since"


def test_what_lists_studies_fetches_little(driver: Machine, machine: Machines) -> None:
    other = machine("b")
    other.look(light=True)
    assert sorted(other.files()) == ["ledger.json", "outbox/000001.closed", "study.yaml"]
    assert other.lines == []
    other.look()
    assert other.files() == driver.files()


def test_a_process_asks_now_and_then(driver: Machine, machine: Machines) -> None:
    other = machine("b")
    other.look()
    driver.write("figures/study.png", "new")
    driver.mirror.push()
    other.mirror.refresh(other.lines.append)
    assert other.files()["figures/study.png"] == "figures/study.png"
    other.look()
    assert other.files()["figures/study.png"] == "new"


def test_the_driver_s_machine_has_the_newest_folder(driver: Machine, remote: MemoryRemote) -> None:
    driver.write("figures/study.png", "not pushed yet")
    driver.look(driver.process())
    assert driver.files()["figures/study.png"] == "not pushed yet"
    driver.mirror.release()
    driver.look()
    assert driver.files()["figures/study.png"] == "not pushed yet"


def test_an_older_folder_is_brought_up_to_the_store(driver: Machine, machine: Machines) -> None:
    driver.mirror.release()
    other = machine("b")
    other.drive()
    assert other.mirror.fetched
    shutil.rmtree(other.root / "checkpoints/trial-0003")
    (other.root / "outbox/000001.closed").unlink()
    other.checkpoint("trial-0007", "epoch 9")
    other.mirror.push()
    other.mirror.release()
    driver.write("outbox/000002.open", "never pushed")
    driver.drive()
    assert driver.mirror.fetched
    assert driver.files() == other.files()


def test_what_another_machine_has_removed_does_not_come_back(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    for name in ("champion.yaml", "sent/old.py", "logs/pack-01.log"):
        driver.write(name)
    driver.mirror.push()
    driver.mirror.release()
    other = machine("b")
    other.drive()
    for name in ("champion.yaml", "sent/old.py", "logs/pack-01.log"):
        (other.root / name).unlink()
    other.mirror.push()
    other.mirror.release()
    driver.look()
    left = {"logs/pack-01.log": "logs/pack-01.log"}  # which may be there alone
    assert driver.files() == {**other.files(), **left}
    driver.drive()
    assert not [name for name in remote.files if "champion" in name or name.startswith("sent")]


def test_who_goes_on_with_its_own_folder_has_fetched_nothing(
    driver: Machine, machine: Machines
) -> None:
    driver.mirror.release()
    driver.drive()
    assert not driver.mirror.fetched
    fresh = machine("b")
    fresh.look()
    fresh.drive()
    assert fresh.mirror.fetched, "its driver has told nothing yet, whatever a command fetched"


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json"])
@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_a_checkpoint_that_was_caught_halfway_is_missing(
    driver: Machine, machine: Machines, remote: MemoryRemote, name: str, how: str
) -> None:
    """As the machine was lost that replaced it."""
    path = f"checkpoints/trial-0003/{name}"
    if how == "replaced":
        remote.files[path] = b"of another epoch"
    else:
        del remote.files[path]
    other = machine("b")
    other.look()
    assert "checkpoints/trial-0003/config.json" not in other.files()
    assert sorted(other.files()) == [
        "figures/study.png",
        "ledger.json",
        "outbox/000001.closed",
        "study.yaml",
    ]


def test_a_single_file_that_is_newer_than_the_list_is_taken(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    remote.files["outbox/000001.closed"] = b"with one event more"
    other = machine("b")
    other.look()
    assert other.files()["outbox/000001.closed"] == "with one event more"


def test_what_is_replaced_while_it_is_fetched_is_fetched_again(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    def meanwhile(name: str) -> None:
        if name.endswith("config.json") and b"epoch 1" in remote.files[name]:
            driver.checkpoint("trial-0003", "epoch 2")
            driver.mirror.push()

    remote.before_read = meanwhile
    other = machine("b")
    other.look()
    assert other.files() == driver.files()
    assert "epoch 2" in other.files()["checkpoints/trial-0003/weights.safetensors"]


def test_a_study_that_was_deleted_elsewhere_is_put_aside(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    other = machine("b")
    other.look()
    driver.mirror.delete()
    other.look()
    assert not other.root.exists()
    assert [path.name.startswith(".gone-small-") for path in other.root.parent.glob(".gone*")] == [
        True
    ]


def test_nothing_is_written_beside_the_study(
    driver: Machine, machine: Machines, remote: MemoryRemote
) -> None:
    row = json.loads(remote.files[INDEX])
    for name in ("../../evil", "/tmp/evil", "lock"):
        remote.files[name] = b"evil"
        entry = Entry.of(b"evil")
        row["files"][name] = [entry.size, entry.sha256]
    remote.files[INDEX] = json.dumps(row).encode()
    other = machine("b")
    other.look()
    assert sorted(other.files()) == sorted(driver.files())
    assert not list(other.root.parents[2].rglob("evil"))


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"turn": "a", "files": {"x": 3}}'])
def test_a_list_that_is_none_is_said_to_be_none(
    driver: Machine, machine: Machines, remote: MemoryRemote, text: str
) -> None:
    remote.files[INDEX] = text.encode()
    with pytest.raises(StorageError, match=r"small/mirror\.json is no list"):
        machine("b").look()
