"""What a study of the storm stands on, and how each of these things fails and comes back."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import psutil
from contracts.postgres import Postgres
from contracts.s3 import BUCKET, S3
from contracts.s3 import served as store_served
from storm_nodes import Nodes

from rnnsearch.cached_store import folder_for

CLOCK_SOURCE = Path(__file__).with_name("wrong_clock.c")
DISK_BYTES = 160 * 2**20
PAGE = 4096
AWAY_SECONDS = 4.0


@dataclass
class Ground:
    """A place for one study.

    Attributes:
        storage: The folder of its files.
        variables: Of its commands, besides those of a cluster, which may be another one by then.
        server: Ends MLflow's server, and starts it again on the same port, which takes a busy
            machine long: other things happen meanwhile. False while it is on its way; None
            without one.
        database: Likewise the database of the ledger.
        disk: Whether `storage` is a small file system of its own.
        clock: The file that says by how many seconds the clock of its processes is wrong; None
            where their clock cannot be moved.
        store: The object store that it lies in, of which `studies` is the copy of this machine.
        nodes: The Ray cluster that it is searched on; None where the driver starts Ray itself.
    """

    storage: Path
    variables: Mapping[str, str]
    server: Callable[[], bool] | None = None
    database: Callable[[], None] | None = None
    disk: bool = False
    clock: Path | None = None
    nodes: Nodes | None = None
    store: S3 | None = None

    @property
    def studies(self) -> Path:
        """The folder of studies, or the one that stands for the object store."""
        return folder_for(self.address) if self.store else self.storage

    @property
    def address(self) -> str:
        """What `--storage` says."""
        return f"s3://{BUCKET}/{self.storage.parent.name}" if self.store else str(self.storage)

    def environment(self) -> dict[str, str]:
        """The variables of a command of now."""
        paths = os.pathsep.join(filter(None, sys.path))
        nodes = {**self.nodes.environment(), "PYTHONPATH": paths} if self.nodes else {}
        return {**self.variables, **nodes}

    def options(self, command: str) -> list[str]:
        """The options of a command of now."""
        driver = command in ("run", "resume")
        address = ["--address", self.nodes.address] if self.nodes and driver else []
        return ["--storage", self.address, *address]

    def words(self) -> str:
        """What it stands on."""
        have = {
            "server": self.server,
            "database": self.database,
            "disk": self.disk,
            "clock": self.clock,
            "nodes": self.nodes,
            "store": self.store,
        }
        return "+".join(name for name, one in have.items() if one) or "plain"


def can_have() -> set[str]:
    """What grounds on this machine can stand on."""
    have = {"server", "nodes"}
    if sys.platform == "linux" and shutil.which("cc"):
        have.add("clock")
    if os.getuid() == 0 and sys.platform == "linux":
        have.add("disk")
    if list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        have.add("database")
    if "database" in have and find_spec("moto"):
        have.add("store")
    return have


@contextmanager
def ground(folder: Path, wanted: set[str], postgres: Postgres | None) -> Iterator[Ground]:
    """Make a ground in a new folder, and take it down at the end."""
    folder.mkdir(parents=True)
    made = Ground(folder / "studies", dict(os.environ))
    made.storage.mkdir()
    with ExitStack() as stack:
        if "disk" in wanted:
            _mount("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(made.storage))
            stack.callback(_mount, "--lazy", str(made.storage), program="umount")
            made.disk = True
        # Packs as quick as their driver, so that a busy machine does not make a study of hours.
        environment = {**os.environ, "RAY_worker_niceness": "0"}
        if "store" in wanted:
            made.store = stack.enter_context(store_served())
            ours = {**made.store.environment, "RNNSEARCH_CACHE": str(made.storage / "machine")}
            environment |= ours
            os.environ.update(ours)  # this process reads studies too
            for name in ours:
                stack.callback(os.environ.pop, name)
        if "server" in wanted:
            address, made.server = stack.enter_context(_server(folder, made.storage))
            environment["MLFLOW_TRACKING_URI"] = address
        if postgres is not None and "database" in wanted:
            environment["RNNSEARCH_LEDGER"] = postgres.fresh(folder.name.replace("-", ""))
            # This process reads the ledger too.
            os.environ["RNNSEARCH_LEDGER"] = environment["RNNSEARCH_LEDGER"]
            stack.callback(os.environ.pop, "RNNSEARCH_LEDGER")
            made.database = lambda: _crashed(postgres)
        if "nodes" in wanted:
            made.nodes = stack.enter_context(Nodes.started())
        if "clock" in wanted:
            made.clock = folder / "clock"
            made.clock.write_bytes(bytes(8))
            library = folder / "wrong_clock.so"
            words = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(CLOCK_SOURCE), "-ldl"]
            subprocess.run(words, check=True)
            environment |= {"LD_PRELOAD": str(library), "WRONG_CLOCK": str(made.clock)}
        made.variables = environment
        yield made


def fill(place: Path, pages: int) -> Path:
    """A file that leaves so many pages of a file system; removing it gives the room back."""
    space = os.statvfs(place)
    stuffing = place / "stuffing"
    try:
        with stuffing.open("wb") as file:
            for _ in range(max(0, space.f_bavail * space.f_frsize // PAGE - pages)):
                file.write(b"x" * PAGE)
    except OSError:
        pass  # the study was faster, and the disk is as full as it gets
    return stuffing


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """Whatever is opened below a folder can only be read, and nothing made or removed there.

    Files that are open already stay so.
    """
    # It is made so where nobody writes yet: a mount with files open for writing stays writable.
    aside = place.with_name("read-only")
    aside.mkdir(exist_ok=True)
    with ExitStack() as stack:
        _mount("--bind", str(place), str(aside))
        stack.callback(_mount, "--lazy", str(aside), program="umount")
        _mount("-o", "remount,bind,ro", str(aside))
        _mount("--bind", str(aside), str(place))
        stack.callback(_mount, "--lazy", str(place), program="umount")
        yield


def _mount(*words: str, program: str = "mount") -> None:
    subprocess.run([program, *words], check=True)


def _crashed(postgres: Postgres) -> None:
    """Kill the database with SIGKILL, and start it again after a while."""
    postgres.crash()
    time.sleep(AWAY_SECONDS)
    postgres.start()


@contextmanager
def _server(folder: Path, storage: Path) -> Iterator[tuple[str, Callable[[], bool]]]:
    """MLflow's own server, its address, and what ends and starts it again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    words += ["--backend-store-uri", f"sqlite:///{storage}/mlflow.db", "--workers", "1"]
    words += ["--artifacts-destination", str(storage / "artifacts")]
    # It would start ten processes of its own for jobs that nobody here sends.
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    processes: list[subprocess.Popen[bytes]] = []

    def end() -> None:
        first = psutil.Process(processes[-1].pid)
        for one in [*first.children(recursive=True), first]:
            one.kill()
        processes[-1].wait()

    def start() -> None:
        with (folder / "server.log").open("ab") as log:
            processes.append(subprocess.Popen(words, stdout=log, stderr=log, env=environment))
        for _ in range(3000):
            try:
                with urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("MLflow's server does not start")

    def later() -> None:
        time.sleep(AWAY_SECONDS)
        start()

    def restart() -> bool:
        if threads and threads[-1].is_alive():
            return False
        end()
        threads.append(Thread(target=later))
        threads[-1].start()
        return True

    threads: list[Thread] = []
    start()
    try:
        yield f"http://127.0.0.1:{port}", restart
    finally:
        for thread in threads:
            thread.join()
        end()


def wrong_clock(clock: Path, chance: random.Random) -> float:
    """Set the clock wrong by seconds, to a day or so, forwards or back; returns by how many."""
    seconds = chance.choice([-1, 1]) * chance.choice([5, 60, 3600, 86400, 40 * 86400])
    with clock.open("r+b") as file:  # in place, since the processes have it mapped
        file.write(seconds.to_bytes(8, sys.byteorder, signed=True))
    return float(seconds)
