"""What can happen to a study: its processes are killed, frozen or asked to go."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

FROZEN_SECONDS = 4.0


@dataclass(frozen=True)
class Running:
    """A study's driver, and all that it started.

    Attributes:
        driver: The process of `rnnsearch run` or `rnnsearch resume`.
        server: Ends MLflow's server and starts it again on the same port; None without one.
        database: Likewise the database of the ledger.
    """

    driver: subprocess.Popen[bytes]
    server: Callable[[], None] | None = None
    database: Callable[[], None] | None = None

    def below(self, word: str) -> list[psutil.Process]:
        """The processes under the driver whose command has a word in it."""
        try:
            everyone = psutil.Process(self.driver.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [one for one in everyone if word in _command(one)]

    def strike(self, word: str, number: signal.Signals, chance: random.Random) -> bool:
        """Send one of these processes a signal; False where there is none."""
        if not (found := self.below(word)):
            return False
        try:
            chance.choice(sorted(found, key=lambda one: one.pid)).send_signal(number)
        except psutil.NoSuchProcess:
            return False
        return True


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) or process.name()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


# Tune wraps the class of a pack, and Ray names the process by the wrapper.
PACK, WRITER = "ray::ResourceTrainable", "rnnsearch.records.writer"

Blow = Callable[[Running, random.Random], bool]
"""Does something to a running study; False where there was nothing to do it to."""


def kill_pack(running: Running, chance: random.Random) -> bool:
    return running.strike(PACK, signal.SIGKILL, chance)


def end_pack(running: Running, chance: random.Random) -> bool:
    """As a cluster asks a worker to go."""
    return running.strike(PACK, signal.SIGTERM, chance)


def freeze_pack(running: Running, chance: random.Random) -> bool:
    """Stop a pack for seconds, as a machine that swaps does, and its clock with it."""
    found = running.below(PACK)
    if not found:
        return False
    return _frozen(chance.choice(sorted(found, key=lambda one: one.pid)))


def freeze_driver(running: Running, chance: random.Random) -> bool:
    del chance
    return _frozen(psutil.Process(running.driver.pid))


def _frozen(process: psutil.Process) -> bool:
    try:
        process.suspend()
        time.sleep(FROZEN_SECONDS)
        process.resume()
    except psutil.NoSuchProcess:
        return False
    return True


def kill_writer(running: Running, chance: random.Random) -> bool:
    return running.strike(WRITER, signal.SIGKILL, chance)


def kill_head(running: Running, chance: random.Random) -> bool:
    return running.strike("gcs_server", signal.SIGKILL, chance)


def kill_node(running: Running, chance: random.Random) -> bool:
    return running.strike("raylet/raylet", signal.SIGKILL, chance)


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
    if running.server is None:
        return False
    running.server()
    return True


def restart_database(running: Running, chance: random.Random) -> bool:
    del chance
    if running.database is None:
        return False
    running.database()
    return True


BLOWS: dict[str, Blow] = {
    "pack killed": kill_pack,
    "pack told to end": end_pack,
    "pack frozen": freeze_pack,
    "driver frozen": freeze_driver,
    "writer killed": kill_writer,
    "head killed": kill_head,
    "node killed": kill_node,
    "driver killed": kill_driver,
    "Ctrl-C": interrupt,
    "Ctrl-C twice": interrupt_twice,
    "tracking server restarted": restart_server,
    "database restarted": restart_database,
}
