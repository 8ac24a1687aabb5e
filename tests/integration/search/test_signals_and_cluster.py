"""A study in a process of its own: signals, and clusters that are not there."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ray_study import open_study, search, tiny_spec

from rnnsearch.errors import ClusterError

LONG = [
    "training.max_epochs=100000",
    "search.num_trials=8",
    "search.scheduler={type: none}",
    "resources={packs: 1, slots: 4}",
]


def run_until(
    folder: Path,
    what: str,
    then: Callable[[subprocess.Popen[str]], None],
) -> tuple[int, list[dict[str, Any]], str]:
    """Start a long study, act once `what` has happened, and wait for the end."""
    script = Path(__file__).with_name("ray_study.py")
    errors = folder / "stderr"
    lines = []
    acted = False
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", str(script), str(folder), *LONG],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(json.loads(line))
            if lines[-1]["what"] == what and not acted:
                acted = True
                then(process)
        code = process.wait(timeout=240)
    return code, lines, errors.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains_the_packs(tmp_path: Path, number: signal.Signals) -> None:
    # The command line gets SIGINT in another test too. A terminal sends it to the whole group,
    # Ray's own processes included.
    def send(process: subprocess.Popen[str]) -> None:
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)

    code, lines, errors = run_until(tmp_path, "EpochsReported", send)
    assert code == 0, errors
    outcome = lines[-1]
    assert outcome["what"] == "outcome"
    assert outcome["state"] == "interrupted"
    assert outcome["reason"] == f"interrupted by {signal.Signals(number).name}"
    assert "running" not in outcome["counts"]
    assert "Traceback" not in errors
    _, ledger = open_study(tmp_path, tiny_spec(LONG), resume=True)
    aboard = [one for one in ledger.trials() if one.attempts]
    assert aboard
    assert {one.state for one in aboard} == {"waiting"}
    assert all(one.snapshot for one in aboard if one.epoch)


def test_an_address_where_nobody_answers_fails_soon(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ClusterError, match=r"Nobody answers .*\n.*ray start --head"):
        search(tmp_path, address=f"127.0.0.1:{port}")
    _, ledger = open_study(tmp_path, tiny_spec(), resume=True)
    assert ledger.counts() == {}


@pytest.mark.parametrize("address", ["somewhere", "host:port", "ray://host:10001"])
def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(ClusterError):
        search(tmp_path, address=address)
