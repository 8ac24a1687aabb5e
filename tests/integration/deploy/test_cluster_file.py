"""`deploy/cluster.yaml` as it is, with the lines marked EDIT changed, on two hosts over SSH."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hosts import Host, missing, two_hosts
from two_nodes import PROJECT, RAY

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.study import Study
from rnnsearch.training.kernels import compiled

STUDY = ["search_spaces/hello.yaml", "--trials", "4", "--set", "training.max_epochs=30"]
# both are full, and each takes the greater part of a host (see below)
STUDY += ["--set", "resources.packs=2", "--set", "resources.slots=2"]
_OWN_STATE = 'mount --bind "$HOME/tmp-ray" /tmp/ray && exec "$@"'


class Desk:
    """Where the user sits: another home with the token and the key, in the hosts' network."""

    def __init__(self, folder: Path, head: Host) -> None:
        self._home = folder
        self._head = head
        (folder / "tmp-ray").mkdir(parents=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        self._environment = {
            **kept,
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PATH": os.pathsep.join([str(Path(RAY).parent), kept["PATH"]]),
            "RAY_USAGE_STATS_ENABLED": "0",
        }

    def ray(self, *arguments: str) -> str:
        """A `ray` command, run from the project's folder; what it said."""
        command = ["unshare", "--mount", "bash", "-c", _OWN_STATE, "bash", RAY, *arguments]
        done = subprocess.run(
            self._head.network(command),
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def edited(text: str, head: Host, worker: Host, key: Path) -> str:
    """The cluster file with its placeholders replaced."""
    for placeholder, value in (
        ("HEAD_HOST", head.address),
        ("WORKER_HOST", worker.address),
        ("SSH_USER", "root"),
        ("~/.ssh/id_ed25519", str(key)),
    ):
        assert text.count(placeholder) == 1, placeholder
        text = text.replace(placeholder, value)
    return text


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_study_goes_to_a_cluster_made_by_ray_up(tmp_path: Path) -> None:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with two_hosts(tmp_path) as (head, worker, key):
        for host in (head, worker):
            with (host.home / ".profile").open("a") as profile:
                # kernels that other tests compiled from the same sources
                folder = Path(compiled.__file__).parent / "__pycache__"
                profile.write(f"export NUMBA_CACHE_DIR={folder}\n")
        desk = Desk(tmp_path / "desk", head)
        desk.ray("get-auth-token", "--generate")
        file = tmp_path / "cluster.yaml"
        text = (PROJECT / "deploy" / "cluster.yaml").read_text()
        file.write_text(edited(text, head, worker, key))

        desk.ray("up", str(file), "--yes")
        deadline = time.monotonic() + 120
        while "2 local.cluster.node" not in (said := desk.ray("exec", str(file), "ray status")):
            assert time.monotonic() < deadline, said
            time.sleep(2)
        for host in (head, worker):
            token = host.home / ".ray" / "auth_token"
            assert token.read_text() == (tmp_path / "desk/.ray/auth_token").read_text()
            assert token.stat().st_mode & 0o777 == 0o600

        storage = tmp_path / "storage"
        [cpus] = re.findall(r"/([\d.]+) CPU", said)  # of two hosts
        study = [*STUDY, "--set", f"resources.cpus_per_pack={math.ceil(float(cpus) / 2)}"]
        said = desk.ray("submit", str(file), "deploy/job.py", *study, "--storage", str(storage))
        assert "Traceback" not in said
        directory = StudyDirectory(storage, "hello")
        result = Study.open("hello", storage=storage).result()
        assert result.state == "complete"
        assert result.summary()["trials"]["complete"] == 4
        assert result.summary()["champion_uri"]
        assert len(list(directory.logs.glob("pack-*.log"))) == 2
        for host in (head, worker):
            assert host.workers(), f"no pack ran on {host.name}"

        sent = "rnnsearch submit rnnsearch-project/search_spaces/hello.yaml --name sent --trials 2"
        sent += f" --set training.max_epochs=30 --storage {storage}"
        desk.ray("exec", str(file), f"{sent} --address http://127.0.0.1:8265")
        assert Study.open("sent", storage=storage).result().state == "complete"

        refused = _without_token(head, storage)
        assert refused.returncode == 2, refused.stdout
        assert "refuses us: the authentication token is missing or wrong" in refused.stdout
        assert "Traceback" not in refused.stdout

        desk.ray("down", str(file), "--yes")
        assert "gcs_server" not in head.processes()
        assert "raylet" not in head.processes()


def _without_token(head: Host, storage: Path) -> subprocess.CompletedProcess[str]:
    """A driver in the head's network that has another token; the head's address by hand."""
    job = [sys.executable, str(PROJECT / "deploy" / "job.py"), "search_spaces/hello.yaml"]
    job += ["--storage", str(storage), "--address", f"{head.address}:6379"]
    return subprocess.run(
        head.network(job),
        cwd=PROJECT,
        env={**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
