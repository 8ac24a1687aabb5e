"""The study's lock between real processes."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_space import study_directory

from rnnsearch.errors import StudyLockedError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.lock import StudyLock, is_running
from rnnsearch.search.owner import STALE_SECONDS

HOLD = """
import sys, time
from pathlib import Path
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.lock import StudyLock
lock = StudyLock(StudyDirectory(Path(sys.argv[1]), "small"), heartbeat=0.05)
lock.acquire()
print("held", flush=True)
while not lock.lost:
    time.sleep(0.01)
print("lost", flush=True)
lock.release()
print("released", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of the study `small`."""
    study_directory(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.send_signal(signal.SIGCONT)
        process.kill()


def grow_stale(directory: StudyDirectory, now: float | None = None) -> None:
    then = (time.time() if now is None else now) - STALE_SECONDS - 5
    os.utime(directory.lock, (then, then))


def from_another_machine(directory: StudyDirectory) -> None:
    owner = json.loads(directory.lock.read_text())
    directory.lock.write_text(json.dumps({**owner, "machine": "elsewhere", "host": "elsewhere"}))


def test_a_live_driver_keeps_the_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    directory = study_directory(tmp_path)

    with pytest.raises(StudyLockedError, match=rf"process {holder.pid} on .*rnnsearch stop small"):
        StudyLock(directory).acquire()
    assert is_running(directory)


def test_a_dead_drivers_lock_is_taken_over_at_once(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    directory = study_directory(tmp_path)
    holder.kill()
    holder.wait()

    assert not is_running(directory)
    with StudyLock(directory):
        assert is_running(directory)
        assert json.loads(directory.lock.read_text())["pid"] == os.getpid()
    assert not is_running(directory)


def test_a_dead_process_on_another_machine_counts_as_alive_until_its_heartbeat_is_old(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    directory = study_directory(tmp_path)
    holder.kill()
    holder.wait()
    from_another_machine(directory)

    with pytest.raises(StudyLockedError, match="on elsewhere"):
        StudyLock(directory).acquire()
    grow_stale(directory)
    assert not is_running(directory)
    with StudyLock(directory):
        assert is_running(directory)


def test_a_pid_that_came_again_is_not_the_driver(tmp_path: Path) -> None:
    directory = study_directory(tmp_path)
    lock = StudyLock(directory)
    lock.acquire()
    owner = json.loads(directory.lock.read_text())
    lock.release()
    directory.lock.write_text(json.dumps({**owner, "started": "1"}))

    assert not is_running(directory)


def test_a_suspended_driver_keeps_the_lock_on_its_own_machine(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    directory = study_directory(tmp_path)
    holder.send_signal(signal.SIGSTOP)
    os.waitpid(holder.pid, os.WUNTRACED)
    grow_stale(directory)

    assert is_running(directory)
    with pytest.raises(StudyLockedError, match=f"kill -CONT {holder.pid}"):
        StudyLock(directory).acquire()


@pytest.mark.parametrize("ahead", [-3600.0, 60.0, 3600.0])
@pytest.mark.parametrize("here", [True, False])
def test_a_wrong_clock_of_this_machine_changes_nothing(
    tmp_path: Path,
    holder: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
    ahead: float,
    here: bool,
) -> None:
    """The age of a heartbeat is the difference of two times that the file system gave, so that a
    clock of this machine that is an hour wrong makes a lock neither stale nor fresh.
    """
    directory = study_directory(tmp_path)
    if not here:
        holder.kill()
        holder.wait()
        from_another_machine(directory)
    true_time = time.time
    monkeypatch.setattr(time, "time", lambda: true_time() + ahead)

    assert is_running(directory)
    with pytest.raises(StudyLockedError):
        StudyLock(directory).acquire()
    if not here:
        grow_stale(directory, true_time())
        assert not is_running(directory)


def test_where_no_clock_can_be_read_the_lock_counts(
    tmp_path: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a storage that is read only, the file system's time cannot be asked for, and even a stale
    lock counts as held. That does no harm: nobody can take a lock there, and the studies are shown.
    """
    directory = study_directory(tmp_path)
    holder.kill()
    holder.wait()
    from_another_machine(directory)
    grow_stale(directory)

    def refuse(**options: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    assert is_running(directory)


def test_a_suspended_driver_loses_the_lock_to_another_machine_and_notices(
    tmp_path: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = study_directory(tmp_path)
    holder.send_signal(signal.SIGSTOP)
    os.waitpid(holder.pid, os.WUNTRACED)
    grow_stale(directory)
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")

    with StudyLock(directory) as mine:
        holder.send_signal(signal.SIGCONT)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "lost\n"
        assert holder.stdout.readline() == "released\n"
        assert json.loads(directory.lock.read_text())["pid"] == os.getpid(), "not its to free"
        assert not mine.lost


def test_the_heartbeat_touches_the_file(tmp_path: Path) -> None:
    directory = study_directory(tmp_path)
    with StudyLock(directory, heartbeat=0.02) as lock:
        grow_stale(directory)
        until = time.monotonic() + 20
        while not is_running(directory) and time.monotonic() < until:
            time.sleep(0.01)
        assert is_running(directory)
        assert not lost_or_dead(lock)


def lost_or_dead(lock: StudyLock) -> bool:
    return lock.lost or "study-lock" not in {thread.name for thread in threading.enumerate()}


def test_release_ends_the_heartbeat_and_may_be_called_twice(tmp_path: Path) -> None:
    directory = study_directory(tmp_path)
    lock = StudyLock(directory)
    lock.acquire()
    lock.release()
    lock.release()

    assert lost_or_dead(lock)
    with StudyLock(directory):
        assert is_running(directory)


def test_a_lock_file_cut_off_by_a_crash_is_free(tmp_path: Path) -> None:
    directory = study_directory(tmp_path)
    directory.lock.write_text('{"token": "ab')

    assert not is_running(directory)
    with StudyLock(directory):
        assert is_running(directory)


def test_a_folder_without_a_lock_is_not_running(tmp_path: Path) -> None:
    assert not is_running(StudyDirectory(tmp_path, "small"))


def test_of_many_that_take_over_at_once_one_wins(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    directory = study_directory(tmp_path)
    holder.kill()
    holder.wait()
    start, won = threading.Barrier(8), []

    def try_it() -> None:
        lock = StudyLock(directory)
        start.wait()
        try:
            lock.acquire()
        except StudyLockedError:
            return
        won.append(lock)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    won[0].release()
