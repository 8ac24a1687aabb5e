"""What ends, or holds up, a process while it joins a cluster is told in words."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from rnnsearch.errors import ClusterError
from rnnsearch.search.tune.cluster import check_address

ENDED = """
import os, sys
from rnnsearch.search.tune.joining import spoken_for
with spoken_for("it went away\\n") as hush:
    if sys.argv[1] == "hushed":
        hush()
    if sys.argv[1] != "lives":
        os._exit(1)
"""


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [("dies", 1, "it went away\n"), ("lives", 0, ""), ("hushed", 1, "")],
)
def test_the_end_of_a_process_is_told_unless_it_has_words_of_its_own(
    how: str, status: int, said: str
) -> None:
    done = run(ENDED, how)
    assert (done.returncode, done.stderr) == (status, said)


SPEAKER_ENDED = """
import subprocess
from rnnsearch.search.tune.joining import spoken_for
begun, begin = [], subprocess.Popen
subprocess.Popen = lambda *words, **named: begun.append(begin(*words, **named)) or begun[0]
with spoken_for("it went away\\n"):
    begun[0].kill()
    begun[0].wait()
print("goes on")
"""


def test_who_joined_goes_on_though_the_process_that_speaks_for_it_was_ended() -> None:
    done = run(SPEAKER_ENDED)
    assert (done.returncode, done.stdout, done.stderr) == (0, "goes on\n", "")


JOINS = """
import socket, sys, threading
import ray
from pathlib import Path
from rnnsearch.search.tune import cluster, joining

head = socket.create_server(("127.0.0.1", 0))
address = f"127.0.0.1:{head.getsockname()[1]}"

def init(**named):
    head.close()
    if sys.argv[1] == "exits":
        import os
        os._exit(1)  # as Ray does in C++
    threading.Event().wait()

ray.init = init
cluster.check_address = lambda address: address
joining.joining.__wrapped__.__kwdefaults__["lost_seconds"] = 0.1
with cluster.ray_session(address, Path(sys.argv[2]), go_on="rnnsearch resume x"):
    pass
"""


@pytest.mark.parametrize(("how", "status"), [("waits", 2), ("exits", 1)])
def test_a_head_that_goes_away_while_it_is_joined_is_told_with_the_remedy(
    how: str, status: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    done = run(JOINS, how, str(tmp_path_factory.mktemp("logs") / "ray.log"))
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error: Ray at 127.0.0.1:") == 1
    assert "went away while this process joined it" in done.stderr
    assert done.stderr.endswith("Then go on:\n  rnnsearch resume x\n")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("here", "is no cluster address. Give HOST:PORT or auto"),
        ("here:99999", "is no cluster address"),
        ("here:0", "is no cluster address"),
        ("127.0.0.1:\N{SUPERSCRIPT TWO}", "is no cluster address"),
        ("a..b:6379", "Nobody answers at a..b:6379"),
        ("no-such-host.invalid:6379", "Nobody answers at no-such-host"),
    ],
)
def test_an_address_at_which_nobody_can_answer_is_told_with_the_remedy(
    address: str, said: str
) -> None:
    with pytest.raises(ClusterError) as raised:
        check_address(address)
    assert said in str(raised.value)
    assert "HOST:PORT" in str(raised.value) or "ray start --head" in str(raised.value)


def test_a_port_where_nobody_listens_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(ClusterError, match="Nobody answers at 127"):
            check_address(f"127.0.0.1:{other.getsockname()[1]}")
