"""What can happen to a study: processes are killed, frozen or asked to go, and what it stands on
fails for a while."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil
from storm_ground import AWAY_SECONDS, Ground, fill, read_only, wrong_clock


@dataclass(frozen=True)
class Running:
    """A study's driver, and what it stands on.

    Attributes:
        driver: The process of `rnnsearch run` or `rnnsearch resume`.
    """

    driver: subprocess.Popen[bytes]
    ground: Ground

    def ray(self, words: Sequence[str]) -> list[psutil.Process]:
        """The processes of this storm whose command has one of these words in it."""
        everyone = psutil.Process().children(recursive=True)
        return [one for one in everyone if any(word in _command(one) for word in words)]

    def strike(self, words: Sequence[str], number: signal.Signals, chance: random.Random) -> bool:
        """Send one of these processes a signal; False where there is none."""
        one = self.one_of(words, chance)
        if one is None:
            return False
        try:
            one.send_signal(number)
        except psutil.NoSuchProcess:
            return False
        return True

    def one_of(self, words: Sequence[str], chance: random.Random) -> psutil.Process | None:
        """One of these processes; None where there is none."""
        there = sorted(self.ray(words), key=lambda one: one.pid)
        return chance.choice(there) if there else None


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) or process.name()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


# Ray names a process by the class whose method it is in: Tune wraps that of a pack.
PACK = ("ray::ResourceTrainable", "ray::PackTrainable")
WRITER = ("rnnsearch.records.writer",)

Blow = Callable[[Running, random.Random], bool]
"""Does something to a running study; False where there was nothing to do it to."""


def kill_pack(running: Running, chance: random.Random) -> bool:
    return running.strike(PACK, signal.SIGKILL, chance)


def end_pack(running: Running, chance: random.Random) -> bool:
    """As a cluster asks a worker to go."""
    return running.strike(PACK, signal.SIGTERM, chance)


def freeze_pack(running: Running, chance: random.Random) -> bool:
    """Stop a pack for seconds, as a machine that swaps does."""
    return _frozen(running.one_of(PACK, chance))


def freeze_driver(running: Running, chance: random.Random) -> bool:
    del chance
    return _frozen(psutil.Process(running.driver.pid))


def _frozen(process: psutil.Process | None) -> bool:
    if process is None:
        return False
    try:
        process.suspend()
        time.sleep(AWAY_SECONDS)
        process.resume()
    except psutil.NoSuchProcess:
        return False
    return True


def kill_writer(running: Running, chance: random.Random) -> bool:
    return running.strike(WRITER, signal.SIGKILL, chance)


def kill_head(running: Running, chance: random.Random) -> bool:
    """Ray's head service, which a driver is not without."""
    return running.strike(("gcs_server",), signal.SIGKILL, chance)


def kill_raylet(running: Running, chance: random.Random) -> bool:
    """The process that Ray has on each node. Without a cluster there is one, the driver's own."""
    return running.strike(("raylet/raylet",), signal.SIGKILL, chance)


def kill_node(running: Running, chance: random.Random) -> bool:
    """A machine of the cluster loses its power."""
    nodes = running.ground.nodes
    if nodes is None or not nodes.joined():
        return False
    nodes.kill(chance.choice(nodes.joined()))
    return True


def drain_node(running: Running, chance: random.Random) -> bool:
    """A machine of the cluster is preempted: a notice, and it is gone seconds later."""
    nodes = running.ground.nodes
    if nodes is None or not nodes.joined() or not nodes.alive():
        return False
    ip = chance.choice(nodes.joined())
    if not nodes.drain(ip):
        return False
    time.sleep(chance.uniform(0.0, 15.0))
    nodes.kill(ip)
    return True


def join_node(running: Running, chance: random.Random) -> bool:
    del chance
    nodes = running.ground.nodes
    if nodes is None or nodes.full() or not nodes.alive():
        return False
    return nodes.join()


def kill_driver(running: Running, chance: random.Random) -> bool:
    """Kill the driver with SIGKILL. What it started has to see that by itself."""
    del chance
    running.driver.kill()
    return True


def interrupt(running: Running, chance: random.Random) -> bool:
    """Ctrl-C once: the study drains."""
    del chance
    running.driver.send_signal(signal.SIGINT)
    return True


def interrupt_twice(running: Running, chance: random.Random) -> bool:
    running.driver.send_signal(signal.SIGINT)
    time.sleep(chance.uniform(0.2, 2.0))
    running.driver.send_signal(signal.SIGINT)
    return True


def restart_server(running: Running, chance: random.Random) -> bool:
    del chance
    return running.ground.server is not None and running.ground.server()


def restart_database(running: Running, chance: random.Random) -> bool:
    del chance
    if running.ground.database is None:
        return False
    running.ground.database()
    return True


def fill_disk(running: Running, chance: random.Random) -> bool:
    """The storage has a few pages left, or none, for seconds."""
    if not running.ground.disk:
        return False
    stuffing = fill(running.ground.storage, chance.choice([0, 0, 1, 2, 5, 20]))
    time.sleep(chance.uniform(2.0, 3 * AWAY_SECONDS))
    stuffing.unlink()
    return True


def refuse_writes(running: Running, chance: random.Random) -> bool:
    """The storage can only be read for seconds."""
    if not running.ground.disk:
        return False
    with read_only(running.ground.storage):
        time.sleep(chance.uniform(1.0, 2 * AWAY_SECONDS))
    return True


def set_clock(running: Running, chance: random.Random) -> bool:
    """The wall clock of the driver, and of what it started, jumps and stays there."""
    if running.ground.clock is None:
        return False
    wrong_clock(running.ground.clock, chance)
    return True


def stop_store(running: Running, chance: random.Random) -> bool:
    """The object store is not there for seconds."""
    if (store := running.ground.store) is None:
        return False
    store.stop()
    time.sleep(chance.uniform(2.0, 3 * AWAY_SECONDS))
    store.start()
    return True


def refuse_store(running: Running, chance: random.Random) -> bool:
    """The object store answers each request with an error of its own for seconds."""
    if (store := running.ground.store) is None:
        return False
    store.refusing = chance.choice([500, 503])
    time.sleep(chance.uniform(2.0, 3 * AWAY_SECONDS))
    store.refusing = None
    return True


def lose_machine(running: Running, chance: random.Random) -> bool:
    """The machine of the driver is gone, and its disk with it; another one goes on."""
    del chance
    if running.ground.store is None:
        return False
    running.driver.kill()
    running.driver.wait()
    shutil.rmtree(running.ground.studies, ignore_errors=True)
    return True


BLOWS: dict[str, Blow] = {
    "pack killed": kill_pack,
    "pack told to end": end_pack,
    "pack frozen": freeze_pack,
    "driver frozen": freeze_driver,
    "writer killed": kill_writer,
    "head killed": kill_head,
    "raylet killed": kill_raylet,
    "node killed": kill_node,
    "node drained": drain_node,
    "node joined": join_node,
    "driver killed": kill_driver,
    "Ctrl-C": interrupt,
    "Ctrl-C twice": interrupt_twice,
    "tracking server killed": restart_server,
    "database killed": restart_database,
    "disk full": fill_disk,
    "disk read-only": refuse_writes,
    "clock set": set_clock,
    "object store away": stop_store,
    "object store refuses": refuse_store,
    "driver's machine lost": lose_machine,
}
NEEDS = {
    "node killed": "nodes",
    "node drained": "nodes",
    "node joined": "nodes",
    "tracking server killed": "server",
    "database killed": "database",
    "disk full": "disk",
    "disk read-only": "disk",
    "clock set": "clock",
    "object store away": "store",
    "object store refuses": "store",
    "driver's machine lost": "store",
}
"""What a ground has to stand on for a blow."""
ENDINGS = frozenset({"head killed", "raylet killed", "driver killed", "Ctrl-C", "Ctrl-C twice"})
"""What a driver mostly does not outlive: the study goes on with the next one."""
