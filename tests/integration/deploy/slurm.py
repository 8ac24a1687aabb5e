"""A Slurm of two unequal nodes on loopback, of Debian's packages, with a munge of its own.

All of it lies in one folder, and ends with the context.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
NODES = {"n1": "127.0.0.2", "n2": "127.0.0.3"}
CPUS = {"n1": 1, "n2": 2}
"""What Slurm believes that they have."""

_CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SwitchType=switch/none
MpiDefault=none
JobRequeue=1
KillWait=10
MinJobAge=3600
BatchStartTimeout=60
SlurmdParameters=config_overrides
SchedulerParameters=bf_interval=5,sched_interval=5
{nodes}
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str | None:
    """Why there can be no Slurm here, or None."""
    for program in PROGRAMS:
        if shutil.which(program, path=PATH) is None:
            return f"needs {program} (Debian: slurmctld, slurmd, slurm-client, munge)"
    return None if os.geteuid() == 0 else "needs root, for slurmd"


@dataclass(frozen=True)
class Slurm:
    """A running Slurm.

    Attributes:
        environment: With which its commands find it.
    """

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str, cwd: Path | None = None, **more: str) -> str:
        done = subprocess.run(
            command,
            env={**self.environment, **more},
            cwd=cwd or self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + self.logs()
        return done.stdout

    def job(self, number: str) -> dict[str, str]:
        """What `scontrol show job` says, by its names."""
        words = self.run("scontrol", "show", "job", number).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def logs(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))


@contextmanager
def slurm(folder: Path) -> Iterator[Slurm]:
    """A Slurm of two nodes, with a core and with two."""
    folder.mkdir(mode=0o755)
    (folder / "state").mkdir()
    ports = _free_ports(1 + len(NODES))
    lines = []
    for (name, address), port in zip(NODES.items(), ports[1:], strict=True):
        (folder / f"spool-{name}").mkdir()
        host = socket.gethostname()
        lines.append(
            f"NodeName={name} NodeHostname={host} NodeAddr={address} Port={port} CPUs={CPUS[name]} "
            "RealMemory=2000 State=UNKNOWN"
        )
    conf = folder / "slurm.conf"
    conf.write_text(
        _CONF.format(
            host=socket.gethostname(), ctld=ports[0], folder=folder, nodes="\n".join(lines)
        )
    )
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(conf)}
    with ExitStack() as stack:

        def start(*command: str) -> None:
            stack.enter_context(_daemon(command, environment, folder))

        places = {
            "socket": "munge.socket",
            "key-file": "munge.key",
            "pid-file": "munged.pid",
            "seed-file": "munged.seed",
            "log-file": "munged.log",
        }
        options = [f"--{name}={folder / place}" for name, place in places.items()]
        start("munged", "--foreground", "--force", *options)
        deadline = time.monotonic() + 20
        while not (folder / "munge.socket").exists():
            assert time.monotonic() < deadline, (folder / "munged.out").read_text()
            time.sleep(0.1)
        start("slurmctld", "-D", "-f", str(conf))
        for name in NODES:
            start("slurmd", "-D", "-N", name, "-f", str(conf))
        running = Slurm(folder, environment)
        deadline = time.monotonic() + 90
        while running.run("sinfo", "-h", "-o", "%T").split() != ["idle"]:
            assert time.monotonic() < deadline, running.run("sinfo", "-lN") + running.logs()
            time.sleep(1)
        yield running


@contextmanager
def _daemon(
    command: tuple[str, ...], environment: Mapping[str, str], folder: Path
) -> Iterator[None]:
    with (
        (folder / f"{command[0]}.out").open("a") as out,
        subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            yield
        finally:
            everyone = [psutil.Process(process.pid)]
            everyone += everyone[0].children(recursive=True)
            for one in everyone:
                one.terminate()
            for left in psutil.wait_procs(everyone, timeout=10)[1]:
                left.kill()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("0.0.0.0", 0))
        return [one.getsockname()[1] for one in sockets]
