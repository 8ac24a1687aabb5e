"""Two hosts with an SSH server each, made of Linux namespaces on this machine.

A host has its own process ids, network, host name, `/tmp/ray`, and a home folder of its own (its
`/etc/passwd` says so), so that `ray stop` and the default ports concern it alone, and nothing of
it outlives its first process. The network between the two leads nowhere else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

ADDRESSES = ("10.99.0.1", "10.99.0.2")
NAMESPACES = ["--pid", "--fork", "--mount", "--mount-proc", "--uts", "--net", "--kill-child"]
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

_BOOT = """
set -e
mount --bind "$1/passwd" /etc/passwd
mkdir -p /tmp/ray /run/sshd
mount --bind "$1/tmp-ray" /tmp/ray
hostname "$2"
ip link set lo up
exec "$3" -D -e -f "$1/sshd_config"
"""

_SSHD_CONFIG = """
HostKey {folder}/host_key
AuthorizedKeysFile {key}.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
"""

# pip reads the option as the value of "isolation": false is without
_PIP_CONF = """
[global]
no-index = true
no-build-isolation = false
disable-pip-version-check = true
root-user-action = ignore
"""


def missing() -> str | None:
    """Why there can be no such hosts here, or None."""
    for program in ("unshare", "nsenter", "ip", "ssh", "ssh-keygen", "rsync", "mount"):
        if shutil.which(program) is None:
            return f"needs {program}"
    if SSHD is None:
        return "needs sshd (Debian: openssh-server)"
    if os.geteuid() != 0:
        return "needs root, for namespaces"
    if int(version("setuptools").split(".")[0]) < 77:
        return "needs setuptools 77 in the environment of the tests"
    tried = subprocess.run(
        ["unshare", *NAMESPACES, "true"], capture_output=True, text=True, check=False
    )
    return f"cannot make namespaces: {tried.stderr.strip()}" if tried.returncode else None


@dataclass(frozen=True)
class Host:
    """A running host.

    Attributes:
        pid: Its first process, as seen from here.
        home: Its user's home folder, as seen from here and from there.
    """

    name: str
    address: str
    pid: int
    home: Path

    def processes(self) -> list[str]:
        """Names of all that runs there."""
        return [process.name() for process in psutil.Process(self.pid).children(recursive=True)]

    def workers(self) -> list[str]:
        """Names of the logs that Ray's workers of any job left there."""
        logs = self.home.parent.glob("tmp-ray/session_2*/logs/worker-*.out")
        return [path.name for path in logs if not re.search("-f{8}-", path.name)]

    def network(self, command: Sequence[str]) -> list[str]:
        """`command` in this host's network, but with this machine's files and processes."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *command]


@contextmanager
def two_hosts(folder: Path) -> Iterator[tuple[Host, Host, Path]]:
    """Two hosts that see each other, and the private key that both accept."""
    key = folder / "key"
    _make_key(key)
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(_host(folder / name, name, address, key))
            for name, address in zip(("host-a", "host-b"), ADDRESSES, strict=True)
        )
        ends = ["eth0", "netns", str(first.pid), "type", "veth"]
        ends += ["peer", "name", "eth0", "netns", str(second.pid)]
        _run(["ip", "link", "add", *ends])
        for host in (first, second):
            _run(host.network(["ip", "address", "add", f"{host.address}/24", "dev", "eth0"]))
            _run(host.network(["ip", "link", "set", "eth0", "up"]))
            # leads nowhere; by it Ray finds which address is the host's own
            _run(host.network(["ip", "route", "add", "default", "dev", "eth0"]))
        yield first, second, key


@contextmanager
def _host(folder: Path, name: str, address: str, key: Path) -> Iterator[Host]:
    home = folder / "home"
    (folder / "tmp-ray").mkdir(parents=True)
    _furnish(home)
    _make_key(folder / "host_key")
    (folder / "sshd_config").write_text(_SSHD_CONFIG.format(folder=folder, key=key))
    rows = Path("/etc/passwd").read_text().splitlines()
    rest = [row for row in rows if not row.startswith("root:")]
    (folder / "passwd").write_text("\n".join([f"root:x:0:0:root:{home}:/bin/bash", *rest, ""]))
    assert SSHD is not None
    command = ["unshare", *NAMESPACES, "bash", "-c", _BOOT, "bash", str(folder), name, SSHD]
    with (folder / "sshd.log").open("w") as log:
        outer = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    with outer:
        try:
            yield Host(name, address, _first_process(outer, folder / "sshd.log"), home)
        finally:
            for process in psutil.Process(outer.pid).children():
                process.kill()  # and with it, at once, all that runs on the host


def _furnish(home: Path) -> None:
    """A home with what the internet would bring: the project's dependencies, but not the project.

    The cluster file's own setup then finds an environment there, installs the project into it,
    and downloads nothing.
    """
    venv = home / "rnnsearch-venv"
    _run([sys.executable, "-m", "venv", "--without-pip", str(venv)])
    packages = next(venv.glob("lib/python*/site-packages"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    ray = venv / "bin" / "ray"
    ray.write_text(f"#!{venv}/bin/python\nfrom ray.scripts.scripts import main\nmain()\n")
    ray.chmod(0o755)
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".config" / "pip" / "pip.conf").write_text(_PIP_CONF)
    (home / ".profile").write_text("# nothing\n")
    # as Debian's own: nothing for shells that are not interactive
    (home / ".bashrc").write_text("case $- in *i*) ;; *) return ;; esac\n")


def _first_process(outer: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and outer.poll() is None:
        children = psutil.Process(outer.pid).children()
        if children and "Server listening" in log.read_text():
            return children[0].pid
        time.sleep(0.05)
    raise RuntimeError(f"the host did not start: {log.read_text()}")


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
